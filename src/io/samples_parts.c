#include "io/samples_layout.h"

#include "io/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bens_status bens_samples_identify(hid_t file, int64_t *n_chains, int64_t *n_draws)
{
    const hsize_t most_chains = (hsize_t)1 << 24, most = (hsize_t)1 << 32;
    hsize_t shape[2];
    hid_t set;
    BENS_TRY(bens_h5_check_schema(file, BENS_H5_SAMPLES));
    BENS_TRY(bens_h5_find(file, "sample_stats", "done", BENS_H5_BOOL, 2, shape, &set));
    H5Dclose(set);
    if (shape[0] < 1 || shape[0] > most_chains || shape[1] < 1 ||
        shape[1] > most / shape[0])
        BENS_FAIL(BENS_ERR_IO,
                  "wanted up to 2^24 chains and 2^32 draws of all, found %llu x %llu",
                  (unsigned long long)shape[0], (unsigned long long)shape[1]);
    *n_chains = (int64_t)shape[0];
    *n_draws = (int64_t)shape[1];
    return BENS_OK;
}

typedef struct {
    bens_samples_part *part;
    int n;
    int64_t n_chains, n_draws;
} parts;

static bens_status read_parts(hid_t file, parts *p)
{
    BENS_TRY(bens_samples_identify(file, &p->n_chains, &p->n_draws));
    BENS_TRY(bens_samples_mapped(file, p->n_chains, p->n_draws, &p->part, &p->n));
    if (p->n > 0) return BENS_OK;
    BENS_TRY(bens_alloc(1, sizeof *p->part, &p->part));
    *p->part = (bens_samples_part){.name = "samples.h5",
                                   .n_rows = p->n_chains,
                                   .n_draws = p->n_draws};
    p->n = 1;
    return BENS_OK;
}

static bens_status read_file(const char *path, parts *p)
{
    hid_t file;
    BENS_TRY(bens_h5_open(path, &file));
    const bens_status s = read_parts(file, p);
    H5Fclose(file);
    return s;
}

static bens_status read_apart(const void *path)
{
    parts p;
    return read_file(path, &p);
}

bens_status bens_samples_parts(const char *folder, bens_samples_part **part, int *n_parts,
                               int64_t *n_chains, int64_t *n_draws)
{
    char path[BENS_PATH_SIZE];
    parts p;
    bens_h5_start();
    BENS_TRY(bens_folder_join(folder, "samples.h5", path));
    bens_status s = bens_h5_try(path, read_apart);
    if (s == BENS_OK) s = read_file(path, &p);
    if (s != BENS_OK)
        return bens_error_set(s, "'%s' is no whole samples file: %s", path,
                              bens_error_text());
    *part = p.part;
    *n_parts = p.n;
    *n_chains = p.n_chains;
    *n_draws = p.n_draws;
    return BENS_OK;
}

/* A link that is already there was made by us if it leads to the same file. */
static bens_status link_once(const char *from, const char *to)
{
    struct stat a, b;
    if (link(from, to) == 0) return BENS_OK;
    if (errno != EEXIST)
        BENS_FAIL(BENS_ERR_IO,
                  "cannot give '%s' the second name '%s', "
                  "which more chains or draws need: %s",
                  from, to, strerror(errno));
    if (lstat(from, &a) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot look at '%s': %s", from, strerror(errno));
    if (lstat(to, &b) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot look at '%s': %s", to, strerror(errno));
    if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted to give '%s' the second name '%s', found another file there: "
                  "move it away",
                  from, to);
    return BENS_OK;
}

bens_status bens_samples_promote(const char *folder)
{
    char from[BENS_PATH_SIZE], to[BENS_PATH_SIZE];
    BENS_TRY(bens_folder_join(folder, "samples.h5", from));
    BENS_TRY(bens_folder_join(folder, "samples.0000.h5", to));
    BENS_TRY(link_once(from, to));
    return bens_folder_sync(folder);
}
