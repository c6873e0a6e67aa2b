/* max_pool1d.c - the largest value in each window over [positions][channels].
 * Options: kernel (0: everything), stride (0: that of kernel), padding (never the
 * largest). */
#include "ops/windows.h"

static bens_status plan(bens_op_plan *p)
{
    return bens_windows_plan(p, 2);
}

static void forward(const bens_op_call *c)
{
    const bens_windows w = bens_windows_of(c);
    c->layers->max_pool(&w, c->n, c->x[0], c->y);
}

static void backward(const bens_op_call *c)
{
    const bens_windows w = bens_windows_of(c);
    if (c->dx[0] != NULL)
        c->layers->max_pool_back(&w, c->n, c->x[0], c->y, c->dy, c->dx[0]);
}

const bens_op bens_op_max_pool1d = {
    .name = "max_pool1d",
    .doc = "the largest value in each window",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
