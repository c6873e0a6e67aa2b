#include "run/problem.h"

#include <math.h>
#include <string.h>

static bens_status open_data(const bens_config *config, bens_problem *p)
{
    return bens_data_open(config->source, config->source_options, &config->data.request,
                          config->likelihood->target, (uint64_t)config->run.seed,
                          &p->train, &p->test);
}

/* N and what the model has besides a likelihood of rows. */
static bens_status plan_model(const bens_config *config, bens_problem *p)
{
    const bens_model_setup setup = {.options = config->model_options,
                                    .settings = config->model_settings,
                                    .be = p->be,
                                    .data = p->train,
                                    .likelihood = config->likelihood,
                                    .likelihood_options = config->likelihood_options};
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
                  "[data] batch: wanted at most the %lld training rows of %s'%s', found "
                  "%lld",
                  (long long)n, p->train != NULL ? "" : "model ",
                  p->train != NULL ? config->data.request.train : p->model->name,
                  (long long)batch);
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

static int64_t steps_of(const bens_problem *p, bens_length length)
{
    const double unit =
        length.unit == BENS_EPOCHS ? (double)bens_order_steps(&p->order) : 1;
    return (int64_t)fmin(ceil(length.value * unit), 0x1p48);
}

static bens_schedule plan_factor(const bens_problem *p, const bens_factor_options *o)
{
    const bens_schedule_options *s = &p->config->schedule;
    const bool cyclical = s->step_size.kind == BENS_SCHEDULE_CYCLICAL ||
                          s->temperature.kind == BENS_SCHEDULE_CYCLICAL;
    const int64_t cycle = cyclical ? steps_of(p, s->cycle) : 0;
    return (bens_schedule){.kind = (bens_schedule_kind)o->kind,
                           .power = o->power,
                           .floor = o->floor,
                           .warmup = steps_of(p, o->warmup),
                           .offset = steps_of(p, s->offset),
                           .length = steps_of(p, s->length),
                           .cycle = cycle,
                           .explore = (int64_t)(s->explore * (double)cycle),
                           .is_temperature = o == &s->temperature};
}

static bool is_constant(const bens_schedule *s)
{
    return s->kind == BENS_SCHEDULE_CONSTANT && s->warmup == 0;
}

static bens_status plan_lengths(const bens_config *config, bens_problem *p)
{
    const bens_schedule_options *const s = &config->schedule;
    p->burn_in = steps_of(p, config->chain.burn_in);
    p->thin = config->chain.thin;
    p->n_draws = config->chain.draws;
    p->step_size = plan_factor(p, &s->step_size);
    p->heat = plan_factor(p, &s->temperature);
    p->constant = is_constant(&p->step_size) && is_constant(&p->heat);
    const int64_t sampling = p->step_size.cycle - p->step_size.explore;
    if (p->step_size.cycle > 0 && sampling < p->thin)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[schedule] cycle: wanted at least thin = %lld steps in the sampling "
                  "phase, found %lld of a cycle of %lld: see explore and [chain] thin",
                  (long long)p->thin, (long long)sampling, (long long)p->step_size.cycle);

    const double cycle = (double)p->step_size.cycle, stretch = cycle + 1;
    const double bound =
        (double)p->burn_in + cycle + (double)p->n_draws * (double)p->thin * stretch;
    const double last =
        bound > 0x1p62 ? bound : (double)bens_problem_draw_step(p, p->n_draws - 1);
    if (last < 1 || last > 0x1p47)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[chain]: wanted 1 to 2^47 steps, found %.0f: see burn_in, "
                  "thin and draws",
                  last);
    if (p->step_size.length == 0) p->step_size.length = p->heat.length = (int64_t)last;
    return BENS_OK;
}

/* Does the sampler, with these settings, adapt a mass during the burn-in? */
static bool adapts(const bens_config *config)
{
    const bens_sampler_common *const common = config->sampler_options;
    const bens_option *const table = config->sampler->options;
    if (bens_option_find(table, "adapt") == NULL) return false;
    return bens_option_find(table, "mass") == NULL || common->mass == BENS_MASS_TENSOR;
}

static bens_status plan_adaptation(const bens_config *config, bens_problem *p)
{
    const bens_sampler_common *const common = config->sampler_options;
    p->adapt =
        common->adapt.value > 0 ? steps_of(p, common->adapt) : (p->burn_in + 1) / 2;
    if (!adapts(config)) return BENS_OK;
    if (p->adapt < 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] %s: wanted a burn-in to adapt the masses in, found [chain] "
                  "burn_in = 0",
                  config->sampler->name);
    if (p->adapt > p->burn_in)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] adapt: wanted at most burn_in = %lld steps, found %lld: "
                  "what "
                  "still adapts draws from no known law",
                  (long long)p->burn_in, (long long)p->adapt);
    return BENS_OK;
}

static bens_status plan_noise(const bens_config *config, bens_problem *p)
{
    const bens_sampler_common *const common = config->sampler_options;
    if (common->gradient_noise == 0) return BENS_OK;
    p->noise = BENS_NOISE_GIVEN;
    if (common->gradient_noise != BENS_ESTIMATED) return BENS_OK;
    p->noise = p->params.n <= BENS_NOISE_FEW ? BENS_NOISE_EACH : BENS_NOISE_TENSOR;
    if (p->order.batch < 2 * p->order.n_slices || p->order.batch == p->order.n_data)
        BENS_FAIL(
            BENS_ERR_CONFIG,
            "[sampler] gradient_noise = estimated: wanted batches of at least %lld and "
            "less than all %lld rows (the estimate compares the halves of a batch), "
            "found %lld",
            2 * (long long)p->order.n_slices, (long long)p->order.n_data,
            (long long)p->order.batch);
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
    BENS_ASSERT(n <= BENS_MAX_STATS);
    return BENS_OK;
}

static bens_status add_stored(const bens_params *from, bool output, bens_params *stored)
{
    for (int i = 0; i < from->n_tensors; i++) {
        const bens_tensor *t = &from->tensors[i];
        bens_tensor *added;
        BENS_TRY(bens_params_add(stored, t->name, t->rank, t->shape, &added));
        const size_t offset = added->offset;
        *added = *t;
        added->offset = offset;
        added->output = output;
    }
    return BENS_OK;
}

/* A draw is theta [params.n] and behind it the model's outputs. */
static bens_status plan_stored(bens_problem *p)
{
    bens_params outputs = {0};
    bens_status s = BENS_OK;
    if (p->model->outputs != NULL) s = p->model->outputs(p->state, &outputs);
    if (s == BENS_OK) s = add_stored(&p->params, false, &p->stored);
    if (s == BENS_OK) s = add_stored(&outputs, true, &p->stored);
    bens_params_release(&outputs);
    p->stored.n_data = p->params.n_data;
    p->stored.stats = p->stats;
    return s;
}

static bens_status plan_start(const bens_config *config, bens_problem *p)
{
    const char *from = config->init.from;
    if (strcmp(from, "model") == 0 || strcmp(from, "zero") == 0) return BENS_OK;
    if (strcmp(from, "prior") != 0) {
        BENS_TRY(bens_draws_open(from, &p->warm));
        return bens_draws_match(p->warm, &p->params);
    }
    for (int i = 0; i < p->params.n_tensors; i++)
        if (p->params.tensors[i].prior.kind == BENS_PRIOR_FLAT)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "[init] from = prior: the prior of tensor '%s' is flat and cannot "
                      "be drawn from; give it another, or from = model",
                      p->params.tensors[i].name);
    return BENS_OK;
}

static bens_status plan(const bens_config *config, int64_t n_slices, bens_problem *p)
{
    BENS_TRY(bens_pool_create(&p->pool));
    if (!config->model->own_density) BENS_TRY(open_data(config, p));
    BENS_TRY(plan_model(config, p));
    BENS_TRY(plan_order(config, n_slices, p));
    BENS_TRY(plan_priors(config, p));
    BENS_TRY(plan_start(config, p));
    BENS_TRY(plan_lengths(config, p));
    BENS_TRY(plan_adaptation(config, p));
    BENS_TRY(plan_noise(config, p));
    BENS_TRY(plan_stats(config, p));
    BENS_TRY(plan_stored(p));

    const bens_sampler_common *common = config->sampler_options;
    p->eps = common->step_size;
    p->temperature = common->temperature;
    p->T = p->temperature / p->params.n_data;
    if (config->sampler->mass != NULL)
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
    bens_draws_close(p->warm);
    bens_params_release(&p->params);
    bens_params_release(&p->stored);
    bens_data_destroy(p->train);
    bens_data_destroy(p->test);
    bens_pool_destroy(p->pool);
    *p = (bens_problem){0};
}

int64_t bens_problem_draw_step(const bens_problem *p, int64_t k)
{
    return bens_schedule_draw(&p->step_size, p->burn_in, p->thin, k);
}

void bens_problem_schedule(const bens_problem *p, int64_t t, double *eps, double *T)
{
    *eps = p->eps;
    *T = p->T;
    if (p->constant) return;
    *eps *= bens_schedule_at(&p->step_size, t);
    *T *= bens_schedule_at(&p->heat, t);
}

/* x [n] = standard normals, each at its element's place; the padding becomes 0. */
static void fill_normals(const bens_problem *p, const bens_rng *at, float *x)
{
    memset(x, 0, p->params.n * sizeof *x);
    for (int i = 0; i < p->params.n_tensors; i++) {
        const bens_tensor *t = &p->params.tensors[i];
        p->be->normals(at, t->offset, t->size, x + t->offset);
    }
}

static void start_from_prior(const bens_problem *p, const bens_rng *at, float *theta)
{
    fill_normals(p, at, theta);
    for (int i = 0; i < p->params.n_tensors; i++) {
        const bens_tensor *t = &p->params.tensors[i];
        bens_prior_from_normals(&t->prior, t->size, theta + t->offset);
    }
}

static void start_momenta(const bens_problem *p, const bens_rng *at, float *momenta)
{
    double eps, T;
    bens_problem_schedule(p, 0, &eps, &T);
    const float sd = (float)sqrt(p->sigma2 * T);
    memset(momenta, 0, p->params.n * sizeof *momenta);
    if (p->config->init.momenta != BENS_MOMENTA_STATIONARY || !(sd > 0)) return;
    fill_normals(p, at, momenta);
    for (size_t e = 0; e < p->params.n; e++) momenta[e] *= sd;
}

bens_status bens_problem_start(const bens_problem *p, uint32_t chain, float *theta,
                               float *momenta)
{
    const bens_init_options *init = &p->config->init;
    const uint32_t shared = chain / (uint32_t)init->superchain;
    bens_rng at = {.seed = (uint64_t)p->config->run.seed,
                   .chain = shared,
                   .stream = BENS_STREAM_INIT};
    memset(theta, 0, p->params.n * sizeof *theta);
    if (p->warm != NULL)
        BENS_TRY(bens_warm_start(p->warm, &p->params, shared, theta));
    else if (strcmp(init->from, "prior") == 0)
        start_from_prior(p, &at, theta);
    else if (strcmp(init->from, "model") == 0 && p->model->init != NULL)
        p->model->init(p->state, &p->params, &at, theta);

    if (momenta == NULL) return BENS_OK;
    at.stream = BENS_STREAM_MOMENTA;
    at.chain = chain;
    start_momenta(p, &at, momenta);
    return BENS_OK;
}
