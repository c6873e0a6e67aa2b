#include "data/prepare.h"

#include <math.h>
#include <string.h>

/* One pass over the rows: float32 values in double. */
static void find_means(const bens_data *d, double *mean)
{
    const int64_t n = d->n_rows, F = d->n_features;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < F; j++) mean[j] += (double)d->x[i * F + j];
    for (int64_t j = 0; j < F; j++) mean[j] /= (double)n;
}

/* Rounding of the mean can give a constant feature a variance:
 * it is looked for by itself. */
static bool is_constant(const bens_data *d, int64_t j)
{
    const int64_t n = d->n_rows, F = d->n_features;
    for (int64_t i = 1; i < n; i++)
        if (d->x[i * F + j] != d->x[j]) return false;
    return true;
}

static void find_sds(const bens_data *d, const double *mean, double *sd)
{
    const int64_t n = d->n_rows, F = d->n_features;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < F; j++) {
            const double deviation = (double)d->x[i * F + j] - mean[j];
            sd[j] += deviation * deviation;
        }
    for (int64_t j = 0; j < F; j++)
        sd[j] = is_constant(d, j) ? 1 : sqrt(sd[j] / (double)n);
}

static void apply(bens_data *d)
{
    const int64_t n = d->n_rows, F = d->n_features;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < F; j++) {
            float *const x = &d->x[i * F + j];
            *x = (float)(((double)*x - d->x_mean[j]) / d->x_sd[j]);
        }
}

static bens_status allocate(bens_data *d)
{
    BENS_TRY(bens_alloc((size_t)d->n_features, sizeof *d->x_mean, &d->x_mean));
    return bens_alloc((size_t)d->n_features, sizeof *d->x_sd, &d->x_sd);
}

bens_status bens_data_standardize_like(const bens_data *like, bens_data *d)
{
    const size_t n = (size_t)d->n_features;
    BENS_TRY(allocate(d));
    memcpy(d->x_mean, like->x_mean, n * sizeof *d->x_mean);
    memcpy(d->x_sd, like->x_sd, n * sizeof *d->x_sd);
    apply(d);
    return BENS_OK;
}

bens_status bens_data_standardize(bens_data *train, bens_data *test)
{
    BENS_TRY(allocate(train));
    find_means(train, train->x_mean);
    find_sds(train, train->x_mean, train->x_sd);
    apply(train);
    return test == NULL ? BENS_OK : bens_data_standardize_like(train, test);
}
