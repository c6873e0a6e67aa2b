/* conv1d.c - y[l] = f(sum over j of weight[:, :, j] x[l stride + j - padding] + bias),
 * over [positions][channels] (a correlation, as in PyTorch).
 *
 * Options: units, kernel, stride (0: 1), padding, without_bias, activation. Tensors:
 * weight [units, channels, kernel], bias [units], both from U(-1/sqrt(fan_in),
 * 1/sqrt(fan_in)), fan_in = channels x kernel.
 *
 * Channels come last, so the patch x[l] ... x[l + kernel - 1] is contiguous, and a row of
 * the batch is a matrix of overlapping patches: no copies of them are made. With stride 1
 * and without padding the whole batch is one such matrix; the patches that straddle two
 * rows are computed with the others and left out. So is the gradient by x, from patches
 * of dz with kernel - 1 zeros between its rows. */
#include "ops/windows.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    int64_t n, L, C, U, K; /* rows, positions, channels, units, kernel */
    int64_t stride, padding;
    int64_t padded, out, P; /* positions with padding; of y; size of a patch, K C */
    bool whole;             /* the batch is one matrix                            */
    int64_t apart;          /* positions from one row to the next in z and dz     */
    float *weight;          /* in panels                                          */
    float *dweight;         /* [U][K][C]                                          */
    float *row;             /* [padded][C]                                        */
    float *z, *dz, *dbias;  /* [n][apart][U]; with K - 1 more in front; [n][U]    */
} conv;

static conv conv_of(const bens_op_options *o, const bens_shape *in)
{
    conv v = {.L = in->dim[0], .C = in->dim[1], .U = o->units, .K = o->kernel};
    v.stride = o->stride == 0 ? 1 : o->stride;
    v.padding = o->padding;
    v.padded = v.L + 2 * v.padding;
    v.out = bens_windows_count(v.L, v.K, v.stride, v.padding);
    v.P = v.K * v.C;
    v.whole = v.stride == 1 && v.padding == 0;
    v.apart = v.whole ? v.L : v.out;
    return v;
}

/* Weights in panels, for y and for the gradient by x. */
static int64_t weight_size(const conv *v)
{
    const int64_t y = bens_panels_size(v->P, v->U);
    const int64_t dx = bens_panels_size(v->K * v->U, v->C);
    return y > dx ? y : dx;
}

static bens_status plan(bens_op_plan *p)
{
    const bens_op_options *o = p->options;
    const bens_init init = {.kind = BENS_INIT_UNIFORM};
    char wanted[96];
    if (p->in[0]->rank != 2) return bens_op_refuse(p, 0, "positions x channels");
    const conv v = conv_of(o, p->in[0]);
    snprintf(wanted, sizeof wanted, "at least %lld positions (kernel %lld, padding %lld)",
             (long long)(v.K - 2 * v.padding), (long long)v.K, (long long)v.padding);
    if (v.out < 1) return bens_op_refuse(p, 0, wanted);

    p->out = (bens_shape){.rank = 2, .dim = {v.out, v.U}};
    if (bens_op_keeps_z(o)) p->saved = (size_t)(v.apart * v.U);
    p->scratch = (size_t)(weight_size(&v) + v.U * v.P + v.padded * v.C + (v.K - 1) * v.U);
    p->scratch_row = (size_t)(v.apart * v.U + v.U);
    BENS_TRY(bens_op_tensor(p, "weight", 3, (int64_t[]){v.U, v.C, v.K}, v.P, init));
    if (o->without_bias) return BENS_OK;
    return bens_op_tensor(p, "bias", 1, &v.U, v.P, init);
}

/* The call's sizes and its places in scratch. */
static conv start(const bens_op_call *c)
{
    conv v = conv_of(c->options, c->in[0]);
    v.n = c->n;
    v.weight = c->scratch;
    v.dweight = v.weight + weight_size(&v);
    v.row = v.dweight + v.U * v.P;
    v.dz = v.row + v.padded * v.C;
    v.dbias = v.dz + (v.K - 1 + v.n * v.apart) * v.U;
    v.z = bens_op_keeps_z(c->options) ? c->saved : v.whole ? v.dz : c->y;
    return v;
}

/* weight [U][C][K] as [K C][U]: what patches are multiplied by. */
static void pack(const conv *v, const float *weight)
{
    for (int64_t u = 0; u < v->U; u++)
        for (int64_t k = 0; k < v->C; k++)
            for (int64_t j = 0; j < v->K; j++)
                v->weight[bens_panels_at(v->P, j * v->C + k, u)] = *weight++;
}

/* As [K U][C], the last element of a patch first: what those of dz are. */
static void pack_reversed(const conv *v, const float *weight)
{
    for (int64_t u = 0; u < v->U; u++)
        for (int64_t k = 0; k < v->C; k++)
            for (int64_t j = v->K - 1; j >= 0; j--)
                v->weight[bens_panels_at(v->K * v->U, j * v->U + u, k)] = *weight++;
}

static void unpack(const conv *v, float *dweight)
{
    for (int64_t u = 0; u < v->U; u++)
        for (int64_t k = 0; k < v->C; k++)
            for (int64_t j = 0; j < v->K; j++)
                *dweight++ = v->dweight[u * v->P + j * v->C + k];
}

/* Row i of x between its padding. */
static const float *padded_row(const conv *v, const float *x, int64_t i)
{
    if (v->padding == 0) return x + i * v->L * v->C;
    memset(v->row, 0, (size_t)(v->padded * v->C) * sizeof *v->row);
    memcpy(v->row + v->padding * v->C, x + i * v->L * v->C,
           (size_t)(v->L * v->C) * sizeof *v->row);
    return v->row;
}

static void forward(const bens_op_call *c)
{
    const conv v = start(c);
    const int64_t blocks = v.whole ? 1 : v.n;
    bens_product p = {.m = v.whole ? v.n * v.L - v.K + 1 : v.out, .n = v.U, .k = v.P};
    p.a_row = v.stride * v.C;
    p.a_column = 1;
    p.b = v.weight;
    p.b_row = BENS_PANEL;
    p.b_panel = bens_panels_size(v.P, 1);
    p.c_row = v.U;

    pack(&v, c->theta[0]);
    for (int64_t i = 0; i < blocks; i++) {
        p.a = padded_row(&v, c->x[0], i);
        p.c = v.z + i * v.apart * v.U;
        c->layers->product(&p);
    }
    for (int64_t i = 0; i < v.n; i++)
        c->layers->activate(v.out, v.U, c->theta[1], c->options->activation,
                            v.z + i * v.apart * v.U, c->y + i * v.out * v.U);
}

/* dz, each row between K - 1 zeros if the batch is one matrix, and the gradient by the
 * bias. */
static void backward_activation(const bens_op_call *c, const conv *v, int64_t zeros)
{
    for (int64_t i = 0; i < v->n; i++) {
        float *dz = v->dz + i * v->apart * v->U;
        const int64_t at = i * v->out * v->U;
        memset(dz, 0, (size_t)(zeros * v->U) * sizeof *dz);
        c->layers->activate_back(v->out, v->U, c->options->activation,
                                 v->z + i * v->apart * v->U, c->y + at, c->dy + at,
                                 dz + zeros * v->U, v->dbias + i * v->U);
    }
    memset(v->dz + v->n * v->apart * v->U, 0, (size_t)(zeros * v->U) * sizeof *v->dz);
    if (c->dtheta[1] != NULL)
        c->layers->activate_back(v->n, v->U, BENS_IDENTITY, v->dbias, v->dbias, v->dbias,
                                 v->dbias, c->dtheta[1]);
}

static void backward_weight(const bens_op_call *c, const conv *v, int64_t zeros)
{
    const int64_t blocks = v->whole ? 1 : v->n;
    bens_product p = {.m = v->U, .n = v->P, .k = v->whole ? v->n * v->L - zeros : v->out};
    p.a_row = 1;
    p.a_column = v->U;
    p.b_row = v->stride * v->C;
    p.b_panel = BENS_PANEL;
    p.c = v->dweight;
    p.c_row = v->P;
    for (int64_t i = 0; i < blocks; i++) {
        p.a = v->dz + (zeros + i * v->apart) * v->U;
        p.b = padded_row(v, c->x[0], i);
        p.add = i > 0;
        c->layers->product(&p);
    }
    unpack(v, c->dtheta[0]);
}

/* The gradient by row i of x: each element of the patches adds its own. */
static void backward_row(const bens_op_call *c, const conv *v, bens_product p, int64_t i)
{
    float *const dx = c->dx[0] + i * v->L * v->C;
    memset(v->row, 0, (size_t)(v->padded * v->C) * sizeof *v->row);
    p.a = v->dz + i * v->out * v->U;
    p.m = v->out;
    p.k = v->U;
    p.c_row = v->stride * v->C;
    p.add = true;
    for (int64_t j = 0; j < v->K; j++) {
        p.b = v->weight + (v->K - 1 - j) * v->U * BENS_PANEL;
        p.c = v->row + j * v->C;
        c->layers->product(&p);
    }
    memcpy(dx, v->row + v->padding * v->C, (size_t)(v->L * v->C) * sizeof *dx);
}

static void backward_x(const bens_op_call *c, const conv *v)
{
    bens_product p = {.m = v->n * v->L, .n = v->C, .k = v->K * v->U, .a = v->dz};
    p.a_row = v->U;
    p.a_column = 1;
    p.b = v->weight;
    p.b_row = BENS_PANEL;
    p.b_panel = bens_panels_size(v->K * v->U, 1);
    p.c = c->dx[0];
    p.c_row = v->C;
    pack_reversed(v, c->theta[0]);
    if (v->whole) c->layers->product(&p);
    for (int64_t i = 0; i < v->n && !v->whole; i++) backward_row(c, v, p, i);
}

static void backward(const bens_op_call *c)
{
    const conv v = start(c);
    const int64_t zeros = v.whole ? v.K - 1 : 0;
    backward_activation(c, &v, zeros);
    backward_weight(c, &v, zeros);
    if (c->dx[0] != NULL) backward_x(c, &v);
}

const bens_op bens_op_conv1d = {
    .name = "conv1d",
    .doc = "convolution over [positions][channels]",
    .n_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
