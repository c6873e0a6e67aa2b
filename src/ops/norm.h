/* norm.h - what norms over channels share. */
#ifndef BENS_OPS_NORM_H
#define BENS_OPS_NORM_H

#include "ops/op.h"

/* Local. The tensors weight and bias [channels], which start as 1 and 0; out is as in.
 * Errors: BENS_ERR_CONFIG. */
bens_status bens_norm_plan(bens_op_plan *plan);

/* Local. A call, forward or backward; epsilon is that of the options, or `preset` if it
 * is 0 there. */
bens_norm bens_norm_of(const bens_op_call *call, double preset);

#endif
