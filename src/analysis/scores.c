#include "analysis/scores.h"

#include <math.h>

/* The largest of p [n], the first of equals; -1 if one is NaN. */
static int64_t best_of(const double *p, size_t n)
{
    size_t best = 0;
    for (size_t k = 0; k < n; k++) {
        if (isnan(p[k])) return -1;
        if (p[k] > p[best]) best = k;
    }
    return (int64_t)best;
}

static int bin_of(double confidence)
{
    const double bin = ceil(confidence * BENS_RELIABILITY_BINS) - 1;
    return (int)fmin(fmax(bin, 0), BENS_RELIABILITY_BINS - 1);
}

void bens_class_sums_add(bens_class_sums *sums, const double *p, const int32_t *label,
                         size_t n, size_t n_classes)
{
    for (size_t i = 0; i < n; i++, p += n_classes) {
        sums->n++;
        sums->nll -= log(p[label[i]]);
        for (size_t k = 0; k < n_classes; k++) {
            const double off = p[k] - (k == (size_t)label[i]);
            sums->brier += off * off;
        }
        const int64_t best = best_of(p, n_classes);
        if (best < 0) continue;
        const int bin = bin_of(p[best]), hit = best == label[i];
        sums->hits += hit;
        sums->bin_n[bin]++;
        sums->bin_confidence[bin] += p[best];
        sums->bin_hits[bin] += hit;
    }
}

bens_class_scores bens_class_sums_finish(const bens_class_sums *sums)
{
    double off = 0;
    for (int b = 0; b < BENS_RELIABILITY_BINS; b++)
        off += fabs(sums->bin_hits[b] - sums->bin_confidence[b]);
    return (bens_class_scores){.nll = sums->nll / sums->n,
                               .accuracy = sums->hits / sums->n,
                               .brier = sums->brier / sums->n,
                               .ece = off / sums->n};
}

void bens_real_sums_add(bens_real_sums *sums, const bens_mixture *mixture, double y,
                        double level)
{
    const double off = y - bens_mixture_mean(mixture);
    sums->n++;
    sums->nll -= bens_mixture_log_density(mixture, y);
    sums->squares += off * off;
    sums->crps += bens_mixture_crps(mixture, y);
    sums->inside += fabs(bens_mixture_cdf(mixture, y) - 0.5) <= level / 2;
}

bens_real_scores bens_real_sums_finish(const bens_real_sums *sums)
{
    return (bens_real_scores){.nll = sums->nll / sums->n,
                              .rmse = sqrt(sums->squares / sums->n),
                              .crps = sums->crps / sums->n,
                              .coverage = sums->inside / sums->n};
}
