/* eight_schools.c - Rubin 1981; Gelman et al., "Bayesian Data Analysis", section 5.5:
 * the effect of coaching in eight schools, each estimated as y_j with a known standard
 * error sigma_j.
 *
 *     y_j ~ N(theta_j, sigma_j^2)    theta_j ~ N(mu, tau^2)
 *     mu ~ N(0, 5^2)                 tau ~ half-Cauchy(0, scale_tau), tau > 0
 *
 * bens samples numbers that run over all of R^10:
 *
 *     mu     log_tau = log(tau)     eta_j = (theta_j - mu) / tau ~ N(0, 1)
 *
 * log_tau needs its Jacobian: |d tau / d log_tau| = tau, which adds log_tau to the log
 * prior. eta (the "non-centred" form) needs none: its own prior N(0, 1) is what is
 * written down. tau and theta are stored beside them as outputs. docs/plugins.md goes
 * through this file. */
#include <bens/plugin.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHOOLS = 8 };
enum { MU, LOG_TAU, ETA, N = ETA + SCHOOLS }; /* places in theta */

static const double y[SCHOOLS] = {28, 8, -3, 7, -1, 1, 18, 12};
static const double sigma[SCHOOLS] = {15, 10, 16, 11, 9, 11, 10, 18};

typedef struct {
    double scale_tau;
} state;

static const bens_plugin_tensor tensors[] = {{"mu", 0, {0}},
                                             {"log_tau", 0, {0}},
                                             {"eta", 1, {SCHOOLS}}};
static const bens_plugin_tensor outputs[] = {{"tau", 0, {0}}, {"theta", 1, {SCHOOLS}}};

/* 0, or 1 and why the setting is not one. */
static int set(state *s, const char *key, const char *value, char *message, size_t size)
{
    char *end;
    if (strcmp(key, "scale_tau") != 0) {
        snprintf(message, size, "[model] wanted the key scale_tau, found '%s'", key);
        return 1;
    }
    s->scale_tau = strtod(value, &end);
    if (end != value && *end == '\0' && s->scale_tau > 0 && isfinite(s->scale_tau))
        return 0;
    snprintf(message, size, "[model] scale_tau: wanted a number > 0, found '%s'", value);
    return 1;
}

static int create(const char *const *settings, void **out, bens_plugin_shape *shape,
                  char *message, size_t message_size)
{
    state *s = malloc(sizeof *s);
    if (s == NULL) {
        snprintf(message, message_size, "no memory");
        return 1;
    }
    s->scale_tau = 5;
    for (; settings[0] != NULL; settings += 2)
        if (set(s, settings[0], settings[1], message, message_size) != 0) {
            free(s);
            return 1;
        }
    shape->n_data = SCHOOLS;
    shape->n_tensors = sizeof tensors / sizeof *tensors;
    shape->tensors = tensors;
    shape->n_outputs = sizeof outputs / sizeof *outputs;
    shape->outputs = outputs;
    *out = s;
    return 0;
}

/* Wider than the posterior, so that chains that do not mix are seen to disagree. */
static void init(void *unused, const float *u, float *theta)
{
    (void)unused;
    theta[MU] = 30 * u[MU] - 15;
    theta[LOG_TAU] = 5 * u[LOG_TAU] - 2;
    for (int j = ETA; j < N; j++) theta[j] = 4 * u[j] - 2;
}

/* log N(y_j; theta_j, sigma_j^2), theta_j = mu + exp(log_tau) eta_j, by the chain
 * rule. */
static void log_lik(void *unused, const float *theta, const int64_t *index,
                    int64_t n_index, double *value, float *grad)
{
    const double mu = (double)theta[MU], tau = exp((double)theta[LOG_TAU]);
    (void)unused;
    for (int64_t k = 0; k < n_index; k++) {
        const int64_t j = index[k];
        const double eta = (double)theta[ETA + j];
        const double z = (y[j] - mu - tau * eta) / sigma[j];
        const double slope = z / sigma[j]; /* d / d theta_j */
        *value -= 0.5 * z * z;
        if (grad == NULL) continue;
        grad[MU] += (float)slope;
        grad[LOG_TAU] += (float)(slope * tau * eta);
        grad[ETA + j] += (float)(slope * tau);
    }
}

static void log_prior(void *state_, const float *theta, double *value, float *grad)
{
    const state *s = state_;
    const double mu = (double)theta[MU], log_tau = (double)theta[LOG_TAU];
    const double ratio = exp(log_tau) / s->scale_tau, square = ratio * ratio;

    *value -= 0.5 * mu * mu / 25;
    *value += log_tau - log1p(square); /* the Jacobian; the half-Cauchy */
    if (grad != NULL) {
        grad[MU] -= (float)(mu / 25);
        grad[LOG_TAU] += (float)(1 - 2 * square / (1 + square));
    }
    for (int j = ETA; j < N; j++) {
        *value -= 0.5 * (double)theta[j] * (double)theta[j];
        if (grad != NULL) grad[j] -= theta[j];
    }
}

static void output(void *unused, const float *theta, float *out)
{
    const float tau = expf(theta[LOG_TAU]);
    (void)unused;
    out[0] = tau;
    for (int j = 0; j < SCHOOLS; j++) out[1 + j] = theta[MU] + tau * theta[ETA + j];
}

const bens_plugin bens_plugin_v1 = {
    .abi = BENS_PLUGIN_ABI,
    .size = sizeof(bens_plugin),
    .name = "eight_schools",
    .doc = "effects of coaching in eight schools, non-centred",
    .create = create,
    .destroy = free,
    .init = init,
    .log_lik = log_lik,
    .log_prior = log_prior,
    .output = output,
};
