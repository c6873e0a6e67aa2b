/* likelihood_bernoulli.c - two classes, one logit: p(y = 1) = sigmoid(out). */
#include "models/likelihood.h"
#include "core/kernels.h"

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->n_classes != 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[likelihood] bernoulli: "
                  "wanted 2 classes in the training data, found %lld%s",
                  (long long)data->n_classes,
                  data->n_classes > 2 ? "; take name = categorical" : "");
    *n = 1;
    return BENS_OK;
}

static void log_lik(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, const bens_y *y, int64_t n, double *value,
                    float *dout, double *dparameter)
{
    (void)n_outputs;
    (void)dparameter;
    at->be->sigmoid(out, y->label, n, value, dout);
}

/* log sigmoid(+-t) = min(+-t, 0) - log(1 + e^-|t|) */
static void each(const bens_likelihood_at_theta *at, const float *out, int64_t n_outputs,
                 const bens_y *y, int64_t n, double *log_p)
{
    (void)at;
    (void)n_outputs;
    for (int64_t i = 0; i < n; i++) {
        const double t = y->label[i] == 1 ? (double)out[i] : -(double)out[i];
        log_p[i] = (t > 0 ? 0 : t) - bens_k_log_f64(1 + bens_k_exp_f64(-fabs(t)));
    }
}

static void predict(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, int64_t n, int64_t n_classes, double *mean,
                    double *variance)
{
    (void)at;
    (void)n_outputs;
    (void)n_classes;
    (void)variance;
    for (int64_t i = 0; i < n; i++) {
        const double e = bens_k_exp_f64(-fabs((double)out[i]));
        const int likely = out[i] > 0;
        mean[2 * i + likely] = 1 / (1 + e);
        mean[2 * i + !likely] = e / (1 + e);
    }
}

const bens_likelihood bens_likelihood_bernoulli = {
    .name = "bernoulli",
    .doc = "two classes; the model's one output is the log odds of the second",
    .target = BENS_TARGET_CLASS,
    .outputs = outputs,
    .log_lik = log_lik,
    .each = each,
    .predict = predict,
};
