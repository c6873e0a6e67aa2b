/* rmsprop_sghmc.c - underdamped Langevin dynamics with a mass for every element, from the
 * mean square of its gradient as in RMSprop; the recursion is that of BAOA (baoa.c).
 *
 *     v'     = beta v + (1 - beta) g^2         for the first `adapt` steps, then v stays
 *     M      = lambda + sqrt(v' / (1 - beta^k))         k terms in v';  d = 1 / sqrt(M)
 *     m'     = c (m + eps d g) + sqrt(T (1 - c^2)) sigma z  c = exp(-eps alpha / sigma^2)
 *     theta' = theta + eps d / (2 sigma^2) (m + eps d g + m')
 *
 * m is momentum / sqrt(M): N(0, sigma^2 T), and the same friction a step, whatever M.
 * With M fixed the variance of theta on a Gaussian is exact at every stable step. While M
 * follows the chain it samples another law (docs/mathematics.md): draws are taken after
 * `adapt`. */
#include "samplers/friction.h"
#include "samplers/moments.h"

typedef struct {
    bens_sampler_common common;
    double alpha, sigma, beta, lambda;
} rmsprop_sghmc_options;

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(rmsprop_sghmc_options),
    BENS_FRICTION_OPTIONS(rmsprop_sghmc_options),
    BENS_RMS_OPTIONS(rmsprop_sghmc_options),
    {0},
};

static void update(const void *p, const bens_step *at, const bens_update *on,
                   double *sum_m2)
{
    const rmsprop_sghmc_options *o = p;
    const bens_langevin c = bens_friction_baoa(o->alpha, o->sigma, o->alpha, at);
    const bens_rms rms = bens_moments_rms(o->beta, o->lambda, at);

    for (int i = 0; i < on->params->n_tensors; i++) on->c[i] = c;
    on->be->rms(on->params, on->theta, on->aux[0], on->aux[1], on->grad, on->scale, on->c,
                &rms, &on->rng, sum_m2);
}

static double mass(const void *p)
{
    const rmsprop_sghmc_options *o = p;
    return o->sigma * o->sigma;
}

const bens_sampler bens_sampler_rmsprop_sghmc = {
    .name = "rmsprop_sghmc",
    .doc = "baoa with a mass for every element, adapted at first, then fixed",
    .options = options,
    .options_size = sizeof(rmsprop_sghmc_options),
    .n_aux = 2,
    .momenta = true,
    .update = update,
    .mass = mass,
};
