/* h5.h - the little of HDF5 that the files of bens are made
 * of. Private to io/; all Local.
 *
 * Every failure becomes one line with the innermost text of HDF5's own error stack
 * ("cannot write 'posterior/weight': No space left on device"). A file is opened so that
 * closing it closes what is still open in it. No file is locked: ours are published by a
 * rename, and a reader must never block a run. */
#ifndef BENS_IO_H5_H
#define BENS_IO_H5_H

#include "core/status.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    BENS_H5_BOOL, /* int8 with the attribute dtype = "bool" */
    BENS_H5_INT32,
    BENS_H5_INT64,
    BENS_H5_UINT64,
    BENS_H5_FLOAT16,
    BENS_H5_FLOAT32,
    BENS_H5_FLOAT64,
} bens_h5_type;

/* What the attribute `schema` of a file of bens says. */
#define BENS_H5_SAMPLES     "bens-samples-1"
#define BENS_H5_CHECKPOINT  "bens-checkpoint-1"
#define BENS_H5_PREDICTIONS "bens-predictions-1"

/* Silences HDF5's printing and its work at exit, and takes its plug-ins away. Goes before
 * anything else of HDF5. */
void bens_h5_start(void);

/* Records "<text>: <innermost error of HDF5>" and returns BENS_ERR_IO. */
bens_status bens_h5_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

hid_t bens_h5_native(bens_h5_type type);
size_t bens_h5_size(bens_h5_type type);
const char *bens_h5_name(bens_h5_type type);
bool bens_h5_is_float(bens_h5_type type);

/* A new file that must not exist; `index`: it will hold virtual data sets. */
bens_status bens_h5_create(const char *path, bool index, hid_t *out);
/* An existing one, read-only. HDF5 may crash or loop on a damaged one: bens_h5_try goes
 * before that of a file which this process did not make. */
bens_status bens_h5_open(const char *path, hid_t *out);

/* Does the work first in a process of its own (apart.h), of which nothing comes back, its
 * errors neither: HDF5 survives here what it survives there, in the same work. So this goes
 * before the very function that reads the file here. context [size] is flat; without
 * one it is the path. Where no process can be had, and in one of that kind, nothing
 * is done. Errors: BENS_ERR_IO: HDF5 crashed, or took more than 3 s of processor time and 1
 * s for each MiB of the file, or 8 GiB of memory. */
typedef bens_status (*bens_h5_work)(const void *context);
bens_status bens_h5_try(const char *path, bens_h5_work work);
bens_status bens_h5_try_with(const char *path, bens_h5_work work, const void *context,
                             size_t size);

/* Closing writes what HDF5 still holds, so it can fail. */
bens_status bens_h5_close(hid_t file, const char *path);

bens_status bens_h5_group(hid_t parent, const char *name, hid_t *out);

/* Properties of a data set to be created: contiguous, allocated at once, not filled. */
bens_status bens_h5_properties(hid_t *out);

/* Scalars. Text that is not UTF-8 is written with '?' for each such byte, because readers
 * in Python refuse it. text = NULL: "". */
bens_status bens_h5_put_attribute(hid_t object, const char *name, const char *text);
bens_status bens_h5_put_text(hid_t group, const char *name, const char *text);
bens_status bens_h5_put_number(hid_t group, const char *name, bens_h5_type type,
                               const void *value);
/* `_FillValue` NaN in netCDF's form, an array of one. Floats only: with one, xarray
 * would read integers as floats. */
bens_status bens_h5_put_fill(hid_t set, bens_h5_type type);
/* One-dimensional data sets; the caller closes *out. */
bens_status bens_h5_put_texts(hid_t group, const char *name, const char *const *text,
                              int64_t n, hid_t *out);
bens_status bens_h5_put_numbers(hid_t group, const char *name, bens_h5_type type,
                                const void *value, int64_t n, hid_t *out);

/* What a data set of a group is. */
enum { BENS_H5_NAME_SIZE = 128, BENS_H5_PLACE_RANK = 8 };
typedef struct {
    char name[BENS_H5_NAME_SIZE];
    bool known; /* it is of one of our types */
    bens_h5_type type;
    int rank;
    hsize_t shape[H5S_MAX_RANK];
} bens_h5_set;

/* Calls visit for each data set of a group, in the order of
 * their creation; stops at an error.
 * Errors: BENS_ERR_IO: no such group, something in it that a
 * hard link does not lead to. */
typedef bens_status (*bens_h5_visit)(void *context, const bens_h5_set *set);
bens_status bens_h5_list(hid_t file, const char *group, bens_h5_visit visit,
                         void *context);

/* Opens GROUP/NAME, both reached by hard links only, of any
 * type. The caller closes it. */
bens_status bens_h5_open_set(hid_t file, const char *group, const char *name, hid_t *out);
/* The same, of this type and rank; shape [rank] is read. */
bens_status bens_h5_find(hid_t file, const char *group, const char *name,
                         bens_h5_type type, int rank, hsize_t *shape, hid_t *out);
/* Where the n x size bytes of a data set begin, which must be its own and nobody else's:
 * contiguous, in this file of file_size bytes, all of it. */
bens_status bens_h5_address(hid_t set, const char *group, const char *name, uint64_t n,
                            uint64_t size, uint64_t file_size, uint64_t *out);

/* A data set that is wanted. */
typedef struct {
    char group[32], name[BENS_H5_NAME_SIZE];
    bens_h5_type type;
    int rank;
    hsize_t shape[BENS_H5_PLACE_RANK];
    char axis[BENS_H5_PLACE_RANK][BENS_H5_NAME_SIZE]; /* for messages; "": its number */
} bens_h5_place;
/* Where the bytes of places [n] begin in a file of file_size bytes: address [n]. */
bens_status bens_h5_find_places(hid_t file, uint64_t file_size,
                                const bens_h5_place *place, size_t n, uint64_t *address);
/* The same with bens_h5_try and opening. */
bens_status bens_h5_locate(const char *path, uint64_t file_size,
                           const bens_h5_place *place, size_t n, uint64_t *address);

/* The first element of GROUP/NAME, of rank 0 or 1. */
bens_status bens_h5_get_first(hid_t file, const char *group, const char *name,
                              bens_h5_type type, int rank, void *out);
/* Errors: BENS_ERR_IO: the attribute `schema` of the file is another or none. */
bens_status bens_h5_check_schema(hid_t file, const char *wanted);
/* A scalar text; *out by malloc. */
bens_status bens_h5_get_text(hid_t file, const char *group, const char *name, char **out);
bens_status bens_h5_get_attribute(hid_t object, const char *name, char **out);

#endif
