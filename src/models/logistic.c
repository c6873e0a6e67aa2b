/* logistic.c - classes from a linear function of the features, affine.h:
 *
 * bernoulli: weight [feature], bias []; categorical: weight [class, feature], bias
 * [class]. A Bernoulli regression of up to 16 columns is one fused kernel of the backend,
 * all else products of fixed blocks of rows. Chains start from zero. */
#include "models/affine.h"
#include "models/logit_design.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t n; /* of the arena */
    bens_affine affine;
    bens_likelihood_at_theta at;
    bens_logit_design *narrow; /* owned; NULL: the general path */
} logistic;

static void destroy(void *state)
{
    logistic *l = state;
    if (l == NULL) return;
    bens_logit_design_destroy(l->narrow);
    bens_affine_release(&l->affine);
    free(l);
}

static bens_status fill(const bens_model_setup *setup, bens_params *params, logistic *l)
{
    const bens_affine_options *o = setup->options;
    const bens_affine *a = &l->affine;
    if (setup->likelihood->target != BENS_TARGET_CLASS)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] logistic: wanted a likelihood of classes (bernoulli, "
                  "categorical), found %s",
                  setup->likelihood->name);
    BENS_TRY(bens_affine_create(setup, o->intercept, params, &l->affine));
    l->n = params->n;
    l->at =
        (bens_likelihood_at_theta){.be = setup->be, .options = setup->likelihood_options};
    if (setup->likelihood == &bens_likelihood_bernoulli &&
        a->F + a->intercept <= BENS_LOGIT_WIDTH)
        return bens_logit_design_create(a->data, a->intercept, &l->narrow);
    return bens_affine_allocate(&l->affine);
}

static bens_status create(const bens_model_setup *setup, bens_params *params,
                          void **state)
{
    logistic *l;
    BENS_TRY(bens_alloc(1, sizeof *l, &l));
    const bens_status s = fill(setup, params, l);
    if (s == BENS_OK)
        *state = l;
    else
        destroy(l);
    return s;
}

static void narrow_log_lik(const logistic *l, const float *theta, const bens_rows *rows,
                           double *value, float *grad)
{
    const bens_affine *a = &l->affine;
    const size_t F = (size_t)a->F;
    float w[BENS_LOGIT_WIDTH] = {0}, g[BENS_LOGIT_WIDTH] = {0};

    memcpy(w, theta + a->weight, F * sizeof *w);
    if (a->intercept) w[F] = theta[a->bias];
    a->be->logit(l->narrow, rows, w, value, grad == NULL ? NULL : g);
    if (grad == NULL) return;
    memcpy(grad + a->weight, g, F * sizeof *g);
    if (a->intercept) grad[a->bias] = g[F];
}

static bens_status log_lik(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad)
{
    logistic *l = state;
    if (grad != NULL) memset(grad, 0, l->n * sizeof *grad);
    if (l->narrow != NULL)
        narrow_log_lik(l, theta, &batch->rows, value, grad);
    else
        bens_affine_log_lik(&l->affine, &l->at, theta, &batch->rows, value, grad, NULL);
    return BENS_OK;
}

static bens_status forward(void *state, const float *theta, const float *x, int64_t n,
                           float *out)
{
    const logistic *l = state;
    bens_affine_forward(&l->affine, theta, x, n, out);
    return BENS_OK;
}

const bens_model bens_model_logistic = {
    .name = "logistic",
    .doc = "logistic regression, binary or softmax",
    .options = bens_affine_table,
    .options_size = sizeof(bens_affine_options),
    .create = create,
    .destroy = destroy,
    .log_lik = log_lik,
    .forward = forward,
};
