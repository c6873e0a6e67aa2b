/* apart.h - reading a file of somebody else's in a process of its own, where a crash or a
 * loop of HDF5 ends that process alone. Linux. All functions are Local. */
#ifndef BENS_IO_APART_H
#define BENS_IO_APART_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENS_APART_TEXT = 4096 };

typedef struct {
    int64_t seconds; /* of processor time                              */
    int64_t gib;     /* of memory beyond what is in use, in 2^30 bytes */
} bens_apart_limits;

/* Starts the reader: a process that does nothing but fork the children in which files are
 * read, and that ends with this one at the latest. Goes before MPI and before GPUs, for
 * memory that a network card or a GPU knows must not be forked; where it could not be
 * started there are no children. Without this call they are forked from this process. */
void bens_apart_start(void);
void bens_apart_stop(void);

/* Does the work in a child that can write no byte to a file, within the limits, or the
 * system's where they are lower. context [size] is flat: it has no pointers to data. text
 * and the error come back; path is for messages. Errors: those of the work; BENS_ERR_IO: it
 * crashed, or came to a limit; BENS_ERR_FAILURE: no child. */
typedef bens_status (*bens_apart_work)(const void *context, char text[BENS_APART_TEXT]);
bens_status bens_apart(bens_apart_work work, const void *context, size_t size,
                       const char *path, const bens_apart_limits *limits,
                       char text[BENS_APART_TEXT]);

/* Is this process a child of the kind, where the work is done at once? */
bool bens_apart_is_here(void);
/* Makes it one, for a fuzz target: that sees nothing of another process. */
void bens_apart_stay(void);

#endif
