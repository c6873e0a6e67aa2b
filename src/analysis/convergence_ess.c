/* convergence_ess.c - effective sample sizes, from autocovariances that are summed as
 * long as Geyer's initial monotone sequence goes ("Practical Markov chain Monte Carlo",
 * 1992). */
#include "analysis/convergence_work.h"

#include "analysis/fft.h"

#include <math.h>
#include <string.h>

/* Lags below this are made one by one as they are asked for: mixing chains want a few.
 * Beyond it all are made at once by the transform, which costs about as much as these. */
enum { FEW = 128, LANES = 8 };

static double dot(const double *a, const double *b, size_t n)
{
    double lane[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t l = 0; l < LANES; l++) lane[l] += a[i + l] * b[i + l];
    for (; i < n; i++) lane[0] += a[i] * b[i];
    for (size_t l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

/* rho [t] = sum over rows of their autocovariances at lag t, all lags. Rows go in pairs,
 * as real and imaginary parts: the real part of the transform of |z|^2 is the sum of
 * both. */
static void transform(bens_convergence *w, bens_rows_shape rows)
{
    const size_t n = w->n_fft, len = rows.len;
    memset(w->power, 0, n * sizeof *w->power);
    for (size_t r = 0; r < rows.n_rows; r += 2) {
        const double *re = w->y + r * len;
        memset(w->z, 0, 2 * n * sizeof *w->z);
        for (size_t i = 0; i < len; i++) w->z[2 * i] = re[i];
        if (r + 1 < rows.n_rows)
            for (size_t i = 0; i < len; i++) w->z[2 * i + 1] = re[len + i];
        bens_fft(n, w->turn, w->z);
        for (size_t k = 0; k < n; k++)
            w->power[k] += w->z[2 * k] * w->z[2 * k] + w->z[2 * k + 1] * w->z[2 * k + 1];
    }
    for (size_t k = 0; k < n; k++) {
        w->z[2 * k] = w->power[k];
        w->z[2 * k + 1] = 0;
    }
    bens_fft(n, w->turn, w->z);
    for (size_t t = 0; t < len; t++) w->power[t] = w->z[2 * t] / (double)n;
}

/* Mean over rows (centred, in y) of the autocovariance at lag
 * t; lags are asked in order. */
static double covariance(bens_convergence *w, bens_rows_shape rows, size_t t)
{
    double sum = 0;
    if (t == FEW) transform(w, rows);
    if (t < FEW)
        for (size_t r = 0; r < rows.n_rows; r++) {
            const double *row = w->y + r * rows.len;
            sum += dot(row, row + t, rows.len - t);
        }
    else
        sum = w->power[t];
    return sum / (double)(rows.n_rows * rows.len);
}

/* Takes the mean from each row of y; returns the variance of the means. */
static double centre(bens_convergence *w, bens_rows_shape rows)
{
    for (size_t r = 0; r < rows.n_rows; r++) {
        double *row = w->y + r * rows.len;
        w->mean[r] = bens_draws_mean(row, rows.len);
        for (size_t i = 0; i < rows.len; i++) row[i] -= w->mean[r];
    }
    if (rows.n_rows < 2) return 0;
    return bens_draws_variance(w->mean, rows.n_rows,
                               bens_draws_mean(w->mean, rows.n_rows));
}

static bool is_constant(const double *y, size_t n)
{
    double low = y[0], high = y[0];
    for (size_t i = 1; i < n; i++) {
        if (y[i] < low) low = y[i];
        if (y[i] > high) high = y[i];
    }
    return high - low < 1e-15;
}

/* Sums of neighbouring pairs must not rise. */
static void make_monotone(double *rho, size_t last)
{
    for (size_t t = 1; t + 2 <= last; t += 2)
        if (rho[t + 1] + rho[t + 2] > rho[t - 1] + rho[t])
            rho[t + 1] = rho[t + 2] = (rho[t - 1] + rho[t]) / 2;
}

/* 1 + 2 sum of rho, as far as sums of neighbouring pairs are positive. */
static double autocorrelation_sum(bens_convergence *w, bens_rows_shape rows,
                                  double between)
{
    const size_t len = rows.len;
    const double variance = covariance(w, rows, 0) * (double)len / (double)(len - 1);
    const double total = variance * (double)(len - 1) / (double)len + between;
    double *const rho = w->rho, even = 1, odd, sum = 0;

    memset(rho, 0, len * sizeof *rho);
    rho[0] = even;
    rho[1] = odd = 1 - (variance - covariance(w, rows, 1)) / total;
    size_t t = 1;
    for (; t + 3 < len && even + odd > 0; t += 2) {
        even = 1 - (variance - covariance(w, rows, t + 1)) / total;
        odd = 1 - (variance - covariance(w, rows, t + 2)) / total;
        if (even + odd >= 0) {
            rho[t + 1] = even;
            rho[t + 2] = odd;
        }
    }
    if (isnan(even + odd)) return NAN;
    if (even > 0) rho[t - 1] = even;
    if (t >= 2) make_monotone(rho, t - 2);
    for (size_t i = 0; i + 1 < t; i++) sum += rho[i];
    return -1 + 2 * sum + rho[t - 1];
}

double bens_rows_ess(bens_convergence *w, bens_rows_shape rows)
{
    const double n = (double)(rows.n_rows * rows.len);
    if (is_constant(w->y, rows.n_rows * rows.len)) return n;
    const double between = centre(w, rows);
    const double tau = autocorrelation_sum(w, rows, between);
    return isnan(tau) ? NAN : n / fmax(tau, 1 / log10(n));
}

static bens_rows_shape squares(bens_convergence *w, const double *x)
{
    const double mean = bens_draws_mean(x, w->n);
    const bens_rows_shape rows = bens_draws_split(w, x);
    for (size_t i = 0; i < rows.n_rows * rows.len; i++)
        w->y[i] = (w->y[i] - mean) * (w->y[i] - mean);
    return rows;
}

static bens_rows_shape ranks(bens_convergence *w, const double *x)
{
    const bens_rows_shape rows = bens_draws_split(w, x);
    bens_draws_rank(w, rows.n_rows * rows.len);
    return rows;
}

double bens_ess(bens_convergence *w, const double *x, bens_ess_kind kind)
{
    if (!bens_draws_valid(w, x, 4, 1)) return NAN;
    switch (kind) {
    case BENS_ESS_BULK:
        return bens_rows_ess(w, ranks(w, x));
    case BENS_ESS_MEAN:
        return bens_rows_ess(w, bens_draws_split(w, x));
    case BENS_ESS_SD:
        return bens_rows_ess(w, squares(w, x));
    case BENS_ESS_IDENTITY:
        return bens_rows_ess(w, bens_draws_whole(w, x));
    }
    return NAN;
}

double bens_draws_ess_below(bens_convergence *w, const double *x, double value)
{
    const bens_rows_shape rows = bens_draws_split(w, x);
    for (size_t i = 0; i < rows.n_rows * rows.len; i++) w->y[i] = w->y[i] <= value;
    return bens_rows_ess(w, rows);
}

double bens_ess_quantile(bens_convergence *w, const double *x, double prob)
{
    if (!bens_draws_valid(w, x, 4, 1)) return NAN;
    const double quantile = bens_quantile(w, x, prob);
    return isnan(quantile) ? NAN : bens_draws_ess_below(w, x, quantile);
}

double bens_ess_tail(bens_convergence *w, const double *x, double low, double high)
{
    const double a = bens_ess_quantile(w, x, low), b = bens_ess_quantile(w, x, high);
    return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

double bens_autocorrelation_time(bens_convergence *w, const double *x)
{
    const double used = (double)(w->n_chains * (w->n_draws / 2 * 2));
    return used / bens_ess(w, x, BENS_ESS_MEAN);
}
