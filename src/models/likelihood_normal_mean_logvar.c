/* likelihood_normal_mean_logvar.c - a real y whose noise depends on x: two outputs, the
 * mean m and the log variance v, y ~ N(m, e^v) (Nix and Weigend, ICNN 1994).
 *
 *     log p(y | m, v) = -(y - m)^2 e^-v / 2 - v / 2 - log(2 pi) / 2 */
#include "models/likelihood.h"
#include "core/kernels.h"

#define HALF_LOG_2_PI 0.91893853320467274178

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->y == NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "[likelihood] normal_mean_logvar: wanted a target of "
                                   "numbers, found classes");
    *n = 2;
    return BENS_OK;
}

static void centre(double mean, double sd, float *out)
{
    out[0] = (float)mean;
    out[1] = sd > 0 ? (float)(2 * bens_k_log_f64(sd)) : 0;
}

static double log_p(const float *out, double residual, double precision)
{
    return -0.5 * (precision * residual * residual + (double)out[1]) - HALF_LOG_2_PI;
}

static void log_lik(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, const bens_y *y, int64_t n, double *value,
                    float *dout, double *dparameter)
{
    double sum = 0;
    (void)at;
    (void)n_outputs;
    (void)dparameter;
    for (int64_t i = 0; i < n; i++, out += 2) {
        const double residual = (double)y->value[i] - (double)out[0];
        const double precision = bens_k_exp_f64(-(double)out[1]);
        sum += log_p(out, residual, precision);
        if (dout == NULL) continue;
        dout[2 * i] = (float)(precision * residual); /* may be out itself */
        dout[2 * i + 1] = (float)(0.5 * (precision * residual * residual - 1));
    }
    if (value != NULL) *value = sum;
}

static void each(const bens_likelihood_at_theta *at, const float *out, int64_t n_outputs,
                 const bens_y *y, int64_t n, double *log_density)
{
    (void)at;
    (void)n_outputs;
    for (int64_t i = 0; i < n; i++, out += 2)
        log_density[i] = log_p(out, (double)y->value[i] - (double)out[0],
                               bens_k_exp_f64(-(double)out[1]));
}

static void predict(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, int64_t n, int64_t n_classes, double *mean,
                    double *variance)
{
    (void)at;
    (void)n_outputs;
    (void)n_classes;
    for (int64_t i = 0; i < n; i++, out += 2) {
        mean[i] = (double)out[0];
        variance[i] = bens_k_exp_f64((double)out[1]);
    }
}

static const char *const names[] = {"mean", "log_variance"};

const bens_likelihood bens_likelihood_normal_mean_logvar = {
    .name = "normal_mean_logvar",
    .doc = "a real target; the model's two outputs are its mean and log variance",
    .target = BENS_TARGET_REAL,
    .output_names = names,
    .outputs = outputs,
    .centre = centre,
    .log_lik = log_lik,
    .each = each,
    .predict = predict,
};
