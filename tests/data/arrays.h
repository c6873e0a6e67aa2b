/* arrays.h - small HDF5 files of arrays, written by a test, and the source hdf5 on them. */
#ifndef BENS_TESTS_ARRAYS_H
#define BENS_TESTS_ARRAYS_H

#include "data/table.h"

#include <hdf5.h>

/* How a data set is stored. */
typedef enum { PLAIN, DEFLATED, COMPACT } arrays_form;

static inline hid_t arrays_create(const char *path)
{
    remove(path);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static inline hid_t arrays_group(hid_t file, const char *name)
{
    const hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(group >= 0);
    return group;
}

/* NAME of the type `stored` with what `list` says, from values of the type `given`; NULL:
 * never written. Closes the list. */
static inline void arrays_put_as(hid_t group, const char *name, hid_t list, hid_t stored,
                                 hid_t given, int rank, const hsize_t *shape,
                                 const void *value)
{
    const hid_t space = H5Screate_simple(rank, shape, NULL);
    const hid_t set =
        H5Dcreate2(group, name, stored, space, H5P_DEFAULT, list, H5P_DEFAULT);
    assert_true(set >= 0);
    if (value != NULL)
        assert_true(H5Dwrite(set, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
}

/* Deflated chunks of this shape. */
static inline void arrays_put_chunks(hid_t group, const char *name, hid_t stored,
                                     hid_t given, int rank, const hsize_t *shape,
                                     const hsize_t *chunk, const void *value)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(list, rank, chunk) >= 0 && H5Pset_shuffle(list) >= 0 &&
                H5Pset_deflate(list, 4) >= 0);
    arrays_put_as(group, name, list, stored, given, rank, shape, value);
}

static inline void arrays_put(hid_t group, const char *name, arrays_form form,
                              hid_t stored, hid_t given, int rank, const hsize_t *shape,
                              const void *value)
{
    if (form == DEFLATED) {
        arrays_put_chunks(group, name, stored, given, rank, shape, shape, value);
        return;
    }
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (form == COMPACT) assert_true(H5Pset_layout(list, H5D_COMPACT) >= 0);
    arrays_put_as(group, name, list, stored, given, rank, shape, value);
}

/* The settings of a source, and its status on a file. `set` is one setting. */
static inline bens_status arrays_read(const char *source, const char *set,
                                      const char *path, bens_target target,
                                      bens_data **out)
{
    const bens_source *const s = bens_source_find(source);
    assert_non_null(s);
    settings o = settings_make(s->options, s->options_size, TEXTS(set));
    assert_int_equal(o.status, BENS_OK);
    const bens_status status = bens_source_read(s, o.options, path, target, NULL, out);
    settings_release(&o);
    return status;
}

static inline bens_data *arrays_open(const char *source, const char *set,
                                     const char *path, bens_target target)
{
    bens_data *d = NULL;
    if (arrays_read(source, set, path, target, &d) != BENS_OK)
        fail_msg("%s", bens_error_text());
    return d;
}

/* All rows as a model sees them; free(). */
static inline float *arrays_gather(const bens_data *d)
{
    const bens_rows all = {.n = d->n_rows};
    float *const x = malloc((size_t)(d->n_rows * d->n_features) * sizeof *x);
    assert_non_null(x);
    bens_data_gather(d, &all, 0, d->n_rows, x);
    return x;
}

#endif
