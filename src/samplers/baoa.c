/* baoa.c - underdamped Langevin dynamics in BAOA order.
 * Leimkuhler and Matthews, "Molecular Dynamics", Springer 2015, section 7.3.
 *
 *     m'     = c (m + eps g) + sqrt(T (1 - c^2)) sigma z   c = exp(-eps alpha / sigma^2)
 *     theta' = theta + eps / (2 sigma^2) (m + eps g + m')
 *
 * On a Gaussian the variance of theta is exact for every stable eps. */
#include "samplers/friction.h"

typedef struct {
    bens_sampler_common common;
    double alpha, sigma;
} baoa_options;

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(baoa_options),
    BENS_FRICTION_OPTIONS(baoa_options),
    BENS_SAMPLER_NOISE(baoa_options),
    {0},
};

static bens_langevin linear(const void *p, const bens_step *at)
{
    const baoa_options *o = p;
    return bens_friction_baoa(o->alpha, o->sigma, o->alpha, at);
}

static double mass(const void *p)
{
    const baoa_options *o = p;
    return o->sigma * o->sigma;
}

static double largest_step(const void *p, double h)
{
    const baoa_options *o = p;
    return bens_friction_baoa_largest_step(o->sigma, h);
}

const bens_sampler bens_sampler_baoa = {
    .name = "baoa",
    .doc =
        "underdamped Langevin, BAOA order: exact on Gaussians at every stable step size",
    .options = options,
    .options_size = sizeof(baoa_options),
    .n_aux = 1,
    .momenta = true,
    .linear = linear,
    .mass = mass,
    .largest_step = largest_step,
};
