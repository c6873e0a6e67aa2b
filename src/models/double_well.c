/* double_well.c - the paper's test density with two modes on every axis:
 *
 *     log p(x) = sum over i of x_i^2 - x_i^4 / 10
 *
 * Modes at x_i = +-sqrt(5), a barrier of 2.5 at 0;
 * E[x^2] = 4.356815, E[x^4] = 24.284073. */
#include "models/gradient_noise.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t dim;
    double gradient_sd;
} double_well_options;

typedef struct {
    const bens_backend *be;
    size_t n, offset, size; /* of the arena; of the tensor in it */
    bens_gradient_noise noise;
} double_well;

static const bens_option options[] = {
    {.name = "dim",
     .kind = BENS_OPTION_INT,
     .preset = "2",
     .min = 1,
     .max = 1e9,
     .offset = offsetof(double_well_options, dim),
     .doc = "number of coordinates"},
    BENS_GRADIENT_NOISE_OPTION(double_well_options, gradient_sd),
    {0},
};

static void destroy(void *state)
{
    double_well *w = state;
    if (w == NULL) return;
    bens_gradient_noise_release(&w->noise);
    free(w);
}

static bens_status create(const bens_model_setup *setup, bens_params *params,
                          void **state)
{
    const double_well_options *o = setup->options;
    bens_tensor *x;
    double_well *w;
    BENS_TRY(bens_params_add(params, "x", 1, &o->dim, &x));
    BENS_TRY(bens_alloc(1, sizeof *w, &w));
    *w = (double_well){.be = setup->be,
                       .n = params->n,
                       .offset = x->offset,
                       .size = x->size};
    const bens_status s = bens_gradient_noise_create(o->gradient_sd, w->size, &w->noise);
    if (s == BENS_OK)
        *state = w;
    else
        destroy(w);
    return s;
}

/* N(0, 2^2): far enough apart to begin in every mode. */
static void init(const void *state, const bens_params *params, const bens_rng *at,
                 float *theta)
{
    const double_well *w = state;
    (void)params;
    float *x = theta + w->offset;
    w->be->normals(at, w->offset, w->size, x);
    for (size_t i = 0; i < w->size; i++) x[i] *= 2;
}

static bens_status log_lik(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad)
{
    double_well *w = state;
    const float *x = theta + w->offset;

    if (grad != NULL) memset(grad, 0, w->n * sizeof *grad);
    if (value != NULL) *value = 0;
    if (batch->rows.n == 0) return BENS_OK;
    for (size_t i = 0; value != NULL && i < w->size; i++) {
        const double square = (double)x[i] * x[i];
        *value += square - square * square / 10;
    }
    if (grad == NULL) return BENS_OK;
    for (size_t i = 0; i < w->size; i++) {
        const double xi = x[i];
        grad[w->offset + i] = (float)(2 * xi - 0.4 * xi * xi * xi);
    }
    bens_gradient_noise_add(&w->noise, w->be, batch, w->offset, grad);
    return BENS_OK;
}

const bens_model bens_model_double_well = {
    .name = "double_well",
    .doc = "log p = sum of x^2 - x^4 / 10: two modes on every axis",
    .options = options,
    .options_size = sizeof(double_well_options),
    .own_density = true,
    .create = create,
    .destroy = destroy,
    .init = init,
    .log_lik = log_lik,
};
