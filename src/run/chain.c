/* chain.c - the hot loop: batch, gradient, sum over shards, step. */
#include "run/chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One slice of a batch, as bens_reduce_sum asks for it. */
typedef struct {
    bens_workspace *work;
    const bens_order *order;
    const float *theta;
    uint32_t number;
    int64_t step;
    bool exact, with_value;
} slice_context;

static bens_status gradient_of_slice(void *context, int64_t k, float *grad, double *value)
{
    const slice_context *c = context;
    const bens_problem *p = c->work->problem;
    if (c->work->failed != BENS_OK) return c->work->failed;
    const bens_batch batch =
        {.rows = bens_order_slice(c->order, c->number, c->step, k, &c->work->rows),
         .at = {.seed = c->order->seed, .step = (uint64_t)c->step, .chain = c->number},
         .exact = c->exact};
    double sum = 0;
    BENS_TRY(
        p->model->log_lik(p->state, c->theta, &batch, c->with_value ? &sum : NULL, grad));
    *value += sum;
    return BENS_OK;
}

bens_status bens_chain_run(bens_chain *chain, int64_t until)
{
    bens_workspace *work = chain->work;
    const bens_problem *p = work->problem;
    const bool lp_of_batch = p->config->store.lp == BENS_LP_BATCH;
    bens_rng at = {.seed = p->order.seed,
                   .chain = chain->number,
                   .stream = BENS_STREAM_NOISE};
    slice_context context = {.work = work,
                             .order = &p->order,
                             .theta = chain->theta,
                             .number = chain->number};

    for (; chain->step < until && !chain->diverged; chain->step++) {
        const int64_t rows = bens_order_size(&p->order, chain->step);
        double value = 0, sum_m2;
        context.step = chain->step;
        context.with_value = lp_of_batch && chain->step + 1 == until;
        BENS_TRY(bens_reduce_sum(work->reduce, gradient_of_slice, &context, work->grad,
                                 &value));

        at.step = (uint64_t)chain->step;
        p->be->langevin(&p->params, chain->theta, chain->aux[0], work->grad,
                        1 / (double)rows, &work->coefficients, &at, &chain->noise,
                        &sum_m2);
        chain->sum_m2 += sum_m2;
        chain->n_sum++;
        chain->diverged = !isfinite(sum_m2);
        chain->batch_value = value;
        chain->batch_rows = rows;
    }
    if (chain->diverged)
        for (size_t e = 0; e < p->params.n; e++) chain->theta[e] = NAN;
    return BENS_OK;
}

/* grad += the gradient of the log prior. */
static void add_prior_gradient(const bens_params *params, const float *theta, float *grad)
{
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const float precision = (float)bens_prior_precision(&t->prior);
        for (size_t e = t->offset; e < t->offset + t->size; e++)
            grad[e] -= precision * theta[e];
    }
}

bens_status bens_chain_log_posterior(bens_workspace *work, uint32_t number,
                                     const float *theta, float *grad, double *lp,
                                     double *loss)
{
    const bens_problem *p = work->problem;
    slice_context context = {.work = work,
                             .order = &p->full,
                             .theta = theta,
                             .number = number,
                             .exact = true,
                             .with_value = true};
    double log_lik = 0;
    BENS_TRY(bens_reduce_sum(work->reduce, gradient_of_slice, &context, grad, &log_lik));
    add_prior_gradient(&p->params, theta, grad);
    *lp = log_lik + bens_params_log_prior(&p->params, theta);
    *loss = -log_lik / p->params.n_data;
    return BENS_OK;
}

/* -theta . grad log p / d, whose mean is the temperature in the user's units. */
static double configurational(const bens_params *params, const float *theta,
                              const float *grad)
{
    double sum = 0;
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        for (size_t e = t->offset; e < t->offset + t->size; e++)
            sum += (double)theta[e] * (double)grad[e];
    }
    return -sum / (double)params->n_values;
}

bens_status bens_chain_draw(bens_chain *chain, bens_draw *draw)
{
    const bens_problem *p = chain->work->problem;
    const double n = p->params.n_data;
    *draw = (bens_draw){.lp = NAN,
                        .loss = NAN,
                        .step = chain->step,
                        .step_size = p->eps,
                        .temperature = p->temperature,
                        .temperature_kinetic = NAN,
                        .temperature_configurational = NAN,
                        .diverging = chain->diverged};
    if (chain->n_sum > 0 && p->sigma2 > 0)
        draw->temperature_kinetic = n * chain->sum_m2 / (double)chain->n_sum / p->sigma2 /
                                    (double)p->params.n_values;
    chain->sum_m2 = 0;
    chain->n_sum = 0;
    if (chain->diverged) return BENS_OK;

    if (p->config->store.lp == BENS_LP_BATCH) {
        draw->loss = -chain->batch_value / (double)chain->batch_rows;
        draw->lp = -n * draw->loss + bens_params_log_prior(&p->params, chain->theta);
        return BENS_OK;
    }
    float *grad = chain->work->grad;
    BENS_TRY(bens_chain_log_posterior(chain->work, chain->number, chain->theta, grad,
                                      &draw->lp, &draw->loss));
    draw->temperature_configurational = configurational(&p->params, chain->theta, grad);
    return BENS_OK;
}

bens_status bens_workspace_create(const bens_problem *problem, const char *comm,
                                  bens_comm *shards, bens_workspace *out)
{
    const bens_config *config = problem->config;
    *out = (bens_workspace){.problem = problem};
    out->coefficients =
        config->sampler->linear(config->sampler_options, problem->eps, problem->T);
    bens_status s = bens_alloc(problem->params.n, sizeof *out->grad, &out->grad);
    if (s == BENS_OK) s = bens_rows_ahead_create(&problem->order, &out->rows);
    s = bens_comm_agree(shards, s);
    if (s == BENS_OK)
        s = bens_reduce_create(comm, shards, problem->order.n_slices, problem->params.n,
                               problem->be->add, &out->reduce);
    if (s != BENS_OK) bens_workspace_release(out);
    return s;
}

void bens_workspace_release(bens_workspace *work)
{
    bens_reduce_destroy(work->reduce);
    free(work->grad);
    bens_rows_ahead_release(&work->rows);
    *work = (bens_workspace){0};
}

bens_status bens_chain_create(bens_workspace *work, uint32_t number, bens_chain *out)
{
    const bens_problem *p = work->problem;
    const int n_aux = p->config->sampler->n_aux;
    *out = (bens_chain){.work = work, .number = number};
    bens_status s = bens_alloc(p->params.n, sizeof(float), &out->theta);
    if (s == BENS_OK) s = bens_alloc((size_t)n_aux + 1, sizeof(float *), &out->aux);
    for (int i = 0; i < n_aux && s == BENS_OK; i++)
        s = bens_alloc(p->params.n, sizeof(float), &out->aux[i]);
    if (s == BENS_OK) s = bens_problem_start(p, number, out->theta, out->aux[0]);
    if (s != BENS_OK) bens_chain_release(out);
    return s;
}

void bens_chain_release(bens_chain *chain)
{
    for (float **aux = chain->aux; aux != NULL && *aux != NULL; aux++) free(*aux);
    free(chain->aux);
    free(chain->theta);
    bens_noise_release(&chain->noise);
    *chain = (bens_chain){0};
}
