/* add.c - y = f(x1 + x2), element by element: the end of a residual block.
 * Options: activation. */
#include "ops/op.h"

#include <string.h>

static bens_status plan(bens_op_plan *p)
{
    const bens_shape *a = p->in[0], *b = p->in[1];
    char wanted[64];
    bens_shape_print(a, wanted, sizeof wanted);
    if (a->rank != b->rank || memcmp(a->dim, b->dim, (size_t)a->rank * sizeof *a->dim))
        return bens_op_refuse(p, 1, wanted);
    p->out = *a;
    return BENS_OK;
}

static void forward(const bens_op_call *c)
{
    c->layers->sum(c->n * bens_shape_size(c->out), c->x[0], c->x[1],
                   c->options->activation, c->y);
}

static void backward(const bens_op_call *c)
{
    c->layers->sum_back(c->n * bens_shape_size(c->out), c->x[0], c->x[1],
                        c->options->activation, c->y, c->dy, c->dx[0], c->dx[1]);
}

const bens_op bens_op_add = {
    .name = "add",
    .doc = "y = f(x1 + x2), element by element",
    .n_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
