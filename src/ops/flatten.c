/* flatten.c - the values of a row in one dimension. */
#include "ops/op.h"

static bens_status plan(bens_op_plan *p)
{
    p->out = (bens_shape){.rank = 1, .dim = {bens_shape_size(p->in[0])}};
    p->view = true;
    return BENS_OK;
}

const bens_op bens_op_flatten = {
    .name = "flatten",
    .doc = "a row's values in one dimension",
    .n_inputs = 1,
    .plan = plan,
};
