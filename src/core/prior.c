#include "core/prior.h"

#include "core/kernels.h"

#include <math.h>

static double mean_of(const bens_prior *p, size_t i)
{
    return p->means != NULL ? (double)p->means[i] : p->mean;
}

static double scale_of(const bens_prior *p, size_t i)
{
    return p->scales != NULL ? (double)p->scales[i] : p->scale;
}

static bool is_fused(const bens_prior *p)
{
    return p->kind == BENS_PRIOR_NORMAL && p->mean == 0 && p->means == NULL &&
           p->scales == NULL;
}

double bens_prior_precision(const bens_prior *prior)
{
    return is_fused(prior) ? 1 / (prior->scale * prior->scale) : 0;
}

bool bens_prior_is_apart(const bens_prior *prior)
{
    return prior->kind != BENS_PRIOR_FLAT && !is_fused(prior);
}

double bens_prior_log(const bens_prior *prior, const float *x, size_t n)
{
    if (prior->kind == BENS_PRIOR_FLAT) return 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double z = ((double)x[i] - mean_of(prior, i)) / scale_of(prior, i);
        sum -= prior->kind == BENS_PRIOR_LAPLACE ? fabs(z) : 0.5 * z * z;
    }
    return sum;
}

void bens_prior_gradient(const bens_prior *prior, const float *x, size_t n, double factor,
                         float *grad)
{
    if (prior->kind == BENS_PRIOR_FLAT) return;
    for (size_t i = 0; i < n; i++) {
        const double scale = scale_of(prior, i);
        const double z = ((double)x[i] - mean_of(prior, i)) / scale;
        const double slope =
            prior->kind == BENS_PRIOR_LAPLACE ? (double)((z > 0) - (z < 0)) : z;
        grad[i] -= (float)(factor * slope / scale);
    }
}

/* erfc(|z| / sqrt 2) is uniform on (0, 1), so minus its logarithm is exponential; it
 * stays above 1e-11 for every normal that bens_rng makes. */
static double laplace(double z)
{
    return copysign(-bens_k_log_f64(erfc(fabs(z) * sqrt(0.5))), z);
}

void bens_prior_from_normals(const bens_prior *prior, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++) {
        const double z = (double)x[i];
        const double unit = prior->kind == BENS_PRIOR_LAPLACE ? laplace(z) : z;
        x[i] = (float)(mean_of(prior, i) + scale_of(prior, i) * unit);
    }
}
