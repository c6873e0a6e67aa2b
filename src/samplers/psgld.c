/* psgld.c - Langevin dynamics with a mass for every element, from the mean square of its
 * gradient. Li, Chen, Carlson and Carin, "Preconditioned stochastic gradient Langevin
 * dynamics for deep neural networks", AAAI 2016.
 *
 *     v'     = beta v + (1 - beta) g^2         for the first `adapt` steps, then v stays
 *     M      = lambda + sqrt(v' / (1 - beta^k))         k terms in v'
 *     theta' = theta + eps / M g + sqrt(2 eps T / M) z
 *
 * With M fixed this is SGLD with step size eps / M in each coordinate. While M follows
 * the chain it samples another law (docs/mathematics.md): draws are taken after
 * `adapt`. */
#include "samplers/moments.h"

#include <math.h>

typedef struct {
    bens_sampler_common common;
    double beta, lambda;
} psgld_options;

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(psgld_options),
    BENS_RMS_OPTIONS(psgld_options),
    {0},
};

static void update(const void *p, const bens_step *at, const bens_update *on,
                   double *sum_m2)
{
    const psgld_options *o = p;
    const bens_langevin c = {.q = at->eps, .s = sqrt(2 * at->eps * at->T)};
    const bens_rms rms = bens_moments_rms(o->beta, o->lambda, at);

    for (int i = 0; i < on->params->n_tensors; i++) on->c[i] = c;
    on->be->rms(on->params, on->theta, NULL, on->aux[0], on->grad, on->scale, on->c, &rms,
                &on->rng, sum_m2);
}

const bens_sampler bens_sampler_psgld = {
    .name = "psgld",
    .doc = "SGLD with a mass for every element, adapted at first, then fixed",
    .options = options,
    .options_size = sizeof(psgld_options),
    .n_aux = 1,
    .update = update,
};
