#include "analysis/mixture.h"

#include "analysis/distributions.h"

#include <math.h>

static double weight_of(const bens_mixture *mixture, size_t m)
{
    return mixture->weight == NULL ? 1 : mixture->weight[m];
}

static double total_weight(const bens_mixture *mixture)
{
    double sum = 0;
    for (size_t m = 0; m < mixture->n_members; m++) sum += weight_of(mixture, m);
    return sum;
}

double bens_mixture_mean(const bens_mixture *mixture)
{
    double sum = 0;
    for (size_t m = 0; m < mixture->n_members; m++)
        sum += weight_of(mixture, m) * mixture->mean[m];
    return sum / total_weight(mixture);
}

/* A member without noise is a step at its mean; half of it lies below. */
static double member_cdf(double off, double sd)
{
    if (sd > 0) return bens_normal_cdf(off / sd);
    return off > 0 ? 1 : off < 0 ? 0 : off == 0 ? 0.5 : NAN;
}

double bens_mixture_cdf(const bens_mixture *mixture, double y)
{
    double sum = 0;
    for (size_t m = 0; m < mixture->n_members; m++)
        sum += weight_of(mixture, m) * member_cdf(y - mixture->mean[m], mixture->sd[m]);
    return sum / total_weight(mixture);
}

static double member_log_density(double off, double sd)
{
    if (sd == 0) return off == 0 ? INFINITY : -INFINITY;
    const double z = off / sd;
    return -0.5 * z * z - log(sd) - 0.91893853320467274178;
}

/* Relative to the largest member, so that the far tails do not underflow. */
double bens_mixture_log_density(const bens_mixture *mixture, double y)
{
    double most = -INFINITY, sum = 0;
    for (size_t m = 0; m < mixture->n_members; m++) {
        const double l = member_log_density(y - mixture->mean[m], mixture->sd[m]);
        if (weight_of(mixture, m) > 0 && !(l <= most)) most = l;
    }
    if (!isfinite(most)) return most;
    for (size_t m = 0; m < mixture->n_members; m++) {
        const double weight = weight_of(mixture, m);
        const double l = member_log_density(y - mixture->mean[m], mixture->sd[m]);
        if (weight > 0) sum += weight * exp(l - most);
    }
    return most + log(sum / total_weight(mixture));
}

double bens_log_add(double a, double b)
{
    const double most = a > b ? a : b, off = a > b ? b - a : a - b;
    if (isnan(a) || isnan(b)) return NAN;
    return isinf(most) ? most : most + log1p(exp(off));
}

double bens_normal_distance(double mean, double sd)
{
    if (sd == 0) return fabs(mean);
    const double z = mean / sd;
    return 2 * sd * bens_normal_density(z) + mean * (2 * bens_normal_cdf(z) - 1);
}

double bens_mixture_crps(const bens_mixture *mixture, double y)
{
    const double *mean = mixture->mean, *sd = mixture->sd, total = total_weight(mixture);
    double from_y = 0, between = 0;
    for (size_t i = 0; i < mixture->n_members; i++) {
        const double weight = weight_of(mixture, i) / total;
        from_y += weight * bens_normal_distance(y - mean[i], sd[i]);
        double row = 0.5 * weight * bens_normal_distance(0, sqrt(2) * sd[i]);
        for (size_t j = 0; j < i; j++)
            row += weight_of(mixture, j) / total *
                   bens_normal_distance(mean[i] - mean[j], hypot(sd[i], sd[j]));
        between += weight * row;
    }
    return from_y - between;
}
