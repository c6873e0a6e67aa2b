/* ini.h - the text of an INI file as a list of settings with their lines. By inih. */
#ifndef BENS_IO_INI_H
#define BENS_IO_INI_H

#include "core/option.h"

/* inih cuts longer names of sections without a word. */
enum { BENS_INI_SECTION_MAX = 48 };

typedef struct {
    char *section;     /* "run", "prior embed.*"                       */
    char *key, *value; /* both NULL: the line that begins the section */
    int line;          /* 0: from bens_ini_assign                      */
} bens_ini_entry;

typedef struct {
    bens_ini_entry *entry; /* [n], in the order of the file, owned */
    size_t n;
    bens_pool *pool; /* owns the texts */
} bens_ini;

/* Local. `name` (the file's) only serves the messages. A value has no comment and no
 * space at its ends. Refused: keys outside a section, keys twice, continuation lines, a
 * line that is no key = value, text behind ], section names over 48 characters, lines
 * over 65,000 bytes, over 10,000 settings, control characters (0 bytes too), and what is
 * not UTF-8.
 * Errors: BENS_ERR_CONFIG ("pima.ini:12: wanted ..., found ..."). *out is empty then. */
bens_status bens_ini_parse(const char *name, const char *text, size_t size,
                           bens_ini *out);

/* Local. "section.key=value", split at the last dot before the first =, is the same as a
 * line in a file; the one entry is the last. Errors: as above ("--set: wanted ..., found
 * ..."). */
bens_status bens_ini_assign(const char *assignment, bens_ini *out);

void bens_ini_release(bens_ini *ini);

/* Local. The whole file, with a 0 byte behind it; *out by malloc.
 * Errors: BENS_ERR_CONFIG: no such file, a folder, larger than 16 MiB; BENS_ERR_IO. */
bens_status bens_ini_load(const char *path, char **out, size_t *size);

#endif
