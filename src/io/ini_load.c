/* ini_load.c - a file of settings, whole. */
#include "io/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST_FILE = 16 << 20 };

static bens_status load(FILE *f, const char *path, char **out, size_t *size)
{
    struct stat about;
    if (fstat(fileno(f), &about) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted a file of settings, found a folder",
                  path);
    char *text = NULL;
    size_t n = 0;
    for (size_t room = 1 << 16;; room *= 2) { /* a pipe has no size to ask for */
        char *const grown = realloc(text, room + 1);
        if (grown == NULL) {
            free(text);
            BENS_FAIL(BENS_ERR_FAILURE, "'%s': no memory to read it", path);
        }
        text = grown;
        n += fread(text + n, 1, room - n, f);
        if (n < room || n > LARGEST_FILE) break;
    }
    if (ferror(f) || n > LARGEST_FILE) {
        free(text);
        if (n > LARGEST_FILE)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s': wanted a file of settings of at most 16 MiB", path);
        BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    }
    text[n] = '\0';
    *out = text;
    *size = n;
    return BENS_OK;
}

bens_status bens_ini_load(const char *path, char **out, size_t *size)
{
    FILE *const f = fopen(path, "rb");
    if (f == NULL && (errno == ENOENT || errno == ENOTDIR))
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted a file of settings, found no such file",
                  path);
    if (f == NULL) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const bens_status status = load(f, path, out, size);
    fclose(f);
    return status;
}
