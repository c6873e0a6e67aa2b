/* objects.h - where HDF5 reads, and the objects of it that are open: files, groups, data
 * sets, attributes. A reader gives back what it opens, from a damaged file too; the
 * sanitizer cannot see that, for they belong to the library. */
#ifndef TESTS_FUZZ_OBJECTS_H
#define TESTS_FUZZ_OBJECTS_H

#include "fuzz/fuzz.h"
#include "io/apart.h"

#include <hdf5.h>

static void fuzz_say_crashes(void)
{
    fprintf(stderr, "HDF5 crashed %ld times, did not end %ld times\n", fuzz_n_crashed,
            fuzz_n_looped);
}

/* In this process, where coverage and the sanitizers see it; with FUZZ_APART in the
 * environment as bens does: first in another one. */
static inline void fuzz_choose_process(void)
{
    if (getenv("FUZZ_APART") == NULL) {
        bens_apart_stay();
        return;
    }
    bens_apart_start();
    atexit(fuzz_say_crashes);
}

static inline ssize_t fuzz_objects(void)
{
    const ssize_t n = H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL);
    FUZZ_PROMISE(n >= 0);
    return n;
}

#endif
