/* The Pima posterior at its mode: numbers.md A.1, computed by an independent program. */
#include "models/matrix.h"
#include "models/toy.h"

static const double MODE[8] = {.38467,  1.0717, -.24004, .0213,
                               -.15491, .58313, .32048,  .12425};
static const double LAPLACE_SD[8] = {.10536, .1168,  .09804, .10544,
                                     .10503, .10748, .09584, .10615};

static bens_data *open_pima(void)
{
    const bens_source *csv = bens_source_find("csv");
    const bens_data_request request = {.train = BENS_SOURCE "/examples/data/pima.csv",
                                       .test = "",
                                       .standardize = true};
    settings s = settings_make(csv->options, csv->options_size, TEXTS("target=class"));
    bens_data *train, *test;
    assert_int_equal(s.status, BENS_OK);
    assert_int_equal(bens_data_open(csv, s.options, &request, BENS_TARGET_CLASS, 1,
                                    &train, &test),
                     BENS_OK);
    assert_null(test);
    settings_release(&s);
    return train;
}

/* d log posterior / d theta_j, prior N(0, 1). */
static double slope(toy *t, const float *theta, int j)
{
    toy_all(t, theta);
    return (double)t->grad[j] - (double)theta[j];
}

/* The mode is printed to 5 digits; times a curvature of at most 250 that is .00125, and
 * the gradient of 768 float32 terms adds some 1e-4. */
static void gradient_vanishes_at_the_mode(void **unused)
{
    (void)unused;
    bens_data *pima = open_pima();
    toy t = toy_make("logistic", pima, "bernoulli", TEXTS("intercept=false"));
    float *theta = toy_arena(&t);
    assert_int_equal(pima->n_rows, 768);
    assert_int_equal(t.params.n_values, 8);
    t.params.tensors[0].prior = (bens_prior){.kind = BENS_PRIOR_NORMAL, .scale = 1};
    for (int j = 0; j < 8; j++) theta[j] = (float)MODE[j];
    for (int j = 0; j < 8; j++) assert_true(fabs(slope(&t, theta, j)) < 0.0015);

    /* -408.52522 is exact to 5e-6; 768 float32 log-sigmoids are good to 1e-7 each. */
    toy_all(&t, theta);
    const double lp = t.value + bens_params_log_prior(&t.params, theta);
    assert_true(fabs(lp + 408.52522) < 1e-4);
    free(theta);
    toy_release(&t);
    bens_data_destroy(pima);
}

/* The curvature there, by differences of the gradient: the sds of the Gaussian that has
 * it. Differences over .02 with a gradient good to 1e-4 are good to .005 of 60 to 250,
 * the third derivative adds 1e-4 relative: 2e-4 in the sd, printed to 5 digits. */
static void curvature_is_laplaces(void **unused)
{
    (void)unused;
    bens_data *pima = open_pima();
    toy t = toy_make("logistic", pima, "bernoulli", TEXTS("intercept=false"));
    float *theta = toy_arena(&t);
    double h[8 * 8] = {0};
    for (int j = 0; j < 8; j++) theta[j] = (float)MODE[j];
    for (int k = 0; k < 8; k++)
        for (int j = 0; j < 8; j++) {
            const float middle = theta[k];
            theta[k] = middle + 0.01f;
            const double up = slope(&t, theta, j);
            theta[k] = middle - 0.01f;
            const double second = (slope(&t, theta, j) - up) / 0.02;
            theta[k] = middle;
            h[j * 8 + k] += second / 2;
            h[k * 8 + j] += second / 2;
        }
    assert_int_equal(bens_matrix_spd("curvature", 8, true, h), BENS_OK);
    for (int j = 0; j < 8; j++)
        assert_true(fabs(sqrt(h[9 * j]) / LAPLACE_SD[j] - 1) < 3e-4);
    free(theta);
    toy_release(&t);
    bens_data_destroy(pima);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_vanishes_at_the_mode),
        cmocka_unit_test(curvature_is_laplaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
