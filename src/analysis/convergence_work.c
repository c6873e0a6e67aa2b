#include "analysis/convergence_work.h"

#include "analysis/distributions.h"
#include "analysis/fft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bens_convergence_destroy(bens_convergence *w)
{
    if (w == NULL) return;
    free(w->y);
    free(w->sorted);
    free(w->rho);
    free(w->mean);
    free(w->item[0]);
    free(w->item[1]);
    free(w->turn);
    free(w->z);
    free(w->power);
    free(w);
}

static bens_status reserve(bens_convergence *w)
{
    BENS_TRY(bens_alloc(w->n, sizeof *w->y, &w->y));
    BENS_TRY(bens_alloc(w->n, sizeof *w->sorted, &w->sorted));
    BENS_TRY(bens_alloc(w->n_draws, sizeof *w->rho, &w->rho));
    BENS_TRY(bens_alloc(2 * w->n_chains, sizeof *w->mean, &w->mean));
    BENS_TRY(bens_alloc(w->n, sizeof *w->item[0], &w->item[0]));
    BENS_TRY(bens_alloc(w->n, sizeof *w->item[1], &w->item[1]));
    BENS_TRY(bens_alloc(w->n_fft, sizeof *w->turn, &w->turn));
    BENS_TRY(bens_alloc(2 * w->n_fft, sizeof *w->z, &w->z));
    BENS_TRY(bens_alloc(w->n_fft, sizeof *w->power, &w->power));
    bens_fft_plan(w->n_fft, w->turn);
    return BENS_OK;
}

bens_status bens_convergence_create(size_t n_chains, size_t n_draws,
                                    bens_convergence **out)
{
    bens_convergence *w = NULL;
    if (n_chains == 0 || n_draws == 0 || n_chains > INT32_MAX / n_draws)
        BENS_FAIL(BENS_ERR_FAILURE,
                  "wanted 1 to 2^31 draws to look at, found %zu chains of %zu", n_chains,
                  n_draws);
    BENS_TRY(bens_alloc(1, sizeof *w, &w));
    *w = (bens_convergence){.n_chains = n_chains,
                            .n_draws = n_draws,
                            .n = n_chains * n_draws,
                            .n_fft = 2};
    while (w->n_fft < 2 * n_draws) w->n_fft *= 2;
    const bens_status s = reserve(w);
    if (s != BENS_OK)
        bens_convergence_destroy(w);
    else
        *out = w;
    return s;
}

bool bens_draws_valid(const bens_convergence *w, const double *x, size_t min_draws,
                      size_t min_chains)
{
    if (w->n_draws < min_draws || w->n_chains < min_chains) return false;
    for (size_t i = 0; i < w->n; i++)
        if (isnan(x[i])) return false;
    return true;
}

bens_rows_shape bens_draws_split(bens_convergence *w, const double *x)
{
    const size_t half = w->n_draws / 2;
    for (size_t c = 0; c < w->n_chains; c++) {
        const double *chain = x + c * w->n_draws;
        memcpy(w->y + 2 * c * half, chain, half * sizeof *x);
        memcpy(w->y + (2 * c + 1) * half, chain + w->n_draws - half, half * sizeof *x);
    }
    return (bens_rows_shape){2 * w->n_chains, half};
}

bens_rows_shape bens_draws_whole(bens_convergence *w, const double *x)
{
    memcpy(w->y, x, w->n * sizeof *x);
    return (bens_rows_shape){w->n_chains, w->n_draws};
}

/* The second pass takes back what the first lost when the mean is far from 0. */
double bens_draws_mean(const double *x, size_t n)
{
    double sum = 0, rest = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) rest += x[i] - mean;
    return mean + rest / (double)n;
}

double bens_draws_variance(const double *x, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
    return sum / (double)(n - 1);
}

/* Unsigned numbers in the order of the values; -0 comes right before 0. */
static uint64_t key_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return (u >> 63) != 0 ? ~u : u | UINT64_C(1) << 63;
}

/* By digits of 8 bits from the lowest; one that all keys share is passed over, as the
 * lowest three are where draws come from float. */
void bens_draws_sort(bens_convergence *w, const double *x, size_t n)
{
    size_t count[8][256] = {0};
    for (size_t i = 0; i < n; i++) {
        w->item[0][i] = (bens_sort_item){key_of(x[i]), (uint32_t)i};
        for (int d = 0; d < 8; d++) count[d][w->item[0][i].key >> 8 * d & 255]++;
    }
    for (int d = 0; d < 8; d++) {
        if (count[d][w->item[0][0].key >> 8 * d & 255] == n) continue;
        size_t place[256];
        for (size_t v = 0, sum = 0; v < 256; sum += count[d][v++]) place[v] = sum;
        for (size_t i = 0; i < n; i++)
            w->item[1][place[w->item[0][i].key >> 8 * d & 255]++] = w->item[0][i];
        bens_sort_item *sorted = w->item[1];
        w->item[1] = w->item[0];
        w->item[0] = sorted;
    }
    for (size_t i = 0; i < n; i++) w->sorted[i] = x[w->item[0][i].at];
}

/* In the order of SciPy's mquantiles: x <= quantile is asked of draws that are the
 * quantile. */
double bens_sorted_quantile(const double *sorted, size_t n, double prob)
{
    const double at = (double)n * prob + (1 - prob), most = (double)(n - 1);
    const double k = floor(fmin(fmax(at, 1), most)), part = fmin(fmax(at - k, 0), 1);
    if (n < 2) return sorted[0];
    return (1 - part) * sorted[(size_t)k - 1] + part * sorted[(size_t)k];
}

double bens_sorted_median(const double *sorted, size_t n)
{
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double bens_quantile(bens_convergence *w, const double *x, double prob)
{
    if (!bens_draws_valid(w, x, 1, 1) || !(prob >= 0 && prob <= 1)) return NAN;
    bens_draws_sort(w, x, w->n);
    return bens_sorted_quantile(w->sorted, w->n, prob);
}

void bens_draws_rank(bens_convergence *w, size_t n)
{
    bens_draws_sort(w, w->y, n);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && w->sorted[end] == w->sorted[first];) end++;
        const double rank = 0.5 * (double)(first + 1 + end);
        const double z = bens_normal_quantile((rank - 0.375) / ((double)n + 0.25));
        for (size_t i = first; i < end; i++) w->y[w->item[0][i].at] = z;
    }
}

void bens_draws_fold(bens_convergence *w, size_t n)
{
    const double median = bens_sorted_median(w->sorted, n);
    for (size_t i = 0; i < n; i++) w->y[i] = fabs(w->y[i] - median);
}
