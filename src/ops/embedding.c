/* embedding.c - a vector for each token: y = weight[x].
 *
 * Options: vocabulary, units. The input holds tokens, whole numbers in [0, vocabulary),
 * which the model has checked; y has one more axis. Tensor: weight [vocabulary, units],
 * from N(0, 1). */
#include "ops/op.h"

#include <math.h>
#include <string.h>

static bens_status plan(bens_op_plan *p)
{
    const bens_op_options *o = p->options;
    const bens_shape *in = p->in[0];
    if (p->wants_dx[0])
        return bens_op_refuse(p, 0, "tokens of the data, which have no gradient");
    if (in->rank > 2) return bens_op_refuse(p, 0, "tokens in one or two dimensions");
    p->out = *in;
    p->out.dim[p->out.rank++] = o->units;
    p->saved = (size_t)bens_shape_size(in); /* tokens of the latest backward */
    /* one row of weight at a time is the input of y: fan_in = 1 */
    return bens_op_tensor(p, "weight", 2, (int64_t[]){o->vocabulary, o->units}, 1,
                          (bens_init){.kind = BENS_INIT_NORMAL, .scale = 1});
}

/* The row of weight of token i; -1 if it is none. (The data have been checked; a mapped
 * file may have changed since.) */
static int64_t row_of(const bens_op_call *c, int64_t i)
{
    const float token = c->x[0][i];
    return token >= 0 && token < (float)c->options->vocabulary ? (int64_t)token : -1;
}

static void forward(const bens_op_call *c)
{
    const int64_t units = c->options->units, tokens = c->n * bens_shape_size(c->in[0]);
    for (int64_t i = 0; i < tokens; i++) {
        const int64_t row = row_of(c, i);
        float *const y = c->y + i * units;
        if (row >= 0)
            memcpy(y, c->theta[0] + row * units, (size_t)units * sizeof *y);
        else
            for (int64_t k = 0; k < units; k++) y[k] = NAN;
    }
}

/* Of a large table few rows are used: only what the latest call wrote is cleared. */
static void clear(const bens_op_call *c)
{
    const int64_t units = c->options->units, left = c->n_left * bens_shape_size(c->in[0]);
    const size_t row = (size_t)units * sizeof *c->dtheta[0];
    if (left == 0) memset(c->dtheta[0], 0, (size_t)c->options->vocabulary * row);
    for (int64_t i = 0; i < left; i++)
        memset(c->dtheta[0] + (int64_t)c->saved[i] * units, 0, row);
}

static void backward(const bens_op_call *c)
{
    const int64_t units = c->options->units, tokens = c->n * bens_shape_size(c->in[0]);
    clear(c);
    for (int64_t i = 0; i < tokens; i++) {
        const int64_t found = row_of(c, i), row = found < 0 ? 0 : found;
        c->saved[i] = (float)row;
        c->be->add(c->dy + i * units, (size_t)units, c->dtheta[0] + row * units);
    }
}

const bens_op bens_op_embedding = {
    .name = "embedding",
    .doc = "y = weight[x], x being tokens",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
