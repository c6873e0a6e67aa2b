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
    float *weight;         /* its transpose [D][4 H] in panels         */
    float *dh, *dc, *dx;   /* [n][H], [n][H], [T][n][C]                */
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
    p->scratch = (size_t)bens_panels_size(D, 4 * H);
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
    l.weight = c->scratch;
    l.dh = l.weight + bens_panels_size(l.D, 4 * l.H);
    l.dc = l.dh + l.n * l.H;
    l.dx = l.dc + l.n * l.H;
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

static void transpose(const lstm *l, const float *weight)
{
    for (int64_t g = 0; g < 4 * l->H; g++)
        for (int64_t d = 0; d < l->D; d++)
            l->weight[bens_panels_at(l->D, d, g)] = weight[g * l->D + d];
}

/* gates of `rows` rows = (or +=) k columns of xh times theirs of the weight. */
static void multiply(const bens_op_call *c, const lstm *l, int64_t rows, const float *xh,
                     int64_t column, int64_t k, float *gates)
{
    c->layers->product(&(bens_product){.m = rows,
                                       .n = 4 * l->H,
                                       .k = k,
                                       .a = xh + column,
                                       .a_row = l->D,
                                       .a_column = 1,
                                       .b = l->weight + column * BENS_PANEL,
                                       .b_row = BENS_PANEL,
                                       .b_panel = bens_panels_size(l->D, 1),
                                       .c = gates,
                                       .c_row = 4 * l->H,
                                       .add = column > 0});
}

static void forward(const bens_op_call *c)
{
    const lstm l = lstm_of(c);
    const int64_t step = l.n * l.H;

    gather_x(&l, c->x[0]);
    transpose(&l, c->theta[0]);
    multiply(c, &l, l.T * l.n, l.xh, 0, l.C, l.gates);
    for (int64_t t = 0; t < l.T; t++) {
        float *xh = l.xh + t * l.n * l.D, *gates = l.gates + t * 4 * step;
        const bool last = t + 1 == l.T;
        if (t > 0) multiply(c, &l, l.n, xh, l.C, l.H, gates);
        c->layers->lstm(l.n, l.H, c->theta[1], gates, t > 0 ? l.c + (t - 1) * step : NULL,
                        l.c + t * step, last ? c->y : xh + l.n * l.D + l.C,
                        last ? l.H : l.D);
    }
}

/* d by k columns of xh, from dz of `rows` rows. */
static void multiply_back(const bens_op_call *c, const lstm *l, int64_t rows,
                          const float *dz, int64_t column, int64_t k, float *d)
{
    c->layers->product(&(bens_product){.m = rows,
                                       .n = k,
                                       .k = 4 * l->H,
                                       .a = dz,
                                       .a_row = 4 * l->H,
                                       .a_column = 1,
                                       .b = c->theta[0] + column,
                                       .b_row = l->D,
                                       .b_panel = BENS_PANEL,
                                       .c = d,
                                       .c_row = k});
}

/* gates become the derivatives by their pre-activations, from the last step back. */
static void backward_steps(const bens_op_call *c, const lstm *l)
{
    const int64_t step = l->n * l->H;
    const float *dh = c->dy;

    memset(l->dc, 0, (size_t)step * sizeof *l->dc);
    for (int64_t t = l->T - 1; t >= 0; t--, dh = l->dh) {
        float *gates = l->gates + t * 4 * step;
        c->layers->lstm_back(l->n, l->H, gates, t > 0 ? l->c + (t - 1) * step : NULL,
                             l->c + t * step, dh, l->dc);
        if (t > 0) multiply_back(c, l, l->n, gates, l->C, l->H, l->dh);
    }
}

static void scatter_dx(const lstm *l, float *dx)
{
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t t = 0; t < l->T; t++)
            memcpy(dx + (i * l->T + t) * l->C, l->dx + (t * l->n + i) * l->C,
                   (size_t)l->C * sizeof *dx);
}

static void backward(const bens_op_call *c)
{
    const lstm l = lstm_of(c);
    const int64_t rows = l.T * l.n, G = 4 * l.H;

    backward_steps(c, &l);
    c->layers->product(&(bens_product){.m = G,
                                       .n = l.D,
                                       .k = rows,
                                       .a = l.gates,
                                       .a_row = 1,
                                       .a_column = G,
                                       .b = l.xh,
                                       .b_row = l.D,
                                       .b_panel = BENS_PANEL,
                                       .c = c->dtheta[0],
                                       .c_row = l.D});
    c->layers->activate_back(rows, G, BENS_IDENTITY, l.gates, l.gates, l.gates, l.gates,
                             c->dtheta[1]);
    if (c->dx[0] == NULL) return;
    multiply_back(c, &l, rows, l.gates, 0, l.C, l.dx);
    scatter_dx(&l, c->dx[0]);
}

const bens_op bens_op_lstm = {
    .name = "lstm",
    .doc = "the last h of an LSTM over [steps][channels]",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
