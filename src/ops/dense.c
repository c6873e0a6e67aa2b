/* dense.c - y = f(x W^T + b) over the last axis.
 *
 * Options: units, activation, without_bias. Tensors: weight [units, inputs], bias
 * [units], both from U(-1/sqrt(inputs), 1/sqrt(inputs)). */
#include "ops/op.h"

static bens_status plan(bens_op_plan *p)
{
    const bens_shape *in = p->in[0];
    const int64_t units = p->options->units, inputs = in->dim[in->rank - 1];
    const bens_init init = {.kind = BENS_INIT_UNIFORM};
    if (inputs > INT32_MAX || units > INT32_MAX)
        return bens_op_refuse(p, 0, "less than 2^31 inputs and units, for CBLAS");

    p->out = *in;
    p->out.dim[in->rank - 1] = units;
    if (bens_op_keeps_z(p->options)) p->saved = (size_t)bens_shape_size(&p->out);
    BENS_TRY(bens_op_tensor(p, "weight", 2, (int64_t[]){units, inputs}, inputs, init));
    if (p->options->without_bias) return BENS_OK;
    return bens_op_tensor(p, "bias", 1, &units, inputs, init);
}

/* Rows of the product: all axes but the last. */
static int64_t rows_of(const bens_op_call *c, int64_t inputs)
{
    return c->n * (bens_shape_size(c->in[0]) / inputs);
}

static float *before_activation(const bens_op_call *c)
{
    return bens_op_keeps_z(c->options) ? c->saved : c->y;
}

static void forward(const bens_op_call *c)
{
    const int64_t units = c->options->units, inputs = c->in[0]->dim[c->in[0]->rank - 1];
    const int64_t rows = rows_of(c, inputs);
    float *z = before_activation(c);

    c->be->gemm(false, true, rows, units, inputs, 1, c->x[0], inputs, c->theta[0], inputs,
                0, z, units);
    c->layers->activate(rows, units, c->theta[1], c->options->activation, z, c->y);
}

static void backward(const bens_op_call *c)
{
    const int64_t units = c->options->units, inputs = c->in[0]->dim[c->in[0]->rank - 1];
    const int64_t rows = rows_of(c, inputs);

    c->layers->activate_back(rows, units, c->options->activation, before_activation(c),
                             c->y, c->dy, c->dy, c->dtheta[1]);
    bens_product p = {.m = units, .n = inputs, .k = rows, .a = c->dy, .b = c->x[0]};
    p.a_row = 1;
    p.a_column = units;
    p.b_row = p.c_row = inputs;
    p.b_panel = BENS_PANEL;
    p.c = c->dtheta[0];
    c->layers->product(&p); /* dz^T x */
    if (c->dx[0] == NULL) return;
    p.m = rows;
    p.k = units;
    p.a_row = units;
    p.a_column = 1;
    p.b = c->theta[0];
    p.c = c->dx[0];
    c->layers->product(&p); /* dz W */
}

const bens_op bens_op_dense = {
    .name = "dense",
    .doc = "y = f(x W^T + b) over the last axis",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
