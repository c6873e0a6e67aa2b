/* chain.c - the hot loop: batch, gradient, sum over shards, step. */
#include "run/chain.h"

#include "core/half.h"
#include "run/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The slices of a batch, or every second one of them, as
 * bens_reduce_sum asks for them. */
typedef struct {
    bens_workspace *work;
    const bens_order *order;
    const float *theta;
    uint32_t number;
    int64_t step;
    int64_t stride, first; /* slice k of the sum is stride k + first of the order */
    bool exact, with_value, grad_left;
} slice_context;

/* Is work->grad what the model wrote for one slice, and nobody added anything? */
static bool stays_as_left(const bens_workspace *work)
{
    const bens_problem *p = work->problem;
    return p->order.n_slices == 1 && p->noise < BENS_NOISE_TENSOR && !p->has_more;
}

static bens_status gradient_of_slice(void *context, int64_t k, float *grad, double *value)
{
    const slice_context *c = context;
    const bens_problem *p = c->work->problem;
    if (c->work->failed != BENS_OK) return c->work->failed;
    const int64_t slice = c->stride * k + c->first;
    const bens_batch batch =
        {.rows = bens_order_slice(c->order, c->number, c->step, slice, &c->work->rows),
         .at = {.seed = c->order->seed, .step = (uint64_t)c->step, .chain = c->number},
         .exact = c->exact,
         .grad_left = c->grad_left};
    double sum = 0;
    BENS_TRY(
        p->model->log_lik(p->state, c->theta, &batch, c->with_value ? &sum : NULL, grad));
    *value += sum;
    return BENS_OK;
}

/* Rows of the slices first, first + 2, ... */
static int64_t rows_of_half(const bens_order *halves, const bens_chain *chain, int first)
{
    int64_t rows = 0;
    for (int64_t k = first; k < halves->n_slices; k += 2)
        rows +=
            bens_order_slice(halves, chain->number, chain->step, k, &chain->work->rows).n;
    return rows;
}

/* Collective over the shards. The gradient as the sum of two halves of the batch,
 * which are compared on the way. */
static bens_status gradient_in_halves(bens_chain *chain, slice_context context,
                                      double *value)
{
    bens_workspace *work = chain->work;
    const bens_problem *p = work->problem;
    int64_t rows[2];
    double part[2] = {0, 0};
    context.order = &work->halves;
    context.stride = 2;
    for (int h = 0; h < 2; h++) {
        context.first = h;
        rows[h] = rows_of_half(&work->halves, chain, h);
        BENS_TRY(bens_reduce_sum(work->reduce, gradient_of_slice, &context,
                                 h == 0 ? work->half : work->grad, &part[h]));
    }
    *value = part[0] + part[1];
    bens_chain_noise(chain, work->half, rows[0], work->grad, rows[1]);
    p->be->add(work->half, p->params.n, work->grad);
    return BENS_OK;
}

bens_status bens_chain_run(bens_chain *chain, int64_t until)
{
    bens_workspace *work = chain->work;
    const bens_problem *p = work->problem;
    const bool lp_of_batch = p->config->store.lp == BENS_LP_BATCH;
    slice_context context = {.work = work,
                             .order = &p->order,
                             .theta = chain->theta,
                             .number = chain->number,
                             .stride = 1};

    for (; chain->step < until && !chain->diverged; chain->step++) {
        const int64_t rows = bens_order_size(&p->order, chain->step);
        double value = 0;
        context.step = chain->step;
        context.grad_left = work->grad_left;
        context.with_value = lp_of_batch && chain->step + 1 == until;
        if (bens_chain_wants_halves(chain))
            BENS_TRY(gradient_in_halves(chain, context, &value));
        else
            BENS_TRY(bens_reduce_sum(work->reduce, gradient_of_slice, &context,
                                     work->grad, &value));
        work->grad_left = stays_as_left(work);
        bens_chain_step(chain, rows);
        chain->batch_value = value;
        chain->batch_rows = rows;
    }
    if (chain->diverged)
        for (size_t e = 0; e < p->params.n; e++) chain->theta[e] = NAN;
    return BENS_OK;
}

/* The log prior of the settings and of the model; grad, if not NULL, += the model's. */
static double log_prior(const bens_problem *p, const float *theta, float *grad)
{
    double value = bens_params_log_prior(&p->params, theta);
    if (p->model->log_prior != NULL)
        p->model->log_prior(p->state, theta, 1, &value, grad);
    return value;
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
                             .stride = 1,
                             .exact = true,
                             .with_value = true};
    double log_lik = 0;
    work->grad_left = false;
    BENS_TRY(bens_reduce_sum(work->reduce, gradient_of_slice, &context, grad, &log_lik));
    bens_params_prior_gradient(&p->params, theta, 1, false, grad);
    *lp = log_lik + log_prior(p, theta, grad);
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

/* What only some samplers have. */
static void put_stats(const bens_chain *chain, double *stat)
{
    const bens_problem *p = chain->work->problem;
    const bens_sampler_common *common = p->config->sampler_options;
    const bens_scalars *s = &chain->scalars;
    memcpy(stat, s->sampler, (size_t)p->n_scalars * sizeof *stat);
    if (p->noise == BENS_NOISE_NONE) return;
    double sum = 0;
    for (int i = 0; i < p->params.n_tensors && s->noise != NULL; i++)
        sum += s->noise[i] * (double)p->params.tensors[i].size;
    stat[p->n_scalars] = p->noise == BENS_NOISE_GIVEN ? common->gradient_noise
                                                      : sum / (double)p->params.n_values;
    stat[p->n_scalars + 1] = s->n_clamped;
}

/* The state where a draw is taken; lp, loss and what needs a
 * gradient are still to come. */
static bens_draw state_of(bens_chain *chain)
{
    const bens_problem *p = chain->work->problem;
    bens_scalars *s = &chain->scalars;
    bens_draw draw = {.lp = NAN,
                      .loss = NAN,
                      .step = chain->step,
                      .temperature_kinetic = NAN,
                      .temperature_configurational = NAN,
                      .diverging = chain->diverged};
    bens_step last = {0};
    bens_problem_schedule(p, chain->step > 0 ? chain->step - 1 : 0, &last);
    draw.step_size = last.eps;
    draw.temperature = p->constant ? p->temperature : last.T * p->params.n_data;
    if (s->n_sum > 0 && p->sigma2 > 0)
        draw.temperature_kinetic = p->params.n_data * s->sum_m2 / s->n_sum / p->sigma2 /
                                   (double)p->params.n_values;
    s->sum_m2 = s->n_sum = 0;
    put_stats(chain, draw.stat);
    return draw;
}

/* [outputs.n]; NaN where there is nothing to compute them from. */
static const float *outputs_of(bens_chain *chain)
{
    const bens_problem *p = chain->work->problem;
    float *out = chain->work->outputs;
    for (size_t e = 0; e < p->outputs.n; e++) out[e] = chain->diverged ? NAN : 0;
    if (!chain->diverged) p->model->output(p->state, chain->theta, out);
    return out;
}

/* What is kept of theta and the outputs; padding is 0. */
static const float *row_of(bens_chain *chain)
{
    const bens_problem *p = chain->work->problem;
    const float *outputs = p->outputs.n > 0 ? outputs_of(chain) : NULL;
    float *row = chain->work->row;
    if (p->outputs.n == 0 && p->stored.n_tensors == p->params.n_tensors)
        return chain->theta;
    memset(row, 0, p->stored.n * sizeof *row);
    for (int i = 0; i < p->stored.n_tensors; i++) {
        const bens_tensor *t = &p->stored.tensors[i];
        memcpy(row + t->offset, (t->output ? outputs : chain->theta) + p->origin[i],
               t->size * sizeof *row);
    }
    return row;
}

static double count_overflows(const bens_params *stored, const float *row)
{
    double n = 0;
    for (size_t e = 0; e < stored->n; e++) n += bens_half_overflows(row[e]);
    return n;
}

/* Collective over the shards: lp, loss and the temperature of the place. */
static bens_status evaluate(bens_chain *chain, bens_draw *draw)
{
    const bens_problem *p = chain->work->problem;
    if (p->config->store.lp == BENS_LP_BATCH) {
        draw->loss = -chain->batch_value / (double)chain->batch_rows;
        draw->lp = -p->params.n_data * draw->loss + log_prior(p, chain->theta, NULL);
        return BENS_OK;
    }
    float *grad = chain->work->grad;
    BENS_TRY(bens_chain_log_posterior(chain->work, chain->number, chain->theta, grad,
                                      &draw->lp, &draw->loss));
    draw->temperature_configurational = configurational(&p->params, chain->theta, grad);
    return BENS_OK;
}

bens_status bens_chain_draw(bens_chain *chain, bens_draw *draw, const float **row)
{
    *draw = state_of(chain);
    *row = row_of(chain);
    const bens_problem *p = chain->work->problem;
    if (p->stored.half) draw->stat[p->n_stats - 1] = count_overflows(&p->stored, *row);
    chain->drawn++;
    if (chain->diverged) return BENS_OK;
    BENS_TRY(evaluate(chain, draw));
    draw->diverging =
        !isfinite(draw->lp); /* the next step would tell, but there may be none */
    return BENS_OK;
}
