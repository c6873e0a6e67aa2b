/* problem_plan.c - lengths in steps: of chains, schedules and adaptation. */
#include "run/problem_plan.h"

#include <math.h>

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
                           .explore = llround(s->explore * (double)cycle),
                           .is_temperature = o == &s->temperature};
}

static bool is_constant(const bens_schedule *s)
{
    return s->kind == BENS_SCHEDULE_CONSTANT && s->warmup == 0;
}

static bens_status plan_chain(const bens_config *config, bens_problem *p)
{
    const bens_schedule_options *const s = &config->schedule;
    p->burn_in = steps_of(p, config->chain.burn_in);
    p->thin = config->chain.thin;
    p->settled = p->thin > 0 ? p->burn_in : p->burn_in / 2;
    p->n_draws = config->chain.draws;
    p->monitor_every = steps_of(p, config->monitor.every);
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

/* A step size that has come to 0 makes equal draws. */
static bens_status check_movement(const bens_problem *p)
{
    const int64_t last = bens_problem_draw_step(p, p->n_draws - 1);
    if (p->n_draws < 2 || bens_schedule_at(&p->step_size, last - 1) > 0) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "[schedule] step_size: wanted steps above 0 up to the last draw (step "
              "%lld), "
              "found 0 from step %lld on: see length and floor",
              (long long)last, (long long)p->step_size.length);
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
                  "what still adapts draws from no known law",
                  (long long)p->burn_in, (long long)p->adapt);
    return BENS_OK;
}

bens_status bens_problem_plan_lengths(const bens_config *config, bens_problem *p)
{
    BENS_TRY(plan_chain(config, p));
    BENS_TRY(check_movement(p));
    return plan_adaptation(config, p);
}

int64_t bens_problem_draw_step(const bens_problem *p, int64_t k)
{
    return bens_schedule_draw(&p->step_size, p->burn_in, p->thin, k);
}

void bens_problem_schedule(const bens_problem *p, int64_t t, bens_step *at)
{
    at->eps = p->eps;
    at->T = p->T;
    if (p->constant) return;
    at->eps *= bens_schedule_at(&p->step_size, t);
    if (t > 0) at->before = p->eps * bens_schedule_at(&p->step_size, t - 1);
    at->T *= bens_schedule_at(&p->heat, t);
}
