/* idx_file.h - one file in the format of MNIST, plain or gzip: 0, 0, type, rank, the
 * shape as big-endian 32-bit numbers, then the numbers. Those of bytes are read. */
#ifndef BENS_DATA_IDX_FILE_H
#define BENS_DATA_IDX_FILE_H

#include "core/cell.h"
#include "io/map.h"

enum { BENS_IDX_RANK = 4 };

typedef struct {
    bens_cell cell; /* uint8 or int8                                */
    int rank;       /* 1 ... BENS_IDX_RANK                          */
    int64_t shape[BENS_IDX_RANK];
    int64_t n;    /* numbers, >= 1                                */
    void *bytes;  /* [n] of cell; owned unless map has them       */
    bens_map map; /* of a plain file: read-only; zeroed otherwise */
} bens_idx;

/* Local. Errors: BENS_ERR_CONFIG (no such file, not IDX, other types, more axes, empty),
 * BENS_ERR_IO (cut, longer than it says, damaged gzip). */
bens_status bens_idx_open(const char *path, bens_idx *out);
void bens_idx_close(bens_idx *idx); /* takes a zeroed one */

#endif
