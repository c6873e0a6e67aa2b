/* array.h - numbers in somebody else's HDF5 file, checked before they are read: hard
 * links only, bytes in this file and nowhere else, no filters but deflate and shuffle,
 * integers or floats of at most 8 bytes, sizes that do not overflow. All functions are
 * Local. HDF5 may crash on a file that was made for it: docs/security.md. */
#ifndef BENS_IO_ARRAY_H
#define BENS_IO_ARRAY_H

#include "core/cell.h"
#include "io/map.h"

#include <stdbool.h>

enum { BENS_ARRAY_RANK = 4 };

typedef struct bens_array bens_array;

/* What it is; booleans of h5py are integers. */
typedef struct {
    bool is_float, is_signed;
    int width; /* bytes of a number, 1 ... 8 */
    int rank;  /* 1 ... BENS_ARRAY_RANK      */
    int64_t shape[BENS_ARRAY_RANK];
    int64_t n; /* numbers, >= 1              */
} bens_array_about;

/* NAME in GROUP ("/", "/train", "/a/b"). Errors: BENS_ERR_CONFIG: no such file, group or
 * data set (says which there are), not numbers, more axes, none of them; BENS_ERR_IO: not
 * HDF5, cut, unsafe. */
bens_status bens_array_open(const char *path, const char *group, const char *name,
                            bens_array **out);
void bens_array_close(bens_array *array); /* takes NULL */

/* Is there an object of that name in the group? Errors: BENS_ERR_CONFIG (no such file or
 * group), BENS_ERR_IO. */
bens_status bens_array_exists(const char *path, const char *group, const char *name,
                              bool *out);

const bens_array_about *bens_array_look(const bens_array *array);

/* Reads all of it as out [n] of this type. What is beyond its range becomes its largest or
 * smallest number, or infinite. Errors: BENS_ERR_IO: damaged. */
bens_status bens_array_read(const bens_array *array, bens_cell type, void *out);

/* The same without reading, where the file has them like that; else out->bytes = NULL. */
bens_status bens_array_map(const bens_array *array, bens_cell type, bens_map *out);

#endif
