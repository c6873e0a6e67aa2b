/* conv1d.c - y[l] = f(sum over j of weight[:, :, j] x[l stride + j - padding] + bias) over
 * [positions][channels] (a correlation, as in PyTorch).
 *
 * Options: units, kernel, stride (0: 1), padding, without_bias, activation. Tensors:
 * weight [units, channels, kernel], bias [units], both from U(-1/sqrt(fan_in),
 * 1/sqrt(fan_in)), fan_in = channels x kernel.
 *
 * Channels come last, so the patch x[l] ... x[l + kernel - 1] is contiguous, and a row of
 * the batch is a matrix of overlapping patches: no copies of them are made. With stride 1
 * and without padding the whole batch is one such matrix; the patches that straddle two
 * rows are computed with the others and left out. So is the gradient by x, of patches of
 * dz that has kernel - 1 zeros before each row. */
#include "ops/windows.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    int64_t n, L, C, U, K; /* rows, positions, channels, units, kernel */
    int64_t stride, padding;
    int64_t padded, out, P; /* positions with padding; of y; size of a patch, K C   */
    bool whole;             /* the batch is one matrix                              */
    int64_t apart;          /* positions from one row to the next in z and dz       */
    float *weight;          /* [U][K][C], or as the gradient by x wants it          */
    float *dweight;         /* [U][K][C]                                            */
    float *row, *patches;   /* unless whole: [padded][C], [out][K C]                */
    float *z, *dz, *dbias;  /* [n][apart][U]; whole: K - 1 more in front; [n][U]    */
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

static bool keeps_z(const bens_op_options *o)
{
    return bens_activation_at(o->activation)->needs_input;
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
    if (keeps_z(o)) p->saved = (size_t)(v.apart * v.U);
    p->scratch = (size_t)(2 * v.U * v.P + (v.K - 1) * v.U);
    if (!v.whole) p->scratch += (size_t)(v.padded * v.C + v.out * v.P);
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
    v.dweight = v.weight + v.U * v.P;
    v.row = v.dweight + v.U * v.P;
    v.patches = v.row + (v.whole ? 0 : v.padded * v.C);
    v.dz = v.patches + (v.whole ? 0 : v.out * v.P);
    v.dbias = v.dz + (v.K - 1 + v.n * v.apart) * v.U;
    v.z = keeps_z(c->options) ? c->saved : v.whole ? v.dz : c->y;
    return v;
}

/* weight [U][C][K] with the channels last. */
static void pack(const conv *v, const float *weight)
{
    for (int64_t u = 0; u < v->U; u++)
        for (int64_t j = 0; j < v->K; j++)
            for (int64_t k = 0; k < v->C; k++)
                v->weight[(u * v->K + j) * v->C + k] = weight[(u * v->C + k) * v->K + j];
}

/* [K][U][C], the last element of a patch first. */
static void pack_reversed(const conv *v, const float *weight)
{
    for (int64_t u = 0; u < v->U; u++)
        for (int64_t j = 0; j < v->K; j++)
            for (int64_t k = 0; k < v->C; k++)
                v->weight[((v->K - 1 - j) * v->U + u) * v->C + k] =
                    weight[(u * v->C + k) * v->K + j];
}

static void unpack(const conv *v, float *dweight)
{
    for (int64_t u = 0; u < v->U; u++)
        for (int64_t k = 0; k < v->C; k++)
            for (int64_t j = 0; j < v->K; j++)
                dweight[(u * v->C + k) * v->K + j] =
                    v->dweight[(u * v->K + j) * v->C + k];
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

/* z [rows][U] = patches of x, `step` apart, times weight. CBLAS wants rows of a matrix to
 * be at least as far apart as they are long: an element of the patches at a time. */
static void multiply(const bens_op_call *c, const conv *v, int64_t rows, const float *x,
                     int64_t step, float *z)
{
    for (int64_t j = 0; j < v->K; j++)
        c->be->gemm(false, true, rows, v->U, v->C, 1, x + j * v->C, step,
                    v->weight + j * v->C, v->P, j > 0, z, v->U);
}

static void forward(const bens_op_call *c)
{
    const conv v = start(c);
    pack(&v, c->theta[0]);
    if (v.whole)
        multiply(c, &v, v.n * v.L - v.K + 1, c->x[0], v.C, v.z);
    else
        for (int64_t i = 0; i < v.n; i++)
            multiply(c, &v, v.out, padded_row(&v, c->x[0], i), v.stride * v.C,
                     v.z + i * v.out * v.U);
    for (int64_t i = 0; i < v.n; i++)
        c->layers->activate(v.out, v.U, c->theta[1], c->options->activation,
                            v.z + i * v.apart * v.U, c->y + i * v.out * v.U);
}

/* dweight = (beta = 1: +=) dz [rows][U]^T times the patches of x. */
static void correlate(const bens_op_call *c, const conv *v, int64_t rows, const float *dz,
                      const float *x, int64_t step, float beta)
{
    for (int64_t j = 0; j < v->K; j++)
        c->be->gemm(true, false, v->U, v->C, rows, 1, dz, v->U, x + j * v->C, step, beta,
                    v->dweight + j * v->C, v->P);
}

static void backward_weight(const bens_op_call *c, const conv *v)
{
    if (v->whole)
        correlate(c, v, v->n * v->L - v->K + 1, v->dz + (v->K - 1) * v->U, c->x[0], v->C,
                  0);
    else
        for (int64_t i = 0; i < v->n; i++)
            correlate(c, v, v->out, v->dz + i * v->out * v->U, padded_row(v, c->x[0], i),
                      v->stride * v->C, i > 0);
    unpack(v, c->dtheta[0]);
}

/* The gradient by row i: each patch adds its own. */
static void backward_row(const bens_op_call *c, const conv *v, int64_t i)
{
    memset(v->row, 0, (size_t)(v->padded * v->C) * sizeof *v->row);
    c->be->gemm(false, false, v->out, v->P, v->U, 1, v->dz + i * v->out * v->U, v->U,
                v->weight, v->P, 0, v->patches, v->P);
    for (int64_t l = 0; l < v->out; l++)
        c->be->add(v->patches + l * v->P, (size_t)v->P, v->row + l * v->stride * v->C);
    memcpy(c->dx[0] + i * v->L * v->C, v->row + v->padding * v->C,
           (size_t)(v->L * v->C) * sizeof *v->row);
}

static void backward_x(const bens_op_call *c, const conv *v)
{
    if (v->whole) {
        pack_reversed(v, c->theta[0]);
        for (int64_t j = 0; j < v->K; j++)
            c->be->gemm(false, false, v->n * v->L, v->C, v->U, 1, v->dz + j * v->U, v->U,
                        v->weight + j * v->U * v->C, v->C, j > 0, c->dx[0], v->C);
    } else {
        pack(v, c->theta[0]);
        for (int64_t i = 0; i < v->n; i++) backward_row(c, v, i);
    }
}

static void backward(const bens_op_call *c)
{
    const conv v = start(c);
    const int64_t before = v.whole ? v.K - 1 : 0;
    for (int64_t i = 0; i < v.n; i++) {
        float *dz = v.dz + i * v.apart * v.U;
        const int64_t at = i * v.out * v.U;
        memset(dz, 0, (size_t)(before * v.U) * sizeof *dz);
        c->layers->activate_back(v.out, v.U, c->options->activation,
                                 v.z + i * v.apart * v.U, c->y + at, c->dy + at,
                                 dz + before * v.U, v.dbias + i * v.U);
    }
    if (c->dtheta[1] != NULL)
        c->layers->activate_back(v.n, v.U, BENS_IDENTITY, v.dbias, v.dbias, v.dbias,
                                 v.dbias, c->dtheta[1]);
    backward_weight(c, &v);
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
