/* friction.h - what samplers with momenta under friction share: two keys, and exact friction
 * m' = c m + sigma sqrt(T (1 - c^2)) z, c = exp(-x). */
#ifndef BENS_SAMPLERS_FRICTION_H
#define BENS_SAMPLERS_FRICTION_H

#include "samplers/sampler.h"

/* The rows of the keys alpha and sigma, for a struct with these two doubles. */
#define BENS_FRICTION_OPTIONS(type)                                                      \
    {.name = "alpha",                                                                    \
     .kind = BENS_OPTION_REAL,                                                           \
     .min = 0,                                                                           \
     .max = 1e30,                                                                        \
     .above_min = true,                                                                  \
     .offset = offsetof(type, alpha),                                                    \
     .doc = "friction: momenta forget in sigma^2 / (alpha eps) steps"},                  \
    {                                                                                    \
        .name = "sigma", .kind = BENS_OPTION_REAL, .preset = "1", .min = 1e-15,          \
        .max = 1e15, .offset = offsetof(type, sigma),                                    \
        .doc = "mass: momenta are N(0, sigma^2 T/N)"                                     \
    }

/* Local. 1 - exp(-x) for x >= 0, to a few units in the last place however small x is. */
double bens_one_minus_exp(double x);

#endif
