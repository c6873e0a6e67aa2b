/* friction.h - what exact friction needs: m' = c m + sigma sqrt(T (1 - c^2)) z, c = exp(-x). */
#ifndef BENS_SAMPLERS_FRICTION_H
#define BENS_SAMPLERS_FRICTION_H

/* Local. 1 - exp(-x) for x >= 0, to a few units in the last place however small x is. */
double bens_one_minus_exp(double x);

#endif
