/* sgld.c - stochastic-gradient Langevin dynamics.
 * Welling and Teh, "Bayesian learning via stochastic gradient Langevin dynamics", ICML
 * 2011; the recursion as in Duffield et al., ICLR 2025.
 *
 *     theta' = theta + eps g + sqrt(2 eps T) z
 *
 * On a Gaussian the variance of theta is T / (h (1 - eps h / 2)). At T = 0 it is SGD. */
#include "samplers/sampler.h"

#include <math.h>

typedef struct {
    bens_sampler_common common;
} sgld_options;

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(sgld_options),
    BENS_SAMPLER_NOISE(sgld_options),
    {0},
};

static bens_langevin linear(const void *p, const bens_step *at)
{
    (void)p;
    return (bens_langevin){.q = at->eps, .s = sqrt(2 * at->eps * at->T)};
}

static double largest_step(const void *p, double h)
{
    (void)p;
    return 2 / h;
}

const bens_sampler bens_sampler_sgld = {
    .name = "sgld",
    .doc = "stochastic-gradient Langevin dynamics: no momenta, steps of order eps",
    .options = options,
    .options_size = sizeof(sgld_options),
    .linear = linear,
    .largest_step = largest_step,
};
