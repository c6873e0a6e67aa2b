/* convergence_r_hat.c - R-hat and nested R-hat: variances between chains against those
 * within. */
#include "analysis/convergence_work.h"

#include <math.h>

double bens_rows_r_hat(bens_convergence *w, bens_rows_shape rows)
{
    const double len = (double)rows.len;
    double within = 0;
    for (size_t r = 0; r < rows.n_rows; r++) {
        const double *row = w->y + r * rows.len;
        w->mean[r] = bens_draws_mean(row, rows.len);
        within += bens_draws_variance(row, rows.len, w->mean[r]);
    }
    within /= (double)rows.n_rows;
    const double mean = bens_draws_mean(w->mean, rows.n_rows);
    const double between = len * bens_draws_variance(w->mean, rows.n_rows, mean);
    return sqrt((between / within + len - 1) / len);
}

static double z_scale(bens_convergence *w, const double *x)
{
    const bens_rows_shape rows = bens_draws_split(w, x);
    bens_draws_rank(w, rows.n_rows * rows.len);
    return bens_rows_r_hat(w, rows);
}

static double folded(bens_convergence *w, const double *x)
{
    const bens_rows_shape rows = bens_draws_split(w, x);
    const size_t n = rows.n_rows * rows.len;
    bens_draws_sort(w, w->y, n);
    bens_draws_fold(w, n);
    bens_draws_rank(w, n);
    return bens_rows_r_hat(w, rows);
}

/* Unlike fmax, NaN if either is. */
static double larger(double a, double b)
{
    return a > b || isnan(a) ? a : b;
}

double bens_r_hat(bens_convergence *w, const double *x, bens_r_hat_kind kind)
{
    if (!bens_draws_valid(w, x, 4, 2)) return NAN;
    switch (kind) {
    case BENS_R_HAT_RANK:
        return larger(z_scale(w, x), folded(w, x));
    case BENS_R_HAT_Z_SCALE:
        return z_scale(w, x);
    case BENS_R_HAT_FOLDED:
        return folded(w, x);
    case BENS_R_HAT_SPLIT:
        return bens_rows_r_hat(w, bens_draws_split(w, x));
    case BENS_R_HAT_IDENTITY:
        return bens_rows_r_hat(w, bens_draws_whole(w, x));
    }
    return NAN;
}

/* The chains [first, end) of one superchain; returns the end. */
static size_t superchain_end(const int64_t *superchain, size_t n_chains, size_t first)
{
    size_t end = first + 1;
    while (end < n_chains && superchain[end] == superchain[first]) end++;
    return end;
}

/* W of chains [first, end) of y; *mean = mean of their means. */
static double within_superchain(const bens_convergence *w, size_t first, size_t end,
                                double *mean)
{
    const size_t m = end - first;
    double inside = 0;
    *mean = bens_draws_mean(w->mean + first, m);
    if (w->n_draws > 1)
        for (size_t c = first; c < end; c++)
            inside += bens_draws_variance(w->y + c * w->n_draws, w->n_draws, w->mean[c]);
    return (m > 1 ? bens_draws_variance(w->mean + first, m, *mean) : 0) +
           inside / (double)m;
}

double bens_nested_r_hat(bens_convergence *w, const double *x, const int64_t *superchain,
                         bool ranked)
{
    double *const mean = w->mean + w->n_chains; /* of superchains */
    double within = 0;
    size_t k = 0;
    if (!bens_draws_valid(w, x, 1, 2)) return NAN;
    bens_draws_whole(w, x);
    if (ranked) bens_draws_rank(w, w->n);
    for (size_t c = 0; c < w->n_chains; c++)
        w->mean[c] = bens_draws_mean(w->y + c * w->n_draws, w->n_draws);
    for (size_t first = 0, end; first < w->n_chains; first = end) {
        end = superchain_end(superchain, w->n_chains, first);
        within += within_superchain(w, first, end, &mean[k++]);
    }
    if (k < 2) return NAN;
    const double between = bens_draws_variance(mean, k, bens_draws_mean(mean, k));
    return sqrt(1 + between / (within / (double)k));
}

double bens_nested_threshold(const int64_t *superchain, size_t n_chains, double tau)
{
    double sum = 0;
    size_t k = 0;
    for (size_t first = 0, end; first < n_chains; first = end, k++) {
        end = superchain_end(superchain, n_chains, first);
        sum += 1 / (double)(end - first);
    }
    return k == 0 ? NAN : sqrt(1 + sum / (double)k + tau);
}
