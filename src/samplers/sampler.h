/* sampler.h - what a stochastic-gradient sampler must be able to do.
 *
 *   theta [n]  parameters              eps   step size
 *   grad  [n]  d/dtheta of the sum of the log-likelihood over the batch; scale grad is
 *              its mean; the kernels add the fused priors from params
 *   T          absolute temperature: (user's temperature) / N
 *   m     [n]  momenta; with a mass M of a tensor or an element, momenta / sqrt(M)
 *
 * Every linear sampler (SGLD, SGHMC, BAOA, SGNHT given its thermostat, SGD with momentum,
 * ...) is six numbers and a prior: it gives `linear` and the loop calls the backend's
 * fused kernel. What is not linear gives `update`, on a kernel of its own.
 *
 * To add one: write samplers/NAME.c with `bens_sampler_NAME`, add X(NAME) to list.h. */
#ifndef BENS_SAMPLERS_SAMPLER_H
#define BENS_SAMPLERS_SAMPLER_H

#include "backend/backend.h"
#include "core/option.h"

/* The first member of every sampler's options. */
typedef struct {
    double temperature; /* the user's: 1 = posterior */
    double step_size;
    /* The keys of BENS_SAMPLER_NOISE; 0 where a table does not have them. */
    double gradient_noise; /* variance per coordinate of scale grad; BENS_ESTIMATED */
    int mass;              /* BENS_MASS_                                            */
    bens_length adapt;     /* steps after which masses stay; 0: half the burn-in    */
} bens_sampler_common;
#define BENS_ESTIMATED (-1.0)
enum { BENS_MASS_UNIT, BENS_MASS_TENSOR };

/* clang-format off */
/* The rows of the keys that all have, to begin a table of options with. */
#define BENS_SAMPLER_COMMON(type)                                                        \
    {.name = "temperature", .kind = BENS_OPTION_REAL, .preset = "1", .min = 0,           \
     .max = 1e30, .offset = offsetof(type, common.temperature),                          \
     .doc = "1 = posterior, 0 = optimiser"},                                             \
    {.name = "step_size", .kind = BENS_OPTION_REAL, .min = 0, .max = 1e30,               \
     .above_min = true, .offset = offsetof(type, common.step_size),                      \
     .doc = "eps, as the learning rate of SGD"}

/* The row of the length of what is adapted in the burn-in. */
#define BENS_SAMPLER_ADAPT(type)                                                         \
    {.name = "adapt", .kind = BENS_OPTION_LENGTH, .preset = "0", .max = 1e30,            \
     .offset = offsetof(type, common.adapt),                                             \
     .doc = "how long masses adapt before they stay; 0: half of burn_in"}

/* The rows of linear samplers of a posterior: gradient noise, mass per tensor. */
#define BENS_SAMPLER_NOISE(type)                                                         \
    {.name = "gradient_noise", .kind = BENS_OPTION_REAL, .preset = "0", .min = 0,        \
     .max = 1e30, .word = "estimated", .word_value = BENS_ESTIMATED,                     \
     .offset = offsetof(type, common.gradient_noise),                                    \
     .doc = "variance per coordinate of the batch's mean gradient, taken off the "       \
            "injected noise; needs order = iid"},                                        \
    {.name = "mass", .kind = BENS_OPTION_CHOICE, .preset = "unit",                       \
     .choices = "unit|tensor", .offset = offsetof(type, common.mass),                    \
     .doc = "tensor: each has its own, from the mean square of its gradient"},           \
    BENS_SAMPLER_ADAPT(type)
/* clang-format on */

/* Where a step stands. */
typedef struct {
    double eps, T;        /* schedules included                        */
    double before;        /* eps of the step before; 0: there was none */
    int64_t step;         /* steps done before it: 0 for the first     */
    int64_t adapt;        /* what is adapted stays from this step on   */
    const double *scalar; /* of the sampler: [number of its scalars]   */
    double taken; /* mean over all parameters of what the last step took off s^2 */
                  /* for gradient noise; 0: nothing                              */
} bens_step;

/* What `update` works on; all [params->n]. */
typedef struct {
    const bens_backend *be;
    const bens_params *params;
    float *theta;
    float *const *aux; /* [n_aux] */
    const float *grad;
    double scale;
    bens_rng rng;     /* of the step's noise    */
    bens_langevin *c; /* [n_tensors] of scratch */
} bens_update;

typedef struct {
    const char *name;           /* INI value and file name, e.g. "sghmc"            */
    const char *doc;            /* one line for `bens options`                      */
    const bens_option *options; /* its keys in [sampler], ended by {0}              */
    size_t options_size;        /* bytes of the struct they fill                    */
    int n_aux;                  /* auxiliary vectors of length n, zero at the start */
    bool momenta;               /* aux[0] is m, at the start N(0, mass T)           */
    bool optimiser;             /* runs at temperature 0 only                       */
    const char *const *scalars; /* doubles it carries ("thermostat"), stored        */
                                /* with each draw; ended by NULL; NULL: none        */

    /* Local. Checks that belong together; T > 0 with an optimiser is refused elsewhere.
     * Errors: BENS_ERR_CONFIG. May be NULL. */
    bens_status (*check)(const void *options);

    /* Local. The scalars at the start of a chain; NULL if it has none. */
    void (*start)(const void *options, double *scalar);

    /* Local. Before each step: mean_m2 = the mean over all parameters of m^2 (m
     * as it is now). Changes at->scalar's values through `scalar`, the same
     * memory. NULL: nothing to do. */
    void (*advance)(const void *options, const bens_step *at, double mean_m2,
                    double *scalar);

    /* Local. The coefficients of one step; pure. NULL: `update` is given. */
    bens_langevin (*linear)(const void *options, const bens_step *at);
    bool changes; /* linear depends on at->step or at->scalar, not on eps and T alone */

    /* Local. One step in place. *sum_m2 = sum of m'^2 (without momenta: of theta'^2), not
     * finite if any element is not. */
    void (*update)(const void *options, const bens_step *at, const bens_update *on,
                   double *sum_m2);

    /* Local. sigma^2: momenta are N(0, sigma^2 T) in equilibrium. NULL: no momenta. */
    double (*mass)(const void *options);

    /* Local. The largest step size that is stable where the largest
     * eigenvalue of minus the Hessian of the normalised log posterior (over
     * the mass) is h > 0. NULL: not known. */
    double (*largest_step)(const void *options, double h);

    /* Local. weight_decay, for the warning beside a prior. NULL: it has none. */
    double (*weight_decay)(const void *options);
} bens_sampler;

const bens_sampler *bens_sampler_at(size_t i);           /* NULL behind the last  */
const bens_sampler *bens_sampler_find(const char *name); /* NULL if there is none */

#endif
