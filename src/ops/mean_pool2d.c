/* mean_pool2d.c - the mean of each window over [height][width][channels].
 * Options: kernel (0: everything), stride (0: that of kernel), padding (counts as 0). */
#include "ops/windows.h"

static bens_status plan(bens_op_plan *p)
{
    return bens_windows_plan(p, 3);
}

static void forward(const bens_op_call *c)
{
    const bens_windows w = bens_windows_of(c);
    c->layers->mean_pool(&w, c->n, c->x[0], c->y);
}

static void backward(const bens_op_call *c)
{
    const bens_windows w = bens_windows_of(c);
    if (c->dx[0] != NULL) c->layers->mean_pool_back(&w, c->n, c->dy, c->dx[0]);
}

const bens_op bens_op_mean_pool2d = {
    .name = "mean_pool2d",
    .doc = "the mean of each window",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
