/* cell.h - the types in which files keep numbers, in the byte order of this machine. */
#ifndef BENS_CORE_CELL_H
#define BENS_CORE_CELL_H

#include <stddef.h>

typedef enum {
    BENS_CELL_FLOAT32,
    BENS_CELL_UINT8,
    BENS_CELL_INT8,
    BENS_CELL_UINT16,
    BENS_CELL_INT16,
    BENS_CELL_INT32,
    BENS_CELL_INT64,
} bens_cell;

/* Local. Bytes of one. */
size_t bens_cell_size(bens_cell cell);

#endif
