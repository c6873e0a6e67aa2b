/* ksd.h - kernel Stein discrepancy: how far draws are from the density whose scores are
 * known, without a normalising constant and without a reference run.
 *
 * Gorham and Mackey, "Measuring sample quality with kernels", ICML 2017, with the inverse
 * multiquadric k(x, y) = (1 + |x - y|^2)^(-1/2), which sees non-convergence that Gaussian
 * kernels overlook. With q = 1 + |x - y|^2 and s the score (gradient of the log density)
 *
 *   u(x, y) = s(x).s(y) q^(-1/2) + ((s(x) - s(y)).(x - y) + d) q^(-3/2)
 *             - 3 |x - y|^2 q^(-5/2)
 *   ksd^2   = mean of u over all pairs of draws, a draw with itself included
 *
 * The kernel's length is 1 in the units of x, so coordinates of very different scale want
 * standardising: with y_j = x_j / scale_j the score of y is s_j scale_j, and both are
 * made here. Discrepancies compare only with the same scales: take them from one
 * reference (a Laplace or pooled standard deviation) for all runs that are compared. */
#ifndef BENS_ANALYSIS_KSD_H
#define BENS_ANALYSIS_KSD_H

#include "core/status.h"

#include <stdint.h>

typedef struct {
    double ksd;      /* >= 0; falls as n^(-1/2) on exact independent draws            */
    double expected; /* of n independent exact draws: sqrt(mean u(x, x) / n). ksd is  */
                     /* near it for such, about sqrt(tau) times it for an             */
                     /* autocorrelation time tau, far above it for another density    */
    double unbiased; /* mean of u over pairs of different draws: estimates the square, */
                     /* around 0 (of either sign) for exact draws; NaN for n = 1      */
} bens_ksd;

/* Local. x, score [n][d]: draws, and gradients of the unnormalised log density there,
 * that of the target: divided by the temperature if this is not 1. scale [d] > 0, NULL:
 * all 1. Time about n^2 d times 0.3 ns (.3 s for 1,000 draws of 1,000 coordinates, half a
 * minute for 10,000) over OpenMP's threads; the bits do not depend on their number. A NaN
 * in x or score gives NaN. Errors: BENS_ERR_FAILURE (no memory), BENS_ERR_CONFIG (n = 0
 * or d = 0, a scale not positive). */
bens_status bens_ksd_compute(const float *x, const float *score, int64_t n, int64_t d,
                             const double *scale, bens_ksd *out);

#endif
