#include "io/draws_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The variables as a part has them: place [n_variables]. */
static bens_status list_places(const bens_draws *d, const bens_draws_part *part,
                               bens_h5_place **out)
{
    const bens_draws_file *const f = d->file;
    bens_h5_place *place;
    BENS_TRY(bens_alloc((size_t)f->n_variables, sizeof *place, &place));
    for (int i = 0; i < f->n_variables; i++) {
        const bens_draws_variable *const v = &f->variable[i];
        bens_h5_place *const p = &place[i];
        snprintf(p->group, sizeof p->group, "%s", v->group);
        snprintf(p->name, sizeof p->name, "%s", v->name);
        p->type = v->type;
        p->rank = v->rank;
        memcpy(p->shape, v->shape, sizeof v->shape);
        p->shape[0] = (hsize_t)part->n_rows;
        p->shape[1] = (hsize_t)part->n_draws;
    }
    *out = place;
    return BENS_OK;
}

/* What is looked for in a part that is open: its places, and room for their addresses. */
static bens_status prepare(const bens_draws *d, bens_draws_part *part,
                           uint64_t *file_size, bens_h5_place **place)
{
    struct stat info;
    if (fstat(part->fd, &info) != 0) BENS_FAIL(BENS_ERR_IO, "%s", strerror(errno));
    *file_size = (uint64_t)info.st_size;
    BENS_TRY(
        bens_alloc((size_t)d->file->n_variables, sizeof *part->address, &part->address));
    return list_places(d, part, place);
}

static bens_status locate(const bens_draws *d, const char *path, bens_draws_part *part)
{
    uint64_t size;
    bens_h5_place *place;
    BENS_TRY(prepare(d, part, &size, &place));
    const bens_status s =
        bens_h5_locate(path, size, place, (size_t)d->file->n_variables, part->address);
    free(place);
    return s;
}

/* FOLDER of the index/NAME. */
static bens_status join(const bens_draws_file *f, const char *name,
                        char path[BENS_PATH_SIZE])
{
    const char *const slash = strrchr(f->path, '/');
    char folder[BENS_PATH_SIZE] = ".";
    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - f->path + 1), f->path);
    return bens_folder_join(folder, name, path);
}

static bens_status open_rectangle(const bens_draws *d, const char *name,
                                  bens_draws_part *part)
{
    char path[BENS_PATH_SIZE];
    struct stat info;
    BENS_TRY(join(d->file, name, path));
    part->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (part->fd < 0 && errno == ENOENT) return BENS_OK;
    if (part->fd < 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(part->fd, &info) != 0 || !S_ISREG(info.st_mode))
        BENS_FAIL(BENS_ERR_IO, "wanted a file at '%s', found something else", path);
    const bens_status s = locate(d, path, part);
    return s == BENS_OK
               ? s
               : bens_error_set(s, "rectangle '%s': %s", name, bens_error_text());
}

/* That a box of the index is all of its rectangle is seen
 * there: its shape must be that. */
bens_status bens_draws_open_parts(bens_draws *d)
{
    bens_draws_file *f = d->file;
    if (f->n_mapped == 0) return BENS_OK;
    BENS_TRY(bens_alloc((size_t)f->n_mapped, sizeof *f->part, &f->part));
    for (int i = 0; i < f->n_mapped; i++) {
        const bens_samples_part *const box = &f->mapped[i];
        bens_draws_part *part = &f->part[f->n_parts++];
        *part = (bens_draws_part){.fd = -1,
                                  .row = box->row,
                                  .n_rows = box->n_rows,
                                  .draw = box->draw,
                                  .n_draws = box->n_draws};
        BENS_TRY(open_rectangle(d, box->name, part));
        if (part->fd < 0) f->n_parts--;
    }
    return BENS_OK;
}

/* The very file that HDF5 has open: an index can be given its name at any instant. */
static int descriptor(hid_t file)
{
    void *handle; /* of HDF5's default driver: an int */
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0)
        return fcntl(*(const int *)handle, F_DUPFD_CLOEXEC, 0);
    errno = EBADF;
    return -1;
}

static bens_status open_whole(hid_t file, const bens_draws *d)
{
    bens_draws_file *f = d->file;
    uint64_t size;
    bens_h5_place *place;
    BENS_TRY(bens_alloc(1, sizeof *f->part, &f->part));
    f->part[0] = (bens_draws_part){.fd = descriptor(file),
                                   .n_rows = d->n_chains,
                                   .n_draws = d->n_draws};
    f->n_parts = 1;
    if (f->part[0].fd < 0) BENS_FAIL(BENS_ERR_IO, "%s", strerror(errno));
    BENS_TRY(prepare(d, f->part, &size, &place));
    const bens_status s =
        bens_h5_find_places(file, size, place, (size_t)f->n_variables, f->part->address);
    free(place);
    return s;
}

bens_status bens_draws_find_parts(hid_t file, bens_draws *d)
{
    bens_draws_file *f = d->file;
    BENS_TRY(
        bens_samples_mapped(file, d->n_chains, d->n_draws, &f->mapped, &f->n_mapped));
    return f->n_mapped > 0 ? BENS_OK : open_whole(file, d);
}
