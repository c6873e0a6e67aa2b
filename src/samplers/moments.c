#include "samplers/moments.h"

#include <math.h>

double bens_moments_weight(double beta, int64_t k)
{
    double power = 1;
    for (; k > 0; k /= 2, beta *= beta)
        if (k % 2 == 1) power *= beta;
    return 1 - power;
}

/* From at->adapt on the last correction is kept with the last v: the mass is constant. */
bens_rms bens_moments_rms(double beta, double lambda, const bens_step *at)
{
    const bool frozen = at->step >= at->adapt;
    const int64_t n_seen = frozen ? at->adapt : at->step + 1;

    return (bens_rms){.beta = frozen ? 1 : beta,
                      .unbias = n_seen > 0 ? 1 / bens_moments_weight(beta, n_seen) : 0,
                      .lambda = lambda};
}

const bens_option bens_adam_table[] = {
    BENS_SAMPLER_COMMON(bens_adam_options),
    {.name = "beta1",
     .kind = BENS_OPTION_REAL,
     .preset = "0.9",
     .min = 0,
     .max = 1,
     .below_max = true,
     .offset = offsetof(bens_adam_options, beta1),
     .doc = "share of the running mean of the gradient that a step keeps"},
    {.name = "beta2",
     .kind = BENS_OPTION_REAL,
     .preset = "0.999",
     .min = 0,
     .max = 1,
     .below_max = true,
     .offset = offsetof(bens_adam_options, beta2),
     .doc = "share of the running mean of its square that a step keeps"},
    {.name = "epsilon",
     .kind = BENS_OPTION_REAL,
     .preset = "1e-8",
     .min = 0,
     .max = 1e30,
     .offset = offsetof(bens_adam_options, epsilon),
     .doc = "added to the root of the mean square"},
    {.name = "weight_decay",
     .kind = BENS_OPTION_REAL,
     .preset = "0",
     .min = 0,
     .max = 1e30,
     .offset = offsetof(bens_adam_options, weight_decay),
     .doc = "beside the prior; adam: added to the gradient, adamw: shrinks theta itself"},
    {0},
};

bens_adam bens_moments_adam(const bens_adam_options *options, const bens_step *at)
{
    const int64_t t = at->step + 1;

    return (bens_adam){.beta1 = options->beta1,
                       .beta2 = options->beta2,
                       .epsilon = options->epsilon,
                       .rate = at->eps / bens_moments_weight(options->beta1, t),
                       .root = sqrt(bens_moments_weight(options->beta2, t))};
}

double bens_moments_weight_decay(const void *options)
{
    const bens_adam_options *o = options;
    return o->weight_decay;
}
