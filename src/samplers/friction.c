#include "samplers/friction.h"

#include "core/kernels.h"

/* Below 1/8 the difference would lose digits (all of them at x = 1e-17, and the noise with
 * them): there the series, whose first term left out is x^12 / 13! < 3e-21 of the sum. */
double bens_one_minus_exp(double x)
{
    if (x > 0.125) return 1 - bens_k_exp_f64(-x);
    double sum = 1;
    for (int k = 12; k > 1; k--) sum = 1 - x / k * sum;
    return x * sum;
}
