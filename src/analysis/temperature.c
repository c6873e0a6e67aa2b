#include "analysis/temperature.h"

#include "analysis/convergence_work.h"
#include "analysis/distributions.h"

#include <math.h>

/* Chains are independent, whatever their few draws are. */
static double error_between_chains(const double *x, size_t n_chains, size_t n_draws,
                                   double mean)
{
    double squares = 0;
    if (n_chains < 2) return NAN;
    for (size_t c = 0; c < n_chains; c++) {
        double sum = 0;
        for (size_t t = 0; t < n_draws; t++) sum += x[c * n_draws + t] - mean;
        squares += sum * sum / (double)(n_draws * n_draws);
    }
    return sqrt(squares / (double)(n_chains - 1) / (double)n_chains);
}

bens_temperature bens_temperature_of(bens_convergence *w, const double *x, double wanted)
{
    const size_t n_chains = w->n_chains, n_draws = w->n_draws;
    const bens_convergence_row row = bens_convergence_of(w, x);
    bens_temperature t = {row.mean, NAN, NAN, NAN};
    if (isnan(row.mean)) return t;
    if (n_draws < 4) {
        t.n_eff = (double)n_chains;
        t.mcse = error_between_chains(x, n_chains, n_draws, row.mean);
    } else {
        t.n_eff = fmin(row.ess_mean, (double)(n_chains * n_draws));
        t.mcse = row.mcse_mean;
    }
    t.z = (t.mean - wanted) / t.mcse;
    return t;
}

void bens_temperature_interval(double wanted, double dof, double level, double *low,
                               double *high)
{
    const double outside = (1 - level) / 2;
    *low = wanted * bens_chi2_quantile(outside, dof) / dof;
    *high = wanted * bens_chi2_quantile(1 - outside, dof) / dof;
}
