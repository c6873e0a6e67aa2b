/* sampler.h - what a stochastic-gradient sampler must be able to do.
 *
 *   theta [n]  parameters              eps   step size
 *   grad  [n]  d/dtheta of the sum of the log-likelihood over the batch; scale grad is its
 *              mean; the kernel adds the Gaussian prior from params
 *   T          absolute temperature: (user's temperature) / N
 *
 * Every linear sampler (SGLD, SGHMC, BAOA, SGD with momentum, ...) is six numbers and a prior:
 * it gives `linear` and the loop calls the backend's fused kernel.
 *
 * To add one: write samplers/NAME.c with `bens_sampler_NAME`, add X(NAME) to list.h. */
#ifndef BENS_SAMPLERS_SAMPLER_H
#define BENS_SAMPLERS_SAMPLER_H

#include "backend/backend.h"
#include "core/option.h"

/* The first member of every sampler's options: the keys that all of them have. */
typedef struct {
    double temperature; /* the user's: 1 = posterior */
    double step_size;
} bens_sampler_common;

/* The rows of these keys, to begin a table of options with. */
#define BENS_SAMPLER_COMMON(type)                                                        \
    {.name = "temperature", .kind = BENS_OPTION_REAL, .preset = "1", .min = 0,           \
     .max = 1e30, .offset = offsetof(type, common.temperature),                          \
     .doc = "1 = posterior, 0 = optimiser"},                                             \
    {.name = "step_size", .kind = BENS_OPTION_REAL, .min = 0, .max = 1e30,               \
     .above_min = true, .offset = offsetof(type, common.step_size),                      \
     .doc = "eps, as the learning rate of SGD"}

typedef struct {
    const char *name;           /* INI value and file name, e.g. "sghmc"            */
    const char *doc;            /* one line for `bens options`                      */
    const bens_option *options; /* its keys in [sampler], ended by {0}              */
    size_t options_size;        /* bytes of the struct they fill                    */
    int n_aux;                  /* auxiliary vectors of length n; aux[0] is m       */

    /* Local. Checks that belong together. Errors: BENS_ERR_CONFIG. May be NULL. */
    bens_status (*check)(const void *options);

    /* Local. The coefficients of one step; pure. */
    bens_langevin (*linear)(const void *options, double eps, double T);

    /* Local. sigma^2: momenta are N(0, sigma^2 T) in equilibrium. */
    double (*mass)(const void *options);

    /* Local. The largest step size that is stable where the largest eigenvalue of minus the
     * Hessian of the normalised log posterior is h > 0. */
    double (*largest_step)(const void *options, double h);
} bens_sampler;

const bens_sampler *bens_sampler_at(size_t i);           /* NULL behind the last */
const bens_sampler *bens_sampler_find(const char *name); /* NULL if there is none */

#endif
