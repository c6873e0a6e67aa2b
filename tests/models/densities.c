/* gaussian and double_well: value and gradient against formulas in
 * the test, settings refused. */
#include "models/toy.h"

/* The gradient in double, by central differences of a formula that knows nothing of bens.
 * With steps of 1e-4 the differences are right to 1e-7 relative to the numbers here. */
typedef double formula(const double *x);

static void check_gradient(toy *t, formula *f, const float *x, int d)
{
    double at[8], largest = 0;
    for (int i = 0; i < d; i++) at[i] = x[i];
    toy_all(t, x);
    assert_true(fabs(t->value - f(at)) <
                1e-12 * (1 + fabs(f(at)))); /* double throughout */
    for (int i = 0; i < d; i++) {
        double up[8], down[8];
        memcpy(up, at, sizeof up);
        memcpy(down, at, sizeof down);
        up[i] += 1e-4;
        down[i] -= 1e-4;
        const double slope = (f(up) - f(down)) / 2e-4;
        largest = fmax(largest, fabs(slope));
        assert_true(fabs((double)t->grad[i] - slope) < 2e-6 * (1 + fabs(slope)));
    }
    assert_true(largest > 0.1);
    for (size_t e = (size_t)d; e < t->params.n; e++) assert_true(t->grad[e] == 0);
}

/* mean (1, -2), covariance [1 .5; .5 2]: P = [2 -.5; -.5 1] / 1.75. */
static double pair(const double *x)
{
    const double u = x[0] - 1, v = x[1] + 2;
    return -0.5 * (2 * u * u - u * v + v * v) / 1.75;
}

static double diagonal(const double *x)
{
    return -0.5 * (0.5 * x[0] * x[0] + x[1] * x[1] + 4 * x[2] * x[2]);
}

static double wells(const double *x)
{
    double sum = 0;
    for (int i = 0; i < 3; i++) sum += x[i] * x[i] - pow(x[i], 4) / 10;
    return sum;
}

static void check_model(const char *model, const char *const *texts, formula *f, int d)
{
    toy t = toy_make(model, NULL, NULL, texts);
    assert_int_equal(t.params.n_values, d);
    assert_string_equal(t.params.tensors[0].name, "x");
    assert_int_equal(t.params.tensors[0].rank, 1);
    for (uint64_t seed = 1; seed < 6; seed++) {
        float *x = toy_point(&t, seed, 2);
        check_gradient(&t, f, x, d);
        free(x);
    }
    toy_release(&t);
}

static void gradients_are_right(void **unused)
{
    (void)unused;
    check_model("gaussian", TEXTS("mean=1 -2", "covariance=1 0.5 / 0.5 2"), pair, 2);
    check_model("gaussian",
                TEXTS("mean=1 -2", "precision=1.1428571428571429 -0.2857142857142857 / "
                                   "-0.2857142857142857 0.5714285714285714"),
                pair, 2);
    check_model("gaussian", TEXTS("precision=0.5 1 4"), diagonal, 3);
    check_model("gaussian", TEXTS("covariance=2 1 0.25"), diagonal, 3);
    check_model("gaussian", TEXTS("covariance=2 0 0 / 0 1 0 / 0 0 0.25"), diagonal, 3);
    check_model("double_well", TEXTS("dim=3"), wells, 3);
}

static void refuse(const char *const *texts, const char *says)
{
    toy t;
    assert_int_equal(toy_try("gaussian", NULL, NULL, texts, &t), BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), says) == NULL)
        fail_msg("wanted '%s' in: %s", says, bens_error_text());
    toy_release(&t);
}

static void refuses_what_is_no_gaussian(void **unused)
{
    (void)unused;
    refuse(TEXTS("mean=0 0"), "found neither");
    refuse(TEXTS("covariance=1 1", "precision=1 1"), "found both");
    refuse(TEXTS("covariance=1 2 / 3 4 / 5 6"), "found 3 x 2");
    refuse(TEXTS("covariance=1 / 2"), "found 2 x 1");
    refuse(TEXTS("covariance=1 0.5 / 0.4 2"),
           "found 0.4 in row 2, column 1 and 0.5 in row 1");
    refuse(TEXTS("covariance=1 2 / 2 1"), "found pivot -3 in row 2");
    refuse(TEXTS("precision=1 1 / 1 1"), "positive definite");
    refuse(TEXTS("covariance=1 0"), "found 0 as number 2");
    refuse(TEXTS("covariance=-1"), "found -1 as number 1");
    refuse(TEXTS("covariance=1 1", "mean=1 2 3"), "found 1 x 3");
    refuse(TEXTS("covariance=1 1", "mean=1 / 2"), "found 2 x 1");
    refuse(TEXTS("covariance=1 x"), "covariance");
    refuse(TEXTS("covariance=1", "gradient_sd=-1"), "gradient_sd");
}

/* Noise: exact batches have none; else it has this sd, differs from step to
 * step and chain to chain, and is a function of the place alone. 20,000 draws:
 * the sd is right to 4 x .5 %. */
static void gradient_noise_is_as_wide_as_said(void **unused)
{
    (void)unused;
    static char wide[10 + 2 * 20000 + 1] = "precision=";
    for (int i = 0; i < 20000; i++) memcpy(wide + 10 + 2 * i, "1 ", 2);
    for (int k = 0; k < 2; k++) {
        toy t = toy_make(k == 0 ? "gaussian" : "double_well", NULL, NULL,
                         k == 0 ? TEXTS(wide, "gradient_sd=0.7")
                                : TEXTS("dim=20000", "gradient_sd=0.7"));
        float *x = toy_arena(&t), *first = toy_arena(&t);
        bens_batch batch = {.rows.n = 1, .at = {.seed = 9, .step = 4, .chain = 2}};
        double sum = 0, squares = 0;

        assert_int_equal(t.model->log_lik(t.state, x, &batch, NULL, first), BENS_OK);
        for (int i = 0; i < 20000; i++) {
            sum += (double)first[i];
            squares += (double)first[i] * (double)first[i];
        }
        assert_true(fabs(sum / 20000) < 4 * 0.7 / sqrt(20000));
        assert_true(fabs(squares / 20000 / 0.49 - 1) < 4 * sqrt(2.0 / 20000));

        assert_int_equal(t.model->log_lik(t.state, x, &batch, NULL, t.grad), BENS_OK);
        assert_memory_equal(t.grad, first, 20000 * sizeof *first);
        batch.at.step++;
        assert_int_equal(t.model->log_lik(t.state, x, &batch, NULL, t.grad), BENS_OK);
        assert_memory_not_equal(t.grad, first, 20000 * sizeof *first);
        batch.exact = true;
        assert_int_equal(t.model->log_lik(t.state, x, &batch, NULL, t.grad), BENS_OK);
        for (int i = 0; i < 20000; i++) assert_true(t.grad[i] == 0);
        free(x);
        free(first);
        toy_release(&t);
    }
}

/* No row: nothing of the density; and NaN passes through. */
static void edges(void **unused)
{
    (void)unused;
    const char *const names[] = {"gaussian", "double_well"};
    for (int k = 0; k < 2; k++) {
        toy t = toy_make(names[k], NULL, NULL,
                         k == 0 ? TEXTS("covariance=1 2") : TEXTS("dim=2"));
        float *x = toy_point(&t, 1, 1);
        toy_rows(&t, x, (bens_rows){.n = 0});
        assert_true(t.value == 0);
        for (size_t e = 0; e < t.params.n; e++) assert_true(t.grad[e] == 0);
        x[1] = NAN;
        toy_all(&t, x);
        assert_true(isnan(t.value) && isnan(t.grad[1]));
        assert_true(t.model->own_density);
        free(x);
        toy_release(&t);
    }
}

/* double_well starts from N(0, 2^2); gaussian from zero. 50,000 draws: 4 x .63 %. */
static void starts(void **unused)
{
    (void)unused;
    toy t = toy_make("double_well", NULL, NULL, TEXTS("dim=50000"));
    float *x = toy_arena(&t);
    double squares = 0;
    t.model->init(t.state, &t.params, &(bens_rng){.seed = 1, .stream = BENS_STREAM_INIT},
                  x);
    for (int i = 0; i < 50000; i++) squares += (double)x[i] * (double)x[i];
    assert_true(fabs(squares / 50000 / 4 - 1) < 4 * sqrt(2.0 / 50000));
    free(x);
    toy_release(&t);
    assert_null(bens_model_find("gaussian")->init);
    assert_null(bens_model_find("gauss"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(refuses_what_is_no_gaussian),
        cmocka_unit_test(gradient_noise_is_as_wide_as_said),
        cmocka_unit_test(edges),
        cmocka_unit_test(starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
