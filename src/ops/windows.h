/* windows.h - what ops with windows that slide over positions share. */
#ifndef BENS_OPS_WINDOWS_H
#define BENS_OPS_WINDOWS_H

#include "ops/op.h"

/* Local. Windows of that many positions that fit into `size` with `padding` on both
 * sides; 0 or less: none. */
int64_t bens_windows_count(int64_t size, int64_t kernel, int64_t stride, int64_t padding);

/* Local. Plans pooling of [positions][channels] (rank 2) or [height][width][channels]
 * (rank 3): options kernel (0: everything), stride (0: as kernel), padding (at most half
 * of kernel). Errors: BENS_ERR_CONFIG. */
bens_status bens_windows_plan(bens_op_plan *plan, int rank);

/* Local. Those of a planned use; [positions][channels] is one row of positions. */
bens_windows bens_windows_of(const bens_op_call *call);

#endif
