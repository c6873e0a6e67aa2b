/* likelihood_poisson.c - a count y, whose log rate is the output: y ~ Poisson(e^out).
 *
 *     log p(y | out) = y out - e^out - log y! */
#include "models/likelihood.h"
#include "core/kernels.h"

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->y == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[likelihood] poisson: wanted a target of counts, found classes");
    *n = 1;
    return BENS_OK;
}

static void centre(double mean, double sd, float *out)
{
    (void)sd;
    out[0] = mean > 0 ? (float)bens_k_log_f64(mean) : 0;
}

/* The product while it is exact; then Stirling's series, whose next term is below 1e-14.
 * Not libm's lgamma: that has other bits elsewhere, and writes a global. */
static double log_factorial(double y)
{
    const double x = y + 1, r = 1 / (x * x);
    double product = 1;
    if (x > 18)
        return (x - 0.5) * bens_k_log_f64(x) - x + 0.91893853320467274178 +
               (1 / 12. - r * (1 / 360. - r * (1 / 1260. - r / 1680))) / x;
    for (double k = 2; k <= y; k++) product *= k;
    return bens_k_log_f64(product);
}

static void log_lik(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, const bens_y *y, int64_t n, double *value,
                    float *dout, double *dparameter)
{
    double sum = 0;
    (void)at;
    (void)n_outputs;
    (void)dparameter;
    for (int64_t i = 0; i < n; i++) {
        const double count = (double)y->value[i], log_rate = (double)out[i];
        const double rate = bens_k_exp_f64(log_rate);
        if (value != NULL) sum += count * log_rate - rate - log_factorial(count);
        if (dout != NULL) dout[i] = (float)(count - rate);
    }
    if (value != NULL) *value = sum;
}

static void each(const bens_likelihood_at_theta *at, const float *out, int64_t n_outputs,
                 const bens_y *y, int64_t n, double *log_p)
{
    (void)at;
    (void)n_outputs;
    for (int64_t i = 0; i < n; i++) {
        const double count = (double)y->value[i], log_rate = (double)out[i];
        log_p[i] = count * log_rate - bens_k_exp_f64(log_rate) - log_factorial(count);
    }
}

static void predict(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, int64_t n, int64_t n_classes, double *mean,
                    double *variance)
{
    (void)at;
    (void)n_outputs;
    (void)n_classes;
    for (int64_t i = 0; i < n; i++)
        mean[i] = variance[i] = bens_k_exp_f64((double)out[i]);
}

const bens_likelihood bens_likelihood_poisson = {
    .name = "poisson",
    .doc = "a count; the model's one output is the log of its rate",
    .target = BENS_TARGET_COUNT,
    .outputs = outputs,
    .centre = centre,
    .log_lik = log_lik,
    .each = each,
    .predict = predict,
};
