/* folder.h - the folder of a run and the files in it, handled with care. All are Local. */
#ifndef BENS_IO_FOLDER_H
#define BENS_IO_FOLDER_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes the folder (and its parents). An existing one must be empty or, with `overwrite`, a
 * run's: then the files of that run (config.ini, samples*.h5, metrics*.jsonl, ...) are
 * removed and nothing else. With `try_only` nothing is made, removed or written.
 * Errors: BENS_ERR_CONFIG (it exists and holds something; says what to do),
 * BENS_ERR_IO (not writable, not a folder, world-writable without sticky bit). */
bens_status bens_folder_create(const char *path, bool overwrite, bool try_only);

/* Writes a small text file: O_EXCL temporary, fsync, rename, fsync of the folder. */
bens_status bens_folder_write(const char *folder, const char *name, const char *text);

/* fsync of a file that exists, then rename(from, to), then fsync of the folder. */
bens_status bens_folder_publish(const char *folder, const char *from, const char *to);

/* Free bytes for this user in the file system of the folder (or of its nearest existing
 * parent). */
bens_status bens_folder_free(const char *path, uint64_t *bytes);

/* One line about the file system of the folder: type, and a hint where it is a parallel one
 * ("lustre: lfs setstripe --stripe-count 8 FOLDER before the run"). */
void bens_folder_describe(const char *path, char *text, size_t size);

#endif
