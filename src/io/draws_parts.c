#include "io/draws_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below the folder of the index: relative, and never up. */
static bool is_below(const char *name)
{
    if (name[0] == '/' || name[0] == '\0') return false;
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        if (*at == '/') at++;
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) return false;
    }
    return true;
}

/* A selection that is a box [rows][draws] of all else. */
static bool is_box(hid_t space, int64_t *start, int64_t *count)
{
    hsize_t first[H5S_MAX_RANK], last[H5S_MAX_RANK];
    if (H5Sget_simple_extent_ndims(space) != 2 ||
        H5Sget_select_bounds(space, first, last) < 0)
        return false;
    for (int k = 0; k < 2; k++) {
        if (last[k] >= (hsize_t)1 << 32) return false;
        start[k] = (int64_t)first[k];
        count[k] = (int64_t)(last[k] - first[k]) + 1;
    }
    return H5Sget_select_npoints(space) == count[0] * count[1];
}

/* Which rows and draws entry i of the mapping covers. That they are all of the other file is
 * seen there: its shape must be theirs. */
static bens_status read_mapping(hid_t list, size_t i, const bens_draws *d,
                                bens_draws_part *part)
{
    int64_t at[2], n[2];
    const hid_t here = H5Pget_virtual_vspace(list, i);
    const bool good =
        is_box(here, at, n) && at[0] + n[0] <= d->n_chains && at[1] + n[1] <= d->n_draws;
    H5Sclose(here);
    if (!good)
        BENS_FAIL(BENS_ERR_IO, "wanted rectangles of chains x draws in the index, found "
                               "something else");
    *part = (bens_draws_part){.fd = -1,
                              .row = at[0],
                              .n_rows = n[0],
                              .draw = at[1],
                              .n_draws = n[1]};
    return BENS_OK;
}

static bens_status find_variable(hid_t file, const bens_draws_variable *v,
                                 uint64_t file_size, const bens_draws_part *part,
                                 uint64_t *address)
{
    hsize_t wanted[BENS_SAMPLES_RANK], found[BENS_SAMPLES_RANK];
    hid_t set;
    memcpy(wanted, v->shape, sizeof wanted);
    wanted[0] = (hsize_t)part->n_rows;
    wanted[1] = (hsize_t)part->n_draws;
    BENS_TRY(bens_h5_find(file, v->group, v->name, v->type, v->rank, found, &set));
    bens_status s = BENS_OK;
    for (int k = 0; k < v->rank && s == BENS_OK; k++)
        if (wanted[k] != found[k])
            s = bens_error_set(BENS_ERR_IO,
                               "wanted %llu along axis %d of %s/%s, found %llu",
                               (unsigned long long)wanted[k], k, v->group, v->name,
                               (unsigned long long)found[k]);
    if (s == BENS_OK)
        s = bens_h5_address(set, v->group, v->name,
                            (uint64_t)part->n_rows * (uint64_t)part->n_draws,
                            v->n * bens_h5_size(v->type), file_size, address);
    H5Dclose(set);
    return s;
}

static bens_status find_variables(hid_t file, const bens_draws *d, bens_draws_part *part)
{
    struct stat info;
    const size_t n = (size_t)d->file->n_variables;
    if (fstat(part->fd, &info) != 0) BENS_FAIL(BENS_ERR_IO, "%s", strerror(errno));
    BENS_TRY(bens_alloc(n, sizeof *part->address, &part->address));
    for (size_t i = 0; i < n; i++)
        BENS_TRY(find_variable(file, &d->file->variable[i], (uint64_t)info.st_size, part,
                               &part->address[i]));
    return BENS_OK;
}

/* FOLDER of the index/NAME. */
static bens_status join(const bens_draws_file *f, const char *name,
                        char path[BENS_PATH_SIZE])
{
    const char *const slash = strrchr(f->path, '/');
    char folder[BENS_PATH_SIZE] = ".";
    if (!is_below(name))
        BENS_FAIL(BENS_ERR_IO,
                  "wanted rectangles in the folder of the index, found '%.200s'", name);
    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - f->path + 1), f->path);
    return bens_folder_join(folder, name, path);
}

static bens_status open_rectangle(const bens_draws *d, const char *name,
                                  bens_draws_part *part)
{
    char path[BENS_PATH_SIZE];
    hid_t file;
    BENS_TRY(join(d->file, name, path));
    part->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (part->fd < 0 && errno == ENOENT) return BENS_OK;
    if (part->fd < 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    BENS_TRY(bens_h5_open(path, &file));
    const bens_status s = find_variables(file, d, part);
    H5Fclose(file);
    return s == BENS_OK
               ? s
               : bens_error_set(s, "rectangle '%s': %s", name, bens_error_text());
}

static bens_status open_mapped(hid_t list, const bens_draws *d)
{
    bens_draws_file *f = d->file;
    size_t n = 0;
    if (H5Pget_virtual_count(list, &n) < 0) return bens_h5_fail("cannot read the index");
    BENS_TRY(bens_alloc(n, sizeof *f->part, &f->part));
    for (size_t i = 0; i < n; i++) {
        char name[BENS_PATH_SIZE];
        bens_draws_part *part = &f->part[f->n_parts];
        const ssize_t length = H5Pget_virtual_filename(list, i, name, sizeof name);
        if (length < 0 || (size_t)length >= sizeof name)
            return bens_h5_fail("cannot read the name of rectangle %zu", i);
        BENS_TRY(read_mapping(list, i, d, part));
        f->n_parts++;
        BENS_TRY(open_rectangle(d, name, part));
        if (part->fd < 0) f->n_parts--;
    }
    return BENS_OK;
}

static bens_status open_whole(hid_t file, const bens_draws *d)
{
    bens_draws_file *f = d->file;
    BENS_TRY(bens_alloc(1, sizeof *f->part, &f->part));
    f->part[0] = (bens_draws_part){.fd = open(f->path, O_RDONLY | O_CLOEXEC),
                                   .n_rows = d->n_chains,
                                   .n_draws = d->n_draws};
    if (f->part[0].fd < 0) BENS_FAIL(BENS_ERR_IO, "%s", strerror(errno));
    f->n_parts = 1;
    return find_variables(file, d, &f->part[0]);
}

bens_status bens_draws_open_parts(hid_t file, bens_draws *d)
{
    hsize_t shape[2];
    hid_t set;
    BENS_TRY(bens_h5_find(file, "sample_stats", "done", BENS_H5_BOOL, 2, shape, &set));
    const hid_t list = H5Dget_create_plist(set);
    const bool index = H5Pget_layout(list) == H5D_VIRTUAL;
    const bens_status s = index ? open_mapped(list, d) : open_whole(file, d);
    H5Pclose(list);
    H5Dclose(set);
    return s;
}
