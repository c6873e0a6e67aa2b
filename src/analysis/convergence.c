/* convergence.c - Monte Carlo errors, and all of it for one quantity. */
#include "analysis/convergence_work.h"

#include "analysis/distributions.h"

#include <math.h>

double bens_mcse_mean(bens_convergence *w, const double *x)
{
    const double ess = bens_ess(w, x, BENS_ESS_MEAN);
    if (isnan(ess)) return NAN;
    return sqrt(bens_draws_variance(x, w->n, bens_draws_mean(x, w->n))) / sqrt(ess);
}

/* From the error of the variance, by the delta method. */
static double mcse_sd(const bens_convergence *w, const double *x, double ess)
{
    const double mean = bens_draws_mean(x, w->n), n = (double)w->n;
    double second = 0, fourth = 0;
    for (size_t i = 0; i < w->n; i++) {
        const double square = (x[i] - mean) * (x[i] - mean);
        second += square;
        fourth += square * square;
    }
    second /= n;
    return sqrt((fourth / n - second * second) / ess / second / 4);
}

double bens_mcse_sd(bens_convergence *w, const double *x)
{
    const double ess = bens_ess(w, x, BENS_ESS_SD);
    return isnan(ess) ? NAN : mcse_sd(w, x, ess);
}

double bens_mcse_quantile(bens_convergence *w, const double *x, double prob)
{
    const double ess = bens_ess_quantile(w, x, prob), n = (double)w->n;
    if (isnan(ess)) return NAN;
    const double a = ess * prob + 1, b = ess * (1 - prob) + 1;
    const double low = bens_beta_quantile(0.1586553, a, b) * n - 1;
    const double high = bens_beta_quantile(0.8413447, a, b) * n - 1;
    const size_t first = (size_t)floor(fmax(low, 0)), last = (size_t)ceil(high);
    return (w->sorted[last] - w->sorted[first]) / 2; /* sorted by bens_ess_quantile */
}

/* The two R-hats and the bulk ESS, on two sorts. */
static void from_ranks(bens_convergence *w, const double *x, bens_convergence_row *row)
{
    const bens_rows_shape rows = bens_draws_split(w, x);
    const size_t n = rows.n_rows * rows.len;
    bens_draws_rank(w, n);
    const double z_scale = bens_rows_r_hat(w, rows);
    row->ess_bulk = bens_rows_ess(w, rows);

    bens_draws_split(w, x);
    bens_draws_fold(w, n);
    bens_draws_rank(w, n);
    const double folded = bens_rows_r_hat(w, rows);
    if (w->n_chains < 2) return;
    row->r_hat_folded = folded;
    row->r_hat = z_scale > folded || isnan(z_scale) ? z_scale : folded;
}

bens_convergence_row bens_convergence_of(bens_convergence *w, const double *x)
{
    bens_convergence_row row = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!bens_draws_valid(w, x, 1, 1)) return row;
    row.mean = bens_draws_mean(x, w->n);
    if (w->n > 1) row.sd = sqrt(bens_draws_variance(x, w->n, row.mean));
    if (w->n_draws < 4) return row;

    from_ranks(w, x, &row);
    row.ess_tail = bens_ess_tail(w, x, 0.05, 0.95);
    row.ess_mean = bens_ess(w, x, BENS_ESS_MEAN);
    row.mcse_mean = row.sd / sqrt(row.ess_mean);
    row.mcse_sd = bens_mcse_sd(w, x);
    row.autocorrelation_time =
        (double)(w->n_chains * (w->n_draws / 2 * 2)) / row.ess_mean;
    return row;
}
