/* variances.h - uncertainty.h for outputs with a mean and a noise variance:
 *
 *   var_noise   mean of the members' noise variances
 *   var_model   variance of the members' means, by their weights (not n - 1)
 *   var_total   the variance of the mixture, their sum
 *
 * An accumulator like bens_uncertainty, with its rules. All functions are Local. */
#ifndef BENS_ANALYSIS_VARIANCES_H
#define BENS_ANALYSIS_VARIANCES_H

#include "core/status.h"

typedef struct {
    size_t n_inputs, n_outputs, n_values;
    double *values; /* all of the state, owned: the arrays below               */
    double *weight; /* [1] sum of the weights                                  */
    double *mean;   /* [n_inputs][n_outputs] weighted mean of the means        */
    double *noise;  /* [n_inputs][n_outputs] sum of w (noise variance)         */
    double *spread; /* [n_inputs][n_outputs] sum of w (mean_m - mean)^2        */
} bens_variances;

bens_status bens_variances_create(size_t n_inputs, size_t n_outputs, bens_variances *out);
void bens_variances_release(bens_variances *v);
/* As bens_uncertainty_over: values [bens_variances_size()] stay the caller's. */
size_t bens_variances_size(size_t n_inputs, size_t n_outputs);
bens_variances bens_variances_over(double *values, size_t n_inputs, size_t n_outputs);
void bens_variances_clear(bens_variances *v);

/* One member: mean, noise [n_inputs][n_outputs], noise a variance >= 0. Weight 0 changes
 * nothing. */
void bens_variances_add(bens_variances *v, double weight, const double *mean,
                        const double *noise);
void bens_variances_merge(bens_variances *v, const bens_variances *from);

/* total, noise, model [n_inputs][n_outputs]; total = noise +
 * model. NaN without members. */
void bens_variances_finish(const bens_variances *v, double *total, double *noise,
                           double *model);

#endif
