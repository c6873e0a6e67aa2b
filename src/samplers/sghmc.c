/* sghmc.c - stochastic-gradient Hamiltonian Monte Carlo.
 * Chen, Fox and Guestrin, "Stochastic gradient Hamiltonian Monte Carlo", ICML 2014; the
 * recursion as in Duffield et al., ICLR 2025.
 *
 *     m'     = m + eps g - eps sigma^-2 alpha m + sqrt(2 alpha eps T) z
 *     theta' = theta + eps sigma^-2 m      integrator = euler: all from the old state
 *     theta' = theta + eps sigma^-2 m'     integrator = symplectic
 *
 * At T = 0 symplectic is SGD with learning rate eps sigma^-2, momentum 1 - eps sigma^-2
 * alpha and dampening 1 - eps. docs/mathematics.md has the errors of both at finite
 * eps. */
#include "samplers/friction.h"

#include <math.h>

typedef struct {
    bens_sampler_common common;
    double alpha, sigma;
    int integrator;
} sghmc_options;
enum { EULER, SYMPLECTIC };

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(sghmc_options),
    BENS_FRICTION_OPTIONS(sghmc_options),
    {.name = "integrator",
     .kind = BENS_OPTION_CHOICE,
     .choices = "euler|symplectic",
     .offset = offsetof(sghmc_options, integrator),
     .doc = "euler: the paper's; symplectic: the new momentum moves theta"},
    BENS_SAMPLER_NOISE(sghmc_options),
    {0},
};

/* The share of the momentum that friction takes in a step. */
static double friction(const sghmc_options *o, double eps)
{
    return eps * o->alpha / (o->sigma * o->sigma);
}

static bens_status check(const void *p)
{
    const sghmc_options *o = p;
    const double g = friction(o, o->common.step_size);
    if (!(g < 2))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[sampler] sghmc: wanted step_size * alpha / sigma^2 < 2, "
                  "found %g * %g / %g^2 = %g: the momenta would grow at any curvature; "
                  "make step_size or alpha smaller",
                  o->common.step_size, o->alpha, o->sigma, g);
    return BENS_OK;
}

static bens_langevin linear(const void *p, const bens_step *at)
{
    const sghmc_options *o = p;
    const double move = at->eps / (o->sigma * o->sigma);

    return (bens_langevin){.a = 1 - friction(o, at->eps),
                           .b = at->eps,
                           .s = sqrt(2 * o->alpha * at->eps * at->T),
                           .p = o->integrator == EULER ? move : 0,
                           .r = o->integrator == SYMPLECTIC ? move : 0};
}

static double mass(const void *p)
{
    const sghmc_options *o = p;
    return o->sigma * o->sigma;
}

/* With g = eps alpha / sigma^2 and kappa = eps^2 h / sigma^2, for all curvatures up to h:
 * euler wants kappa < g and g < 2, symplectic kappa < 4 - 2 g. */
static double largest_step(const void *p, double h)
{
    const sghmc_options *o = p;
    const double v = o->sigma * o->sigma;

    if (o->integrator == EULER) return fmin(o->alpha / h, 2 * v / o->alpha);
    return 4 * v / (o->alpha + sqrt(o->alpha * o->alpha + 4 * h * v));
}

const bens_sampler bens_sampler_sghmc = {
    .name = "sghmc",
    .doc =
        "stochastic-gradient Hamiltonian Monte Carlo; at temperature 0 SGD with momentum",
    .options = options,
    .options_size = sizeof(sghmc_options),
    .n_aux = 1,
    .momenta = true,
    .check = check,
    .linear = linear,
    .mass = mass,
    .largest_step = largest_step,
};
