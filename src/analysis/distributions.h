/* distributions.h - quantiles of the normal, beta, chi-square and Poisson distributions. All
 * functions are Local and pure; a NaN or an argument out of range gives NaN. Errors
 * against SciPy, as tests/analysis/distributions.c measures
 * them, are stated behind each. */
#ifndef BENS_ANALYSIS_DISTRIBUTIONS_H
#define BENS_ANALYSIS_DISTRIBUTIONS_H

/* The z with P(Z <= z) = p for a standard normal Z; -inf and inf at p = 0 and 1. Wichura,
 * "The percentage points of the normal distribution", algorithm AS 241 (PPND16). 1e-15
 * relative. */
double bens_normal_quantile(double p);

/* P(Z <= z), and the density at z. */
double bens_normal_cdf(double z);
double bens_normal_density(double z);

/* The x with P(X <= x) = p for X ~ beta(a, b), a, b >= 1.
 * 1e-10 relative for a, b <= 1e6. */
double bens_beta_quantile(double p, double a, double b);

/* The x with P(X <= x) = p for X ~ chi-square with `dof` > 0 degrees of freedom, which
 * need not be a whole number. 1e-12 relative, beyond 1e6 degrees 1e-9 (Wilson and
 * Hilferty). */
double bens_chi2_quantile(double p, double dof);

/* P(Y <= k) for Y ~ Poisson(rate), k >= 0 a whole number, rate >= 0; 2e-12, beyond k = 5e5
 * 1e-8 (Wilson and Hilferty). */
double bens_poisson_cdf(double k, double rate);

/* The smallest whole k with P(Y <= k) >= p, 0 <= p < 1; of p uniform on [0, 1) a draw. Beyond
 * a rate of 1e6 Cornish and Fisher's, two terms. */
double bens_poisson_quantile(double p, double rate);

#endif
