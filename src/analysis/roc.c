#include "analysis/roc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* false: there is nothing to sort, or no order. */
static bool sort(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) return false;
    if (n > 0) qsort(x, n, sizeof *x, ascending);
    return n > 0;
}

double bens_auroc(double *negative, size_t n_negative, double *positive,
                  size_t n_positive)
{
    if (!sort(negative, n_negative) || !sort(positive, n_positive)) return NAN;
    double wins =
        0; /* twice the pairs in the right order, once the equal ones: whole numbers */
    size_t below = 0, up_to = 0;
    for (size_t i = 0; i < n_positive; i++) {
        while (below < n_negative && negative[below] < positive[i]) below++;
        while (up_to < n_negative && negative[up_to] <= positive[i]) up_to++;
        wins += (double)(below + up_to);
    }
    return wins / 2 / (double)n_negative / (double)n_positive;
}

double bens_fpr95(double *negative, size_t n_negative, double *positive,
                  size_t n_positive)
{
    if (!sort(negative, n_negative) || !sort(positive, n_positive)) return NAN;
    const double threshold = positive[n_positive / 20]; /* 5 % may stay below it */
    size_t below = 0;
    while (below < n_negative && negative[below] < threshold) below++;
    return (double)(n_negative - below) / (double)n_negative;
}
