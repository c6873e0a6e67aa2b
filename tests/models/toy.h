/* toy.h - a model made for a test, small data sets, and one
 * call for value and gradient. */
#ifndef BENS_TESTS_TOY_H
#define BENS_TESTS_TOY_H

#include "samplers/settings.h"
#include "models/model.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const bens_model *model;
    const bens_likelihood *likelihood;
    const bens_backend *be;
    settings settings, likelihood_settings;
    bens_params params;
    void *state;
    float *grad; /* [params.n] */
    double value;
} toy;

/* "normal noise=2": the likelihood and one of its settings. */
static inline bens_status toy_likelihood(const char *text, toy *t)
{
    char name[64];
    const size_t length = strcspn(text, " ");
    assert_true(length < sizeof name);
    memcpy(name, text, length);
    name[length] = '\0';
    t->likelihood = bens_likelihood_find(name);
    assert_non_null(t->likelihood);
    if (t->likelihood->options == NULL) return BENS_OK;
    text += text[length] == '\0' ? length : length + 1;
    t->likelihood_settings =
        settings_make(t->likelihood->options, t->likelihood->options_size,
                      TEXTS(text[0] == '\0' ? NULL : text));
    return t->likelihood_settings.status;
}

/* The status of create(); release it in either case. */
static inline bens_status toy_try(const char *model, const bens_data *data,
                                  const char *likelihood, const char *const *texts,
                                  toy *t)
{
    *t = (toy){.model = bens_model_find(model), .be = bens_backend_find("cpu")};
    assert_non_null(t->model);
    assert_int_equal(t->be->start(1), BENS_OK);
    t->settings = settings_make(t->model->options, t->model->options_size, texts);
    if (t->settings.status != BENS_OK) return t->settings.status;
    if (likelihood != NULL) BENS_TRY(toy_likelihood(likelihood, t));
    const bens_model_setup setup = {.model = t->model,
                                    .options = t->settings.options,
                                    .be = t->be,
                                    .data = data,
                                    .likelihood = t->likelihood,
                                    .likelihood_options = t->likelihood_settings.options,
                                    .batch = 64};
    t->params.n_data = data == NULL ? 1 : (double)data->n_rows;
    BENS_TRY(t->model->create(&setup, &t->params, &t->state));
    return bens_alloc(t->params.n, sizeof *t->grad, &t->grad);
}

static inline toy toy_make(const char *model, const bens_data *data,
                           const char *likelihood, const char *const *texts)
{
    toy t;
    assert_int_equal(toy_try(model, data, likelihood, texts, &t), BENS_OK);
    return t;
}

static inline void toy_release(toy *t)
{
    if (t->state != NULL) t->model->destroy(t->state);
    bens_params_release(&t->params);
    settings_release(&t->settings);
    settings_release(&t->likelihood_settings);
    free(t->grad);
    *t = (toy){0};
}

static inline float *toy_arena(const toy *t)
{
    float *theta;
    assert_int_equal(bens_alloc(t->params.n, sizeof *theta, &theta), BENS_OK);
    return theta;
}

/* Every element of every tensor a normal of this sd; the padding stays 0. */
static inline float *toy_point(const toy *t, uint64_t seed, float sd)
{
    float *theta = toy_arena(t);
    for (int k = 0; k < t->params.n_tensors; k++) {
        const bens_tensor *x = &t->params.tensors[k];
        const bens_rng at = {.seed = seed, .stream = BENS_STREAM_GENERATOR};
        bens_rng_normals(&at, x->offset, x->size, theta + x->offset);
        for (size_t e = 0; e < x->size; e++) theta[x->offset + e] *= sd;
    }
    return theta;
}

/* Value and gradient over these rows, into t->value and t->grad
 * (filled with garbage first). */
static inline void toy_rows(toy *t, const float *theta, bens_rows rows)
{
    const bens_batch batch = {.rows = rows, .at = {.seed = 5}, .exact = true};
    for (size_t e = 0; e < t->params.n; e++) t->grad[e] = 1e30f;
    t->value = 1e300;
    assert_int_equal(t->model->log_lik(t->state, theta, &batch, &t->value, t->grad),
                     BENS_OK);
}

static inline void toy_all(toy *t, const float *theta)
{
    toy_rows(t, theta, (bens_rows){.n = (int64_t)t->params.n_data});
}

static inline char **toy_names(void)
{
    static char *names[64], text[64][8];
    for (int j = 0; j < 64; j++) {
        snprintf(text[j], sizeof text[j], "f%d", j);
        names[j] = text[j];
    }
    return names;
}

/* n rows of F normals and y = 3 + a line of sd about 1 + N(0, sd^2). */
static inline bens_data *toy_numbers(int64_t n, int64_t F, float sd)
{
    bens_data *d;
    float w[64];
    const bens_rng at = {.seed = (uint64_t)(n + 1000 * F),
                         .stream = BENS_STREAM_GENERATOR};

    assert_true(F <= 64);
    assert_int_equal(bens_alloc(1, sizeof *d, &d), BENS_OK);
    *d = (bens_data){.n_rows = n, .n_features = F, .feature_names = toy_names()};
    assert_int_equal(bens_alloc((size_t)(n * F), sizeof(float), &d->x), BENS_OK);
    assert_int_equal(bens_alloc((size_t)n, sizeof *d->y, &d->y), BENS_OK);
    bens_rng_normals(&at, 0, (size_t)(n * F), d->x);
    bens_rng_normals(&at, 1 << 20, (size_t)F, w);
    bens_rng_normals(&at, 2 << 20, (size_t)n, d->y);
    for (int64_t i = 0; i < n; i++) {
        d->y[i] = 3 + sd * d->y[i];
        for (int64_t j = 0; j < F; j++)
            d->y[i] += d->x[i * F + j] * w[j] / sqrtf((float)F);
    }
    return d;
}

/* n rows of F normals and a label that a random line of K logits draws. */
static inline bens_data *toy_data(int64_t n, int64_t F, int64_t K)
{
    static char *class_names[] = {"a", "b", "c", "d", "e"};
    bens_data *d;
    float *w, *u;
    const bens_rng at = {.seed = (uint64_t)(n + 1000 * F),
                         .stream = BENS_STREAM_GENERATOR};

    assert_true(F <= 64 && K <= 5);
    assert_int_equal(bens_alloc(1, sizeof *d, &d), BENS_OK);
    *d = (bens_data){.n_rows = n, .n_features = F, .n_classes = K};
    assert_int_equal(bens_alloc((size_t)(n * F), sizeof(float), &d->x), BENS_OK);
    assert_int_equal(bens_alloc((size_t)n, sizeof *d->label, &d->label), BENS_OK);
    assert_int_equal(bens_alloc((size_t)(F * K), sizeof *w, &w), BENS_OK);
    assert_int_equal(bens_alloc((size_t)(n * K), sizeof *u, &u), BENS_OK);
    bens_rng_normals(&at, 0, (size_t)(n * F), d->x);
    bens_rng_normals(&at, 1 << 20, (size_t)(F * K), w);
    bens_rng_normals(&at, 2 << 20, (size_t)(n * K), u);
    for (int64_t i = 0; i < n; i++) {
        float best = -1e30f;
        for (int64_t k = 0; k < K; k++) {
            float logit = 2 * u[i * K + k];
            for (int64_t j = 0; j < F; j++) logit += d->x[i * F + j] * w[k * F + j];
            if (logit > best) d->label[i] = (int32_t)k, best = logit;
        }
    }
    d->feature_names = toy_names();
    d->class_names = class_names;
    free(w);
    free(u);
    return d;
}

static inline void toy_data_free(bens_data *d)
{
    free(d->x);
    free(d->label);
    free(d->y);
    free(d);
}

#endif
