/* backend.h - the arithmetic that the other rooms are written on.
 *
 * A backend is one const table; `cpu` is the definition. Its bits depend on (arguments,
 * build, kernel family of the BLAS), never on the number of threads or the instruction
 * set. All functions are Local. To add one: write backend/NAME.c with
 * `bens_backend_NAME`, add X(NAME) to list.h. */
#ifndef BENS_BACKEND_BACKEND_H
#define BENS_BACKEND_BACKEND_H

#include "backend/layers.h"
#include "core/params.h"
#include "core/permutation.h"
#include "core/rng.h"

/* Rows of the data: first ... first + n - 1, or index [n] if that is not NULL. */
typedef struct {
    int64_t first, n;
    const int64_t *index;
} bens_rows;

/* Local. Row i of them, 0 <= i < n. */
static inline int64_t bens_rows_at(const bens_rows *rows, int64_t i)
{
    return rows->index == NULL ? rows->first + i : rows->index[i];
}

/* Normals made ahead for small arenas: a pure function of its first position, so that
 * losing it changes nothing. One per chain, always with the same params;
 * zero-initialised; bens_noise_release frees it. */
typedef struct {
    bens_rng at;      /* of the first step in z */
    uint64_t n_steps; /* 0: empty               */
    size_t stride;    /* floats a step          */
    float *z;         /* [n_steps][stride]      */
} bens_noise;
void bens_noise_release(bens_noise *noise);

/* The fused update of every linear sampler, over the tensors of params; one of these for
 * each tensor:
 *     g  = scale grad - (precision / N + decay) theta  precision of a fused prior, else 0
 *     m' = a m + b g + s z                             z ~ N(0, 1)
 *     theta' = theta + p m + q g + r m'
 * Computed in float32 as (fmaf(x, y, z) = x y + z, rounded once; products from left to
 * right):
 *     g      = fmaf(scale, grad, -(precision / N + decay) * theta)
 *     m'     = fmaf(a, m, fmaf(b, g, s * z))
 *     theta' = fmaf(r, m', fmaf(q, g, fmaf(p, m, theta)))
 * Each coefficient, -(precision / N + decay) whole, is rounded to float32 first. */
typedef struct {
    double a, b, s, p, q, r, decay;
} bens_langevin;

/* A mass for every element, from the running mean v of the squares of its gradient
 * (RMSprop):
 *     v' = beta v + (1 - beta) g^2      M = lambda + sqrt(unbias v')      d = 1 / sqrt(M)
 *     m' = a m + b d g + s z            theta' = theta + d (p m + q d g + r m')
 * Here m is the momentum / sqrt(M), so that its law does not change with M. Without m:
 * theta' = theta + q d^2 g + s d z (pSGLD). Computed in float32, g as above, as:
 *     v'     = fmaf(beta, v, (1 - beta) * g * g)       beta = 1: v stays, is not written
 *     d      = 1 / sqrt(lambda + sqrt(unbias * v'))    h = d * g
 *     m'     = fmaf(a, m, fmaf(b, h, s * z))
 *     theta' = fmaf(d, fmaf(r, m', fmaf(q, h, p * m)), theta)
 *              without m: fmaf(d, fmaf(q, h, s * z), theta)
 * beta, 1 - beta, unbias and lambda are rounded to float32 first. */
typedef struct {
    double beta, unbias, lambda;
} bens_rms;

/* Adam as torch.optim.Adam and AdamW compute it, on g = -(scale grad - (precision / N +
 * decay) theta): decay is Adam's weight decay, `shrink` AdamW's (lr x weight_decay).
 *     theta1 = theta - shrink theta        m' = m + (1 - beta1) (g - m)
 *     v' = beta2 v + (1 - beta2) g^2
 *     theta' = theta1 - rate m' / (sqrt(v') / root + epsilon)
 * rate = lr / (1 - beta1^t), root = sqrt(1 - beta2^t), t = 1 at the first step. Computed
 * in float32, -g as g above, as:
 *     theta1 = fmaf(-shrink, theta, theta)             m' = fmaf(1 - beta1, g - m, m)
 *     v'     = fmaf(beta2, v, (1 - beta2) * g * g)
 *     theta' = fmaf(-rate, m' / fmaf(1 / root, sqrt(v'), epsilon), theta1)
 * -shrink, 1 - beta1, beta2, 1 - beta2, -rate, 1 / root and epsilon are rounded to
 * float32 first. */
typedef struct {
    double beta1, beta2, epsilon, rate, root, decay, shrink;
} bens_adam;

/* The rows of a Bernoulli regression with the sign s = 2 y - 1 of the label folded in,
 * for designs of at most BENS_LOGIT_WIDTH columns (a constant column is the
 * intercept). */
enum { BENS_LOGIT_WIDTH = 16 };
typedef struct {
    int64_t n_rows;
    int n_columns;          /* 1 ... BENS_LOGIT_WIDTH                           */
    int width;              /* n_columns rounded up to a multiple of 8          */
    int64_t stride;         /* n_rows rounded up to a multiple of 16, plus 16   */
    const float *by_column; /* [width][stride]   s_i x_ij, 0 in the padding     */
    const float *by_row;    /* [n_rows][width]   the same                       */
} bens_logit_design;

typedef struct bens_backend {
    const char *name;
    const char *doc; /* one line for `bens options` */

    /* Prepares the calling rank: chooses the instruction set, sets the number of OpenMP
     * threads and a single-threaded BLAS. Errors: BENS_ERR_CONFIG. */
    bens_status (*start)(int threads);

    /* One line: instruction set, BLAS, threads, device. */
    void (*describe)(char *text, size_t size);

    /* One step of a linear sampler in place; see bens_langevin. theta, m, grad:
     * [params->n]; c [n_tensors]. s [params->n] takes the place of c->s, element by
     * element; NULL: it does not. m may be NULL if a = p = r = 0: theta' = fmaf(q, g,
     * fmaf(s, z, theta)) (SGLD). Where all s are 0 (s is NULL and c has no other) no
     * noise is made: s * z is 0. noise may be NULL (then no work ahead). The padding is
     * neither changed nor summed, whatever it holds. *sum_m2 = sum over all tensors of
     * m'^2 (theta'^2 if m is NULL): lanes (element mod 16) of blocks of 4096 elements of
     * the arena in float, by fmaf, their sums in double, in order, so that it depends on
     * params alone; NaN or Inf if any element is. */
    void (*langevin)(const bens_params *params, float *theta, float *m, const float *grad,
                     double scale, const bens_langevin *c, const float *s,
                     const bens_rng *at, bens_noise *noise, double *sum_m2);

    /* The same with a mass for every element; see bens_rms. v [params->n]. */
    void (*rms)(const bens_params *params, float *theta, float *m, float *v,
                const float *grad, double scale, const bens_langevin *c,
                const bens_rms *rms, const bens_rng *at, double *sum_m2);

    /* One step of Adam in place; see bens_adam. m, v: [params->n]. *sum_m2 = sum of
     * theta'^2, as above. */
    void (*adam)(const bens_params *params, float *theta, float *m, float *v,
                 const float *grad, double scale, const bens_adam *adam, double *sum_m2);

    /* square [n_tensors] = the mean over a tensor's elements of w^2, w = x scale_x + y
     * scale_y: fmaf(scale_x, x, scale_y * y) in float32, its squares summed in lanes and
     * blocks as above; each [n] = fmaf(w, w, each) if `each` is not NULL, not in the
     * padding. y may be NULL: w = scale_x * x. */
    void (*squares)(const bens_params *params, const float *x, double scale_x,
                    const float *y, double scale_y, double *square, float *each);

    /* z [n] = the normals of elements first ... first + n - 1 (as bens_rng_normals). */
    void (*normals)(const bens_rng *at, uint64_t first, size_t n, float *z);

    /* row [n] = bens_rng_index(at, n_data, .) of first ... first + n - 1: a sample with
     * replacement. */
    void (*sample)(const bens_rng *at, uint64_t n_data, uint64_t first, size_t n,
                   int64_t *row);

    /* out [n] = bens_permutation_at of first ... first + n - 1. */
    void (*permute)(const bens_permutation *p, uint64_t first, size_t n, int64_t *out);

    /* Bernoulli regression with logit link; t_i = sum_j w_j s_i x_ij over the given rows.
     * grad [n_columns] = sum_i sigmoid(-t_i) s_i x_ij; *value = sum_i log sigmoid(t_i).
     * w is [n_columns]. grad and value are overwritten; each may be NULL. */
    void (*logit)(const bens_logit_design *design, const bens_rows *rows, const float *w,
                  double *value, float *grad);

    /* C [m][n] = alpha op(A) op(B) + beta C, row-major; op(A) is m x k. lda ... are row
     * strides as in CBLAS. */
    void (*gemm)(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                 float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                 float beta, float *c, int64_t ldc);

    /* Categorical log-likelihood of logits [n][n_classes], label [n] in [0, n_classes).
     * *value = sum_i log softmax(logits_i)[label_i]; dlogits [n][n_classes] = its
     * gradient. dlogits may be logits itself; value and dlogits may be NULL. */
    void (*softmax)(const float *logits, const int32_t *label, int64_t n,
                    int64_t n_classes, double *value, float *dlogits);

    /* Bernoulli log-likelihood of logits [n], label [n] in {0, 1}; as above. */
    void (*sigmoid)(const float *logits, const int32_t *label, int64_t n, double *value,
                    float *dlogits);

    /* y [n] += x [n]. */
    void (*add)(const float *x, size_t n, float *y);

    /* The kernels of networks, layers.h; those of the instruction set that start()
     * chose. */
    const bens_layers *(*layers)(void);
} bens_backend;

/* The backends this program was built with, in the order of list.h; NULL behind the
 * last. */
const bens_backend *bens_backend_at(size_t i);
/* NULL if there is none. */
const bens_backend *bens_backend_find(const char *name);

#endif
