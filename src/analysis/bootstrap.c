#include "analysis/bootstrap.h"

#include "core/rng.h"

#include <math.h>

void bens_bootstrap_weights(uint64_t seed, uint64_t replicate, size_t n_members,
                            double *weight)
{
    const bens_rng at = {.seed = seed,
                         .step = replicate,
                         .stream = BENS_STREAM_BOOTSTRAP};
    for (size_t m = 0; m < n_members; m++) weight[m] = 0;
    for (size_t m = 0; m < n_members; m++) weight[bens_rng_index(&at, n_members, m)]++;
}

double bens_bootstrap_error(const double *value, size_t n, size_t n_members)
{
    double mean = 0, squares = 0;
    if (n < 2 || n_members < 2) return NAN;
    for (size_t i = 0; i < n; i++) mean += value[i] / (double)n;
    for (size_t i = 0; i < n; i++) squares += (value[i] - mean) * (value[i] - mean);
    const double variance = squares / (double)(n - 1);
    return sqrt(variance * (double)n_members / (double)(n_members - 1));
}
