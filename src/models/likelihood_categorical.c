/* likelihood_categorical.c - K classes, K logits: p(y = k) = softmax(out)_k. */
#include "models/likelihood.h"

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->n_classes < 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[likelihood] categorical: wanted at least 2 classes in the training "
                  "data, "
                  "found %lld",
                  (long long)data->n_classes);
    *n = data->n_classes;
    return BENS_OK;
}

static void log_lik(const bens_backend *be, const float *out, int64_t n_outputs,
                    const int32_t *label, int64_t n, double *value, float *dout)
{
    be->softmax(out, label, n, n_outputs, value, dout);
}

const bens_likelihood bens_likelihood_categorical = {
    .name = "categorical",
    .doc = "K classes; the model's K outputs are logits of a softmax",
    .target = BENS_TARGET_CLASS,
    .outputs = outputs,
    .log_lik = log_lik,
};
