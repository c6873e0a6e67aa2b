#include "ops/windows.h"

#include <stdio.h>

int64_t bens_windows_count(int64_t size, int64_t kernel, int64_t stride, int64_t padding)
{
    const int64_t room = size + 2 * padding - kernel;
    return room < 0 ? 0 : room / stride + 1;
}

/* Of the directions of a row; channels come last. */
static bens_windows windows_of(const bens_op_options *o, const bens_shape *in)
{
    const int first = 2 - (in->rank - 1);
    bens_windows w = {.size = {1, 1},
                      .kernel = {1, 1},
                      .stride = {1, 1},
                      .count = {1, 1}};
    w.channels = in->dim[in->rank - 1];
    for (int d = first; d < 2; d++) {
        w.size[d] = in->dim[d - first];
        w.kernel[d] = o->kernel != 0 ? o->kernel : w.size[d];
        w.stride[d] = o->stride != 0 ? o->stride : w.kernel[d];
        w.padding[d] = o->padding;
        w.count[d] =
            bens_windows_count(w.size[d], w.kernel[d], w.stride[d], w.padding[d]);
    }
    return w;
}

bens_status bens_windows_plan(bens_op_plan *plan, int rank)
{
    const bens_op_options *o = plan->options;
    const bens_shape *in = plan->in[0];
    char wanted[128];
    if (in->rank != rank)
        return bens_op_refuse(plan, 0,
                              rank == 2 ? "positions x channels"
                                        : "height x width x channels");
    const bens_windows w = windows_of(o, in);
    snprintf(wanted, sizeof wanted,
             "at least %lld positions in each direction (kernel %lld, padding %lld, at "
             "most half of kernel)",
             (long long)(o->kernel - 2 * o->padding), (long long)o->kernel,
             (long long)o->padding);
    if (w.count[0] < 1 || w.count[1] < 1 || 2 * o->padding > o->kernel)
        return bens_op_refuse(plan, 0, wanted);
    plan->out = *in;
    for (int d = 0; d < rank - 1; d++) plan->out.dim[d] = w.count[3 - rank + d];
    return BENS_OK;
}

bens_windows bens_windows_of(const bens_op_call *c)
{
    return windows_of(c->options, c->in[0]);
}
