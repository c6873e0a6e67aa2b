#include "samplers/friction.h"

#include "core/kernels.h"

#include <math.h>

/* Below 1/8 the difference would lose digits (all of them at y = 1e-17, and the noise
 * with them): there the series, whose first term left out is y^12 / 13! < 3e-21. */
double bens_friction_mean(double y)
{
    if (!(fabs(y) <= 0.125)) return (1 - bens_k_exp_f64(-y)) / y;
    double sum = 1;
    for (int k = 12; k > 1; k--) sum = 1 - y / k * sum;
    return sum;
}

bens_langevin bens_friction_baoa(double alpha, double sigma, double xi,
                                 const bens_step *at)
{
    const double prec = 1 / (sigma * sigma), x = at->eps * xi * prec;
    const double c = bens_k_exp_f64(-x), half = 0.5 * at->eps * prec;
    const double kick = at->before > 0 ? 0.5 * (at->before + at->eps) : at->eps;

    return (
        bens_langevin){.a = c,
                       .b = c * kick,
                       .s = sqrt(2 * alpha * at->eps * at->T * bens_friction_mean(2 * x)),
                       .p = half,
                       .q = half * kick,
                       .r = half};
}

double bens_friction_baoa_largest_step(double sigma, double h)
{
    return 2 * sigma / sqrt(h);
}
