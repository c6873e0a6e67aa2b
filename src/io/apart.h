/* apart.h - reading a file of somebody else's in a process of its own, where a crash or a
 * loop in a library ends that process alone. Local. */
#ifndef BENS_IO_APART_H
#define BENS_IO_APART_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENS_APART_TEXT = 4096, BENS_APART_CONTEXT = 3 * 4096 };

typedef struct {
    int64_t seconds; /* of processor time                              */
    int64_t gib;     /* of memory beyond what is in use, in 2^30 bytes */
} bens_apart_limits;

/* Makes the parent of all children, which ends with this process at the latest. Goes
 * before MPI and before GPUs: memory that a network card or a GPU knows must not be
 * forked. Without it, or where it cannot be had, children are forked from this process. */
void bens_apart_start(void);
void bens_apart_stop(void);

/* Does the work in a child that can write no file, within the limits. context [size],
 * at most BENS_APART_CONTEXT bytes and without pointers, goes there; text and the error come back;
 * path is for messages. Errors: those of the work; BENS_ERR_IO: it crashed, or came to a
 * limit, or context is too long; BENS_ERR_FAILURE: no child. */
typedef bens_status (*bens_apart_work)(const void *context, char text[BENS_APART_TEXT]);
bens_status bens_apart(bens_apart_work work, const void *context, size_t size,
                       const char *path, const bens_apart_limits *limits,
                       char text[BENS_APART_TEXT]);

/* The work is done in this process: so it is in a child, which makes none, and in a fuzz
 * target, which sees nothing of another process. */
extern bool bens_apart_is_here;

#endif
