/* hdf5_small.h - data.h5, a small file of inputs and classes for tests of the source hdf5. */
#ifndef BENS_TESTS_HDF5_SMALL_H
#define BENS_TESTS_HDF5_SMALL_H

#include "data/arrays.h"

enum { N = 6, F = 4 };
static const hsize_t table[] = {N, F}, images[] = {N, 2, 2}, column[] = {N};
static const int label[N] = {3, -1, 3, 12, -1, 12};

/* 0 ... 23 */
static inline const int *counting(void)
{
    static int value[N * F];
    for (int e = 0; e < N * F; e++) value[e] = e;
    return value;
}

/* /train of data.h5: x of this type and shape, y. */
static inline void write_file(hid_t type, arrays_form form, int rank,
                              const hsize_t *shape)
{
    const hid_t file = arrays_create("data.h5"), group = arrays_group(file, "train");
    arrays_put(group, "x", form, type, H5T_NATIVE_INT, rank, shape, counting());
    arrays_put(group, "y", form, H5T_STD_I64LE, H5T_NATIVE_INT, 1, column, label);
    H5Gclose(group);
    H5Fclose(file);
}

#endif
