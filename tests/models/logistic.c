/* logistic: value and gradient against a formula in double, both
 * ways of computing it, slices. */
#include "models/toy.h"

/* out_k of row i, in double; weights [K][F] and biases [K]. */
static double logit(const bens_data *d, int64_t i, int64_t k, const double *w,
                    const double *b)
{
    double sum = b[k];
    for (int64_t j = 0; j < d->n_features; j++)
        sum += w[k * d->n_features + j] * (double)d->x[i * d->n_features + j];
    return sum;
}

/* Sum of log p(y | x), by the definition. K = 1: the one output is the log odds. */
static double formula(const bens_data *d, int64_t K, const double *w, const double *b)
{
    double total = 0;
    for (int64_t i = 0; i < d->n_rows; i++) {
        double sum = K == 1 ? 1 : 0; /* exp(out) of class 0 is 1 if it has no output */
        for (int64_t k = 0; k < K; k++) sum += exp(logit(d, i, k, w, b));
        const double own = K > 1         ? logit(d, i, d->label[i], w, b)
                           : d->label[i] ? logit(d, i, 0, w, b)
                                         : 0;
        total += own - log(sum);
    }
    return total;
}

typedef struct {
    double w[5 * 64], b[5];
} weights;

static weights unpack(const toy *t, const float *theta)
{
    weights out = {0};
    const bens_tensor *w = bens_params_find(&t->params, "weight");
    const bens_tensor *b = bens_params_find(&t->params, "bias");
    for (size_t e = 0; e < w->size; e++) out.w[e] = (double)theta[w->offset + e];
    for (size_t e = 0; b != NULL && e < b->size; e++)
        out.b[e] = (double)theta[b->offset + e];
    return out;
}

/* Float32 kernels: each term of a sum is right to about 1e-6 of its size, so a sum over n
 * terms of size s to 1e-6 n s at the very worst; sizes are 1 to 4 here. */
static void check_point(toy *t, const bens_data *d, int64_t K, const float *theta)
{
    weights w = unpack(t, theta);
    const double slack = 2e-6 * (double)d->n_rows + 1e-5, step = 1e-5;
    toy_all(t, theta);
    assert_true(fabs(t->value - formula(d, K, w.w, w.b)) < slack);
    for (int k = 0; k < t->params.n_tensors; k++) {
        const bens_tensor *x = &t->params.tensors[k];
        double *p = strcmp(x->name, "weight") == 0 ? w.w : w.b;
        for (size_t e = 0; e < x->size; e++) {
            const double middle = p[e];
            p[e] = middle + step;
            const double up = formula(d, K, w.w, w.b);
            p[e] = middle - step;
            const double down = formula(d, K, w.w, w.b);
            p[e] = middle;
            assert_true(fabs((double)t->grad[x->offset + e] - (up - down) / (2 * step)) <
                        slack);
        }
    }
}

static void padding_is_zero(const toy *t)
{
    size_t e = 0;
    for (int k = 0; k < t->params.n_tensors; k++) {
        const bens_tensor *x = &t->params.tensors[k];
        for (; e < x->offset; e++) assert_true(t->grad[e] == 0);
        e += x->size;
    }
    for (; e < t->params.n; e++) assert_true(t->grad[e] == 0);
}

/* 16 columns is the widest of the fused kernel, 17 the narrowest of the
 * products; 700 rows are three blocks. */
static void gradients_are_right(void **unused)
{
    (void)unused;
    static const int64_t rows[] = {1, 31, 700}, columns[] = {1, 7, 8, 15, 16, 17, 40};
    static const char *const names[] = {"bernoulli", "categorical"};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 7; b++)
            for (int k = 0; k < 4; k++) {
                const int64_t classes = k / 2 ? 4 : 2;
                bens_data *d = toy_data(rows[a], columns[b], classes);
                toy t = toy_make("logistic", d, names[k / 2],
                                 TEXTS(k % 2 ? "intercept=true" : "intercept=false"));
                float *theta = toy_point(&t, 3, 0.4f);
                check_point(&t, d, classes == 2 ? 1 : classes, theta);
                padding_is_zero(&t);
                free(theta);
                toy_release(&t);
                toy_data_free(d);
            }
}

/* Rows by index, in slices of any size (none included), add up to the whole. */
static void slices_sum_to_the_whole(void **unused)
{
    (void)unused;
    static const int64_t columns[] = {8, 30}, cut[] = {0, 0, 1, 17, 300, 559, 601};
    enum { ROWS = 601 };
    for (int k = 0; k < 4; k++) {
        bens_data *d = toy_data(ROWS, columns[k % 2], 2);
        toy t = toy_make("logistic", d, k / 2 ? "categorical" : "bernoulli",
                         TEXTS("intercept=true"));
        float *theta = toy_point(&t, 4, 0.5f);
        int64_t index[ROWS];
        double value = 0, *sum;
        assert_int_equal(bens_alloc(t.params.n, sizeof *sum, &sum), BENS_OK);
        for (int64_t i = 0; i < ROWS; i++) index[i] = i * 7 % ROWS; /* 601 is prime */
        for (int s = 0; s < 6; s++) {
            const int64_t n = cut[s + 1] - cut[s];
            toy_rows(&t, theta, (bens_rows){.n = n, .index = index + cut[s]});
            value += t.value;
            for (size_t e = 0; e < t.params.n; e++) sum[e] += (double)t.grad[e];
            if (n == 0) assert_true(t.value == 0 && t.grad[0] == 0);
        }
        toy_all(&t, theta);
        assert_true(fabs(value - t.value) < 1e-6 * ROWS);
        for (size_t e = 0; e < t.params.n; e++)
            assert_true(fabs(sum[e] - (double)t.grad[e]) < 1e-6 * ROWS);
        free(sum);
        free(theta);
        toy_release(&t);
        toy_data_free(d);
    }
}

/* A block of consecutive rows is those rows by index, to the bit on the general path (the
 * same products) and to rounding on the fused one. */
static void ranges_are_indices(void **unused)
{
    (void)unused;
    for (int k = 0; k < 2; k++) {
        bens_data *d = toy_data(500, k ? 30 : 9, 2);
        toy t = toy_make("logistic", d, "bernoulli", TEXTS("intercept=false"));
        float *theta = toy_point(&t, 6, 0.5f), *other = toy_arena(&t);
        int64_t index[300];
        for (int64_t i = 0; i < 300; i++) index[i] = 77 + i;
        toy_rows(&t, theta, (bens_rows){.n = 300, .index = index});
        memcpy(other, t.grad, t.params.n * sizeof *other);
        const double value = t.value;
        toy_rows(&t, theta, (bens_rows){.first = 77, .n = 300});
        assert_true(fabs(value - t.value) < 3e-4);
        for (size_t e = 0; e < t.params.n; e++)
            assert_true(fabs((double)(other[e] - t.grad[e])) < (k ? 0 : 3e-4) + 1e-12);
        free(theta);
        free(other);
        toy_release(&t);
        toy_data_free(d);
    }
}

/* The fused kernel = the products: the same data with
 * columns of zeros to make it wide. */
static void narrow_is_general(void **unused)
{
    (void)unused;
    bens_data *narrow = toy_data(700, 11, 2), *wide = toy_data(700, 20, 2);
    for (int64_t i = 0; i < 700; i++) {
        wide->label[i] = narrow->label[i];
        for (int64_t j = 0; j < 20; j++)
            wide->x[i * 20 + j] = j < 11 ? narrow->x[i * 11 + j] : 0;
    }
    toy a = toy_make("logistic", narrow, "bernoulli", TEXTS("intercept=true"));
    toy b = toy_make("logistic", wide, "bernoulli", TEXTS("intercept=true"));
    float *at_a = toy_point(&a, 8, 0.7f), *at_b = toy_arena(&b);
    const size_t bias_a = bens_params_find(&a.params, "bias")->offset;
    const size_t bias_b = bens_params_find(&b.params, "bias")->offset;
    memcpy(at_b, at_a, 11 * sizeof *at_b);
    at_b[bias_b] = at_a[bias_a];
    toy_all(&a, at_a);
    toy_all(&b, at_b);
    assert_true(fabs(a.value - b.value) < 7e-4);
    assert_true(fabs((double)(a.grad[bias_a] - b.grad[bias_b])) < 7e-4);
    for (int j = 0; j < 11; j++)
        assert_true(fabs((double)(a.grad[j] - b.grad[j])) < 7e-4);
    free(at_a);
    free(at_b);
    toy_release(&a);
    toy_release(&b);
    toy_data_free(narrow);
    toy_data_free(wide);
}

/* Softmax over two classes knows only the difference of their
 * weights: it is the sigmoid. */
static void two_classes_are_a_bernoulli(void **unused)
{
    (void)unused;
    enum { F = 6 };
    bens_data *d = toy_data(300, F, 2);
    toy one = toy_make("logistic", d, "bernoulli", TEXTS("intercept=true"));
    toy two = toy_make("logistic", d, "categorical", TEXTS("intercept=true"));
    float *at_two = toy_point(&two, 2, 0.6f), *at_one = toy_arena(&one);
    const size_t b1 = bens_params_find(&one.params, "bias")->offset;
    const size_t b2 = bens_params_find(&two.params, "bias")->offset;
    for (int j = 0; j < F; j++) at_one[j] = at_two[F + j] - at_two[j];
    at_one[b1] = at_two[b2 + 1] - at_two[b2];
    toy_all(&one, at_one);
    toy_all(&two, at_two);
    assert_true(fabs(one.value - two.value) < 3e-4);
    for (int j = 0; j < F; j++) {
        assert_true(fabs((double)(one.grad[j] - two.grad[F + j])) < 3e-4);
        assert_true(fabs((double)(one.grad[j] + two.grad[j])) < 3e-4);
    }
    assert_true(fabs((double)(one.grad[b1] - two.grad[b2 + 1])) < 3e-4);
    free(at_one);
    free(at_two);
    toy_release(&one);
    toy_release(&two);
    toy_data_free(d);
}

static void tensors_are_named(void **unused)
{
    (void)unused;
    bens_data *d = toy_data(50, 3, 4);
    toy t = toy_make("logistic", d, "categorical", TEXTS("intercept=true"));
    const bens_tensor *w = bens_params_find(&t.params, "weight");
    const bens_tensor *b = bens_params_find(&t.params, "bias");
    assert_true(w->rank == 2 && w->shape[0] == 4 && w->shape[1] == 3);
    assert_true(b->rank == 1 && b->shape[0] == 4);
    assert_string_equal(w->axis[0]->name, "class");
    assert_string_equal(w->axis[1]->name, "feature");
    assert_string_equal(w->axis[0]->labels[2], "c");
    assert_string_equal(w->axis[1]->labels[2], "f2");
    assert_ptr_equal(b->axis[0], w->axis[0]);
    toy_release(&t);

    assert_int_equal(toy_try("logistic", d, "bernoulli", TEXTS("intercept=true"), &t),
                     BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "found 4; take name = categorical"));
    toy_release(&t);
    d->n_classes = 1;
    assert_int_equal(toy_try("logistic", d, "categorical", TEXTS("intercept=true"), &t),
                     BENS_ERR_CONFIG);
    toy_release(&t);
    toy_data_free(d);

    d = toy_data(50, 3, 2);
    t = toy_make("logistic", d, "bernoulli", TEXTS("intercept=true"));
    w = bens_params_find(&t.params, "weight");
    b = bens_params_find(&t.params, "bias");
    assert_true(w->rank == 1 && w->shape[0] == 3 && b->rank == 0);
    assert_string_equal(w->axis[0]->name, "feature");
    toy_release(&t);
    toy_data_free(d);
}

/* What a chain that diverges hands in must not be hidden. Value alone and gradient alone
 * are the same numbers as both. */
static void nan_passes_and_halves_agree(void **unused)
{
    (void)unused;
    for (int k = 0; k < 4; k++) {
        bens_data *d = toy_data(300, k % 2 ? 30 : 5, 2);
        toy t = toy_make("logistic", d, k / 2 ? "categorical" : "bernoulli",
                         TEXTS("intercept=false"));
        float *theta = toy_point(&t, 1, 1), *grad = toy_arena(&t);
        double value;
        const bens_batch batch = {.rows.n = 300};
        toy_all(&t, theta);
        assert_int_equal(t.model->log_lik(t.state, theta, &batch, &value, NULL), BENS_OK);
        assert_int_equal(t.model->log_lik(t.state, theta, &batch, NULL, grad), BENS_OK);
        assert_true(value == t.value);
        assert_memory_equal(grad, t.grad, t.params.n * sizeof *grad);
        theta[3] = NAN;
        toy_all(&t, theta);
        assert_true(isnan(t.value) && isnan(t.grad[0]));
        free(theta);
        free(grad);
        toy_release(&t);
        toy_data_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(slices_sum_to_the_whole),
        cmocka_unit_test(ranges_are_indices),
        cmocka_unit_test(narrow_is_general),
        cmocka_unit_test(two_classes_are_a_bernoulli),
        cmocka_unit_test(tensors_are_named),
        cmocka_unit_test(nan_passes_and_halves_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
