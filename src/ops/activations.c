/* activations.c - every activation of core/activations as an op of its own. (Dense and
 * convolutions fuse theirs: options.activation.) */
#include "ops/op.h"

#include <string.h>

static bens_status plan(bens_op_plan *p)
{
    p->out = *p->in[0];
    return BENS_OK;
}

/* In place on a copy: x is wanted as it is by who made it. */
static void forward(const bens_op_call *c, bens_activation f)
{
    const int64_t size = bens_shape_size(c->out);
    memcpy(c->y, c->x[0], (size_t)(c->n * size) * sizeof *c->y);
    c->layers->activate(c->n, size, NULL, f, c->y, c->y);
}

static void backward(const bens_op_call *c, bens_activation f)
{
    if (c->dx[0] != NULL)
        c->layers->activate_back(c->n, bens_shape_size(c->out), f, c->x[0], c->y, c->dy,
                                 c->dx[0], NULL);
}

#define X(activation, slope_of, text)                                                    \
    static void activation##_forward(const bens_op_call *c)                              \
    {                                                                                    \
        forward(c, BENS_ACTIVATION_##activation);                                        \
    }                                                                                    \
    static void activation##_backward(const bens_op_call *c)                             \
    {                                                                                    \
        backward(c, BENS_ACTIVATION_##activation);                                       \
    }                                                                                    \
    const bens_op bens_op_##activation = {                                               \
        .name = #activation,                                                             \
        .doc = text,                                                                     \
        .n_inputs = 1,                                                                   \
        .plan = plan,                                                                    \
        .forward = activation##_forward,                                                 \
        .backward = activation##_backward,                                               \
    };
#include "core/activations/list.h"
