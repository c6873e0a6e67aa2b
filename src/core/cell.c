#include "core/cell.h"

size_t bens_cell_size(bens_cell cell)
{
    static const size_t size[] = {
        [BENS_CELL_FLOAT32] = 4, [BENS_CELL_UINT8] = 1, [BENS_CELL_INT8] = 1,
        [BENS_CELL_UINT16] = 2,  [BENS_CELL_INT16] = 2, [BENS_CELL_INT32] = 4,
        [BENS_CELL_INT64] = 8,
    };
    return size[cell];
}
