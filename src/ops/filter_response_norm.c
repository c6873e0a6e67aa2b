/* filter_response_norm.c - y = f(weight x / sqrt(mean of x^2 + epsilon) + bias), the mean
 * over the positions of an image, of each channel (Singh and Krishnan, CVPR 2020; with a
 * fixed epsilon and an activation in the place of their threshold).
 *
 * Options: epsilon (0: 1e-6), activation. Tensors: weight [channels], which starts as 1,
 * bias [channels], as 0. */
#include "ops/norm.h"

static const double EPSILON = 1e-6;

static bens_status plan(bens_op_plan *p)
{
    const bens_shape *in = p->in[0];
    const int64_t channels = in->dim[in->rank - 1];
    if (in->rank < 2) return bens_op_refuse(p, 0, "positions x channels");
    p->saved = (size_t)channels;
    p->scratch = bens_response_norm_scratch(bens_shape_size(in) / channels, channels,
                                            p->options->activation);
    p->scratch_row = (size_t)(2 * channels);
    return bens_norm_plan(p);
}

static void forward(const bens_op_call *c)
{
    const bens_norm norm = bens_norm_of(c, EPSILON);
    c->layers->response_norm(&norm);
}

static void backward(const bens_op_call *c)
{
    const bens_norm norm = bens_norm_of(c, EPSILON);
    c->layers->response_norm_back(&norm);
}

const bens_op bens_op_filter_response_norm = {
    .name = "filter_response_norm",
    .doc = "each channel of an image divided by its root mean square",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
