#include "io/samples_layout.h"

#include "io/folder.h"

#include <string.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    const bens_samples_part *part; /* [n] */
    int n;
} rectangles;

static bens_status map_part(hid_t list, const bens_samples_variable *v,
                            const char *source, const bens_samples_part *part)
{
    hsize_t shape[BENS_SAMPLES_RANK], start[BENS_SAMPLES_RANK] = {0};
    bens_samples_shape(v, shape);
    const hid_t all = H5Screate_simple(v->rank, shape, NULL);
    start[0] = (hsize_t)part->row;
    start[1] = (hsize_t)part->draw;
    shape[0] = (hsize_t)part->n_rows;
    shape[1] = (hsize_t)part->n_draws;
    const hid_t box = H5Screate_simple(v->rank, shape, NULL);
    const bool good =
        all >= 0 && box >= 0 &&
        H5Sselect_hyperslab(all, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0 &&
        H5Pset_virtual(list, all, part->name, source, box) >= 0;
    const bens_status s =
        good ? BENS_OK : bens_h5_fail("cannot map '%s' of '%s'", source, part->name);
    H5Sclose(all);
    H5Sclose(box);
    return s;
}

/* What no rectangle covers, or what a missing one would, is filled when it is read. */
static bens_status map_variable(const void *context, const bens_samples_variable *v,
                                hid_t list)
{
    const rectangles *r = context;
    char source[2 * BENS_NAME_SIZE];
    snprintf(source, sizeof source, "/%s/%s", v->group, v->name);
    if (H5Pset_fill_time(list, H5D_FILL_TIME_IFSET) < 0 ||
        H5Pset_alloc_time(list, H5D_ALLOC_TIME_DEFAULT) < 0)
        return bens_h5_fail("cannot set the properties of '%s'", source);
    for (int i = 0; i < r->n; i++) BENS_TRY(map_part(list, v, source, &r->part[i]));
    return BENS_OK;
}

static bens_status write_index(const char *path, const bens_samples_spec *spec,
                               const bens_samples_layout *layout, const rectangles *r)
{
    hid_t file;
    BENS_TRY(bens_h5_create(path, true, &file));
    const bens_status s = bens_samples_write(file, spec, layout, map_variable, r, NULL);
    return s == BENS_OK ? bens_h5_close(file, path) : (H5Fclose(file), s);
}

bens_status bens_samples_index(const char *folder, const char *name,
                               const bens_samples_spec *spec,
                               const bens_samples_part *part, int n_parts)
{
    const rectangles r = {.part = part, .n = n_parts};
    char temporary[BENS_PATH_SIZE];
    bens_samples_layout layout;
    BENS_TRY(bens_samples_check_parts(spec->n_chains, spec->n_draws, part, n_parts));
    bens_h5_start();
    BENS_TRY(bens_folder_temporary(folder, name, temporary));
    BENS_TRY(bens_samples_layout_create(spec, &layout));
    bens_status s = write_index(temporary, spec, &layout, &r);
    if (s != BENS_OK)
        bens_error_set(s, "cannot make '%s/%s': %s", folder, name, bens_error_text());
    if (s == BENS_OK) s = bens_folder_publish(folder, temporary, name);
    if (s != BENS_OK) unlink(temporary);
    bens_samples_layout_release(&layout);
    return s;
}
