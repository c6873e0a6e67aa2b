/* index_find.c - which files or sub-folders go into an index? */
#include "run/index_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const char *name)
{
    return fnmatch("samples.[0-9][0-9][0-9][0-9]*.h5", name, 0) == 0;
}

static bens_status add(bens_index *x, const char *name, bool there)
{
    bens_index_part *grown = realloc(x->part, ((size_t)x->n_parts + 1) * sizeof *x->part);
    if (grown == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a list of runs");
    x->part = grown;
    grown[x->n_parts] = (bens_index_part){.there = there};
    snprintf(grown[x->n_parts++].name, sizeof grown->name, "%s", name);
    return BENS_OK;
}

/* A link may lead out of the folder, where readers do not follow. */
static bens_status take(bens_index *x, int dir, const char *name, bens_index_kind kind)
{
    struct stat info;
    char path[BENS_PATH_SIZE];
    if (name[0] == '.' || fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return BENS_OK;
    if (kind == BENS_INDEX_FILES)
        return S_ISREG(info.st_mode) && is_file(name) ? add(x, name, true) : BENS_OK;
    if (!S_ISDIR(info.st_mode)) return BENS_OK;
    BENS_TRY(bens_folder_join(name, "samples.h5", path));
    return add(x, name, faccessat(dir, path, F_OK, 0) == 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const bens_index_part *)a)->name, ((const bens_index_part *)b)->name);
}

/* The files, or the sub-folders, of the folder. */
static bens_status list(bens_index *x, bens_index_kind kind)
{
    DIR *dir = opendir(x->folder);
    if (dir == NULL)
        BENS_FAIL(BENS_ERR_IO, "cannot read the folder '%s': %s", x->folder,
                  strerror(errno));
    bens_status s = BENS_OK;
    x->n_parts = 0;
    for (struct dirent *e; s == BENS_OK && (e = readdir(dir)) != NULL;)
        s = take(x, dirfd(dir), e->d_name, kind);
    closedir(dir);
    if (x->n_parts > 0) qsort(x->part, (size_t)x->n_parts, sizeof *x->part, by_name);
    return s;
}

static bool has_runs(const bens_index *x)
{
    bool any = false;
    for (int i = 0; i < x->n_parts; i++) any = any || x->part[i].there;
    return any;
}

/* What samples.h5 is now. One that cannot be read could be draws, and is not replaced. */
static bens_status look_at_old(const bens_index *x, bool *rectangle)
{
    char path[BENS_PATH_SIZE];
    bens_samples_part *part;
    int64_t n_chains, n_draws;
    int n;
    *rectangle = false;
    BENS_TRY(bens_folder_join(x->folder, "samples.h5", path));
    if (access(path, F_OK) != 0 && errno == ENOENT) return BENS_OK;
    const bens_status s = bens_samples_parts(x->folder, &part, &n, &n_chains, &n_draws);
    if (s != BENS_OK)
        return bens_error_set(s, "%s; if it holds no draws, remove it and try again",
                              bens_error_text());
    *rectangle = strcmp(part[0].name, "samples.h5") == 0;
    free(part);
    return BENS_OK;
}

static bens_status find(bens_index *x)
{
    bool rectangle;
    BENS_TRY(look_at_old(x, &rectangle));
    BENS_TRY(list(x, BENS_INDEX_FILES));
    x->kind = rectangle ? BENS_INDEX_NONE : BENS_INDEX_FILES;
    if (!rectangle && x->n_parts > 0) return BENS_OK;
    BENS_TRY(list(x, BENS_INDEX_FOLDERS));
    if (rectangle && has_runs(x))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s' holds draws in its samples.h5 and runs in its sub-folders: move "
                  "one of the two to another folder",
                  x->folder);
    if (rectangle) return BENS_OK;
    x->kind = BENS_INDEX_FOLDERS;
    if (has_runs(x)) return BENS_OK;
    BENS_FAIL(BENS_ERR_IO,
              "nothing to index in '%s': wanted samples.0000.h5, ... or runs in "
              "sub-folders, found %d sub-folders and no samples.h5 in them",
              x->folder, x->n_parts);
}

bens_status bens_index_find(const char *folder, bens_index *out)
{
    *out = (bens_index){.folder = folder};
    return find(out);
}
