/* conv2d.c - y = f(sum over each window of weight x + bias), over
 * [height][width][channels] or [height][width], one channel (a correlation, as in
 * PyTorch).
 *
 * Options: units, kernel, stride (0: 1), padding, without_bias, activation. Tensors:
 * weight [units, channels, kernel, kernel], bias [units], both from U(-1/sqrt(fan_in),
 * 1/sqrt(fan_in)), fan_in = channels x kernel^2. */
#include "ops/windows.h"

#include <stdio.h>

static bens_windows windows_of(const bens_op_options *o, const bens_shape *in)
{
    bens_windows w = {.channels = in->rank == 3 ? in->dim[2] : 1};
    for (int d = 0; d < 2; d++) {
        w.size[d] = in->dim[d];
        w.kernel[d] = o->kernel;
        w.stride[d] = o->stride == 0 ? 1 : o->stride;
        w.padding[d] = o->padding;
        w.count[d] =
            bens_windows_count(w.size[d], w.kernel[d], w.stride[d], w.padding[d]);
    }
    return w;
}

static bens_status add_tensors(bens_op_plan *p, const bens_windows *w)
{
    const int64_t units = p->options->units, k = p->options->kernel;
    const int64_t fan_in = w->channels * k * k;
    const bens_init init = {.kind = BENS_INIT_UNIFORM};
    BENS_TRY(bens_op_tensor(p, "weight", 4, (int64_t[]){units, w->channels, k, k}, fan_in,
                            init));
    if (p->options->without_bias) return BENS_OK;
    return bens_op_tensor(p, "bias", 1, &units, fan_in, init);
}

static bens_status plan(bens_op_plan *p)
{
    const bens_op_options *o = p->options;
    char wanted[128];
    if (p->in[0]->rank < 2) return bens_op_refuse(p, 0, "height x width (x channels)");
    const bens_windows w = windows_of(o, p->in[0]);
    snprintf(wanted, sizeof wanted,
             "at least %lld positions in each direction (kernel %lld, padding %lld)",
             (long long)(o->kernel - 2 * o->padding), (long long)o->kernel,
             (long long)o->padding);
    if (w.count[0] < 1 || w.count[1] < 1) return bens_op_refuse(p, 0, wanted);

    p->out = (bens_shape){.rank = 3, .dim = {w.count[0], w.count[1], o->units}};
    if (bens_op_keeps_z(o)) p->saved = (size_t)bens_shape_size(&p->out);
    BENS_TRY(add_tensors(p, &w)); /* which refuses 0 units or a kernel of 0 */
    p->scratch = bens_conv_scratch(&w, o->units);
    return BENS_OK;
}

static void forward(const bens_op_call *c)
{
    const bens_op_options *o = c->options;
    const bens_windows w = windows_of(o, c->in[0]);
    c->layers->conv(&w, o->units, c->n, c->x[0], c->theta[0], c->theta[1], o->activation,
                    bens_op_keeps_z(o) ? c->saved : c->y, c->y, c->scratch);
}

static void backward(const bens_op_call *c)
{
    const bens_op_options *o = c->options;
    const bens_windows w = windows_of(o, c->in[0]);
    c->layers->activate_back(c->n * w.count[0] * w.count[1], o->units, o->activation,
                             c->saved, c->y, c->dy, c->dy, c->dtheta[1]);
    c->layers->conv_weight(&w, o->units, c->n, c->x[0], c->dy, c->dtheta[0], c->scratch);
    if (c->dx[0] != NULL)
        c->layers->conv_input(&w, o->units, c->n, c->dy, c->theta[0], c->dx[0],
                              c->scratch);
}

const bens_op bens_op_conv2d = {
    .name = "conv2d",
    .doc = "convolution over [height][width][channels]",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
