#define _XOPEN_SOURCE 700 /* realpath */

#include "io/check_parts.h"

#include "core/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void bens_check_say(bens_check_report *r, const char *format, ...)
{
    const size_t room = BENS_APART_TEXT - r->used;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(r->text + r->used, room, format, args);
    va_end(args);
    if (n > 0) r->used += (size_t)n < room ? (size_t)n : room - 1;
}

static bens_status size_of(const char *path, uint64_t *size)
{
    struct stat info;
    if (stat(path, &info) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        BENS_FAIL(BENS_ERR_IO, "wanted an HDF5 file, found '%s' to be no regular file",
                  path);
    *size = (uint64_t)info.st_size;
    return BENS_OK;
}

static void say_structure(bens_check_report *r, const bens_check_structure *c)
{
    bens_check_say(r,
                   "structure  %lld groups, %lld data sets, %lld attributes: hard links "
                   "only, nothing external, all bytes in the file\n",
                   (long long)c->n_groups, (long long)c->n_sets,
                   (long long)c->n_attributes);
    if (c->n_filtered > 0)
        bens_check_say(r,
                       "filters    deflate or shuffle on %lld data sets: all of their "
                       "chunks were read\n",
                       (long long)c->n_filtered);
    if (c->n_empty > 0)
        bens_check_say(r, "empty      %lld data sets have no bytes\n",
                       (long long)c->n_empty);
}

/* ---- sources of virtual data sets ---- */

/* A link in the folder may lead out of it. */
static bens_status check_place(const char *folder, const char *path, const char *name)
{
    char *const in = realpath(folder, NULL), *const at = realpath(path, NULL);
    const size_t n = in != NULL ? strlen(in) : 0;
    const bool good = in != NULL && at != NULL && strncmp(in, at, n) == 0 &&
                      (at[n] == '/' || strcmp(in, "/") == 0);
    free(in);
    free(at);
    if (!good)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted virtual sources in or below the folder of the file, found that "
                  "'%.200s' leads out of it",
                  name);
    return BENS_OK;
}

static bens_status check_source(const char *folder, const char *name)
{
    char path[BENS_PATH_SIZE];
    bens_check_structure c = {.is_source = true};
    hid_t file;
    BENS_TRY(bens_folder_join(folder, name, path));
    BENS_TRY(size_of(path, &c.file_size));
    BENS_TRY(check_place(folder, path, name));
    BENS_TRY(bens_h5_open(path, &file));
    const bens_status s = bens_check_walk(file, &c);
    H5Fclose(file);
    bens_check_release(&c);
    return s;
}

static void folder_of(const char *path, char folder[BENS_PATH_SIZE])
{
    const char *const slash = strrchr(path, '/');
    const int n = slash == NULL ? 0 : (int)(slash - path);
    snprintf(folder, BENS_PATH_SIZE, "%.*s", n, path);
    if (n == 0) strcpy(folder, slash == NULL ? "." : "/");
}

static bens_status check_sources(const char *path, const bens_check_structure *c,
                                 bens_check_report *r)
{
    char folder[BENS_PATH_SIZE];
    folder_of(path, folder);
    for (size_t i = 0; i < c->n_sources; i++) {
        if (strcmp(c->source[i], ".") == 0) continue; /* the file itself */
        const bens_status s = check_source(folder, c->source[i]);
        if (s != BENS_OK)
            return bens_error_set(s, "virtual source '%.200s': %s", c->source[i],
                                  bens_error_text());
    }
    if (c->n_virtual > 0)
        bens_check_say(r,
                       "virtual    %lld data sets over %zu files, all of them there, in "
                       "the folder or below, and of the same kind\n",
                       (long long)c->n_virtual, c->n_sources);
    return BENS_OK;
}

/* ---- the whole ---- */

/* What the attribute `schema` says; "": not of bens. */
static void read_schema(hid_t file, char *schema, size_t size)
{
    char *text;
    schema[0] = '\0';
    if (bens_h5_get_attribute(file, "schema", &text) != BENS_OK) return;
    snprintf(schema, size, "%s", text);
    free(text);
}

static bens_status check_contents(hid_t file, const char *path, const char *schema,
                                  bens_check_report *r)
{
    if (strcmp(schema, BENS_H5_SAMPLES) == 0) return bens_check_samples(path, r);
    if (strcmp(schema, BENS_H5_CHECKPOINT) == 0)
        return bens_check_checkpoint(file, path, r);
    bens_check_say(r, "contents   %s: no checksums to verify\n",
                   strcmp(schema, BENS_H5_PREDICTIONS) == 0 ? "predictions of bens"
                                                            : "not written by bens");
    return BENS_OK;
}

static bens_status check_open(hid_t file, const char *path, bens_check_structure *c,
                              bens_check_report *r)
{
    char schema[64];
    BENS_TRY(bens_check_walk(file, c));
    say_structure(r, c);
    BENS_TRY(check_sources(path, c, r));
    read_schema(file, schema, sizeof schema);
    return check_contents(file, path, schema, r);
}

bens_status bens_check_file(const void *context, char text[BENS_APART_TEXT])
{
    const char *const path = context;
    bens_check_structure c = {0};
    bens_check_report r = {.text = text};
    char size[32];
    hid_t file;
    text[0] = '\0';
    bens_h5_start();
    if (strlen(path) >= BENS_PATH_SIZE)
        BENS_FAIL(BENS_ERR_IO, "the path '%.200s...' is too long", path);
    BENS_TRY(size_of(path, &c.file_size));
    BENS_TRY(bens_h5_open(path, &file));
    bens_text_bytes((double)c.file_size, size, sizeof size);
    bens_check_say(&r, "file       %.1000s: %s\n", path, size);
    const bens_status s = check_open(file, path, &c, &r);
    bens_check_release(&c);
    H5Fclose(file);
    return s;
}
