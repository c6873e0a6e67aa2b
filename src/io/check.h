/* check.h - is an HDF5 file whole, and safe to open? All functions are Local.
 *
 * Safe: hard links only, no external storage, no filters but deflate and shuffle,
 * numbers and texts only, sizes that do not overflow, all bytes inside the file and no
 * two data sets on the same ones, virtual sources in or below the file's folder. Whole:
 * all of it can be read; of bens' own files every checksum is right too.
 * docs/security.md says what this does not promise. */
#ifndef BENS_IO_CHECK_H
#define BENS_IO_CHECK_H

#include "core/status.h"

#include <stdint.h>

enum { BENS_CHECK_TEXT = 4096 };

/* Writes what was checked into text, a few lines of which the last may be cut. Errors:
 * BENS_ERR_IO: the first thing that is wrong; text then has what was checked before. HDF5
 * may crash on a file that was made for it: bens_check_apart. */
bens_status bens_check_file(const char *path, char text[BENS_CHECK_TEXT]);

typedef struct {
    int64_t seconds; /* of processor time         */
    int64_t gib;     /* of memory, in 2^30 bytes  */
} bens_check_limits;

/* Does the work in a child process that can write no file, within the limits. path is
 * passed on, text and the error come back. Goes before anything of MPI. Errors: those of
 * the work; BENS_ERR_IO: it crashed, or came to a limit; BENS_ERR_FAILURE: no child. */
typedef bens_status (*bens_check_work)(const char *path, char text[BENS_CHECK_TEXT]);
bens_status bens_check_apart(bens_check_work work, const char *path,
                             const bens_check_limits *limits, char text[BENS_CHECK_TEXT]);

#endif
