/* folder.h - the folder of a run and the files in it,
 * handled with care. All are Local. */
#ifndef BENS_IO_FOLDER_H
#define BENS_IO_FOLDER_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { BENS_PATH_SIZE = 4096 };

/* FOLDER/NAME. Errors: BENS_ERR_IO: too long. */
bens_status bens_folder_join(const char *folder, const char *name,
                             char path[BENS_PATH_SIZE]);
/* Does FOLDER/NAME, as it is written, stay in FOLDER: is NAME
 * relative, and never goes up? */
bool bens_folder_is_below(const char *name);
/* FOLDER/NAME.PID-TIME.tmp: a name that no file has, to be made with O_EXCL. */
bens_status bens_folder_temporary(const char *folder, const char *name,
                                  char path[BENS_PATH_SIZE]);

/* May a run be written in this folder, if it is there? Errors: BENS_ERR_IO: it
 * is a symbolic link, or everybody may write in it or in the one above (a
 * sticky bit makes that good). */
bens_status bens_folder_check(const char *path);

/* Makes the folder (and its parents), for its owner and to read for the group. An
 * existing one must be empty or, with `overwrite`, a run's: then the files of that run
 * (config.ini, samples*.h5, metrics*.jsonl, ...) are removed and nothing else. With
 * `try_only` nothing is made, removed or written.
 * Errors: BENS_ERR_CONFIG (it exists and holds something; says what to do),
 * BENS_ERR_IO (not writable, not a folder, what bens_folder_check refuses). */
bens_status bens_folder_create(const char *path, bool overwrite, bool try_only);

/* Removes the temporary files of a run whose writers were killed; the caller has taken
 * the folder. Errors: BENS_ERR_IO. */
bens_status bens_folder_tidy(const char *path);

/* The files of metrics.h in a run's folder, as a pattern of fnmatch. */
#define BENS_METRICS_FILES "metrics*.jsonl"

/* flock without waiting for a run's end; but who only looks whether there is a lock has it
 * for an instant, so it is tried for 0.1 s. */
int bens_file_lock(int fd, int how);

/* Takes the folder for this process until the descriptor *lock is closed,
 * so that no other run writes there: neither one that has the folder, nor ranks that
 * outlived the one that had it and still have their metrics*.jsonl. *lock = -1: no such
 * folder yet, or a file system that has no locks of folders (NFS; only the metrics of a run
 * then keep others out) or none at all.
 * Errors: BENS_ERR_CONFIG: another run has it; BENS_ERR_IO: as bens_folder_check. */
bens_status bens_folder_lock(const char *path, int *lock);

/* Writes a small text file: O_EXCL temporary, fsync, rename, fsync of the folder. */
bens_status bens_folder_write(const char *folder, const char *name, const char *text);

/* fsync of the file at the path `temporary` in the folder, then rename to
 * FOLDER/NAME, then fsync of the folder. */
bens_status bens_folder_publish(const char *folder, const char *temporary,
                                const char *name);

/* Local. The names in the folder are on disk. Errors: BENS_ERR_IO. */
bens_status bens_folder_sync(const char *path);

/* Free bytes for this user in the file system of the folder (or of its nearest existing
 * parent). */
bens_status bens_folder_free(const char *path, uint64_t *bytes);

/* One line about the file system of the folder: type, and a hint where it is a parallel
 * one ("lustre: lfs setstripe --stripe-count 8 FOLDER before the run"). */
void bens_folder_describe(const char *path, char *text, size_t size);

/* Is the file system of the folder known, and one that only this machine writes? Then a
 * lock that is free is free. */
bool bens_folder_is_local(const char *path);

/* Writes all of it at an address of a file: short writes and interrupts are continued.
 * Returns 0, or -1 with errno. */
int bens_file_put(int fd, const void *bytes, size_t size, uint64_t address);

/* The largest unit of Linux's page cache. Files are written in pieces that end where such a
 * unit does: the cache then holds whole units, which cost less than many small ones. */
enum { BENS_FILE_PIECE = 2 << 20 };

/* Bytes of the next piece of `left`. */
size_t bens_file_piece(uint64_t address, uint64_t left);

/* The disk may begin with bytes that were put there, and is not waited for unless its queue
 * is full: less is left to do when fdatasync comes. Promises nothing. */
void bens_file_hurry(int fd, size_t size, uint64_t address);

#endif
