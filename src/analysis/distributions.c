#include "analysis/distributions.h"

#include <math.h>

/* The eight coefficients of a polynomial, the constant first. */
static double polynomial(const double c[8], double r)
{
    double sum = c[7];
    for (int i = 6; i >= 0; i--) sum = sum * r + c[i];
    return sum;
}

/* clang-format off */
static const double
    centre_top[8] = {3.3871328727963666080e0, 1.3314166789178437745e+2,
                     1.9715909503065514427e+3, 1.3731693765509461125e+4,
                     4.5921953931549871457e+4, 6.7265770927008700853e+4,
                     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    centre_low[8] = {1, 4.2313330701600911252e+1,
                     6.8718700749205790830e+2, 5.3941960214247511077e+3,
                     2.1213794301586595867e+4, 3.9307895800092710610e+4,
                     2.8729085735721942674e+4, 5.2264952788528545610e+3},
    middle_top[8] = {1.42343711074968357734e0, 4.63033784615654529590e0,
                     5.76949722146069140550e0, 3.64784832476320460504e0,
                     1.27045825245236838258e0, 2.41780725177450611770e-1,
                     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    middle_low[8] = {1, 2.05319162663775882187e0,
                     1.67638483018380384940e0, 6.89767334985100004550e-1,
                     1.48103976427480074590e-1, 1.51986665636164571966e-2,
                     5.47593808499534494600e-4, 1.05075007164441684324e-9},
    far_top[8] = {6.65790464350110377720e0, 5.46378491116411436990e0,
                  1.78482653991729133580e0, 2.96560571828504891230e-1,
                  2.65321895265761230930e-2, 1.24266094738807843860e-3,
                  2.71155556874348757815e-5, 2.01033439929228813265e-7},
    far_low[8] = {1, 5.99832206555887937690e-1,
                  1.36929880922735805310e-1, 1.48753612908506148525e-2,
                  7.86869131145613259100e-4, 1.84631831751005468180e-5,
                  1.42151175831644588870e-7, 2.04426310338993978564e-15};
/* clang-format on */

double bens_normal_quantile(double p)
{
    const double q = p - 0.5;
    if (!(p >= 0 && p <= 1)) return NAN;
    if (fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(centre_top, r) / polynomial(centre_low, r);
    }
    const double tail = q < 0 ? p : 1 - p;
    if (tail == 0) return q < 0 ? -INFINITY : INFINITY;

    const double r = sqrt(-log(tail));
    const double z =
        r <= 5 ? polynomial(middle_top, r - 1.6) / polynomial(middle_low, r - 1.6)
               : polynomial(far_top, r - 5) / polynomial(far_low, r - 5);
    return q < 0 ? -z : z;
}

double bens_normal_cdf(double z)
{
    return 0.5 * erfc(-z * 0.70710678118654752440);
}

double bens_normal_density(double z)
{
    return 0.39894228040143267794 * exp(-0.5 * z * z);
}

/* The root of an increasing function on [low, high], by Newton's steps where they stay
 * inside the bracket, else by halving it. f gives the value and the derivative. */
typedef struct {
    double value, slope;
} point;

static double root(point (*f)(double x, double a, double b), double a, double b, double p,
                   double low, double high, double x)
{
    for (int i = 0; i < 200; i++) {
        const point at = f(x, a, b);
        const double below = at.value - p;
        if (below > 0) high = x;
        if (below < 0) low = x;
        double next = x - below / at.slope;
        if (!(next > low && next < high)) next = low + (high - low) / 2;
        if (fabs(next - x) <= 1e-15 * fabs(x) || below == 0) return next;
        x = next;
    }
    return x;
}

/* The continued fraction of the incomplete beta function, by Lentz's method; it wants
 * x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m < 100000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        h *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-16) break;
    }
    return h;
}

/* What Stirling's formula lacks of log gamma(x): the densities below are built on it,
 * since the difference of large log gammas loses digits. */
static double stirling_rest(double x)
{
    const double r = 1 / (x * x);
    if (x < 16) return lgamma(x) - (x - 0.5) * log(x) + x - 0.91893853320467274178;
    return (1 / 12. - r * (1 / 360. - r * (1 / 1260. - r * (1 / 1680. - r / 1188)))) / x;
}

static point beta_at(double x, double a, double b)
{
    const double n = a + b;
    const double off = n * x - a; /* from the mean */
    const double front = sqrt(a * b / (6.28318530717958647693 * n)) *
                         exp(a * log1p(off / a) + b * log1p(-off / b) + stirling_rest(n) -
                             stirling_rest(a) - stirling_rest(b));
    return (point){x < (a + 1) / (n + 2) ? front * beta_fraction(x, a, b) / a
                                         : 1 - front * beta_fraction(1 - x, b, a) / b,
                   front / (x * (1 - x))};
}

double bens_beta_quantile(double p, double a, double b)
{
    if (!(p >= 0 && p <= 1 && a >= 1 && b >= 1)) return NAN;
    if (p == 0 || p == 1) return p;
    return root(beta_at, a, b, p, 0, 1, a / (a + b));
}

/* P(a, x) of the gamma distribution: its series below a + 1, beyond that the continued
 * fraction of 1 - P. */
static point gamma_at(double x, double a, double unused)
{
    const double front =
        sqrt(a / 6.28318530717958647693) * exp(a - x + a * log(x / a) - stirling_rest(a));
    (void)unused;
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (double k = a + 1; term > 1e-17 * sum; k++) sum += term *= x / k;
        return (point){front * sum, front / x};
    }
    double b = x + 1 - a, c = INFINITY, d = 1 / b, h = d;
    for (int i = 1; i < 100000; i++) {
        const double an = -i * (i - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-16) break;
    }
    return (point){1 - front * h, front / x};
}

double bens_chi2_quantile(double p, double dof)
{
    if (!(p >= 0 && p <= 1 && dof > 0)) return NAN;
    if (p == 0) return 0;
    if (p == 1) return INFINITY;
    const double v = 2 / (9 * dof), cube = 1 - v + bens_normal_quantile(p) * sqrt(v);
    const double guess = dof * cube * cube * cube;
    if (dof > 1e6) return guess;

    const double a = dof / 2;
    double high = fmax(guess, a);
    while (gamma_at(high, a, 0).value < p) high *= 2;
    return 2 * root(gamma_at, a, 0, p, 0, high, guess > 0 ? guess / 2 : high / 2);
}

/* Adds nothing to a probability near 1, which then stays below p for ever. */
#define NO_DENSITY 1e-17

/* P(Y <= k) = P(X > 2 rate) for X ~ chi-square with 2 (k + 1) degrees of freedom. */
double bens_poisson_cdf(double k, double rate)
{
    const double a = k + 1, v = 1 / (9 * a);
    if (!(k >= 0 && rate >= 0)) return NAN;
    if (rate == 0) return 1;
    if (a > 5e5) return bens_normal_cdf((1 - v - cbrt(rate / a)) / sqrt(v));
    return 1 - gamma_at(rate, a, 0).value;
}

static double poisson_density(double k, double rate)
{
    if (k == 0) return exp(-rate);
    return exp(k - rate + k * log(rate / k) - stirling_rest(k)) /
           sqrt(6.28318530717958647693 * k);
}

/* From a guess that is within a few counts; steps down look at P(Y <= k - 1). */
static double poisson_near(double guess, double p, double rate)
{
    double k = guess, cdf = bens_poisson_cdf(k, rate);
    double density = poisson_density(k, rate);
    while (cdf < p && density > NO_DENSITY) cdf += density *= rate / ++k;
    while (k > 0 && cdf - density >= p) {
        cdf -= density;
        density *= k-- / rate;
    }
    return k;
}

double bens_poisson_quantile(double p, double rate)
{
    if (!(p >= 0 && p < 1 && rate >= 0)) return NAN;
    if (p == 0) return 0;
    if (rate < 30) {
        double k = 0, density = exp(-rate), cdf = density;
        while (cdf < p && density > NO_DENSITY) cdf += density *= rate / ++k;
        return k;
    }
    const double z = fmin(fmax(bens_normal_quantile(p), -9), 9);
    const double guess = ceil(fmax(rate + sqrt(rate) * z + (z * z - 1) / 6 - 0.5, 0));
    return rate > 1e6 ? guess : poisson_near(guess, p, rate);
}
