/* sgnht.c - stochastic-gradient Nose-Hoover thermostat: the friction xi grows while the
 * momenta are too hot, and so absorbs gradient noise of unknown strength. Ding, Fang,
 * Babbush, Chen, Skeel and Neven, "Bayesian sampling using stochastic gradient
 * thermostats", NeurIPS 2014; the recursion as in Duffield et al., ICLR 2025.
 *
 *     xi'    = xi + eps rate (mean m^2 / target - 1)
 *     euler     m'     = m + eps g - eps sigma^-2 xi' m + sqrt(2 alpha eps T) z
 *               theta' = theta + eps sigma^-2 m                  target = sigma^2 T
 *     baoa      that of baoa.c with friction xi' under noise of strength 2 alpha T;
 *               target: where -E[theta g] per coordinate is T
 *
 * The rate does not depend on T. The paper's is T: at T = 1/N xi would hardly move.
 * docs/mathematics.md derives rate and target. */
#include "samplers/friction.h"

#include "core/kernels.h"

#include <math.h>

typedef struct {
    bens_sampler_common common;
    double alpha, sigma;
    int integrator;
} sgnht_options;
enum { BAOA, EULER };

static const bens_option options[] = {
    BENS_SAMPLER_COMMON(sgnht_options),
    BENS_FRICTION_OPTIONS(sgnht_options),
    {.name = "integrator",
     .kind = BENS_OPTION_CHOICE,
     .preset = "baoa",
     .choices = "baoa|euler",
     .offset = offsetof(sgnht_options, integrator),
     .doc = "baoa: exact on Gaussians of many coordinates; euler: the paper's, too cold"},
    BENS_SAMPLER_NOISE(sgnht_options),
    {0},
};

static const char *const scalars[] = {"thermostat", NULL};

static bens_status check(const void *p)
{
    const sgnht_options *o = p;
    const double g = o->common.step_size * o->alpha / (o->sigma * o->sigma);
    if (!(o->common.temperature > 0))
        BENS_FAIL(BENS_ERR_CONFIG, "[sampler] sgnht: wanted temperature > 0, found 0: a "
                                   "thermostat has nothing to hold; take sghmc or sgd");
    if (o->integrator == EULER && !(g < 2))
        BENS_FAIL(
            BENS_ERR_CONFIG,
            "[sampler] sgnht: integrator = euler wants step_size * alpha / sigma^2 < "
            "2, found %g * %g / %g^2 = %g: the momenta would grow at any curvature; "
            "make step_size or alpha smaller",
            o->common.step_size, o->alpha, o->sigma, g);
    return BENS_OK;
}

static void start(const void *p, double *scalar)
{
    const sgnht_options *o = p;
    scalar[0] = o->alpha;
}

/* The mean of m'^2 / (sigma^2 T) at which theta has temperature T, when the last step had
 * friction xi. Gradient noise moves theta by q too, unseen in m'. With
 *     D = E[(m + eps g)^2] - E[m'^2],                 w = (1 + 3 c) / (4 (1 + c)),
 *     -sigma^2 E[theta g] = E[m'^2] + w D
 *     D = (c^-2 - 1) (E[m'^2] - sigma^2 T alpha / xi) + c^-2 taken
 * Where friction takes more than one time constant a step, m' tells too little of D:
 * there c is that of one time constant. */
static double baoa_target(const sgnht_options *o, const bens_step *at, double xi)
{
    const double v = o->sigma * o->sigma, unit = at->eps / v, x = unit * xi;
    const double known = fmin(x, 1), c = bens_k_exp_f64(-known);
    const double w = (1 + 3 * c) / (4 * (1 + c));
    const double rise = 2 * unit * bens_friction_mean(-2 * known) * (x > 1 ? 1 / x : 1);

    return (1 + w * (rise * o->alpha - at->taken / (c * c * v * at->T))) /
           (1 + w * rise * xi);
}

/* xi and the kinetic energy swing about equilibrium at a frequency of sqrt(2 rate) /
 * sigma, which only friction of strength alpha damps: beyond rate = alpha^2 / (2 sigma^2)
 * they would ring, and with a large eps drive each other. At most half the way to
 * equilibrium is gone in a step. */
static double rate(const sgnht_options *o, double eps)
{
    const double critical = o->alpha * o->alpha / (2 * o->sigma * o->sigma);
    return fmin(fmin(1, critical), o->alpha / (2 * eps));
}

/* At T = 0 nothing is held. */
static void advance(const void *p, const bens_step *at, double mean_m2, double *scalar)
{
    const sgnht_options *o = p;
    if (!(at->T > 0)) return;
    const double target = o->integrator == BAOA ? baoa_target(o, at, scalar[0]) : 1;
    scalar[0] += at->eps * rate(o, at->eps) *
                 (mean_m2 / (o->sigma * o->sigma * at->T) / target - 1);
}

static bens_langevin linear(const void *p, const bens_step *at)
{
    const sgnht_options *o = p;
    const double xi = at->scalar[0], move = at->eps / (o->sigma * o->sigma);
    if (o->integrator == BAOA) return bens_friction_baoa(o->alpha, o->sigma, xi, at);
    return (bens_langevin){.a = 1 - move * xi,
                           .b = at->eps,
                           .s = sqrt(2 * o->alpha * at->eps * at->T),
                           .p = move};
}

static double mass(const void *p)
{
    const sgnht_options *o = p;
    return o->sigma * o->sigma;
}

/* euler: the thermostat finds a friction with eps^2 h < eps xi < 2 sigma^2. */
static double largest_step(const void *p, double h)
{
    const sgnht_options *o = p;
    if (o->integrator == BAOA) return bens_friction_baoa_largest_step(o->sigma, h);
    return o->sigma * sqrt(2 / h);
}

const bens_sampler bens_sampler_sgnht = {
    .name = "sgnht",
    .doc = "thermostat: friction that absorbs gradient noise of unknown strength",
    .options = options,
    .options_size = sizeof(sgnht_options),
    .n_aux = 1,
    .momenta = true,
    .scalars = scalars,
    .changes = true,
    .check = check,
    .start = start,
    .advance = advance,
    .linear = linear,
    .mass = mass,
    .largest_step = largest_step,
};
