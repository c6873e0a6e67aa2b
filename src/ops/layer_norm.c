/* layer_norm.c - y = weight (x - mean) / sqrt(variance + epsilon) + bias, mean and
 * variance over the last axis.
 *
 * Options: epsilon (0: 1e-5). Tensors: weight [features], which starts as 1, bias
 * [features], as 0. */
#include "ops/norm.h"

static const double EPSILON = 1e-5;

static bens_status plan(bens_op_plan *p)
{
    const bens_shape *in = p->in[0];
    p->saved = (size_t)(2 * (bens_shape_size(in) / in->dim[in->rank - 1]));
    return bens_norm_plan(p);
}

static void forward(const bens_op_call *c)
{
    const bens_norm norm = bens_norm_of(c, EPSILON);
    c->layers->layer_norm(&norm);
}

static void backward(const bens_op_call *c)
{
    const bens_norm norm = bens_norm_of(c, EPSILON);
    c->layers->layer_norm_back(&norm);
}

const bens_op bens_op_layer_norm = {
    .name = "layer_norm",
    .doc = "the last axis with mean 0 and variance 1",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
