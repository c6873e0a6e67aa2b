/* lstm.c - a long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates
 * (Gers et al. 2000) over [steps][channels]; y is the last h.
 *
 *     f, i, c~, o = weight [x_t, h] + bias, in this order
 *     c = sigmoid(f) c + sigmoid(i) tanh(c~)      h = sigmoid(o) tanh(c)      both from 0
 *
 * Options: units. Tensors: weight [4 units, channels + units], bias [4 units], both from
 * U(-1/sqrt(fan_in), 1/sqrt(fan_in)), fan_in = channels + units.
 *
 * Time comes before rows here: what a step works on is in one piece, and the product of
 * x_t for all steps, as well as each gradient of a tensor, is a single one. */
#include "ops/op.h"

#include <string.h>

/* Sizes, and what is saved: */
typedef struct {
    int64_t n, T, C, H, D; /* rows, steps, channels, units, D = C + H */
    float *xh;             /* [T][n][D] x_t and the h before it        */
    float *gates;          /* [T][n][4 H]                              */
    float *c;              /* [T][n][H]                                */
} lstm;

static int64_t saved_row(int64_t T, int64_t C, int64_t H)
{
    return T * (C + H) + T * 4 * H + T * H;
}

static bens_status plan(bens_op_plan *p)
{
    const bens_shape *in = p->in[0];
    const int64_t H = p->options->units, C = in->dim[1], D = C + H;
    const bens_init init = {.kind = BENS_INIT_UNIFORM};
    if (in->rank != 2) return bens_op_refuse(p, 0, "steps x channels");

    p->out = (bens_shape){.rank = 1, .dim = {H}};
    p->saved = (size_t)saved_row(in->dim[0], C, H);
    p->scratch_row = (size_t)(in->dim[0] * C + 2 * H);
    BENS_TRY(bens_op_tensor(p, "weight", 2, (int64_t[]){4 * H, D}, D, init));
    return bens_op_tensor(p, "bias", 1, (int64_t[]){4 * H}, D, init);
}

static lstm lstm_of(const bens_op_call *c)
{
    lstm l = {.n = c->n,
              .T = c->in[0]->dim[0],
              .C = c->in[0]->dim[1],
              .H = c->options->units,
              .xh = c->saved};
    l.D = l.C + l.H;
    l.gates = l.xh + l.T * l.n * l.D;
    l.c = l.gates + l.T * l.n * 4 * l.H;
    return l;
}

static void gather_x(const lstm *l, const float *x)
{
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t t = 0; t < l->T; t++)
            memcpy(l->xh + (t * l->n + i) * l->D, x + (i * l->T + t) * l->C,
                   (size_t)l->C * sizeof *x);
    for (int64_t i = 0; i < l->n; i++)
        memset(l->xh + i * l->D + l->C, 0, (size_t)l->H * sizeof *x);
}

static void forward(const bens_op_call *c)
{
    const lstm l = lstm_of(c);
    const int64_t rows = l.T * l.n, G = 4 * l.H, step = l.n * l.H;
    const float *w = c->theta[0];

    gather_x(&l, c->x[0]);
    c->be->gemm(false, true, rows, G, l.C, 1, l.xh, l.D, w, l.D, 0, l.gates, G);
    for (int64_t t = 0; t < l.T; t++) {
        float *h = l.xh + t * l.n * l.D + l.C, *gates = l.gates + t * l.n * G;
        const bool last = t + 1 == l.T;
        if (t > 0)
            c->be->gemm(false, true, l.n, G, l.H, 1, h, l.D, w + l.C, l.D, 1, gates, G);
        c->layers->lstm(l.n, l.H, c->theta[1], gates, t > 0 ? l.c + (t - 1) * step : NULL,
                        l.c + t * step, last ? c->y : h + l.n * l.D, last ? l.H : l.D);
    }
}

/* gates become the derivatives by their pre-activations, from the last step back. */
static void backward_steps(const bens_op_call *c, const lstm *l)
{
    const int64_t G = 4 * l->H, step = l->n * l->H;
    float *const dh = c->scratch, *const dc = dh + step;
    const float *from = c->dy;

    memset(dc, 0, (size_t)step * sizeof *dc);
    for (int64_t t = l->T - 1; t >= 0; t--, from = dh) {
        float *gates = l->gates + t * l->n * G;
        c->layers->lstm_back(l->n, l->H, gates, t > 0 ? l->c + (t - 1) * step : NULL,
                             l->c + t * step, from, dc);
        if (t > 0)
            c->be->gemm(false, false, l->n, l->H, G, 1, gates, G, c->theta[0] + l->C,
                        l->D, 0, dh, l->H);
    }
}

static void scatter_dx(const lstm *l, const float *dx_by_time, float *dx)
{
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t t = 0; t < l->T; t++)
            memcpy(dx + (i * l->T + t) * l->C, dx_by_time + (t * l->n + i) * l->C,
                   (size_t)l->C * sizeof *dx);
}

static void backward(const bens_op_call *c)
{
    const lstm l = lstm_of(c);
    const int64_t rows = l.T * l.n, G = 4 * l.H;
    float *const dx = c->scratch + 2 * l.n * l.H;

    backward_steps(c, &l);
    c->be->gemm(true, false, G, l.D, rows, 1, l.gates, G, l.xh, l.D, 0, c->dtheta[0],
                l.D);
    c->layers->activate_back(rows, G, BENS_IDENTITY, l.gates, l.gates, l.gates, l.gates,
                             c->dtheta[1]);
    if (c->dx[0] == NULL) return;
    c->be->gemm(false, false, rows, l.C, G, 1, l.gates, G, c->theta[0], l.D, 0, dx, l.C);
    scatter_dx(&l, dx, c->dx[0]);
}

const bens_op bens_op_lstm = {
    .name = "lstm",
    .doc = "the last h of an LSTM over [steps][channels]",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
