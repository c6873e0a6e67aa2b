/* likelihood_normal.h - the normal likelihood from a sum of squares: who knows it in
 * fewer operations than one a row (linear.c) need not go through the rows. */
#ifndef BENS_MODELS_LIKELIHOOD_NORMAL_H
#define BENS_MODELS_LIKELIHOOD_NORMAL_H

#include "models/likelihood.h"

/* Local. 1 / s^2 of the noise s. */
double bens_normal_precision(const bens_likelihood_at_theta *at);

/* Local. *value = sum of log N(y_i; out_i, s^2) over n rows whose (y_i - out_i)^2 add up
 * to `squares`; *dparameter += d value / d log s. Each may be NULL. */
void bens_normal_log_lik(const bens_likelihood_at_theta *at, double squares, int64_t n,
                         double *value, double *dparameter);

#endif
