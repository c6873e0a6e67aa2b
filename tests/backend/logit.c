/* backend/logit: ranges and lists of rows against sums in double; same bits
 * everywhere. */
#include "backend/levels.h"

#include <math.h>

typedef struct {
    bens_logit_design design;
    float *by_column, *by_row;
    double (*x)[BENS_LOGIT_WIDTH];
} data;

static data make_data(int64_t n_rows, int n_columns)
{
    data d = {.design = {.n_rows = n_rows,
                         .n_columns = n_columns,
                         .width = (n_columns + 7) / 8 * 8,
                         .stride = (n_rows + 15) / 16 * 16 + 16}};
    uint64_t seed = 5;
    const size_t width = (size_t)d.design.width, rows = (size_t)n_rows;
    assert_int_equal(bens_alloc(width * (size_t)d.design.stride, 4, &d.by_column),
                     BENS_OK);
    assert_int_equal(bens_alloc(rows * width, 4, &d.by_row), BENS_OK);
    assert_int_equal(bens_alloc(rows, sizeof *d.x, &d.x), BENS_OK);
    for (int64_t i = 0; i < n_rows; i++)
        for (int j = 0; j < n_columns; j++) {
            const float x = 2 * some(&seed);
            d.by_column[j * d.design.stride + i] = x;
            d.by_row[i * d.design.width + j] = x;
            d.x[i][j] = (double)x;
        }
    d.design.by_column = d.by_column;
    d.design.by_row = d.by_row;
    return d;
}

static void free_data(data *d)
{
    free(d->by_column);
    free(d->by_row);
    free(d->x);
}

typedef struct {
    double value, grad[BENS_LOGIT_WIDTH],
        size[BENS_LOGIT_WIDTH]; /* size: sum of |terms| */
} answer;

static answer exact(const data *d, const bens_rows *rows, const float *w)
{
    answer a = {0};
    for (int64_t k = 0; k < rows->n; k++) {
        const double *x = d->x[rows->index != NULL ? rows->index[k] : rows->first + k];
        double t = 0;
        for (int j = 0; j < d->design.n_columns; j++) t += (double)w[j] * x[j];
        a.value -= t > 0 ? log1p(exp(-t)) : log1p(exp(t)) - t;
        for (int j = 0; j < d->design.n_columns; j++) {
            a.grad[j] += x[j] / (1 + exp(t));
            a.size[j] += fabs(x[j] / (1 + exp(t)));
        }
    }
    return a;
}

/* Against double, over seeds and shapes here: largest seen 2.7e-7 of the sum of |terms|
 * for the gradient and 2.3e-7 for the value; the bound is four times that. A row left out
 * or taken twice changes sums of up to 40,000 rows by more. */
static void check(const data *d, const bens_rows *rows)
{
    const bens_backend *be = cpu();
    float w[BENS_LOGIT_WIDTH], first_grad[BENS_LOGIT_WIDTH];
    double first_value = 0;
    some_of(w, BENS_LOGIT_WIDTH, 8);
    const answer a = exact(d, rows, w);
    for (int i = 0; i < N_STARTS; i++) {
        float grad[BENS_LOGIT_WIDTH + 1], alone[BENS_LOGIT_WIDTH];
        double value = 77, only = 77;
        const size_t n = (size_t)d->design.n_columns;
        if (!start_level(be, i)) continue;
        for (int j = 0; j <= BENS_LOGIT_WIDTH; j++) grad[j] = 77;
        be->logit(&d->design, rows, w, &value, grad);
        be->logit(&d->design, rows, w, NULL, alone);
        be->logit(&d->design, rows, w, &only, NULL);
        assert_memory_equal(grad, alone, n * sizeof *grad);
        assert_memory_equal(&value, &only, sizeof value);
        assert_true(grad[n] == 77);
        assert_true(fabs(value - a.value) <= 1e-6 * fabs(a.value));
        for (size_t j = 0; j < n; j++)
            assert_true(fabs((double)grad[j] - a.grad[j]) <= 1e-6 * a.size[j]);
        if (i == 0) {
            memcpy(first_grad, grad, sizeof first_grad);
            first_value = value;
        }
        assert_memory_equal(grad, first_grad, n * sizeof *grad);
        assert_memory_equal(&value, &first_value, sizeof value);
    }
}

static void ranges_of_rows(void **state)
{
    (void)state;
    for (int columns = 1; columns <= 16;
         columns += columns == 1 || columns == 8 ? 1 : 3) {
        data d = make_data(333, columns);
        for (int64_t n = 0; n <= 40; n++)
            check(&d, &(bens_rows){.first = n * 5 % 37, .n = n});
        check(&d, &(bens_rows){.first = 0, .n = 333});
        check(&d, &(bens_rows){.first = 332, .n = 1});
        check(&d, &(bens_rows){.first = 7, .n = 257});
        free_data(&d);
    }
}

static void lists_of_rows(void **state)
{
    int64_t index[40];
    (void)state;
    for (int i = 0; i < 40; i++) index[i] = i * 7919 % 333;
    for (int columns = 1; columns <= 16;
         columns += columns == 1 || columns == 8 ? 1 : 3) {
        data d = make_data(333, columns);
        for (int64_t n = 0; n <= 40; n++) check(&d, &(bens_rows){.n = n, .index = index});
        free_data(&d);
    }
}

/* 70,001 rows are 18 blocks, for two threads; 300,000 of them in a list are 74, in
 * chunks. */
static void many_rows(void **state)
{
    enum { LIST = 300000 };
    data d = make_data(70001, 8);
    int64_t *index = malloc(LIST * sizeof *index);
    (void)state;
    assert_non_null(index);
    for (int64_t i = 0; i < LIST; i++) index[i] = i * 7919 % 70001;
    check(&d, &(bens_rows){.first = 0, .n = 70001});
    check(&d, &(bens_rows){.first = 3, .n = 40000});
    check(&d, &(bens_rows){.n = LIST, .index = index});
    free(index);
    free_data(&d);
}

static void nan_passes_through(void **state)
{
    data d = make_data(40, 8);
    const int64_t index[] = {1, 2, 3};
    float w[8] = {0, 0, 0, NAN}, grad[8];
    double value;
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(cpu(), i)) continue;
        cpu()->logit(&d.design, &(bens_rows){.first = 2, .n = 5}, w, &value, grad);
        assert_true(isnan(value) && isnan(grad[0]));
        cpu()->logit(&d.design, &(bens_rows){.n = 3, .index = index}, w, &value, grad);
        assert_true(isnan(value) && isnan(grad[0]));
    }
    free_data(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_of_rows),
        cmocka_unit_test(lists_of_rows),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(nan_passes_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
