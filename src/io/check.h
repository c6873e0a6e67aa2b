/* check.h - is an HDF5 file whole, and safe to open? All functions are Local.
 *
 * Safe: hard links only, no external storage, no filters but deflate and shuffle,
 * numbers and texts only, sizes that do not overflow, all bytes inside the file and no
 * two data sets on the same ones, virtual sources in or below the file's folder. Whole:
 * all of it can be read; of bens' own files every checksum is right too.
 * docs/security.md says what this does not promise. */
#ifndef BENS_IO_CHECK_H
#define BENS_IO_CHECK_H

#include "io/apart.h"

/* A bens_apart_work on a path. Writes what was checked into text, a few lines of which the
 * last may be cut. Errors: BENS_ERR_IO: the first thing that is wrong; text then has what
 * was checked before. HDF5 may crash on a file that was made for it: bens_apart. */
bens_status bens_check_file(const void *path, char text[BENS_APART_TEXT]);

#endif
