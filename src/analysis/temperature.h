/* temperature.h - are the draws as hot as was asked for?
 *
 * In the user's units, 1 = posterior. d coordinates; kinetic: the mean of m^2 / sigma^2
 * over the momenta of a draw; configurational: -theta.grad / d, with the gradient of the
 * full log posterior at the stored draw. Both have the wanted temperature as their mean
 * at equilibrium, and the kinetic one of n independent draws is T chi-square(n d) / (n
 * d). */
#ifndef BENS_ANALYSIS_TEMPERATURE_H
#define BENS_ANALYSIS_TEMPERATURE_H

#include "analysis/convergence.h"

typedef struct {
    double mean;  /* over all draws                                             */
    double n_eff; /* independent draws they are worth: ESS of the mean, at most */
                  /* their number; of fewer than 4 draws a chain: the chains    */
    double mcse;  /* of the mean; of fewer than 4 draws: from the chains' means */
    double z;     /* (mean - wanted) / mcse                                     */
} bens_temperature;

/* Local. x [n_chains][n_draws], the shape of w: temperatures stored with draws. NaN where
 * a draw is NaN, or one chain of fewer than 4 draws leaves no error. */
bens_temperature bens_temperature_of(bens_convergence *w, const double *x, double wanted);

/* Local. The central interval [low, high] in which the mean kinetic temperature falls
 * with probability `level` (.95) if the temperature is `wanted`: dof = d n_eff degrees of
 * freedom. Temperatures that are means over the steps between draws vary less: then it is
 * too wide. */
void bens_temperature_interval(double wanted, double dof, double level, double *low,
                               double *high);

#endif
