/* gaussian.c - log p(x) = -1/2 (x - mean)^T P (x - mean), P = covariance^-1.
 *
 * The constant of the density is left out. One row of d > 1 numbers is a diagonal, so
 * that `covariance = 1 4 9` needs no matrix; chains start from zero. */
#include "models/gradient_noise.h"
#include "models/matrix.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    bens_matrix mean, covariance, precision;
    double gradient_sd;
} gaussian_options;

typedef struct {
    const bens_backend *be;
    size_t n, offset, d; /* of the arena; of the tensor in it         */
    double *mean;        /* [d]                                       */
    bool diagonal;
    double *precision; /* [d] if diagonal, else [d][d]              */
    double *shift;     /* [d] scratch: x - mean                     */
    bens_gradient_noise noise;
} gaussian;

static const bens_option options[] = {
    {.name = "mean",
     .kind = BENS_OPTION_MATRIX,
     .preset = "",
     .offset = offsetof(gaussian_options, mean),
     .doc = "one row of d numbers; empty: 0"},
    {.name = "covariance",
     .kind = BENS_OPTION_MATRIX,
     .preset = "",
     .offset = offsetof(gaussian_options, covariance),
     .doc = "d rows separated by /, or one row: its diagonal"},
    {.name = "precision",
     .kind = BENS_OPTION_MATRIX,
     .preset = "",
     .offset = offsetof(gaussian_options, precision),
     .doc = "its inverse, instead of covariance; the same form"},
    BENS_GRADIENT_NOISE_OPTION(gaussian_options, gradient_sd),
    {0},
};

static void destroy(void *state)
{
    gaussian *g = state;
    if (g == NULL) return;
    bens_gradient_noise_release(&g->noise);
    free(g->mean);
    free(g->precision);
    free(g->shift);
    free(g);
}

static bens_status read_mean(const bens_matrix *mean, gaussian *g)
{
    BENS_TRY(bens_alloc(g->d, sizeof *g->mean, &g->mean));
    if (mean->rows == 0) return BENS_OK;
    if (mean->rows != 1 || (size_t)mean->columns != g->d)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] mean: wanted one row of %zu numbers, "
                  "as the matrix has, found %lld x %lld",
                  g->d, (long long)mean->rows, (long long)mean->columns);
    memcpy(g->mean, mean->value, g->d * sizeof *g->mean);
    return BENS_OK;
}

/* Exactly one of covariance and precision. */
static bens_status choose(const gaussian_options *o, const char **key,
                          const bens_matrix **m)
{
    const bool covariance = o->covariance.rows > 0, precision = o->precision.rows > 0;
    if (covariance == precision)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] gaussian: wanted either covariance or precision, found %s",
                  covariance ? "both" : "neither");
    *key = covariance ? "covariance" : "precision";
    *m = covariance ? &o->covariance : &o->precision;
    return BENS_OK;
}

/* P from either; positive definiteness is checked on what the user wrote. */
static bens_status read_precision(const char *key, const bens_matrix *m, bool invert,
                                  gaussian *g)
{
    const size_t n_values = (size_t)(m->rows * m->columns);
    BENS_TRY(bens_alloc(n_values, sizeof *g->precision, &g->precision));
    memcpy(g->precision, m->value, n_values * sizeof *g->precision);
    if (!g->diagonal) return bens_matrix_spd(key, g->d, invert, g->precision);
    for (size_t i = 0; i < g->d; i++) {
        if (!(g->precision[i] > 0))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "[model] %s: "
                      "wanted a diagonal of numbers > 0, found %g as number %zu",
                      key, g->precision[i], i + 1);
        if (invert) g->precision[i] = 1 / g->precision[i];
    }
    return BENS_OK;
}

static bens_status fill(const gaussian_options *o, bens_params *params, gaussian *g)
{
    const char *key;
    const bens_matrix *m;
    bens_tensor *x;
    BENS_TRY(choose(o, &key, &m));
    if (m->rows != 1 && m->rows != m->columns)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] %s: wanted as many rows as columns (rows "
                  "separated by /) or one row, found %lld x %lld",
                  key, (long long)m->rows, (long long)m->columns);
    g->d = (size_t)m->columns;
    g->diagonal = m->rows == 1;
    BENS_TRY(read_precision(key, m, m == &o->covariance, g));
    BENS_TRY(read_mean(&o->mean, g));
    BENS_TRY(bens_alloc(g->d, sizeof *g->shift, &g->shift));
    BENS_TRY(bens_gradient_noise_create(o->gradient_sd, g->d, &g->noise));
    BENS_TRY(bens_params_add(params, "x", 1, &m->columns, &x));
    g->offset = x->offset;
    g->n = params->n;
    return BENS_OK;
}

static bens_status create(const bens_model_setup *setup, bens_params *params,
                          void **state)
{
    gaussian *g;
    BENS_TRY(bens_alloc(1, sizeof *g, &g));
    g->be = setup->be;
    const bens_status s = fill(setup->options, params, g);
    if (s == BENS_OK)
        *state = g;
    else
        destroy(g);
    return s;
}

/* Row i of P (x - mean), in the order of the columns. */
static double slope(const gaussian *g, size_t i)
{
    if (g->diagonal) return g->precision[i] * g->shift[i];
    const double *row = g->precision + i * g->d;
    double sum = 0;
    for (size_t j = 0; j < g->d; j++) sum += row[j] * g->shift[j];
    return sum;
}

static bens_status log_lik(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad)
{
    gaussian *g = state;
    const float *x = theta + g->offset;
    double square = 0;

    if (grad != NULL) memset(grad, 0, g->n * sizeof *grad);
    if (value != NULL) *value = 0;
    if (batch->rows.n == 0) return BENS_OK;
    for (size_t i = 0; i < g->d; i++) g->shift[i] = (double)x[i] - g->mean[i];
    for (size_t i = 0; i < g->d; i++) {
        const double p = slope(g, i);
        square += p * g->shift[i];
        if (grad != NULL) grad[g->offset + i] = (float)-p;
    }
    if (value != NULL) *value = -0.5 * square;
    if (grad != NULL) bens_gradient_noise_add(&g->noise, g->be, batch, g->offset, grad);
    return BENS_OK;
}

const bens_model bens_model_gaussian = {
    .name = "gaussian",
    .doc = "a Gaussian of given mean and covariance or precision",
    .options = options,
    .options_size = sizeof(gaussian_options),
    .own_density = true,
    .create = create,
    .destroy = destroy,
    .log_lik = log_lik,
};
