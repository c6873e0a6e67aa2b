#include "ops/norm.h"

bens_status bens_norm_plan(bens_op_plan *p)
{
    const int64_t channels = p->in[0]->dim[p->in[0]->rank - 1];
    p->out = *p->in[0];
    BENS_TRY(
        bens_op_tensor(p, "weight", 1, &channels, 1, (bens_init){.kind = BENS_INIT_ONE}));
    return bens_op_tensor(p, "bias", 1, &channels, 1,
                          (bens_init){.kind = BENS_INIT_ZERO});
}

bens_norm bens_norm_of(const bens_op_call *c, double preset)
{
    const int64_t channels = c->out->dim[c->out->rank - 1];
    const double epsilon = c->options->epsilon;
    return (bens_norm){.n = c->n,
                       .positions = bens_shape_size(c->out) / channels,
                       .channels = channels,
                       .epsilon = (float)(epsilon != 0 ? epsilon : preset),
                       .f = c->options->activation,
                       .x = c->x[0],
                       .weight = c->theta[0],
                       .bias = c->theta[1],
                       .kept = c->saved,
                       .y = c->y,
                       .dy = c->dy,
                       .dx = c->dx[0],
                       .dweight = c->dtheta[0],
                       .dbias = c->dtheta[1],
                       .scratch = c->scratch};
}
