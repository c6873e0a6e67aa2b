/* backend.h - the arithmetic that the other rooms are written on.
 *
 * A backend is one const table; `cpu` is the definition. Its bits depend on (arguments,
 * build, kernel family of the BLAS), never on the number of threads or the instruction
 * set. All functions are Local. To add one: write backend/NAME.c with
 * `bens_backend_NAME`, add X(NAME) to list.h. */
#ifndef BENS_BACKEND_BACKEND_H
#define BENS_BACKEND_BACKEND_H

#include "core/params.h"
#include "core/permutation.h"
#include "core/rng.h"

/* Rows of the data: first ... first + n - 1, or index [n] if that is not NULL. */
typedef struct {
    int64_t first, n;
    const int64_t *index;
} bens_rows;

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

/* The fused update of every linear sampler, over the tensors of params:
 *     g  = scale grad - (precision / N) theta          precision of a normal prior, else 0
 *     m' = a m + b g + s z                             z ~ N(0, 1)
 *     theta' = theta + p m + q g + r m'
 * Computed in float32 as (fmaf(x, y, z) = x y + z, rounded once):
 *     g      = fmaf(scale, grad, -(precision / N) * theta)
 *     m'     = fmaf(a, m, fmaf(b, g, s * z))
 *     theta' = fmaf(r, m', fmaf(q, g, fmaf(p, m, theta))) */
typedef struct {
    double a, b, s, p, q, r;
} bens_langevin;

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
     * [params->n]. m may be NULL if a = p = r = 0: theta' = fmaf(q, g, fmaf(s, z, theta))
     * (SGLD). s = 0 makes no noise and reads none. noise may be NULL (then no work
     * ahead). The padding is neither changed nor summed, whatever it holds. *sum_m2 = sum
     * over all tensors of m'^2 (theta'^2 if m is NULL): lanes (element mod 16) of blocks
     * of 4096 elements of the arena in float, their sums in double, in order, so that it
     * depends on params alone; NaN or Inf if any element is. */
    void (*langevin)(const bens_params *params, float *theta, float *m, const float *grad,
                     double scale, const bens_langevin *c, const bens_rng *at,
                     bens_noise *noise, double *sum_m2);

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
} bens_backend;

/* The backends this program was built with, in the order of list.h; NULL behind the
 * last. */
const bens_backend *bens_backend_at(size_t i);
/* NULL if there is none. */
const bens_backend *bens_backend_find(const char *name);

#endif
