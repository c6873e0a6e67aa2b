/* objects.h - the objects of HDF5 that are open: files, groups, data sets, attributes.
 * A reader gives back what it opens, from a damaged file too; the sanitizer cannot see
 * that, for they belong to the library. */
#ifndef TESTS_FUZZ_OBJECTS_H
#define TESTS_FUZZ_OBJECTS_H

#include "fuzz/fuzz.h"

#include <hdf5.h>

static inline ssize_t fuzz_objects(void)
{
    const ssize_t n = H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL);
    FUZZ_PROMISE(n >= 0);
    return n;
}

#endif
