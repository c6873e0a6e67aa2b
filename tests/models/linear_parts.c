/* linear: its tensors, outputs, starts and refusals, and
 * forward(), which logistic has too. */
#include "models/toy.h"

static const char *const LEARNED = "normal", *const GIVEN = "normal noise=0.7";

static void refuse(const char *model, const bens_data *d, const char *likelihood,
                   const char *says)
{
    toy t;
    assert_int_equal(toy_try(model, d, likelihood, TEXTS("intercept=true"), &t),
                     BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), says) == NULL)
        fail_msg("wanted '%s' in: %s", says, bens_error_text());
    toy_release(&t);
}

static void refuses_what_does_not_fit(void **unused)
{
    (void)unused;
    bens_data *numbers = toy_numbers(20, 3, 1), *classes = toy_data(20, 3, 2);
    refuse("linear", classes, "bernoulli",
           "(normal, normal_mean_logvar, poisson), found bernoulli");
    refuse("linear", classes, "poisson", "wanted a target of counts, found classes");
    refuse("linear", classes, "normal_mean_logvar", "of numbers, found classes");
    refuse("logistic", numbers, LEARNED,
           "likelihood of classes (bernoulli, categorical)");
    refuse("linear", classes, LEARNED, "wanted a target of numbers, found classes");
    refuse("linear", numbers, "normal noise=0", "noise: wanted");
    refuse("linear", numbers, "normal noise=-1", "noise: wanted");
    refuse("linear", numbers, "normal noise=given", "or learned, found 'given'");
    toy_data_free(numbers);
    toy_data_free(classes);
}

static void tensors_are_named(void **unused)
{
    (void)unused;
    bens_data *d = toy_numbers(50, 7, 1);
    toy t = toy_make("linear", d, LEARNED, TEXTS("intercept=true"));
    const bens_tensor *w = bens_params_find(&t.params, "weight");
    const bens_tensor *b = bens_params_find(&t.params, "bias");
    const bens_tensor *s = bens_params_find(&t.params, "log_noise");
    bens_params out = {0};
    assert_int_equal(t.params.n_tensors, 3);
    assert_true(w->rank == 1 && w->shape[0] == 7 && w->fan_in == 7);
    assert_true(b->rank == 0 && b->fan_in == 7 && s->rank == 0 && s->fan_in == 1);
    assert_string_equal(w->axis[0]->name, "feature");
    assert_string_equal(w->axis[0]->labels[2], "f2");

    float *theta = toy_point(&t, 1, 1), noise[16] = {0};
    assert_int_equal(t.model->outputs(t.state, &out), BENS_OK);
    assert_int_equal(out.n_tensors, 1);
    assert_string_equal(out.tensors[0].name, "noise");
    t.model->output(t.state, theta, noise);
    assert_true(fabs((double)noise[0] / exp((double)theta[s->offset]) - 1) < 2e-7);
    bens_params_release(&out);
    free(theta);
    toy_release(&t);

    t = toy_make("linear", d, GIVEN, TEXTS("intercept=false"));
    assert_int_equal(t.params.n_tensors, 1);
    assert_int_equal(t.model->outputs(t.state, &out), BENS_OK);
    assert_int_equal(out.n_tensors, 0);
    bens_params_release(&out);
    toy_release(&t);
    toy_data_free(d);
}

/* With an intercept from the mean and the sd of y, without one from its sd about 0; a y
 * without variation has no sd to start from. */
static void starts(void **unused)
{
    (void)unused;
    bens_data *d = toy_numbers(500, 3, 1);
    double mean = 0, squares = 0;
    for (int i = 0; i < 500; i++) mean += (double)d->y[i] / 500;
    for (int i = 0; i < 500; i++) squares += (double)d->y[i] * (double)d->y[i] / 500;
    for (int k = 0; k < 3; k++) {
        const char *const intercept = k == 0 ? "intercept=false" : "intercept=true";
        for (int i = 0; k == 2 && i < 500; i++) d->y[i] = 3.1f;
        toy t = toy_make("linear", d, LEARNED, TEXTS(intercept));
        float *theta = toy_arena(&t);
        t.model->init(t.state, &t.params, &(bens_rng){.seed = 1}, theta);
        const bens_tensor *b = bens_params_find(&t.params, "bias");
        const double bias = b == NULL ? 0 : (double)theta[b->offset];
        const double log_noise =
            (double)theta[bens_params_find(&t.params, "log_noise")->offset];
        const double about = k == 0 ? 0 : k == 1 ? mean : (double)3.1f;
        const double variance = k == 2 ? 1 : squares - about * about;
        for (int j = 0; j < 3; j++) assert_true(theta[j] == 0); /* weight */
        assert_true(fabs(bias - about) < 1e-6 * 3);
        assert_true(fabs(2 * log_noise - log(variance)) < 1e-6);
        free(theta);
        toy_release(&t);
    }
    toy_data_free(d);
}

/* The likelihood of each row at forward()'s outputs adds up to log_lik, to the float32 of
 * the outputs: 600 rows, of which each is right to 3e-6. */
static void check_forward(const char *model, const char *likelihood, const bens_data *d)
{
    toy t = toy_make(model, d, likelihood, TEXTS("intercept=true"));
    float *theta = toy_point(&t, 5, 0.5f), *out;
    const bens_tensor *s = bens_params_find(&t.params, "log_noise");
    double each[600], sum = 0;
    int64_t K;
    assert_int_equal(t.likelihood->outputs(d, &K), BENS_OK);
    assert_int_equal(bens_alloc((size_t)(600 * K), sizeof *out, &out), BENS_OK);
    assert_int_equal(t.model->forward(t.state, theta, d->x, 600, out), BENS_OK);
    const bens_likelihood_at_theta at = {.be = t.be,
                                         .options = t.likelihood_settings.options,
                                         .parameter = s == NULL ? 0 : theta[s->offset]};
    t.likelihood->each(&at, out, K, &(bens_y){.label = d->label, .value = d->y}, 600,
                       each);
    for (int i = 0; i < 600; i++) sum += each[i];
    toy_all(&t, theta);
    assert_true(fabs(sum - t.value) < 3e-6 * 600);
    free(out);
    free(theta);
    toy_release(&t);
}

static void forward_is_what_is_trained(void **unused)
{
    (void)unused;
    for (int64_t F = 6; F < 30; F += 20) { /* the fused and the general path */
        bens_data *numbers = toy_numbers(600, F, 1), *two = toy_data(600, F, 2),
                  *four = toy_data(600, F, 4);
        check_forward("linear", LEARNED, numbers);
        check_forward("linear", GIVEN, numbers);
        check_forward("logistic", "bernoulli", two);
        check_forward("logistic", "categorical", four);
        toy_data_free(numbers);
        toy_data_free(two);
        toy_data_free(four);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(tensors_are_named),
        cmocka_unit_test(starts),
        cmocka_unit_test(forward_is_what_is_trained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
