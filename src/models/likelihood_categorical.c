/* likelihood_categorical.c - K classes, K logits: p(y = k) = softmax(out)_k. */
#include "models/likelihood.h"
#include "core/kernels.h"

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->n_classes < 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[likelihood] categorical: wanted at least 2 classes in the training "
                  "data, found %lld",
                  (long long)data->n_classes);
    *n = data->n_classes;
    return BENS_OK;
}

static void log_lik(const bens_likelihood_at_theta *at, const float *out, int64_t K,
                    const bens_y *y, int64_t n, double *value, float *dout,
                    double *dparameter)
{
    (void)dparameter;
    at->be->softmax(out, y->label, n, K, value, dout);
}

static double largest(const float *out, int64_t K)
{
    float most = out[0];
    for (int64_t k = 1; k < K; k++)
        if (out[k] > most) most = out[k];
    return (double)most;
}

/* p [K] (may be NULL) = e^(out - most), of which the sum is returned. */
static double exponentials(const float *out, int64_t K, double most, double *p)
{
    double sum = 0;
    for (int64_t k = 0; k < K; k++) {
        const double e = bens_k_exp_f64((double)out[k] - most);
        if (p != NULL) p[k] = e;
        sum += e;
    }
    return sum;
}

static void each(const bens_likelihood_at_theta *at, const float *out, int64_t K,
                 const bens_y *y, int64_t n, double *log_p)
{
    (void)at;
    for (int64_t i = 0; i < n; i++, out += K) {
        const double most = largest(out, K);
        log_p[i] = (double)out[y->label[i]] - most -
                   bens_k_log_f64(exponentials(out, K, most, NULL));
    }
}

static void predict(const bens_likelihood_at_theta *at, const float *out, int64_t K,
                    int64_t n, int64_t n_classes, double *mean, double *variance)
{
    (void)at;
    (void)n_classes;
    (void)variance;
    for (int64_t i = 0; i < n; i++, out += K, mean += K) {
        const double sum = exponentials(out, K, largest(out, K), mean);
        for (int64_t k = 0; k < K; k++) mean[k] /= sum;
    }
}

const bens_likelihood bens_likelihood_categorical = {
    .name = "categorical",
    .doc = "K classes; the model's K outputs are logits of a softmax",
    .target = BENS_TARGET_CLASS,
    .outputs = outputs,
    .log_lik = log_lik,
    .each = each,
    .predict = predict,
};
