/* The residual network: its tensors and where they start; images with and without
 * channels; data that it refuses; equal bits on every instruction set and with 1 and 2
 * threads. golden.c has PyTorch's numbers. */
#include "backend/levels.h"
#include "samplers/settings.h"
#include "models/model.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 5 };

typedef struct {
    bens_data data;
    settings settings;
    bens_params params;
    const bens_model *model;
    void *state;
} trial;

/* ROWS images in 3 classes. */
static void start(trial *t, int rank, int64_t height, int64_t width, int64_t channels)
{
    static char *names[] = {"a", "b", "c"};
    const int64_t size = height * width * channels;
    *t = (trial){.model = bens_model_find("resnet20"), .params = {.n_data = ROWS}};
    assert_non_null(t->model);
    t->data = (bens_data){.n_rows = ROWS,
                          .n_features = size,
                          .rank = rank,
                          .dim = {height, width, channels},
                          .n_classes = 3,
                          .class_names = names};
    t->data.x = calloc((size_t)(ROWS * size), sizeof *t->data.x);
    t->data.label = calloc(ROWS, sizeof *t->data.label);
    some_of(t->data.x, (size_t)(ROWS * size), 5);
    for (int i = 0; i < ROWS; i++) t->data.label[i] = i % 3;
}

/* The status of create(); release in either case. A batch has two blocks of rows. */
static bens_status create(trial *t, const char *const *texts)
{
    t->settings = settings_make(t->model->options, t->model->options_size, texts);
    assert_int_equal(t->settings.status, BENS_OK);
    const bens_model_setup setup = {.model = t->model,
                                    .options = t->settings.options,
                                    .be = cpu(),
                                    .data = &t->data,
                                    .likelihood = &bens_likelihood_categorical,
                                    .batch = ROWS - 2};
    return t->model->create(&setup, &t->params, &t->state);
}

static void release(trial *t)
{
    t->model->destroy(t->state);
    settings_release(&t->settings);
    bens_params_release(&t->params);
    free(t->data.x);
    free(t->data.label);
}

/* The next tensor is this one; it starts as `value`, or uniform with that fan_in. */
typedef struct {
    const bens_params *params;
    const float *theta;
    int next;
} reader;

static void expect(reader *r, const char *name, int rank, const int64_t *shape,
                   float value, int64_t fan_in)
{
    assert_true(r->next < r->params->n_tensors);
    const bens_tensor *t = &r->params->tensors[r->next++];
    const double bound = fan_in > 0 ? 1 / sqrt((double)fan_in) : 0;
    double squares = 0;
    assert_string_equal(t->name, name);
    assert_int_equal(t->rank, rank);
    assert_memory_equal(t->shape, shape, (size_t)rank * sizeof *shape);
    for (size_t e = 0; e < t->size; e++) {
        const double x = (double)r->theta[t->offset + e];
        assert_true(fan_in > 0 ? fabs(x) <= bound : x == (double)value);
        squares += 3 * x * x / (bound * bound) / (double)t->size;
    }
    /* Of U(-b, b) the variance of x^2 is 4 b^4 / 45: within 4.5 sd (33 tensors). */
    if (fan_in > 0) assert_true(fabs(squares - 1) < 4.5 * sqrt(0.8 / (double)t->size));
}

static void expect_conv_norm(reader *r, const char *of, int number, int64_t filters,
                             int64_t channels, int64_t kernel)
{
    char name[BENS_NAME_SIZE];
    const int64_t shape[] = {filters, channels, kernel, kernel};
    snprintf(name, sizeof name, "%sconv%d.weight", of, number);
    expect(r, name, 4, shape, 0, channels * kernel * kernel);
    snprintf(name, sizeof name, "%snorm%d.weight", of, number);
    expect(r, name, 1, &filters, 1, 0);
    snprintf(name, sizeof name, "%snorm%d.bias", of, number);
    expect(r, name, 1, &filters, 0, 0);
}

static void has_the_tensors_of_the_paper(void **state)
{
    const bens_rng at = {.seed = 8, .stream = BENS_STREAM_INIT};
    trial t;
    (void)state;
    assert_int_equal(cpu()->start(1), BENS_OK);
    start(&t, 3, 32, 32, 3);
    assert_int_equal(create(&t, TEXTS("outputs=3")), BENS_OK);
    float *theta = calloc(t.params.n, sizeof *theta);
    t.model->init(t.state, &t.params, &at, theta);
    reader r = {.params = &t.params, .theta = theta};
    expect_conv_norm(&r, "", 1, 16, 3, 3);
    for (int i = 0, inputs = 16; i < 9; i++) {
        const int filters = 16 << i / 3;
        char of[32];
        snprintf(of, sizeof of, "blocks.%d.", i);
        expect_conv_norm(&r, of, 1, filters, inputs, 3);
        expect_conv_norm(&r, of, 2, filters, filters, 3);
        if (filters != inputs) expect_conv_norm(&r, of, 3, filters, inputs, 1);
        inputs = filters;
    }
    expect(&r, "fc.weight", 2, (int64_t[]){3, 64}, 0, 64);
    expect(&r, "fc.bias", 1, (int64_t[]){3}, 0, 64);
    assert_int_equal(r.next, t.params.n_tensors);
    /* He et al. count 0.27 million. With 10 outputs: 267,696 of the 3 x 3 convolutions,
     * 2,560 of those of 1 x 1, 650 of the last layer; 1,568 of the norms. */
    assert_int_equal(t.params.n_values, 272474 - 7 * 65);
    free(theta);
    release(&t);
}

/* The value and the gradient (the caller's to free) at the start of a chain. */
static float *gradient(trial *t, double *value)
{
    const bens_batch batch = {.rows.n = ROWS};
    const bens_rng at = {.seed = 2, .stream = BENS_STREAM_INIT};
    float *theta = calloc(t->params.n, sizeof *theta);
    float *grad = calloc(t->params.n, sizeof *grad);
    t->model->init(t->state, &t->params, &at, theta);
    assert_int_equal(t->model->log_lik(t->state, theta, &batch, value, grad), BENS_OK);
    assert_true(isfinite(*value) && *value < 0);
    free(theta);
    return grad;
}

/* Images of [height][width] are those of [height][width][1]; the smallest, too. */
static void takes_images_without_channels(void **state)
{
    static const int64_t sizes[][2] = {{11, 6}, {1, 1}};
    (void)state;
    assert_int_equal(cpu()->start(1), BENS_OK);
    for (int i = 0; i < 2; i++) {
        trial t[2];
        float *grad[2];
        double value[2];
        for (int k = 0; k < 2; k++) {
            start(&t[k], 2 + k, sizes[i][0], sizes[i][1], 1);
            assert_int_equal(create(&t[k], TEXTS(NULL)), BENS_OK);
            grad[k] = gradient(&t[k], &value[k]);
        }
        assert_true(value[0] == value[1]);
        assert_memory_equal(grad[0], grad[1], t[0].params.n * sizeof **grad);
        for (int k = 0; k < 2; k++) {
            free(grad[k]);
            release(&t[k]);
        }
    }
}

static void refuses_what_does_not_fit(void **state)
{
    trial t;
    (void)state;
    assert_int_equal(cpu()->start(1), BENS_OK);
    start(&t, 1, 12, 1, 1);
    assert_int_equal(create(&t, TEXTS(NULL)), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "[model] resnet20: "));
    assert_non_null(strstr(bens_error_text(), "conv1 (conv2d): wanted height x width"));
    assert_non_null(strstr(bens_error_text(), "found an input of 12"));
    release(&t);
    start(&t, 2, 8, 8, 1);
    assert_int_equal(create(&t, TEXTS("outputs=10")), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "outputs: wanted 3"));
    assert_non_null(strstr(bens_error_text(), "found 10"));
    release(&t);
}

/* Images large enough to pay for two threads. */
static void has_equal_bits_everywhere(void **state)
{
    float *first = NULL;
    double first_value = 0;
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        trial t;
        double value;
        if (!start_level(cpu(), i)) continue;
        start(&t, 3, 21, 18, 3);
        assert_int_equal(create(&t, TEXTS(NULL)), BENS_OK);
        float *grad = gradient(&t, &value);
        if (first == NULL) {
            first = grad;
            first_value = value;
        }
        assert_true(value == first_value);
        assert_memory_equal(grad, first, t.params.n * sizeof *grad);
        if (grad != first) free(grad);
        release(&t);
    }
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_tensors_of_the_paper),
        cmocka_unit_test(takes_images_without_channels),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(has_equal_bits_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
