/* fixture.h - one op in a small graph, with a tensor in the place of its inputs, so that
 * derivatives by inputs and by tensors are looked at in the same way. */
#ifndef BENS_TESTS_OPS_FIXTURE_H
#define BENS_TESTS_OPS_FIXTURE_H

#include "ops/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIXTURE_ROWS = 3 }; /* that the graph is planned for */

/* The op `leaf` of a test: y is a tensor of FIXTURE_ROWS rows, whatever x is. */
static bens_status leaf_plan(bens_op_plan *p)
{
    const int64_t shape[2] = {FIXTURE_ROWS, bens_shape_size(p->in[0])};
    p->out = *p->in[0];
    return bens_op_tensor(p, "value", 2, shape, 1, (bens_init){0});
}

static void leaf_forward(const bens_op_call *c)
{
    memcpy(c->y, c->theta[0], (size_t)(c->n * bens_shape_size(c->out)) * sizeof *c->y);
}

static void leaf_backward(const bens_op_call *c)
{
    const size_t size = (size_t)bens_shape_size(c->out);
    memset(c->dtheta[0], 0, FIXTURE_ROWS * size * sizeof **c->dtheta);
    memcpy(c->dtheta[0], c->dy, (size_t)c->n * size * sizeof **c->dtheta);
}

static const bens_op leaf = {.name = "leaf",
                             .n_inputs = 1,
                             .plan = leaf_plan,
                             .forward = leaf_forward,
                             .backward = leaf_backward};

/* Numbers that repeat in every run, in (-1, 1). */
static inline double fixture_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (double)(int64_t)(*state >> 11) * 0x1p-52 - 1;
}

/* x [n] = different numbers in (-1, 1), in no order, none of them closer than 1/n to
 * another or to 0: a small change passes no kink of relu and no tie of a maximum. */
static inline void fixture_apart(uint64_t *state, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((2 * (double)i + 1 - (double)n + (n % 2 != 0)) / (double)(n + 1));
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)((fixture_random(state) + 1) / 2 * (double)i) % i;
        const float kept = x[i - 1];
        x[i - 1] = x[k];
        x[k] = kept;
    }
}

#endif
