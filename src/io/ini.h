/* ini.h - the text of an INI file as a list of settings with their lines. By inih. */
#ifndef BENS_IO_INI_H
#define BENS_IO_INI_H

#include "core/status.h"

#include <stddef.h>

typedef struct {
    char *section; /* "run", "prior embed.*" */
    char *key, *value;
    int line;
} bens_ini_entry;

typedef struct {
    bens_ini_entry *entry; /* [n], in the order of the file */
    size_t n;
} bens_ini;

/* Local. `name` (the file's) only serves the messages. Refused: keys outside a section, keys
 * twice, continuation lines, a line that is no key = value, section lines over 48 characters
 * or with a second ], lines over 65,000 characters, a 0 byte.
 * Errors: BENS_ERR_CONFIG ("pima.ini:12: wanted ..., found ..."). */
bens_status bens_ini_parse(const char *name, const char *text, size_t size, bens_ini *out);
void bens_ini_release(bens_ini *ini);

/* Local. The whole file, with a 0 byte behind it; *out by malloc.
 * Errors: BENS_ERR_CONFIG: no such file, a folder, larger than 16 MiB; BENS_ERR_IO. */
bens_status bens_ini_load(const char *path, char **out, size_t *size);

#endif
