/* likelihood_bernoulli.c - two classes, one logit: p(y = 1) = sigmoid(out). */
#include "models/likelihood.h"

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->n_classes != 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[likelihood] bernoulli: wanted 2 classes in the training data, found "
                  "%lld%s",
                  (long long)data->n_classes,
                  data->n_classes > 2 ? "; take name = categorical" : "");
    *n = 1;
    return BENS_OK;
}

static void log_lik(const bens_backend *be, const float *out, int64_t n_outputs,
                    const int32_t *label, int64_t n, double *value, float *dout)
{
    (void)n_outputs;
    be->sigmoid(out, label, n, value, dout);
}

const bens_likelihood bens_likelihood_bernoulli = {
    .name = "bernoulli",
    .doc = "two classes; the model's one output is the log odds of the second",
    .target = BENS_TARGET_CLASS,
    .outputs = outputs,
    .log_lik = log_lik,
};
