/* linear.c - a number from a linear function of the features, or from two of them (mean
 * and log variance): y ~ p(. | weight . x + bias).
 *
 * affine.h has the tensors; a parameter of the likelihood (log_noise) is one
 * more, and what it stands for (noise) is stored beside them. With an intercept chains
 * start from the mean of y and its sd. With normal noise and few columns the whole data set
 * is a triangle, least_squares.h. */
#include "models/affine.h"
#include "models/least_squares.h"
#include "models/likelihood_normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t n; /* of the arena */
    bens_affine affine;
    bens_likelihood_at_theta at;
    bool has_parameter;
    size_t parameter;           /* offset in the arena               */
    bens_least_squares *narrow; /* owned; NULL: always by the blocks */
} linear;

static void destroy(void *state)
{
    linear *l = state;
    if (l == NULL) return;
    bens_affine_release(&l->affine);
    free(l->narrow);
    free(l);
}

static bens_status add_narrow(linear *l)
{
    const bens_affine *a = &l->affine;
    if (a->likelihood != &bens_likelihood_normal ||
        a->F + a->intercept > BENS_LEAST_SQUARES_WIDTH)
        return BENS_OK;
    BENS_TRY(bens_alloc(1, sizeof *l->narrow, &l->narrow));
    bens_least_squares_fill(a->data, a->intercept, l->narrow);
    return BENS_OK;
}

static bens_status fill(const bens_model_setup *setup, bens_params *params, linear *l)
{
    const bens_affine_options *o = setup->options;
    if (setup->likelihood->target == BENS_TARGET_CLASS)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] linear: wanted a likelihood of numbers (normal, "
                  "normal_mean_logvar, poisson), found %s",
                  setup->likelihood->name);
    BENS_TRY(bens_affine_create(setup, o->intercept, params, &l->affine));
    BENS_TRY(bens_likelihood_add_parameter(setup->likelihood, setup->likelihood_options,
                                           params, &l->has_parameter, &l->parameter));
    l->n = params->n;
    l->at =
        (bens_likelihood_at_theta){.be = setup->be, .options = setup->likelihood_options};
    BENS_TRY(bens_affine_allocate(&l->affine));
    return add_narrow(l);
}

static bens_status create(const bens_model_setup *setup, bens_params *params,
                          void **state)
{
    linear *l;
    BENS_TRY(bens_alloc(1, sizeof *l, &l));
    const bens_status s = fill(setup, params, l);
    if (s == BENS_OK)
        *state = l;
    else
        destroy(l);
    return s;
}

/* The mean of y and the sd about it; without bias it is 0. A sum of equal floats is exact
 * in double: a y without variation has sd 0. */
static void describe(const bens_data *d, bool intercept, double *mean, double *sd)
{
    const double n = (double)d->n_rows;
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < d->n_rows; i++) sum += (double)d->y[i];
    *mean = intercept ? sum / n : 0;
    for (int64_t i = 0; i < d->n_rows; i++) {
        const double deviation = (double)d->y[i] - *mean;
        squares += deviation * deviation;
    }
    *sd = sqrt(squares / n);
}

/* From zero the first gradients of a y far from there would throw a chain out. */
static void init(const void *state, const bens_params *params, const bens_rng *at,
                 float *theta)
{
    const linear *l = state;
    const bens_affine *a = &l->affine;
    double mean, sd;
    (void)params;
    (void)at;
    describe(a->data, a->intercept, &mean, &sd);
    if (a->intercept && a->likelihood->centre != NULL)
        a->likelihood->centre(mean, sd, theta + a->bias);
    else if (a->intercept)
        theta[a->bias] = (float)mean;
    if (l->has_parameter) theta[l->parameter] = a->likelihood->start(sd);
}

static void narrow_log_lik(const linear *l, const float *theta, double *value,
                           float *grad, double *dparameter)
{
    const bens_affine *a = &l->affine;
    const double precision = bens_normal_precision(&l->at);
    double w[BENS_LEAST_SQUARES_WIDTH], slope[BENS_LEAST_SQUARES_WIDTH];

    for (int64_t j = 0; j < a->F; j++) w[j] = (double)theta[a->weight + (size_t)j];
    if (a->intercept) w[a->F] = (double)theta[a->bias];
    const double squares =
        bens_least_squares_at(l->narrow, w, grad == NULL ? NULL : slope);
    bens_normal_log_lik(&l->at, squares, a->data->n_rows, value, dparameter);
    if (grad == NULL) return;
    for (int64_t j = 0; j < a->F; j++)
        grad[a->weight + (size_t)j] = (float)(precision * slope[j]);
    if (a->intercept) grad[a->bias] = (float)(precision * slope[a->F]);
}

static bens_status log_lik(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad)
{
    linear *l = state;
    const bens_rows *rows = &batch->rows;
    const bool all = rows->index == NULL && rows->n == l->affine.data->n_rows;
    double dparameter = 0;

    if (grad != NULL) memset(grad, 0, l->n * sizeof *grad);
    if (l->has_parameter) l->at.parameter = theta[l->parameter];
    if (all && l->narrow != NULL)
        narrow_log_lik(l, theta, value, grad, &dparameter);
    else
        bens_affine_log_lik(&l->affine, &l->at, theta, rows, value, grad, &dparameter);
    if (grad != NULL && l->has_parameter) grad[l->parameter] = (float)dparameter;
    return BENS_OK;
}

static bens_status outputs(const void *state, bens_params *table)
{
    const linear *l = state;
    return l->has_parameter
               ? bens_params_add(table, l->affine.likelihood->derived, 0, NULL, NULL)
               : BENS_OK;
}

static void output(void *state, const float *theta, float *out)
{
    const linear *l = state;
    if (l->has_parameter) out[0] = l->affine.likelihood->derive(theta[l->parameter]);
}

static bens_status forward(void *state, const float *theta, const float *x, int64_t n,
                           float *out)
{
    const linear *l = state;
    bens_affine_forward(&l->affine, theta, x, n, out);
    return BENS_OK;
}

const bens_model bens_model_linear = {
    .name = "linear",
    .doc = "linear regression",
    .options = bens_affine_table,
    .options_size = sizeof(bens_affine_options),
    .create = create,
    .destroy = destroy,
    .init = init,
    .log_lik = log_lik,
    .outputs = outputs,
    .output = output,
    .forward = forward,
};
