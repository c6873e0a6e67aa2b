/* linear with two outputs (mean and log variance) and with a log rate: value and gradient
 * against formulas in double, starts, names. */
#include "models/toy.h"

enum { F = 5, N = 600 }; /* three blocks of rows */

static bool is_poisson(const toy *t)
{
    return strcmp(t->likelihood->name, "poisson") == 0;
}

/* Output k of row i, in double. */
static double output(const toy *t, const bens_data *d, const double *theta, int64_t i,
                     int k)
{
    const bens_tensor *w = bens_params_find(&t->params, "weight");
    const bens_tensor *b = bens_params_find(&t->params, "bias");
    double sum = b != NULL ? theta[b->offset + (size_t)k] : 0;
    for (int j = 0; j < F; j++)
        sum += theta[w->offset + (size_t)(k * F + j)] * (double)d->x[i * F + j];
    return sum;
}

static double formula(const toy *t, const bens_data *d, const double *theta)
{
    double total = 0;
    for (int64_t i = 0; i < d->n_rows; i++) {
        const double y = (double)d->y[i], m = output(t, d, theta, i, 0);
        if (is_poisson(t)) {
            total += y * m - exp(m) - lgamma(y + 1);
        } else {
            const double sd = exp(output(t, d, theta, i, 1) / 2), r = (y - m) / sd;
            total -= 0.5 * r * r + log(sd) + 0.5 * log(2 * acos(-1.0));
        }
    }
    return total;
}

static bens_data *make_data(bool counts)
{
    bens_data *d = toy_numbers(N, F, 1);
    for (int i = 0; i < N && counts; i++) d->y[i] = floorf(fabsf(d->y[i]) * 2);
    return d;
}

/* Outputs of size 1 are float32 products, right to some 3e-7; a row's slope is up to 60
 * times as wrong, and the sum of 600 rows goes as their root or, at worst, as 600. */
static void check(const toy *t, const bens_data *d, const float *at)
{
    double theta[64];
    for (size_t e = 0; e < t->params.n; e++) theta[e] = (double)at[e];
    assert_true(fabs(t->value - formula(t, d, theta)) < 2e-5 * N);
    for (int k = 0; k < t->params.n_tensors; k++) {
        const bens_tensor *x = &t->params.tensors[k];
        for (size_t e = x->offset; e < x->offset + x->size; e++) {
            const double middle = theta[e];
            theta[e] = middle + 1e-5;
            const double up = formula(t, d, theta);
            theta[e] = middle - 1e-5;
            const double slope = (up - formula(t, d, theta)) / 2e-5;
            theta[e] = middle;
            assert_true(fabs((double)t->grad[e] - slope) < 2e-5 * N);
            assert_true(fabs((double)t->grad[e]) < 1e6);
        }
    }
}

static void gradients_are_right(void **unused)
{
    (void)unused;
    static const char *const names[] = {"normal_mean_logvar", "poisson"};
    for (int l = 0; l < 2; l++)
        for (int intercept = 0; intercept < 2; intercept++) {
            bens_data *d = make_data(l == 1);
            toy t = toy_make("linear", d, names[l],
                             TEXTS(intercept ? "intercept=true" : "intercept=false"));
            float *theta = toy_point(&t, 3, 0.3f);
            int64_t index[N];
            for (int i = 0; i < N; i++) index[i] = N - 1 - i;
            toy_all(&t, theta);
            check(&t, d, theta);
            toy_rows(&t, theta, (bens_rows){.n = N, .index = index});
            check(&t, d, theta);
            free(theta);
            toy_release(&t);
            toy_data_free(d);
        }
}

static void tensors_are_named(void **unused)
{
    (void)unused;
    bens_data *d = make_data(false);
    toy t = toy_make("linear", d, "normal_mean_logvar", TEXTS("intercept=true"));
    const bens_tensor *w = bens_params_find(&t.params, "weight");
    const bens_tensor *b = bens_params_find(&t.params, "bias");
    assert_int_equal(t.params.n_tensors, 2);
    assert_true(w->rank == 2 && w->shape[0] == 2 && w->shape[1] == F && w->fan_in == F);
    assert_true(b->rank == 1 && b->shape[0] == 2);
    assert_string_equal(w->axis[0]->name, "output");
    assert_string_equal(w->axis[0]->labels[0], "mean");
    assert_string_equal(w->axis[0]->labels[1], "log_variance");
    toy_release(&t);
    toy_data_free(d);
}

/* From mean and sd of y; of counts from the log of their mean. */
static void chains_start_at_the_data(void **unused)
{
    (void)unused;
    for (int counts = 0; counts < 2; counts++) {
        bens_data *d = make_data(counts);
        double mean = 0, squares = 0;
        for (int i = 0; i < N; i++) mean += (double)d->y[i] / N;
        for (int i = 0; i < N; i++)
            squares += ((double)d->y[i] - mean) * ((double)d->y[i] - mean) / N;
        toy t = toy_make("linear", d, counts ? "poisson" : "normal_mean_logvar",
                         TEXTS("intercept=true"));
        const bens_tensor *b = bens_params_find(&t.params, "bias");
        float *theta = toy_arena(&t);
        t.model->init(t.state, &t.params, &(bens_rng){.seed = 1}, theta);
        const double first = (double)theta[b->offset];
        assert_true(fabs(first - (counts ? log(mean) : mean)) < 1e-6 * (1 + fabs(mean)));
        if (!counts)
            assert_true(fabs((double)theta[b->offset + 1] - log(squares)) < 1e-6);
        for (size_t e = 0; e < b->offset; e++) assert_true(theta[e] == 0);
        free(theta);
        toy_release(&t);
        toy_data_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(tensors_are_named),
        cmocka_unit_test(chains_start_at_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
