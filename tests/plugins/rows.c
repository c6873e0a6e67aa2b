/* rows.c - a plug-in whose sums a test can do again: tensors of sizes that leave gaps
 * in bens's arena, and a datum that differs from row to row. With settings: n_data;
 * seen, a file that create() writes its settings to; fault, what to do wrong.
 *
 *     log_lik_i = -w_i (a + b_(i mod 3) - c_(i mod 34))^2 / 2      w_i = 1 + i mod 5
 *     log_prior = -(2 a^2 + sum of b^2 + 3 sum of c^2) / 2
 *     a_squared = a^2,  sums = (sum of b, sum of c) */
#include <bens/plugin.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LOG_PRIOR /* NULL: a flat one */
#define LOG_PRIOR log_prior
#endif

enum { A, B, C = B + 3, N = C + 34 };

typedef struct {
    char fault[32];
    bens_plugin_tensor tensors[4], outputs[2];
} state;

static const state normal = {
    .tensors = {{"a", 0, {0}}, {"layer.b", 1, {3}}, {"c", 2, {2, 17}}},
    .outputs = {{"a_squared", 0, {0}}, {"sums", 1, {2}}},
};

static int is(const state *s, const char *fault)
{
    return strcmp(s->fault, fault) == 0;
}

/* What create() says wrong, by the name of the fault. */
static void spoil(const state *s, bens_plugin_tensor *t, bens_plugin_shape *shape)
{
    static const char long_name[] =
        "a234567890123456789012345678901234567890123456789012345678901234";
    if (is(s, "twice")) t[1].name = "a";
    if (is(s, "name")) t[1].name = "b c";
    if (is(s, "slash")) t[1].name = "b/c";
    if (is(s, "empty")) t[1].name = "";
    if (is(s, "null")) t[1].name = NULL;
    if (is(s, "long")) t[1].name = long_name;
    if (is(s, "axis")) t[1].name = "chain";
    if (is(s, "dim")) t[1].name = "c_dim_x_dim_10";
    if (is(s, "dot")) t[1].name = ".";
    if (is(s, "rank")) t[1].rank = 5;
    if (is(s, "negative_rank")) t[1].rank = -1;
    if (is(s, "zero")) t[2].shape[1] = 0;
    if (is(s, "minus")) t[2].shape[1] = -3;
    if (is(s, "huge")) t[2].shape[0] = t[2].shape[1] = (int64_t)1 << 40;
    if (is(s, "none")) shape->n_tensors = 0;
    if (is(s, "no_table")) shape->tensors = NULL;
    if (is(s, "minus_outputs")) shape->n_outputs = -1;
    if (is(s, "no_output_table")) shape->outputs = NULL;
}

static int complain(const state *s, char *message, size_t size)
{
    if (is(s, "create"))
        snprintf(message, size, "the file of the user's own is not there");
    if (is(s, "lines")) snprintf(message, size, "one line\nand another");
    if (is(s, "endless")) memset(message, 'x', size);
    return is(s, "create") || is(s, "silent") || is(s, "lines") || is(s, "endless");
}

static int create(const char *const *settings, void **out, bens_plugin_shape *shape,
                  char *message, size_t message_size)
{
    state *s = malloc(sizeof *s);
    FILE *seen = NULL;
    if (s == NULL) return 1;
    *s = normal;
    shape->n_data = 7;
    for (const char *const *p = settings; *p != NULL; p += 2) {
        if (strcmp(p[0], "fault") == 0) snprintf(s->fault, sizeof s->fault, "%s", p[1]);
        if (strcmp(p[0], "n_data") == 0) shape->n_data = strtoll(p[1], NULL, 10);
        if (strcmp(p[0], "seen") == 0) seen = fopen(p[1], "w");
    }
    for (const char *const *p = settings; seen != NULL && *p != NULL; p += 2)
        fprintf(seen, "%s=%s\n", p[0], p[1]);
    if (seen != NULL) fclose(seen);
    shape->n_tensors = 3;
    shape->tensors = s->tensors;
    shape->n_outputs = 2;
    shape->outputs = s->outputs;
    spoil(s, s->tensors, shape);
    if (is(s, "output_name")) s->outputs[1].name = "c";
    if (complain(s, message, message_size)) {
        free(s);
        return 1;
    }
    *out = s;
    return 0;
}

static void init(void *unused, const float *u, float *theta)
{
    (void)unused;
    memcpy(theta, u, N * sizeof *u);
}

/* A density that is no number, somewhere. */
static void fail(const state *s, double *value, float *grad)
{
    if (is(s, "nan_value")) *value = NAN;
    if (is(s, "minus_infinity")) *value = -INFINITY;
    if (is(s, "nan_gradient") && grad != NULL) grad[N - 1] = NAN;
    if (is(s, "inf_gradient") && grad != NULL) grad[A] = INFINITY;
}

static void log_lik(void *state_, const float *theta, const int64_t *index,
                    int64_t n_index, double *value, float *grad)
{
    for (int64_t k = 0; k < n_index; k++) {
        const int64_t i = index[k], b = B + i % 3, c = C + i % 34;
        const double weight = (double)(1 + i % 5);
        const double d = (double)theta[A] + (double)theta[b] - (double)theta[c];
        *value -= 0.5 * weight * d * d;
        if (grad == NULL) continue;
        grad[A] -= (float)(weight * d);
        grad[b] -= (float)(weight * d);
        grad[c] += (float)(weight * d);
    }
    fail(state_, value, grad);
}

__attribute__((unused)) static void log_prior(void *state_, const float *theta,
                                              double *value, float *grad)
{
    const state *s = state_;
    for (int e = 0; e < N; e++) {
        const float precision = e == A ? 2 : e < C ? 1 : 3;
        *value -= 0.5 * (double)precision * (double)theta[e] * (double)theta[e];
        if (grad != NULL) grad[e] -= precision * theta[e];
    }
    if (is(s, "nan_prior")) *value = NAN;
}

static void output(void *unused, const float *theta, float *out)
{
    (void)unused;
    out[0] = theta[A] * theta[A];
    for (int e = B; e < C; e++) out[1] += theta[e];
    for (int e = C; e < N; e++) out[2] += theta[e];
}

const bens_plugin bens_plugin_v1 = {
    .abi = BENS_PLUGIN_ABI,
    .size = sizeof(bens_plugin),
    .name = "rows",
    .doc = "a density of the tests",
    .create = create,
    .destroy = free,
    .init = init,
    .log_lik = log_lik,
    .log_prior = LOG_PRIOR,
    .output = output,
};
