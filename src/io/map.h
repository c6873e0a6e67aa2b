/* map.h - a part of a file as memory that all processes of the node have together. All
 * functions are Local.
 *
 * A file that is cut while it is mapped ends the process that reads there (SIGBUS). */
#ifndef BENS_IO_MAP_H
#define BENS_IO_MAP_H

#include "core/status.h"

#include <stdint.h>

typedef struct {
    const void *bytes; /* what was asked for, read-only; NULL: nothing is mapped */
    void *base;        /* the pages that it lies in: [length] bytes              */
    size_t length;
    char *path; /* where it is, so that another process can map it too: owned    */
    uint64_t offset, size;
} bens_map;

/* The bytes offset ... offset + size - 1, size >= 1. Errors: BENS_ERR_IO: no such file,
 * not a regular one, shorter than that. */
bens_status bens_map_open(const char *path, uint64_t offset, uint64_t size,
                          bens_map *out);
void bens_map_close(bens_map *map); /* takes a zeroed one */

#endif
