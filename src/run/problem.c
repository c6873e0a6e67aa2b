/* problem.c - data, model, priors and what a draw has. */
#include "run/problem_plan.h"

#include "models/network.h"

#include <math.h>
#include <string.h>

/* The model itself looks at the training data. */
static bens_status check_test(const bens_config *config, const bens_data *test)
{
    const bens_data_request *r = &config->data.request;
    const bens_status s = bens_network_check(config->model, config->model_options, test);
    if (s == BENS_OK) return s;
    return bens_error_set(s, "'%s': %s", r->test[0] != '\0' ? r->test : r->train,
                          bens_error_text());
}

/* Collective over node. */
static bens_status open_data(const bens_config *config, bens_comm *node, bens_problem *p,
                             bens_status mine)
{
    if (mine == BENS_OK && (node == NULL || bens_comm_rank(node) == 0))
        mine = bens_data_open(config->source, config->source_options,
                              &config->data.request, config->likelihood->target,
                              (uint64_t)config->run.seed, &p->train, &p->test);
    if (mine == BENS_OK) mine = check_test(config, p->test);
    if (node == NULL) return mine;
    mine = bens_data_share(node, &p->train, mine);
    return bens_data_share(node, &p->test, mine);
}

/* N and what the model has besides a likelihood of rows. */
static bens_status plan_model(const bens_config *config, int64_t n_slices,
                              bens_problem *p)
{
    const int64_t all = p->train != NULL ? p->train->n_rows : 1;
    const int64_t batch = config->data.batch == 0 ? all : config->data.batch;
    const bens_model_setup setup = {.model = config->model,
                                    .options = config->model_options,
                                    .settings = config->model_settings,
                                    .be = p->be,
                                    .data = p->train,
                                    .likelihood = config->likelihood,
                                    .likelihood_options = config->likelihood_options,
                                    .batch = (batch + n_slices - 1) / n_slices};
    BENS_TRY(config->model->create(&setup, &p->params, &p->state));
    p->model = config->model; /* from here on it has a state to destroy */
    return BENS_OK;
}

static int64_t count_data(const bens_problem *p)
{
    if (p->train != NULL) return p->train->n_rows;
    const int64_t n = p->model->n_data != NULL ? p->model->n_data(p->state) : 0;
    return n > 0 ? n : 1;
}

static bens_status plan_order(const bens_config *config, int64_t n_slices,
                              bens_problem *p)
{
    const int64_t n = count_data(p);
    const int64_t batch = config->data.batch == 0 || n == 1 ? n : config->data.batch;
    if (batch > n)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[data] batch: "
                  "wanted at most the %lld training rows of %s'%s', found %lld",
                  (long long)n, p->train != NULL ? "" : "model ",
                  p->train != NULL ? config->data.request.train : p->model->name,
                  (long long)batch);
    if (n_slices > batch)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[data] batch: wanted at least a row for each of the %lld "
                  "slices ([grid] shards, slices), found %lld rows",
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

static bens_status plan_priors(const bens_config *config, bens_problem *p)
{
    p->params.n_data = (double)p->order.n_data;
    if (!p->model->own_density)
        BENS_TRY(bens_config_apply_priors(config, p->pool, &p->params));
    p->has_more = p->model->log_prior != NULL;
    for (int i = 0; i < p->params.n_tensors; i++)
        p->has_more = p->has_more || bens_prior_is_apart(&p->params.tensors[i].prior);
    return BENS_OK;
}

static bens_status plan_noise(const bens_config *config, bens_problem *p)
{
    const bens_sampler_common *const common = config->sampler_options;
    const long long rows = p->order.n_data, batch = p->order.batch;
    const bool estimated = common->gradient_noise == BENS_ESTIMATED;
    if (common->gradient_noise == 0) return BENS_OK;
    if (rows == 1 && estimated)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] gradient_noise = estimated: wanted batches of rows "
                  "to compare, found model '%s' without data; give a number",
                  p->model->name);
    if (rows > 1 && batch == rows)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] gradient_noise: wanted [data] batch below all %lld rows, "
                  "found the full batch, which has no noise to take off",
                  rows);
    if (estimated && batch < 2 * p->order.n_slices)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] gradient_noise = estimated: wanted batches of at least %lld "
                  "rows (the halves of a batch are compared), found %lld",
                  2 * (long long)p->order.n_slices, batch);
    p->noise = !estimated                      ? BENS_NOISE_GIVEN
               : p->params.n <= BENS_NOISE_FEW ? BENS_NOISE_EACH
                                               : BENS_NOISE_TENSOR;
    return BENS_OK;
}

/* The names of what is stored with each draw of this run and not of every run. */
static bens_status plan_stats(const bens_config *config, bens_problem *p)
{
    int n = 0;
    BENS_TRY(
        bens_pool_bytes(p->pool, (BENS_MAX_STATS + 1) * sizeof *p->stats, &p->stats));
    const char *const *name = config->sampler->scalars;
    for (; name != NULL && name[p->n_scalars] != NULL; p->n_scalars++)
        p->stats[n++] = name[p->n_scalars];
    if (p->noise != BENS_NOISE_NONE) {
        p->stats[n++] = "gradient_noise";
        p->stats[n++] = "noise_clamped";
    }
    if (config->store.dtype == BENS_DTYPE_FLOAT16) p->stats[n++] = "overflow";
    BENS_ASSERT(n <= BENS_MAX_STATS);
    p->n_stats = n;
    return BENS_OK;
}

static bens_status plan_monitor(const bens_config *config, bens_problem *p)
{
    const bool test = config->monitor.data == BENS_MONITOR_TEST;
    if (config->monitor.data == BENS_MONITOR_NONE) return BENS_OK;
    p->monitored = test ? p->test : p->train;
    BENS_ASSERT(p->monitored != NULL); /* bens_config_check */
    if (p->model->forward == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[monitor] data: wanted none, for model '%s' predicts nothing",
                  p->model->name);
    return BENS_OK;
}

/* Chains that share a start count as one. */
static bens_status open_warm(const bens_config *config, bens_problem *p)
{
    const int64_t shared = config->init.superchain, n = config->grid.chains;
    const int64_t first = config->grid.first_chain / shared;
    const int64_t end = (config->grid.first_chain + n + shared - 1) / shared;
    bens_status s = bens_draws_open(config->init.from, &p->warm);
    if (s == BENS_OK)
        s = bens_warm_check(p->warm, &p->params, (uint32_t)first,
                            n == 0 ? 0 : end - first);
    return s == BENS_OK ? s : bens_error_set(s, "[init] from: %s", bens_error_text());
}

static bens_status plan_start(const bens_config *config, bens_problem *p)
{
    const char *from = config->init.from;
    if (strcmp(from, "model") == 0 || strcmp(from, "zero") == 0) return BENS_OK;
    if (strcmp(from, "prior") != 0) return open_warm(config, p);
    for (int i = 0; i < p->params.n_tensors; i++)
        if (p->params.tensors[i].prior.kind == BENS_PRIOR_FLAT)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "[init] from = prior: the prior of tensor '%s' is flat and cannot "
                      "be drawn from; give it another, or from = model",
                      p->params.tensors[i].name);
    return BENS_OK;
}

static bens_status plan(const bens_config *config, bens_comm *node, int64_t n_slices,
                        bens_problem *p)
{
    bens_status s = bens_pool_create(&p->pool);
    if (!config->model->own_density) s = open_data(config, node, p, s);
    BENS_TRY(s);
    BENS_TRY(plan_model(config, n_slices, p));
    BENS_TRY(plan_order(config, n_slices, p));
    BENS_TRY(plan_priors(config, p));
    BENS_TRY(plan_start(config, p));
    BENS_TRY(bens_problem_plan_lengths(config, p));
    BENS_TRY(plan_noise(config, p));
    BENS_TRY(plan_stats(config, p));
    BENS_TRY(bens_problem_plan_stored(config, p));
    BENS_TRY(plan_monitor(config, p));

    const bens_sampler_common *common = config->sampler_options;
    p->eps = common->step_size;
    p->temperature = common->temperature;
    p->T = p->temperature / p->params.n_data;
    if (config->sampler->mass != NULL)
        p->sigma2 = config->sampler->mass(config->sampler_options);
    return BENS_OK;
}

bens_status bens_problem_create(const bens_config *config, const bens_backend *be,
                                bens_comm *node, int64_t n_slices, bens_problem *out)
{
    *out = (bens_problem){.config = config, .be = be};
    const bens_status s = plan(config, node, n_slices, out);
    if (s != BENS_OK) bens_problem_release(out);
    return s;
}

void bens_problem_release(bens_problem *p)
{
    if (p->model != NULL) p->model->destroy(p->state);
    bens_draws_close(p->warm);
    bens_params_release(&p->params);
    bens_params_release(&p->stored);
    bens_params_release(&p->outputs);
    bens_data_destroy(p->train);
    bens_data_destroy(p->test);
    bens_pool_destroy(p->pool);
    *p = (bens_problem){0};
}
