/* mixture.h - a prediction that is a mixture of normal members, at one datum. All
 * functions are Local and pure. */
#ifndef BENS_ANALYSIS_MIXTURE_H
#define BENS_ANALYSIS_MIXTURE_H

#include <stddef.h>

/* mean, sd [n_members] with sd >= 0, and weights >= 0, NULL for equal ones. */
typedef struct {
    size_t n_members;
    const double *mean, *sd, *weight;
} bens_mixture;

double bens_mixture_mean(const bens_mixture *mixture);

/* P(Y <= y), and log density at y (infinite at the mean of a member without noise). */
double bens_mixture_cdf(const bens_mixture *mixture, double y);
double bens_mixture_log_density(const bens_mixture *mixture, double y);

/* log(exp(a) + exp(b)), where the exponentials may be too small or large for a double. */
double bens_log_add(double a, double b);

/* E|X| of X ~ N(mean, sd^2), sd >= 0. */
double bens_normal_distance(double mean, double sd);

/* Continuous ranked probability score E|Y - y| - E|Y - Y'| / 2, in the units of y. Grimit
 * et al., Q. J. R. Meteorol. Soc. 2006. Time n_members^2. */
double bens_mixture_crps(const bens_mixture *mixture, double y);

#endif
