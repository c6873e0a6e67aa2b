/* friction.h - what samplers with momenta under friction share: two keys, and the step of
 * BAOA with a friction that need not be the one that its noise belongs to. */
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

/* Local. (1 - exp(-y)) / y, the mean of exp(-u) from 0 to y, for every y: to a few units
 * in the last place however small y is. */
double bens_friction_mean(double y);

/* Local. The coefficients of
 *     m'     = c (m + kick g) + s z                      c = exp(-eps xi / sigma^2)
 *     theta' = theta + eps / (2 sigma^2) (m + kick g + m')    kick = (before + eps) / 2
 * A kick is the second half of that of the step before and the first half of this one's
 * (Strang splitting, BAOAB seen between its half kicks): kick = eps while eps stays, and
 * no error of first order where a schedule changes it. s^2 = 2 alpha T times the integral
 * of exp(-2 u xi / sigma^2) over a step: the noise of strength 2 alpha T under friction
 * xi, which is sigma^2 T (1 - c^2) for xi = alpha. */
bens_langevin bens_friction_baoa(double alpha, double sigma, double xi,
                                 const bens_step *at);

/* Local. eps^2 h / sigma^2 < 4, whatever the friction. */
double bens_friction_baoa_largest_step(double sigma, double h);

#endif
