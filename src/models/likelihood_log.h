/* likelihood_log.h - log in double with the same bits on every machine (libm's are not). */
#ifndef BENS_MODELS_LIKELIHOOD_LOG_H
#define BENS_MODELS_LIKELIHOOD_LOG_H

#include "core/kernels.h"

/* x > 0; NaN passes through. With l = the float32 logarithm, x = e^l (1 + d) and |d| < 4e-7:
 * log x = l + log(1 + d), whose next term is below 1e-20. */
static inline double bens_log_f64(double x)
{
    int exponent;
    const double m = frexp(x, &exponent); /* [1/2, 1) */
    const double l = (double)bens_k_log((float)m);
    const double d = __builtin_fma(m, bens_k_exp_f64(-l), -1);
    return (double)exponent * 0.69314718055994530942 + (l + d * (1 - d * (0.5 - d / 3)));
}

#endif
