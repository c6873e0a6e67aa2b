#include "io/draws_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bens_status find_path(const char *run, char path[BENS_PATH_SIZE])
{
    struct stat info;
    if (strlen(run) >= BENS_PATH_SIZE)
        BENS_FAIL(BENS_ERR_IO, "the path '%.100s...' is too long", run);
    if (stat(run, &info) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", run, strerror(errno));
    if (!S_ISDIR(info.st_mode)) {
        memcpy(path, run, strlen(run) + 1);
    } else {
        BENS_TRY(bens_folder_join(run, "samples.h5", path));
        if (access(path, F_OK) != 0 && errno == ENOENT)
            BENS_FAIL(BENS_ERR_IO,
                      "the folder '%s' has no samples.h5: "
                      "it is no run's, or the run ended before its first step",
                      run);
    }
    if (access(path, R_OK) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    return BENS_OK;
}

static void take_done(void *context, int64_t cell, const void *flag)
{
    bens_draws *d = context;
    if (*(const int8_t *)flag != 0) d->flags[cell] = BENS_DRAW_DONE;
}

static void take_diverging(void *context, int64_t cell, const void *flag)
{
    bens_draws *d = context;
    if (*(const int8_t *)flag != 0 && d->flags[cell] != 0)
        d->flags[cell] |= BENS_DRAW_DIVERGING;
}

static bens_status find_flag(const bens_draws *d, const char *name, int *out)
{
    *out = bens_draws_find_stat(d, name);
    if (*out < 0 || d->file->variable[*out].type != BENS_H5_BOOL)
        BENS_FAIL(BENS_ERR_IO, "wanted sample_stats/%s of type %s, found another or none",
                  name, bens_h5_name(BENS_H5_BOOL));
    return BENS_OK;
}

/* done comes first: what a running writer adds between the two
 * reads is then not seen at all. */
static bens_status read_flags(bens_draws *d)
{
    const size_t n_chains = (size_t)d->n_chains, n_draws = (size_t)d->n_draws;
    int done, diverging;
    BENS_TRY(find_flag(d, "done", &done));
    BENS_TRY(find_flag(d, "diverging", &diverging));
    BENS_TRY(bens_alloc(n_chains * n_draws, 1, &d->flags));
    BENS_TRY(bens_alloc(n_chains, sizeof *d->n_done, &d->n_done));
    BENS_TRY(bens_draws_scan(d, done, 0, 1, take_done, d));
    BENS_TRY(bens_draws_scan(d, diverging, 0, 1, take_diverging, d));
    d->n_complete = d->n_draws;
    for (int64_t row = 0; row < d->n_chains; row++) {
        int64_t n = 0;
        while (n < d->n_draws && (bens_draws_flags(d, row, n) & BENS_DRAW_DONE) != 0) n++;
        d->n_done[row] = n;
        if (n < d->n_complete) d->n_complete = n;
    }
    return BENS_OK;
}

bens_status bens_draws_read_file(bens_draws *d)
{
    hid_t file;
    BENS_TRY(bens_h5_open(d->path, &file));
    bens_status s = bens_draws_read_table(file, d);
    if (s == BENS_OK) s = bens_draws_find_parts(file, d);
    H5Fclose(file);
    return s;
}

static bens_status read_apart(const void *path)
{
    bens_draws_file file = {0};
    bens_draws d = {.path = path, .file = &file};
    return bens_draws_read_file(&d);
}

static bens_status read_file(bens_draws *d)
{
    BENS_TRY(bens_h5_try(d->path, read_apart));
    BENS_TRY(bens_draws_read_file(d));
    BENS_TRY(bens_draws_open_parts(d));
    return read_flags(d);
}

bens_status bens_draws_open(const char *run, bens_draws **out)
{
    bens_draws *d;
    char path[BENS_PATH_SIZE];
    bens_h5_start();
    BENS_TRY(find_path(run, path));
    BENS_TRY(bens_alloc(1, sizeof *d, &d));
    bens_status s = bens_alloc(1, sizeof *d->file, &d->file);
    if (s == BENS_OK) {
        memcpy(d->file->path, path, sizeof path);
        d->path = d->file->path;
        s = read_file(d);
    }
    if (s == BENS_OK) {
        *out = d;
        return BENS_OK;
    }
    bens_draws_close(d);
    return bens_error_set(s == BENS_ERR_FAILURE ? s : BENS_ERR_IO,
                          "'%s' is no whole samples file: %s", path, bens_error_text());
}

static void close_file(bens_draws_file *f)
{
    for (int i = 0; i < f->n_parts; i++) {
        if (f->part[i].fd >= 0) close(f->part[i].fd);
        free(f->part[i].address);
    }
    free(f->part);
    free(f->mapped);
    free(f->variable);
    free(f);
}

void bens_draws_close(bens_draws *d)
{
    if (d == NULL) return;
    if (d->file != NULL) close_file(d->file);
    bens_params_release(&d->params);
    bens_params_release(&d->left_out);
    free(d->flags);
    free(d->n_done);
    free(d->config);
    free(d->layout);
    free(d);
}
