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

bens_langevin bens_friction_baoa(double alpha, double sigma, double xi, double eps,
                                 double T)
{
    const double prec = 1 / (sigma * sigma), x = eps * xi * prec;
    const double c = bens_k_exp_f64(-x), half = 0.5 * eps * prec;

    return (bens_langevin){.a = c,
                           .b = c * eps,
                           .s = sqrt(2 * alpha * eps * T * bens_friction_mean(2 * x)),
                           .p = half,
                           .q = half * eps,
                           .r = half};
}

double bens_friction_baoa_largest_step(double sigma, double h)
{
    return 2 * sigma / sqrt(h);
}
