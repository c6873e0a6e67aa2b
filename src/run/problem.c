#include "run/problem.h"

#include <math.h>
#include <string.h>

static bens_status open_data(const bens_config *config, bens_problem *p)
{
    return bens_data_open(config->source, config->source_options, &config->data.request,
                          config->likelihood->target, (uint64_t)config->run.seed,
                          &p->train, &p->test);
}

static bens_status plan_order(const bens_config *config, int64_t n_slices,
                              bens_problem *p)
{
    const int64_t n = p->train != NULL ? p->train->n_rows : 1;
    const int64_t batch =
        config->data.batch == 0 || p->train == NULL ? n : config->data.batch;
    if (batch > n)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[data] batch: wanted at most the %lld training rows of '%s', found "
                  "%lld",
                  (long long)n, config->data.request.train, (long long)batch);
    if (n_slices > batch)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[data] batch: wanted at least a row for each of the %lld slices "
                  "([grid] "
                  "shards, slices), found %lld rows",
                  (long long)n_slices, (long long)batch);
    p->order = (bens_order){.kind = (bens_order_kind)config->data.order,
                            .n_data = n,
                            .batch = batch,
                            .n_slices = n_slices,
                            .seed = (uint64_t)config->run.seed,
                            .be = p->be};
    p->full = p->order;
    p->full.kind = BENS_ORDER_SHUFFLE;
    p->full.batch = n;
    return BENS_OK;
}

static bens_status plan_model(const bens_config *config, bens_problem *p)
{
    const bens_model_setup setup = {.options = config->model_options,
                                    .be = p->be,
                                    .data = p->train,
                                    .likelihood = config->likelihood};
    p->model = config->model;
    BENS_TRY(p->model->create(&setup, &p->params, &p->state));
    p->params.n_data = (double)p->order.n_data;
    if (p->model->own_density) return BENS_OK;
    return bens_config_apply_priors(config, &p->params);
}

static bens_status plan_lengths(const bens_config *config, bens_problem *p)
{
    const bens_length burn_in = config->chain.burn_in;
    const double unit =
        burn_in.unit == BENS_EPOCHS ? (double)bens_order_steps(&p->order) : 1;
    const double last = ceil(burn_in.value * unit) +
                        (double)config->chain.draws * (double)config->chain.thin;
    if (last < 1 || last > 0x1p47)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[chain]: wanted 1 to 2^47 steps, found %.0f: see burn_in, "
                  "thin and draws",
                  last);
    p->burn_in = (int64_t)ceil(burn_in.value * unit);
    p->thin = config->chain.thin;
    p->n_draws = config->chain.draws;
    return BENS_OK;
}

static bens_status plan(const bens_config *config, int64_t n_slices, bens_problem *p)
{
    if (!config->model->own_density) BENS_TRY(open_data(config, p));
    BENS_TRY(plan_order(config, n_slices, p));
    BENS_TRY(plan_model(config, p));
    BENS_TRY(plan_lengths(config, p));

    const bens_sampler_common *common = config->sampler_options;
    p->eps = common->step_size;
    p->temperature = common->temperature;
    p->T = p->temperature / p->params.n_data;
    p->sigma2 = config->sampler->mass(config->sampler_options);
    return BENS_OK;
}

bens_status bens_problem_create(const bens_config *config, const bens_backend *be,
                                int64_t n_slices, bens_problem *out)
{
    *out = (bens_problem){.config = config, .be = be};
    const bens_status s = plan(config, n_slices, out);
    if (s != BENS_OK) bens_problem_release(out);
    return s;
}

void bens_problem_release(bens_problem *p)
{
    if (p->model != NULL) p->model->destroy(p->state);
    bens_params_release(&p->params);
    bens_data_destroy(p->train);
    bens_data_destroy(p->test);
    *p = (bens_problem){0};
}

int64_t bens_problem_draw_step(const bens_problem *p, int64_t k)
{
    return p->burn_in + (k + 1) * p->thin;
}

/* x [n] *= its tensor's factor; the padding becomes 0. */
static void fill_normals(const bens_problem *p, const bens_rng *at, const double *scale,
                         float *x)
{
    memset(x, 0, p->params.n * sizeof *x);
    for (int i = 0; i < p->params.n_tensors; i++) {
        const bens_tensor *t = &p->params.tensors[i];
        const float sd = (float)(scale != NULL ? *scale : t->prior.scale);
        p->be->normals(at, t->offset, t->size, x + t->offset);
        for (size_t e = t->offset; e < t->offset + t->size; e++) x[e] *= sd;
    }
}

static bens_status start_from_prior(const bens_problem *p, const bens_rng *at,
                                    float *theta)
{
    for (int i = 0; i < p->params.n_tensors; i++)
        if (p->params.tensors[i].prior.kind != BENS_PRIOR_NORMAL)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "[init] from = prior: the prior of tensor '%s' is flat and cannot "
                      "be "
                      "drawn from; give it a normal one, or from = model",
                      p->params.tensors[i].name);
    fill_normals(p, at, NULL, theta);
    return BENS_OK;
}

bens_status bens_problem_start(const bens_problem *p, uint32_t chain, float *theta,
                               float *momenta)
{
    const bens_init_options *init = &p->config->init;
    bens_rng at = {.seed = (uint64_t)p->config->run.seed,
                   .chain = chain / (uint32_t)init->superchain,
                   .stream = BENS_STREAM_INIT};
    memset(theta, 0, p->params.n * sizeof *theta);
    if (init->from == BENS_FROM_PRIOR) BENS_TRY(start_from_prior(p, &at, theta));
    if (init->from == BENS_FROM_MODEL && p->model->init != NULL)
        p->model->init(p->state, &p->params, &at, theta);

    if (momenta == NULL) return BENS_OK;
    memset(momenta, 0, p->params.n * sizeof *momenta);
    const double sd = sqrt(p->sigma2 * p->T);
    at.stream = BENS_STREAM_MOMENTA;
    at.chain = chain;
    if (init->momenta == BENS_MOMENTA_STATIONARY && sd > 0)
        fill_normals(p, &at, &sd, momenta);
    return BENS_OK;
}
