/* likelihood_normal.c - a real y with Gaussian noise: y ~ N(out, s^2).
 *
 *     log p(y | out) = -(y - out)^2 / (2 s^2) - log s - log(2 pi) / 2
 *
 * s is given, or learned as log_noise = log s: a flat prior on that is p(s) ~ 1 / s. */
#include "models/likelihood_normal.h"
#include "core/kernels.h"

#define HALF_LOG_2_PI 0.91893853320467274178

typedef struct {
    double noise; /* LEARNED or the sd */
} normal_options;
#define LEARNED 0.0

static const bens_option options[] = {
    {.name = "noise",
     .kind = BENS_OPTION_REAL,
     .preset = "learned",
     .min = 0,
     .max = 1e30,
     .above_min = true,
     .word = "learned",
     .word_value = LEARNED,
     .offset = offsetof(normal_options, noise),
     .doc = "the sd of y about the output; learned: the parameter log_noise"},
    {0},
};

static bens_status outputs(const bens_data *data, int64_t *n)
{
    if (data->y == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[likelihood] normal: wanted a target of numbers, found classes");
    *n = 1;
    return BENS_OK;
}

static bool is_learned(const void *o)
{
    return ((const normal_options *)o)->noise == LEARNED;
}

static const char *parameter(const void *o)
{
    return is_learned(o) ? "log_noise" : NULL;
}

static float start(double sd)
{
    return sd > 0 ? (float)bens_k_log_f64(sd) : 0;
}

static float derive(float log_noise)
{
    return bens_k_exp(log_noise);
}

static double log_noise(const bens_likelihood_at_theta *at)
{
    const normal_options *o = at->options;
    return is_learned(o) ? (double)at->parameter : bens_k_log_f64(o->noise);
}

double bens_normal_precision(const bens_likelihood_at_theta *at)
{
    return bens_k_exp_f64(-2 * log_noise(at));
}

void bens_normal_log_lik(const bens_likelihood_at_theta *at, double squares, int64_t n,
                         double *value, double *dparameter)
{
    const double scaled = squares * bens_normal_precision(at), rows = (double)n;
    if (value != NULL) *value = -0.5 * scaled - rows * (log_noise(at) + HALF_LOG_2_PI);
    if (dparameter != NULL) *dparameter += scaled - rows;
}

static void log_lik(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, const bens_y *y, int64_t n, double *value,
                    float *dout, double *dparameter)
{
    const double precision = bens_normal_precision(at);
    double squares = 0;
    (void)n_outputs;
    for (int64_t i = 0; i < n; i++) {
        const double residual = (double)y->value[i] - (double)out[i];
        squares += residual * residual;
        if (dout != NULL) dout[i] = (float)(precision * residual);
    }
    bens_normal_log_lik(at, squares, n, value, dparameter);
}

static void each(const bens_likelihood_at_theta *at, const float *out, int64_t n_outputs,
                 const bens_y *y, int64_t n, double *log_p)
{
    const double precision = bens_normal_precision(at),
                 constant = log_noise(at) + HALF_LOG_2_PI;
    (void)n_outputs;
    for (int64_t i = 0; i < n; i++) {
        const double residual = (double)y->value[i] - (double)out[i];
        log_p[i] = -0.5 * precision * residual * residual - constant;
    }
}

static void predict(const bens_likelihood_at_theta *at, const float *out,
                    int64_t n_outputs, int64_t n, int64_t n_classes, double *mean,
                    double *variance)
{
    (void)n_outputs;
    (void)n_classes;
    for (int64_t i = 0; i < n; i++) {
        mean[i] = (double)out[i];
        variance[i] = 1 / bens_normal_precision(at);
    }
}

const bens_likelihood bens_likelihood_normal = {
    .name = "normal",
    .doc = "a real target with Gaussian noise about the model's one output",
    .options = options,
    .options_size = sizeof(normal_options),
    .target = BENS_TARGET_REAL,
    .outputs = outputs,
    .parameter = parameter,
    .start = start,
    .derived = "noise",
    .derive = derive,
    .log_lik = log_lik,
    .each = each,
    .predict = predict,
};
