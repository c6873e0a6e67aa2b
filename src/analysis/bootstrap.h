/* bootstrap.h - the Monte Carlo error of any number that is made from members: draw as
 * many members with replacement, make the number again, and see how much it moves (Efron
 * 1979). The members must be independent draws: chains, or draws as far apart as an
 * autocorrelation time. */
#ifndef BENS_ANALYSIS_BOOTSTRAP_H
#define BENS_ANALYSIS_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/* Local. weight [n_members] = how often each was drawn in this replicate; their sum is
 * n_members. A function of its arguments: stream BOOTSTRAP at step `replicate`. */
void bens_bootstrap_weights(uint64_t seed, uint64_t replicate, size_t n_members,
                            double *weight);

/* Local. The standard error that the replicates' values [n] show: their standard
 * deviation times sqrt(n_members / (n_members - 1)), since members drawn from n vary by
 * (n - 1) / n too little. NaN for one member, fewer than two replicates, or a value that
 * is not finite. */
double bens_bootstrap_error(const double *value, size_t n, size_t n_members);

#endif
