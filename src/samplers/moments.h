/* moments.h - what methods with running means of the gradient and of its square share:
 * their weight of the past, and the options and the step of Adam. */
#ifndef BENS_SAMPLERS_MOMENTS_H
#define BENS_SAMPLERS_MOMENTS_H

#include "samplers/sampler.h"

/* Local. 1 - beta^k, k >= 0: the sum of the weights of a running mean that began at zero,
 * after k terms. The same bits on every machine. */
double bens_moments_weight(double beta, int64_t k);

/* Local. The masses of be->rms at a step: adapted before at->adapt, then frozen. */
bens_rms bens_moments_rms(double beta, double lambda, const bens_step *at);

/* The rows of the keys beta, lambda and adapt, for a struct with these two doubles. */
#define BENS_RMS_OPTIONS(type)                                                           \
    {.name = "beta",                                                                     \
     .kind = BENS_OPTION_REAL,                                                           \
     .preset = "0.99",                                                                   \
     .min = 0,                                                                           \
     .max = 1,                                                                           \
     .below_max = true,                                                                  \
     .offset = offsetof(type, beta),                                                     \
     .doc = "share of the running mean square of the gradient that a step keeps"},       \
        {.name = "lambda",                                                               \
         .kind = BENS_OPTION_REAL,                                                       \
         .preset = "1e-5",                                                               \
         .min = 0,                                                                       \
         .max = 1e30,                                                                    \
         .above_min = true,                                                              \
         .offset = offsetof(type, lambda),                                               \
         .doc = "the mass of an element is lambda + sqrt(mean square)"},                 \
        BENS_SAMPLER_ADAPT(type)

typedef struct {
    bens_sampler_common common;
    double beta1, beta2, epsilon, weight_decay;
} bens_adam_options;
extern const bens_option bens_adam_table[];

/* Local. The step of Adam without any weight decay; lr is at->eps. */
bens_adam bens_moments_adam(const bens_adam_options *options, const bens_step *at);

/* Local. weight_decay, as a sampler's table wants it. */
double bens_moments_weight_decay(const void *options);

#endif
