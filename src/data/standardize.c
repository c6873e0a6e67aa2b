#include "data/prepare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is found out about the features, and a row of them. */
typedef struct {
    const bens_data *data;
    double *mean, *sd; /* [n_features]                        */
    float *row;        /* [n_features]                        */
    float *first;      /* [n_features] of row 0               */
    char *varies;      /* [n_features] from row to row        */
} moments;

static const float *row_at(const moments *m, int64_t i)
{
    const bens_rows one = {.first = i, .n = 1};
    if (m->data->x != NULL) return m->data->x + i * m->data->n_features;
    bens_data_gather(m->data, &one, 0, 1, m->row);
    return m->row;
}

/* One pass over the rows: float32 values in double. */
static void find_means(moments *m)
{
    const int64_t n = m->data->n_rows, F = m->data->n_features;
    for (int64_t i = 0; i < n; i++) {
        const float *const x = row_at(m, i);
        for (int64_t j = 0; j < F; j++) m->mean[j] += (double)x[j];
    }
    for (int64_t j = 0; j < F; j++) m->mean[j] /= (double)n;
}

/* Rounding of the mean can give a constant feature a variance: whether it varies is
 * looked for by itself. */
static void find_sds(moments *m)
{
    const int64_t n = m->data->n_rows, F = m->data->n_features;
    memcpy(m->first, row_at(m, 0), (size_t)F * sizeof *m->first);
    for (int64_t i = 0; i < n; i++) {
        const float *const x = row_at(m, i);
        for (int64_t j = 0; j < F; j++) {
            const double deviation = (double)x[j] - m->mean[j];
            m->sd[j] += deviation * deviation;
            m->varies[j] |= x[j] != m->first[j];
        }
    }
    for (int64_t j = 0; j < F; j++)
        m->sd[j] = m->varies[j] ? sqrt(m->sd[j] / (double)n) : 1;
}

static bens_status find_moments(moments *m)
{
    const size_t F = (size_t)m->data->n_features;
    BENS_TRY(bens_alloc(F, sizeof *m->mean, &m->mean));
    BENS_TRY(bens_alloc(F, sizeof *m->sd, &m->sd));
    BENS_TRY(bens_alloc(F, sizeof *m->row, &m->row));
    BENS_TRY(bens_alloc(F, sizeof *m->first, &m->first));
    BENS_TRY(bens_alloc(F, sizeof *m->varies, &m->varies));
    find_means(m);
    find_sds(m);
    return BENS_OK;
}

/* Rows that are kept as they were read are standardised when they are gathered. */
static bens_status apply(bens_data *d)
{
    const int64_t n = d->n_rows, F = d->n_features;
    if (d->x == NULL) return BENS_OK;
    BENS_TRY(bens_data_own(d));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < F; j++) {
            float *const x = &d->x[i * F + j];
            *x = (float)(((double)*x - d->x_mean[j]) / d->x_sd[j]);
        }
    return BENS_OK;
}

static bens_status copy_doubles(const double *from, int64_t n, double **out)
{
    BENS_TRY(bens_alloc((size_t)n, sizeof **out, out));
    memcpy(*out, from, (size_t)n * sizeof **out);
    return BENS_OK;
}

bens_status bens_data_standardize_like(const bens_data *like, bens_data *d)
{
    BENS_TRY(copy_doubles(like->x_mean, d->n_features, &d->x_mean));
    BENS_TRY(copy_doubles(like->x_sd, d->n_features, &d->x_sd));
    return apply(d);
}

bens_status bens_data_standardize(bens_data *train, bens_data *test)
{
    moments m = {.data = train};
    bens_status s = find_moments(&m);
    free(m.row);
    free(m.first);
    free(m.varies);
    train->x_mean = m.mean; /* only now: bens_data_gather would use them */
    train->x_sd = m.sd;
    if (s == BENS_OK) s = apply(train);
    return s != BENS_OK || test == NULL ? s : bens_data_standardize_like(train, test);
}
