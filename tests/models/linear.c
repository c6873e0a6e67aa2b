/* linear: value and gradient against a formula in double, both ways of computing it. */
#include "models/toy.h"
#include "models/least_squares.h"

typedef struct {
    double w[64], b, log_noise;
} point;

static const char *const LEARNED = "normal", *const GIVEN = "normal noise=0.7";

static point unpack(const toy *t, const float *theta)
{
    point out = {.log_noise = log(0.7)};
    const bens_tensor *w = bens_params_find(&t->params, "weight");
    const bens_tensor *b = bens_params_find(&t->params, "bias");
    const bens_tensor *s = bens_params_find(&t->params, "log_noise");
    for (size_t e = 0; e < w->size; e++) out.w[e] = (double)theta[w->offset + e];
    if (b != NULL) out.b = (double)theta[b->offset];
    if (s != NULL) out.log_noise = (double)theta[s->offset];
    return out;
}

/* Sum of log N(y; w x + b, exp(2 log_noise)), by the definition. */
static double formula(const bens_data *d, const point *at)
{
    const double s = exp(at->log_noise), pi = acos(-1.0);
    double total = 0;
    for (int64_t i = 0; i < d->n_rows; i++) {
        double r = (double)d->y[i] - at->b;
        for (int64_t j = 0; j < d->n_features; j++)
            r -= at->w[j] * (double)d->x[i * d->n_features + j];
        total += log(exp(-0.5 * r * r / (s * s)) / sqrt(2 * pi * s * s));
    }
    return total;
}

static double *member(point *at, const char *tensor, size_t e)
{
    if (strcmp(tensor, "weight") == 0) return &at->w[e];
    return strcmp(tensor, "bias") == 0 ? &at->b : &at->log_noise;
}

/* The central difference of the formula along element e of a tensor. */
static double slope(const bens_data *d, point at, const char *tensor, size_t e)
{
    double *p = member(&at, tensor, e);
    const double middle = *p;
    *p = middle + 1e-5;
    const double up = formula(d, &at);
    *p = middle - 1e-5;
    return (up - formula(d, &at)) / 2e-5;
}

/* slack per row: what the formula's terms may be wrong by. */
static void check_point(const toy *t, const bens_data *d, const float *theta,
                        double slack)
{
    const point at = unpack(t, theta);
    size_t e = 0;
    slack *= (double)d->n_rows;
    assert_true(fabs(t->value - formula(d, &at)) < slack + 1e-9);
    for (int k = 0; k < t->params.n_tensors; k++) {
        const bens_tensor *x = &t->params.tensors[k];
        for (; e < x->offset; e++) assert_true(t->grad[e] == 0);
        for (size_t i = 0; i < x->size; i++) {
            const double wanted = slope(d, at, x->name, i), found = (double)t->grad[e++];
            /* A float32 result; differences over 1e-5 of third derivatives of some n. */
            assert_true(fabs(found - wanted) < slack + 3e-7 * fabs(wanted) + 1e-6);
        }
    }
    for (; e < t->params.n; e++) assert_true(t->grad[e] == 0);
}

/* The rows as a range are the triangle for up to 16 columns: in double, to 1e-9 a row. As
 * indices they are float32 products: outputs of size 1 right to some 3e-7, times
 * residuals over s^2 and features of size 4. 600 rows are three blocks. */
static void gradients_are_right(void **unused)
{
    (void)unused;
    static const int64_t rows[] = {1, 31, 600}, columns[] = {1, 7, 15, 16, 17, 40};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 6; b++)
            for (int k = 0; k < 4; k++) {
                bens_data *d = toy_numbers(rows[a], columns[b], 0.5f);
                toy t = toy_make("linear", d, k / 2 ? LEARNED : GIVEN,
                                 TEXTS(k % 2 ? "intercept=true" : "intercept=false"));
                float *theta = toy_point(&t, 3, 0.4f);
                int64_t index[600];
                for (int64_t i = 0; i < rows[a]; i++) index[i] = rows[a] - 1 - i;
                const bool narrow = columns[b] + k % 2 <= BENS_LEAST_SQUARES_WIDTH;
                toy_all(&t, theta);
                check_point(&t, d, theta, narrow ? 1e-9 : 1e-5);
                toy_rows(&t, theta, (bens_rows){.n = rows[a], .index = index});
                check_point(&t, d, theta, 1e-5);
                free(theta);
                toy_release(&t);
                toy_data_free(d);
            }
}

/* Slices of any size (none included), as ranges and as indices, add up to the whole. */
static void slices_sum_to_the_whole(void **unused)
{
    (void)unused;
    enum { ROWS = 601 };
    static const int64_t cut[] = {0, 0, 1, 17, 300, 559, ROWS};
    bens_data *d = toy_numbers(ROWS, 5, 0.5f);
    toy t = toy_make("linear", d, LEARNED, TEXTS("intercept=true"));
    float *theta = toy_point(&t, 4, 0.5f);
    int64_t index[ROWS];
    for (int64_t i = 0; i < ROWS; i++) index[i] = i * 7 % ROWS; /* 601 is prime */
    for (int ranges = 0; ranges < 2; ranges++) {
        double value = 0, *sum;
        assert_int_equal(bens_alloc(t.params.n, sizeof *sum, &sum), BENS_OK);
        for (int s = 0; s < 6; s++) {
            const int64_t n = cut[s + 1] - cut[s];
            toy_rows(&t, theta,
                     ranges ? (bens_rows){.first = cut[s], .n = n}
                            : (bens_rows){.n = n, .index = index + cut[s]});
            value += t.value;
            for (size_t e = 0; e < t.params.n; e++) sum[e] += (double)t.grad[e];
            if (n == 0) assert_true(t.value == 0 && t.grad[0] == 0);
        }
        toy_all(&t, theta);
        assert_true(fabs(value - t.value) < 1e-5 * ROWS);
        for (size_t e = 0; e < t.params.n; e++)
            assert_true(fabs(sum[e] - (double)t.grad[e]) < 1e-5 * ROWS);
        free(sum);
    }
    free(theta);
    toy_release(&t);
    toy_data_free(d);
}

/* As many rows as there are, but one of them again and again: not the triangle. */
static void rows_may_repeat(void **unused)
{
    (void)unused;
    bens_data *d = toy_numbers(300, 5, 0.5f);
    toy t = toy_make("linear", d, LEARNED, TEXTS("intercept=true"));
    float *theta = toy_point(&t, 4, 0.5f);
    int64_t index[300];
    for (int i = 0; i < 300; i++) index[i] = 7;
    toy_rows(&t, theta, (bens_rows){.n = 1, .index = index});
    const double value = t.value, slope = (double)t.grad[0];
    toy_rows(&t, theta, (bens_rows){.n = 300, .index = index});
    assert_true(fabs(t.value - 300 * value) < 1e-5 * 300);
    assert_true(fabs((double)t.grad[0] - 300 * slope) < 1e-5 * 300);
    free(theta);
    toy_release(&t);
    toy_data_free(d);
}

/* Two columns that differ by a thousandth, on a y of 1000 with residuals of .5: X^T X and
 * y^T y in double keep the sum of squares, 150 of 6e8, to 1e-9 at best; this to 1e-12. */
static void hard_scales_keep_their_digits(void **unused)
{
    (void)unused;
    enum { ROWS = 600 };
    bens_data *d = toy_numbers(ROWS, 3, 0.5f);
    bens_least_squares s;
    const double w[4] = {1, 2, -3, 1000};
    double slopes[4], squares = 0, wanted[4] = {0};
    for (int i = 0; i < ROWS; i++) {
        d->x[3 * i + 1] = d->x[3 * i] + 0.001f * d->x[3 * i + 1];
        d->y[i] += 997 + d->x[3 * i] * 3 - d->x[3 * i + 2] * 3;
    }
    for (int i = 0; i < ROWS; i++) {
        double r = (double)d->y[i] - w[3];
        for (int j = 0; j < 3; j++) r -= w[j] * (double)d->x[3 * i + j];
        squares += r * r;
        for (int j = 0; j < 3; j++) wanted[j] += r * (double)d->x[3 * i + j];
        wanted[3] += r;
    }
    bens_least_squares_fill(d, true, &s);
    assert_true(fabs(bens_least_squares_at(&s, w, slopes) / squares - 1) < 1e-12);
    assert_true(bens_least_squares_at(&s, w, NULL) ==
                bens_least_squares_at(&s, w, slopes));
    for (int j = 0; j < 4; j++)
        assert_true(fabs(slopes[j] - wanted[j]) < 1e-10 * (1 + fabs(wanted[j])));
    toy_data_free(d);
}

static void nan_passes_and_halves_agree(void **unused)
{
    (void)unused;
    for (int k = 0; k < 4; k++) {
        bens_data *d = toy_numbers(300, k % 2 ? 30 : 5, 1);
        toy t = toy_make("linear", d, k / 2 ? LEARNED : GIVEN, TEXTS("intercept=true"));
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
        cmocka_unit_test(rows_may_repeat),
        cmocka_unit_test(hard_scales_keep_their_digits),
        cmocka_unit_test(nan_passes_and_halves_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
