/* The kernel Stein discrepancy on Gaussians, whose scores are -x / sd^2, and against its
 * definition pair by pair. */
#include "analysis/ksd.h"
#include "core/rng.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* n exact draws of N(0, sd^2 I), moved by `shift` sd, and the scores of N(0, sd^2 I)
 * there. */
typedef struct {
    int64_t n, d;
    float *x, *score;
} sample;

static sample gaussian(int64_t n, int64_t d, double sd, double shift, uint64_t seed)
{
    const size_t size = (size_t)(n * d);
    sample s = {n, d, malloc(size * sizeof *s.x), malloc(size * sizeof *s.score)};
    assert_non_null(s.x);
    assert_non_null(s.score);
    bens_rng_normals(&(bens_rng){.seed = seed}, 0, size, s.x);
    for (size_t i = 0; i < size; i++) {
        s.x[i] = (float)(sd * ((double)s.x[i] + shift));
        s.score[i] = (float)(-(double)s.x[i] / (sd * sd));
    }
    return s;
}

static void release(sample *s)
{
    free(s->x);
    free(s->score);
}

static bens_ksd ksd_of(const sample *s, const double *scale)
{
    bens_ksd k = {0};
    assert_int_equal(bens_ksd_compute(s->x, s->score, s->n, s->d, scale, &k), BENS_OK);
    return k;
}

/* The four terms as the paper writes them: s.s' k + s.grad' k + s'.grad k + trace, from
 * the derivatives of k, written out. */
static double stein(const sample *s, int64_t i, int64_t j, const double *scale)
{
    double r2 = 0, terms = 0;
    for (int64_t c = 0; c < s->d; c++) {
        const double off = (double)(s->x[i * s->d + c] - s->x[j * s->d + c]) / scale[c];
        r2 += off * off;
    }
    const double q = 1 + r2, k = pow(q, -0.5);
    for (int64_t c = 0; c < s->d; c++) {
        const double a = (double)s->score[i * s->d + c] * scale[c];
        const double b = (double)s->score[j * s->d + c] * scale[c];
        const double xi = (double)s->x[i * s->d + c] / scale[c];
        const double xj = (double)s->x[j * s->d + c] / scale[c];
        const double by_x = -(xi - xj) * pow(q, -1.5), by_y = -by_x;
        const double both = pow(q, -1.5) - 3 * (xi - xj) * (xi - xj) * pow(q, -2.5);
        terms += a * b * k + a * by_y + b * by_x + both;
    }
    return terms;
}

/* 71 draws (two blocks and a part) of 67 coordinates (a chunk and a part), own scales.
 * float differences round at 6e-8 of x: the sum of 71^2 pairs is met to 1e-8 of it. */
static void it_is_its_definition(void **state)
{
    double scale[67], all = 0, own = 0;
    (void)state;
    sample s = gaussian(71, 67, 0.5, 0.25, 3);
    for (int c = 0; c < 67; c++) scale[c] = 0.25 + c / 64.;
    for (int64_t i = 0; i < s.n; i++)
        for (int64_t j = 0; j < s.n; j++) {
            const double u = stein(&s, i, j, scale);
            all += u;
            if (i == j) own += u;
        }
    const double n = (double)s.n;
    const bens_ksd k = ksd_of(&s, scale);
    assert_true(fabs(k.ksd * k.ksd * n * n / all - 1) < 1e-7);
    assert_true(fabs(k.expected * k.expected * n * n / own - 1) < 1e-12);
    assert_true(fabs(k.unbiased * n * (n - 1) / (all - own) - 1) < 1e-7);
    release(&s);
}

/* 1,500 draws, 8 coordinates of sd .09: an independent computation read .76 for exact
 * draws and 90.9 for draws shifted by 3 sd. The square of the first has mean 8 (1 / .0081
 * + 1) / 1500 = .664; over seeds it reads .56 to 1.02 here, the second 91.5 and 91.8. */
static void exact_draws_from_shifted_ones(void **state)
{
    (void)state;
    sample exact = gaussian(1500, 8, 0.09, 0, 1), moved = gaussian(1500, 8, 0.09, 3, 1);
    const bens_ksd near = ksd_of(&exact, NULL), far = ksd_of(&moved, NULL);
    assert_true(fabs(near.expected - sqrt(8 * (1 / .0081 + 1) / 1500)) < 0.02);
    assert_true(near.ksd > 0.5 && near.ksd < 1.1);
    assert_true(fabs(far.ksd - 90.9) < 2);
    assert_true(far.ksd > 10 * near.ksd);
    release(&exact);
    release(&moved);
}

/* The discrepancy of exact draws falls as n^(-1/2): the mean square of ksd sqrt(n) over 8
 * seeds is that of u(x, x) at 100, 400 and 1,600 draws alike, and the unbiased square is
 * around 0. Their standard errors are those of the 8 seeds; 4 of them. */
static void it_falls_with_the_root_of_n(void **state)
{
    enum { SEEDS = 8 };
    (void)state;
    for (int64_t n = 100; n <= 1600; n *= 4) {
        double ratio[SEEDS], mean = 0, squares = 0;
        for (int k = 0; k < SEEDS; k++) {
            sample s = gaussian(n, 4, 1, 0, 10 + (uint64_t)k);
            const bens_ksd found = ksd_of(&s, NULL);
            ratio[k] = found.ksd * found.ksd * (double)n / 8; /* u(x, x) = |s|^2 + d: 8 */
            mean += ratio[k] / SEEDS;
            assert_true(fabs(found.unbiased) * (double)n < 8);
            release(&s);
        }
        for (int k = 0; k < SEEDS; k++) squares += (ratio[k] - mean) * (ratio[k] - mean);
        const double error = sqrt(squares / (SEEDS - 1) / SEEDS);
        assert_true(error < 0.15);
        assert_true(fabs(mean - 1) < 4 * error);
    }
}

/* Draws of a target twice as cold: over seeds ksd reads 3.3 to 3.5 times what exact ones
 * would. */
static void it_sees_width(void **state)
{
    (void)state;
    sample s = gaussian(1000, 3, 1, 0, 5);
    for (int64_t i = 0; i < s.n * s.d; i++) s.score[i] *= 2;
    const bens_ksd k = ksd_of(&s, NULL);
    assert_true(k.ksd > 2.5 * k.expected && k.unbiased * (double)s.n > 50);
    release(&s);
}

/* In units of sd 1e-3 or 1e3, standardised, it is one number
 * (to the rounding of float). */
static void standardising_takes_units_away(void **state)
{
    double wanted = 0;
    (void)state;
    for (int e = -3; e <= 3; e += 3) {
        const double sd = pow(10, e), scale[5] = {sd, sd, sd, sd, sd};
        sample s = gaussian(200, 5, sd, 0.5, 9);
        const double found = ksd_of(&s, scale).ksd;
        if (e == -3) wanted = found;
        assert_true(fabs(found / wanted - 1) < 1e-6);
        release(&s);
    }
}

static void bits_do_not_depend_on_threads(void **state)
{
    bens_ksd found[3];
    (void)state;
    sample s = gaussian(333, 70, 1, 0, 4);
    for (int k = 0; k < 3; k++) {
        omp_set_num_threads(1 + k);
        found[k] = ksd_of(&s, NULL);
    }
    assert_memory_equal(&found[1], &found[0], sizeof found[0]);
    assert_memory_equal(&found[2], &found[0], sizeof found[0]);
    release(&s);
}

static void bad_input(void **state)
{
    const double scale[2] = {1, 0};
    bens_ksd k = {.ksd = 7};
    (void)state;
    sample s = gaussian(4, 2, 1, 0, 4);
    assert_int_equal(bens_ksd_compute(s.x, s.score, 0, 2, NULL, &k), BENS_ERR_CONFIG);
    assert_int_equal(bens_ksd_compute(s.x, s.score, 4, 2, scale, &k), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "coordinate 1"));
    assert_true(k.ksd == 7);
    assert_int_equal(bens_ksd_compute(s.x, s.score, 1, 2, NULL, &k), BENS_OK);
    assert_true(k.ksd == k.expected && isnan(k.unbiased));
    s.x[3] = NAN;
    k = ksd_of(&s, NULL);
    assert_true(isnan(k.ksd) && isnan(k.expected) && isnan(k.unbiased));
    release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_its_definition),
        cmocka_unit_test(exact_draws_from_shifted_ones),
        cmocka_unit_test(it_falls_with_the_root_of_n),
        cmocka_unit_test(it_sees_width),
        cmocka_unit_test(standardising_takes_units_away),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
