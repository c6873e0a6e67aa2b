/* Rows that are kept as the integers of their file: every model of data has the same bits
 * on them as on the floats that they stand for. */
#include "models/toy.h"

enum {
    N = 300,
    MOST = 20
}; /* more than a block of the models; wider than their designs */

/* Two data sets with the same rows: bytes with a scale and standardised, and floats. */
typedef struct {
    bens_data kept, floats;
    uint8_t raw[N * MOST];
    float x[N * MOST], y[N];
    int32_t label[N];
    double mean[MOST], sd[MOST];
} pair;

static void fill(pair *p, int64_t F, int64_t K)
{
    static char *classes[] = {"a", "b", "c"};
    const bens_rng at = {.seed = 3, .stream = BENS_STREAM_GENERATOR};
    const bens_rows all = {.n = N};
    for (int64_t e = 0; e < N * F; e++)
        p->raw[e] = (uint8_t)bens_rng_word64(&at, (uint64_t)e);
    for (int64_t j = 0; j < F; j++) {
        p->mean[j] = 12.5 + (double)j;
        p->sd[j] = 8 + (double)j / 3;
    }
    for (int64_t i = 0; i < N; i++) {
        p->label[i] = K > 0 ? (int32_t)(p->raw[i * F] % K) : 0;
        p->y[i] = (float)p->raw[i * F + 1] / 64;
    }
    p->kept = (bens_data){.n_rows = N,
                          .n_features = F,
                          .rank = 1,
                          .dim = {F},
                          .raw = p->raw,
                          .cell = BENS_CELL_UINT8,
                          .scale = 0.125,
                          .label = K > 0 ? p->label : NULL,
                          .y = K > 0 ? NULL : p->y,
                          .n_classes = K,
                          .class_names = K > 0 ? classes : NULL,
                          .x_mean = p->mean,
                          .x_sd = p->sd};
    p->floats = p->kept;
    bens_data_gather(&p->kept, &all, 0, N, p->x);
    p->floats.raw = NULL;
    p->floats.x = p->x;
}

/* Value and gradient over all rows in their order, over some in another, and of outputs. */
static void compare(const char *model, const char *likelihood, int64_t F, int64_t K,
                    const char *set)
{
    static const int64_t index[] = {299, 0, 7, 7, 256, 31};
    const bens_rows rows[] = {{.n = N}, {.first = 5, .n = 270}, {.index = index, .n = 6}};
    static pair p;
    fill(&p, F, K);
    toy a = toy_make(model, &p.kept, likelihood, TEXTS(set)),
        b = toy_make(model, &p.floats, likelihood, TEXTS(set));
    float *const theta = toy_point(&a, 11, 0.3F);
    assert_true(a.params.n == b.params.n);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        toy_rows(&a, theta, rows[k]);
        toy_rows(&b, theta, rows[k]);
        assert_true(isfinite(a.value) && a.value == b.value);
        assert_memory_equal(a.grad, b.grad, a.params.n * sizeof *a.grad);
    }
    free(theta);
    toy_release(&a);
    toy_release(&b);
}

static void every_model_of_data(void **unused)
{
    (void)unused;
    for (int64_t F = 5; F <= MOST;
         F += MOST - 5) { /* with a design of its own; without */
        compare("logistic", "bernoulli", F, 2, "intercept=false");
        compare("logistic", "bernoulli", F, 2, "intercept=true");
        compare("logistic", "categorical", F, 3, "intercept=true");
        compare("linear", "normal noise=2", F, 0, "intercept=true");
        compare("linear", "normal", F, 0, "intercept=false");
    }
    compare("logistic", "bernoulli", 15, 2, "intercept=true"); /* the widest designs */
    compare("logistic", "bernoulli", 16, 2, "intercept=false");
    compare("linear", "normal", 15, 0, "intercept=true");
    compare("linear", "normal", 16, 0, "intercept=false");
    compare("mlp", "categorical", MOST, 3, "hidden=8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_of_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
