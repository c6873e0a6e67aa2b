/* linear.h - what the loop does to the six numbers of any linear sampler.
 *
 * All are pure and know nothing of the sampler. `momenta` is that of its table: without
 * them theta' = theta + q g + s z. docs/mathematics.md derives them. */
#ifndef BENS_SAMPLERS_LINEAR_H
#define BENS_SAMPLERS_LINEAR_H

#include "samplers/sampler.h"

/* Local. The coefficients for theta with a mass M > 0, where m is momentum / sqrt(M): its
 * friction, noise and law N(0, sigma^2 T) stay as they are. */
bens_langevin bens_linear_with_mass(bens_langevin c, double M, bool momenta);

/* Local. Gradient noise of variance B moves slow directions of theta as much as noise s z
 * of variance B x this does. */
double bens_linear_noise_gain(const bens_langevin *c, bool momenta);

/* Local. Takes gradient noise of variance B per coordinate off the injected noise:
 * s^2 - gain B, or 0 if that is negative (*clamped = true; else it is left as it is). */
bens_langevin bens_linear_without_noise(bens_langevin c, double B, bool momenta,
                                        bool *clamped);

#endif
