#include "analysis/variances.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t bens_variances_size(size_t n_inputs, size_t n_outputs)
{
    return 1 + 3 * n_inputs * n_outputs;
}

bens_variances bens_variances_over(double *values, size_t n_inputs, size_t n_outputs)
{
    const size_t n = n_inputs * n_outputs;
    return (bens_variances){.n_inputs = n_inputs,
                            .n_outputs = n_outputs,
                            .n_values = bens_variances_size(n_inputs, n_outputs),
                            .values = values,
                            .weight = values,
                            .mean = values + 1,
                            .noise = values + 1 + n,
                            .spread = values + 1 + 2 * n};
}

bens_status bens_variances_create(size_t n_inputs, size_t n_outputs, bens_variances *out)
{
    double *values;
    BENS_TRY(
        bens_alloc(bens_variances_size(n_inputs, n_outputs), sizeof *values, &values));
    *out = bens_variances_over(values, n_inputs, n_outputs);
    return BENS_OK;
}

void bens_variances_release(bens_variances *v)
{
    free(v->values);
    *v = (bens_variances){0};
}

void bens_variances_clear(bens_variances *v)
{
    memset(v->values, 0, v->n_values * sizeof *v->values);
}

/* Groups of weights a = before and b join: the spread grows by a b / (a + b) times the
 * square of the distance of their means (Chan, Golub and LeVeque, 1983). */
static double join(double before, double *mean, double weight, double joins)
{
    const double step = joins - *mean;
    if (before == 0) {
        *mean = joins;
        return joins - joins; /* 0, or NaN of a NaN */
    }
    *mean += weight / (before + weight) * step;
    return before * weight / (before + weight) * step * step;
}

void bens_variances_add(bens_variances *v, double weight, const double *mean,
                        const double *noise)
{
    if (weight == 0) return;
    for (size_t i = 0; i < v->n_inputs * v->n_outputs; i++) {
        v->spread[i] += join(*v->weight, &v->mean[i], weight, mean[i]);
        v->noise[i] += weight * noise[i];
    }
    *v->weight += weight;
}

void bens_variances_merge(bens_variances *v, const bens_variances *from)
{
    if (*from->weight == 0) return;
    for (size_t i = 0; i < v->n_inputs * v->n_outputs; i++) {
        v->spread[i] += join(*v->weight, &v->mean[i], *from->weight, from->mean[i]);
        v->spread[i] += from->spread[i];
        v->noise[i] += from->noise[i];
    }
    *v->weight += *from->weight;
}

void bens_variances_finish(const bens_variances *v, double *total, double *noise,
                           double *model)
{
    for (size_t i = 0; i < v->n_inputs * v->n_outputs; i++) {
        noise[i] = v->noise[i] / *v->weight;
        model[i] = v->spread[i] / *v->weight;
        total[i] = noise[i] + model[i];
    }
}
