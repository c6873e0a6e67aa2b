#include "run/step.h"

#include "samplers/linear.h"

#include <math.h>

/* Over about how many estimates a running mean goes, once there are that many. */
static const double NOISE_MEMORY = 500, MASS_MEMORY = 50;
/* The heaviest tensor against the lightest. */
static const double LARGEST_MASS = 1e6;

static bool is_due(const bens_chain *chain)
{
    return chain->step % BENS_ESTIMATE_EVERY == 0;
}

bool bens_chain_wants_halves(const bens_chain *chain)
{
    return chain->work->problem->noise >= BENS_NOISE_TENSOR && is_due(chain);
}

/* Of the newest estimate. At first the older half of them counts little: a chain comes
 * from far away, where noise and gradients are larger. */
static double weight(double n_before, double memory)
{
    return fmax(2 / (n_before + 2), 1 / memory);
}

void bens_chain_noise(bens_chain *chain, const float *first, int64_t rows1,
                      const float *second, int64_t rows2)
{
    const bens_problem *p = chain->work->problem;
    bens_scalars *s = &chain->scalars;
    const double r1 = (double)rows1, r2 = (double)rows2;
    const double one = 1 / sqrt((1 / r1 + 1 / r2) * (r1 + r2));
    const double w = weight(s->n_noise, NOISE_MEMORY);
    double *square = chain->work->square;

    for (size_t e = 0; e < p->params.n && chain->noise_each != NULL; e++)
        chain->noise_each[e] *= (float)((1 - w) / w);
    p->be->squares(&p->params, first, one / r1, second, -one / r2, square,
                   chain->noise_each);
    for (size_t e = 0; e < p->params.n && chain->noise_each != NULL; e++)
        chain->noise_each[e] *= (float)w;
    for (int i = 0; i < p->params.n_tensors; i++)
        s->noise[i] += w * (square[i] - s->noise[i]);
    s->n_noise++;
    chain->c_eps = NAN;
}

/* A running mean square of every tensor's gradient, while the burn-in adapts. */
static void adapt_masses(bens_chain *chain, double scale)
{
    const bens_problem *p = chain->work->problem;
    bens_scalars *s = &chain->scalars;
    const double w = weight(s->n_mass, MASS_MEMORY);
    double *square = chain->work->square;
    if (chain->step >= p->adapt || !is_due(chain)) return;
    p->be->squares(&p->params, chain->work->grad, scale, NULL, 0, square, NULL);
    for (int i = 0; i < p->params.n_tensors; i++)
        s->square[i] += w * (square[i] - s->square[i]);
    s->n_mass++;
    chain->c_eps = NAN;
}

/* The smallest mean square gradient of a tensor that has any. */
static double least_square(const bens_chain *chain)
{
    const bens_problem *p = chain->work->problem;
    const double *square = chain->scalars.square;
    double least = INFINITY;
    for (int i = 0; i < p->params.n_tensors && square != NULL; i++)
        if (square[i] > 0 && square[i] < least) least = square[i];
    return least;
}

/* The root mean square gradient of a tensor over that of the tensor with the smallest one
 * (Wenzel et al. 2020): step_size is then the step of the
 * fastest. 1 without a gradient. */
static double mass_of(const bens_chain *chain, int tensor, double least)
{
    const double *square = chain->scalars.square;
    if (square == NULL || !(square[tensor] > 0)) return 1;
    return fmin(sqrt(square[tensor] / least), LARGEST_MASS);
}

static double noise_of(const bens_chain *chain, int tensor)
{
    const bens_problem *p = chain->work->problem;
    const bens_sampler_common *common = p->config->sampler_options;
    if (p->noise == BENS_NOISE_GIVEN) return common->gradient_noise;
    return chain->scalars.noise != NULL ? chain->scalars.noise[tensor] : 0;
}

/* The noise of each of a tensor's coordinates. Returns what
 * was taken off the sum of s^2. */
static double fill_each(bens_chain *chain, const bens_tensor *t, const bens_langevin *c,
                        bool momenta)
{
    double taken = 0;
    for (size_t e = t->offset; e < t->offset + t->size; e++) {
        const double noise = (double)chain->noise_each[e];
        const bens_langevin one =
            bens_linear_without_noise(*c, noise, momenta, &chain->clamped);
        chain->s[e] = (float)one.s;
        taken += c->s * c->s - one.s * one.s;
    }
    return taken;
}

static double fill_tensor(bens_chain *chain, int i, const bens_langevin *all,
                          double least)
{
    const bens_problem *p = chain->work->problem;
    const bens_tensor *t = &p->params.tensors[i];
    const bool momenta = p->config->sampler->momenta;
    bens_langevin *c = &chain->c[i];
    *c = bens_linear_with_mass(*all, mass_of(chain, i, least), momenta);
    if (p->noise == BENS_NOISE_NONE) return 0;
    if (p->noise == BENS_NOISE_EACH) return fill_each(chain, t, c, momenta);
    const double before = c->s * c->s;
    *c = bens_linear_without_noise(*c, noise_of(chain, i), momenta, &chain->clamped);
    return (before - c->s * c->s) * (double)t->size;
}

/* The coefficients of every tensor; they stay while eps, T, masses and noise do. */
static void set_coefficients(bens_chain *chain, const bens_step *at)
{
    const bens_problem *p = chain->work->problem;
    const bens_sampler *sampler = p->config->sampler;
    const bool same = at->eps == chain->c_eps && at->before == chain->c_before &&
                      at->T == chain->c_T && !sampler->changes;
    if (same) return;
    const bens_langevin all = sampler->linear(p->config->sampler_options, at);
    const double least = least_square(chain);
    double taken = 0;

    chain->clamped = false;
    for (int i = 0; i < p->params.n_tensors; i++)
        taken += fill_tensor(chain, i, &all, least);
    chain->scalars.taken = taken / (double)p->params.n_values;
    chain->c_eps = at->eps;
    chain->c_before = at->before;
    chain->c_T = at->T;
}

static double advance(bens_chain *chain, const bens_step *at, const bens_rng *rng,
                      double scale)
{
    const bens_problem *p = chain->work->problem;
    const bens_sampler *sampler = p->config->sampler;
    const void *options = p->config->sampler_options;
    const float *grad = chain->work->grad;
    double sum_m2;

    if (sampler->linear != NULL) {
        set_coefficients(chain, at);
        p->be->langevin(&p->params, chain->theta, chain->aux[0], grad, scale, chain->c,
                        chain->s, rng, &chain->noise, &sum_m2);
    } else {
        const bens_update on = {.be = p->be,
                                .params = &p->params,
                                .theta = chain->theta,
                                .aux = chain->aux,
                                .grad = grad,
                                .scale = scale,
                                .rng = *rng,
                                .c = chain->c};
        sampler->update(options, at, &on, &sum_m2);
    }
    return sum_m2;
}

/* What of the log posterior is neither a likelihood of rows nor in the kernels; grad is a
 * sum over `rows` of N rows, so it gets that share of it. */
static void add_more(const bens_chain *chain, int64_t rows)
{
    const bens_problem *p = chain->work->problem;
    const double share = (double)rows / p->params.n_data;
    bens_params_prior_gradient(&p->params, chain->theta, share, true, chain->work->grad);
    if (p->model->log_prior != NULL)
        p->model->log_prior(p->state, chain->theta, share, NULL, chain->work->grad);
}

void bens_chain_step(bens_chain *chain, int64_t rows)
{
    const bens_problem *p = chain->work->problem;
    const bens_sampler *sampler = p->config->sampler;
    bens_scalars *s = &chain->scalars;
    const double scale = 1 / (double)rows;
    const bens_rng rng = {.seed = p->order.seed,
                          .step = (uint64_t)chain->step,
                          .chain = chain->number,
                          .stream = BENS_STREAM_NOISE};
    bens_step at = {.step = chain->step,
                    .adapt = p->adapt,
                    .scalar = s->sampler,
                    .taken = s->taken};

    bens_problem_schedule(p, chain->step, &at);
    if (p->has_more) add_more(chain, rows);
    if (s->square != NULL) adapt_masses(chain, scale);
    if (sampler->advance != NULL)
        sampler->advance(p->config->sampler_options, &at,
                         s->m2 / (double)p->params.n_values, s->sampler);
    s->m2 = advance(chain, &at, &rng, scale);
    s->n_clamped += chain->clamped;
    if (chain->step == p->settled) s->sum_m2 = s->n_sum = 0;
    if (!bens_schedule_explores(&p->step_size, chain->step)) {
        s->sum_m2 += s->m2;
        s->n_sum++;
    }
    chain->diverged = !isfinite(s->m2);
}
