/* The network of the paper: its tensors and where they start; texts that it cannot take;
 * equal bits on every instruction set and with 1 and 2 threads. golden.c has PyTorch's
 * numbers. */
#include "backend/levels.h"
#include "samplers/settings.h"
#include "models/network.h"

#include <math.h>

enum { ROWS = 5 };

typedef struct {
    bens_data data;
    settings settings;
    bens_params params;
    const bens_model *model;
    void *state;
} trial;

/* ROWS texts of `length` tokens below `vocabulary`, in classes 0 ... n_classes - 1. */
static void start(trial *t, int64_t length, int64_t vocabulary, int64_t n_classes)
{
    static char *names[] = {"a", "b", "c"};
    uint64_t state = 5;
    *t = (trial){.model = bens_model_find("cnn_lstm"), .params = {.n_data = ROWS}};
    assert_non_null(t->model);
    t->data = (bens_data){.n_rows = ROWS,
                          .n_features = length,
                          .rank = 1,
                          .dim = {length},
                          .n_classes = n_classes,
                          .class_names = names};
    t->data.x = calloc((size_t)(ROWS * length), sizeof *t->data.x);
    t->data.label = calloc(ROWS, sizeof *t->data.label);
    for (int64_t i = 0; i < ROWS * length; i++)
        t->data.x[i] = floorf((some(&state) + 1) / 2 * 0.999f * (float)vocabulary);
    for (int i = 0; i < ROWS; i++) t->data.label[i] = i % (int)n_classes;
}

/* The status of create(); release in either case. */
static bens_status create(trial *t, const char *const *texts)
{
    t->settings = settings_make(t->model->options, t->model->options_size, texts);
    if (t->settings.status != BENS_OK) return t->settings.status;
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

typedef struct {
    const char *name;
    int rank;
    int64_t shape[3], fan_in;
} wanted;

/* fan_in 0: N(0, 1); otherwise U(-1/sqrt(fan_in), 1/sqrt(fan_in)). */
static const wanted TENSORS[] = {
    {"embedding.weight", 2, {20000, 128}, 0},
    {"conv.weight", 3, {64, 128, 5}, 640},
    {"conv.bias", 1, {64}, 640},
    {"lstm.weight", 2, {512, 192}, 192},
    {"lstm.bias", 1, {512}, 192},
    {"fc.weight", 2, {2, 128}, 128},
    {"fc.bias", 1, {2}, 128},
};
enum { N_TENSORS = sizeof TENSORS / sizeof *TENSORS };

/* n draws of variance v: their mean is within 4 sqrt(v / n) of 0; their variance, in units
 * of v, within 4 sqrt((kurtosis - 1) / n) of 1. */
static void check_law(const char *name, const float *x, size_t n, double v,
                      double kurtosis)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    if (!(fabs(sum / (double)n) < 4 * sqrt(v / (double)n)) ||
        !(fabs(squares / (double)n / v - 1) < 4 * sqrt((kurtosis - 1) / (double)n)))
        fail_msg("%s: mean %g, variance %g, wanted 0 and %g", name, sum / (double)n,
                 squares / (double)n, v);
}

static void check_start(const wanted *w, const float *x, size_t n)
{
    if (w->fan_in == 0) {
        check_law(w->name, x, n, 1, 3);
        return;
    }
    const float bound = (float)(1 / sqrt((double)w->fan_in));
    for (size_t i = 0; i < n; i++) assert_true(fabsf(x[i]) <= bound);
    check_law(w->name, x, n, (double)bound * (double)bound / 3, 1.8);
}

static void is_the_network_of_the_paper(void **state)
{
    trial t;
    (void)state;
    assert_int_equal(cpu()->start(1), BENS_OK);
    start(&t, 100, 20000, 2);
    assert_int_equal(create(&t, TEXTS(NULL)), BENS_OK);
    assert_int_equal(t.params.n_values, 2700098);
    assert_int_equal(t.params.n_tensors, N_TENSORS);
    float *theta = calloc(t.params.n, sizeof *theta);
    const bens_rng at = {.seed = 8, .stream = BENS_STREAM_INIT};
    t.model->init(t.state, &t.params, &at, theta);
    for (int i = 0; i < N_TENSORS; i++) {
        const bens_tensor *x = &t.params.tensors[i];
        const wanted *w = &TENSORS[i];
        assert_string_equal(x->name, w->name);
        assert_int_equal(x->rank, w->rank);
        assert_memory_equal(x->shape, w->shape, (size_t)w->rank * sizeof *x->shape);
        check_start(w, theta + x->offset, x->size);
    }
    free(theta);
    release(&t);
}

#define SMALL                                                                            \
    "vocabulary=50", "embedding=9", "filters=7", "kernel=3", "pool=2", "hidden=6"

static void check_refused(trial *t, const char *text)
{
    assert_int_equal(create(t, TEXTS(SMALL)), BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("'%s' does not say '%s'", bens_error_text(), text);
    release(t);
}

static void refuses_what_is_no_token(void **state)
{
    static const struct {
        float value;
        const char *found;
    } cases[] = {{50, "found 50"},
                 {-1, "found -1"},
                 {0.5f, "found 0.5"},
                 {NAN, "found nan"},
                 {INFINITY, "found inf"}};
    trial t;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start(&t, 11, 50, 2);
        t.data.x[4 * 11 + 3] = cases[i].value; /* in the second block of rows */
        check_refused(&t, cases[i].found);
        assert_non_null(strstr(bens_error_text(), "row 4, position 3: wanted a token"));
        assert_non_null(strstr(bens_error_text(), "from 0 to 49 (vocabulary = 50)"));
    }
}

/* As the test set and rows to predict are looked at: in blocks, in the type of the file. */
static void rows_are_counted_from_the_first(void **state)
{
    enum { N = 600, LENGTH = 11 };
    static uint16_t x[N * LENGTH];
    const bens_data data = {.n_rows = N,
                            .n_features = LENGTH,
                            .raw = x,
                            .cell = BENS_CELL_UINT16,
                            .scale = 1};
    trial t;
    (void)state;
    start(&t, LENGTH, 50, 2);
    assert_int_equal(create(&t, TEXTS(SMALL)), BENS_OK);
    const void *options = t.settings.options;
    assert_int_equal(bens_network_check(t.model, options, &data), BENS_OK);
    x[431 * LENGTH + 2] = 51;
    assert_int_equal(bens_network_check(t.model, options, &data), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "row 431, position 2"));
    release(&t);
}

static void refuses_what_does_not_fit(void **state)
{
    trial t;
    (void)state;
    start(&t, 2, 50, 2);
    check_refused(&t, "op conv (conv1d): wanted at least 3 positions");
    start(&t, 3, 50, 2);
    check_refused(&t, "op pool (max_pool1d): wanted at least 2 positions");
    start(&t, 11, 50, 2);
    t.data.rank = 3;
    t.data.dim[0] = 1;
    t.data.dim[1] = 1;
    t.data.dim[2] = 11;
    check_refused(&t, "op embedding (embedding): wanted tokens");
    start(&t, 11, 50, 3);
    assert_int_equal(create(&t, TEXTS(SMALL, "outputs=2")), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "outputs: wanted 3"));
    assert_non_null(strstr(bens_error_text(), "found 2"));
    release(&t);
}

/* Sizes that pay for two threads and fill no vector; a block of rows of its own size. */
static void has_equal_bits_everywhere(void **state)
{
    const bens_batch batch = {.rows.n = ROWS};
    float *first = NULL;
    double first_value = 0;
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        trial t;
        double value;
        if (!start_level(cpu(), i)) continue;
        start(&t, 120, 50, 3);
        assert_int_equal(create(&t, TEXTS("vocabulary=50", "embedding=61", "filters=83",
                                          "kernel=3", "hidden=37")),
                         BENS_OK);
        float *theta = calloc(t.params.n, sizeof *theta);
        float *grad = calloc(t.params.n, sizeof *grad);
        const bens_rng at = {.seed = 2, .stream = BENS_STREAM_INIT};
        t.model->init(t.state, &t.params, &at, theta);
        assert_int_equal(t.model->log_lik(t.state, theta, &batch, &value, grad), BENS_OK);
        if (first == NULL) {
            first = grad;
            first_value = value;
            assert_true(isfinite(value) && value < 0);
        }
        assert_true(value == first_value);
        assert_memory_equal(grad, first, t.params.n * sizeof *grad);
        if (grad != first) free(grad);
        free(theta);
        release(&t);
    }
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_network_of_the_paper),
        cmocka_unit_test(refuses_what_is_no_token),
        cmocka_unit_test(rows_are_counted_from_the_first),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(has_equal_bits_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
