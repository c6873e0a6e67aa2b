/* backend/likelihood: softmax and sigmoid against double and against finite
 * differences. */
#include "backend/levels.h"

#include <math.h>

enum { ROWS = 700 };

static double softmax_row(const double *x, int n, int label)
{
    double most = x[0], sum = 0;
    for (int k = 1; k < n; k++) most = x[k] > most ? x[k] : most;
    for (int k = 0; k < n; k++) sum += exp(x[k] - most);
    return x[label] - most - log(sum);
}

static double sigmoid_row(const double *x, int n, int label)
{
    const double t = label != 0 ? x[0] : -x[0];
    (void)n;
    return t > 0 ? -log1p(exp(-t)) : t - log1p(exp(t));
}

typedef double row_function(const double *x, int n, int label);

/* Central differences of the exact row; h = 1e-4 leaves an error of h^2 / 6 = 2e-9. */
static double slope(row_function *f, const float *x, int n, int label, int k)
{
    double y[300];
    for (int i = 0; i < n; i++) y[i] = (double)x[i];
    y[k] += 1e-4;
    const double up = f(y, n, label);
    y[k] -= 2e-4;
    return (up - f(y, n, label)) / 2e-4;
}

/* Largest seen: 3.7e-9 of the value (the float roundings of 700 rows cancel), 1.0e-7
 * absolute for the gradient, the error of the differences included.
 * Bounds are 3 to 5 times that. */
static void check(const bens_backend *be, const float *x, const int32_t *label,
                  int n_classes, bool soft, double *value, float *grad)
{
    row_function *f = soft ? softmax_row : sigmoid_row;
    double wanted = 0, row[300];
    if (soft)
        be->softmax(x, label, ROWS, n_classes, value, grad);
    else
        be->sigmoid(x, label, ROWS, value, grad);
    for (int i = 0; i < ROWS; i++) {
        const float *xi = x + i * n_classes;
        for (int k = 0; k < n_classes; k++) row[k] = (double)xi[k];
        wanted += f(row, n_classes, label[i]);
        for (int k = 0; k < n_classes; k += 1 + n_classes / 7)
            assert_true(fabs((double)grad[i * n_classes + k] -
                             slope(f, xi, n_classes, label[i], k)) < 3e-7);
    }
    assert_true(fabs(*value - wanted) <= 2e-8 * fabs(wanted));
}

static void compare_levels(int n_classes, bool soft)
{
    const bens_backend *be = cpu();
    const size_t n = (size_t)(ROWS * n_classes);
    float *x = malloc(n * 4), *grad = malloc(n * 4), *first = malloc(n * 4);
    int32_t label[ROWS];
    double value, first_value = 0;
    assert_true(x != NULL && grad != NULL && first != NULL);
    some_of(x, n, 4);
    for (size_t i = 0; i < n; i++) x[i] *= 8;
    for (int i = 0; i < ROWS; i++) label[i] = i * 31 % (soft ? n_classes : 2);
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        check(be, x, label, n_classes, soft, &value, grad);
        if (i == 0) {
            memcpy(first, grad, n * 4);
            first_value = value;
        }
        assert_memory_equal(grad, first, n * 4);
        assert_memory_equal(&value, &first_value, sizeof value);

        double only = 0; /* value alone; gradient alone; in place */
        if (soft) {
            be->softmax(x, label, ROWS, n_classes, &only, NULL);
            memcpy(grad, x, n * 4);
            be->softmax(grad, label, ROWS, n_classes, NULL, grad);
        } else {
            be->sigmoid(x, label, ROWS, &only, NULL);
            memcpy(grad, x, n * 4);
            be->sigmoid(grad, label, ROWS, NULL, grad);
        }
        assert_true(only == value);
        assert_memory_equal(grad, first, n * 4);
    }
    free(x);
    free(grad);
    free(first);
}

static void softmax_of_few_and_many_classes(void **state)
{
    static const int classes[] = {1, 2, 3, 10, 15, 16, 17, 33, 250};
    (void)state;
    for (int i = 0; i < 9; i++) compare_levels(classes[i], true);
}

static void sigmoid_of_logits(void **state)
{
    (void)state;
    compare_levels(1, false);
}

/* Huge logits neither overflow nor lose the label; a NaN spoils its row's gradient
 * only. */
static void extremes(void **state)
{
    const int32_t label[] = {0, 1, 1};
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        float x[] = {3e38f, -3e38f, -1e4f, 1e4f, NAN, 0}, grad[6];
        double value;
        if (!start_level(cpu(), i)) continue;
        cpu()->softmax(x, label, 2, 2, &value, grad);
        assert_true(value == 0 && grad[0] == 0 && grad[3] == 0);
        cpu()->softmax(x, label, 3, 2, &value, grad);
        assert_true(isnan(value) && isnan(grad[4]) && isnan(grad[5]) && grad[2] == 0);
        cpu()->sigmoid(x, label, 3, &value, grad);
        assert_true(value < -2.9e38 && grad[0] == -1 && grad[1] == 1);
        cpu()->sigmoid(x + 3, label, 2, &value, grad);
        assert_true(isnan(value) && isnan(grad[1]) && grad[0] == -1);
        cpu()->sigmoid(x, label, 0, &value, grad);
        assert_true(value == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_of_few_and_many_classes),
        cmocka_unit_test(sigmoid_of_logits),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
