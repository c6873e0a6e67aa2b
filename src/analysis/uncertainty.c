#include "analysis/uncertainty.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t bens_uncertainty_size(size_t n_inputs, size_t n_classes)
{
    return 1 + n_inputs * (n_classes + 2);
}

bens_uncertainty bens_uncertainty_over(double *values, size_t n_inputs, size_t n_classes)
{
    double *const p = values + 1, *const entropy = p + n_inputs * n_classes;
    return (bens_uncertainty){.n_inputs = n_inputs,
                              .n_classes = n_classes,
                              .n_values = bens_uncertainty_size(n_inputs, n_classes),
                              .values = values,
                              .weight = values,
                              .p = p,
                              .entropy = entropy,
                              .divergence = entropy + n_inputs};
}

bens_status bens_uncertainty_create(size_t n_inputs, size_t n_classes,
                                    bens_uncertainty *out)
{
    double *values;
    BENS_TRY(
        bens_alloc(bens_uncertainty_size(n_inputs, n_classes), sizeof *values, &values));
    *out = bens_uncertainty_over(values, n_inputs, n_classes);
    return BENS_OK;
}

void bens_uncertainty_release(bens_uncertainty *u)
{
    free(u->values);
    *u = (bens_uncertainty){0};
}

void bens_uncertainty_clear(bens_uncertainty *u)
{
    memset(u->values, 0, u->n_values * sizeof *u->values);
}

/* p log(p / q) - p + q >= 0: of distributions the sum over classes is KL(p | q), and no
 * term cancels another. Where p is close to q it is a square, here from its series: with
 * r = p / q - 1 the formula itself would lose log10(1 / r) digits. The first term left
 * out is r^11 / 110. */
static double divergence(double p, double q)
{
    if (p == q) return 0;
    if (p == 0) return q;
    const double r = (p - q) / q;
    if (fabs(r) > 0.02) return p * log(p / q) - p + q;
    double sum = 0;
    for (int k = 10; k >= 2; k--) sum = 1. / (k * (k - 1)) - r * sum;
    return q * r * r * sum;
}

/* A group with `weight` and mean p [n_classes] (times scale) joins the mean [n_classes]
 * of `before`: returns by how much the sum of divergences grows. */
static double join(double before, double *mean, double weight, double scale,
                   const double *p, size_t n_classes)
{
    const double share = weight / (before + weight);
    double grows = 0;
    for (size_t k = 0; k < n_classes; k++) {
        const double old = mean[k], joins = scale * p[k];
        mean[k] = before == 0 ? joins : old + share * (joins - old);
        if (before > 0) grows += before * divergence(old, mean[k]);
        grows += weight * divergence(joins, mean[k]);
    }
    return grows;
}

static double entropy(double scale, const double *p, size_t n_classes)
{
    double sum = 0;
    for (size_t k = 0; k < n_classes; k++) {
        const double q = scale * p[k];
        if (q != 0) sum -= q * log(q);
    }
    return sum;
}

void bens_uncertainty_add(bens_uncertainty *u, double weight, const double *p)
{
    const size_t n_classes = u->n_classes;
    if (weight == 0) return;
    for (size_t i = 0; i < u->n_inputs; i++, p += n_classes) {
        double sum = 0;
        for (size_t k = 0; k < n_classes; k++) sum += p[k];
        u->divergence[i] +=
            join(*u->weight, u->p + i * n_classes, weight, 1 / sum, p, n_classes);
        u->entropy[i] += weight * entropy(1 / sum, p, n_classes);
    }
    *u->weight += weight;
}

void bens_uncertainty_merge(bens_uncertainty *u, const bens_uncertainty *from)
{
    const size_t n_classes = u->n_classes;
    if (*from->weight == 0) return;
    for (size_t i = 0; i < u->n_inputs; i++) {
        const size_t at = i * n_classes;
        u->divergence[i] +=
            join(*u->weight, u->p + at, *from->weight, 1, from->p + at, n_classes);
        u->divergence[i] += from->divergence[i];
        u->entropy[i] += from->entropy[i];
    }
    *u->weight += *from->weight;
}

/* Almost uniform members may sum to a rounding error more than log K. */
void bens_uncertainty_finish(const bens_uncertainty *u, double *tu, double *au,
                             double *eu)
{
    const double most = log((double)u->n_classes);
    for (size_t i = 0; i < u->n_inputs; i++) {
        au[i] = u->entropy[i] / *u->weight;
        eu[i] = u->divergence[i] / *u->weight;
        tu[i] = au[i] + eu[i] > most ? most : au[i] + eu[i];
    }
}
