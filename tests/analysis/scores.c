/* Scores against brute force and closed forms. */
#include "analysis/scores.h"
#include "analysis/draws.h"
#include "analysis/roc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Three data by hand. */
static void classes_by_hand(void **state)
{
    static const double p[3][3] = {{0.7, 0.2, 0.1}, {0.25, 0.25, 0.5}, {0.4, 0.4, 0.2}};
    static const int32_t label[3] = {0, 1, 1};
    bens_class_sums sums = {0};
    (void)state;
    assert_true(isnan(bens_class_sums_finish(&sums).nll));
    bens_class_sums_add(&sums, p[0], label, 2, 3); /* in two parts */
    bens_class_sums_add(&sums, p[2], label + 2, 1, 3);
    const bens_class_scores s = bens_class_sums_finish(&sums);
    assert_true(fabs(s.nll + (log(0.7) + log(0.25) + log(0.4)) / 3) < 1e-15);
    assert_true(fabs(s.accuracy - 1. / 3) < 1e-15); /* of equals the first: 0, not 1 */
    assert_true(fabs(s.brier - (0.14 + 0.875 + 0.56) / 3) < 1e-15);
    /* bins of 1/15: .7 is in (10/15, 11/15], .5 in (7/15, 8/15], .4 = 6/15 in (5/15,
     * 6/15] */
    assert_true(sums.bin_n[10] == 1 && sums.bin_n[7] == 1 && sums.bin_n[5] == 1);
    assert_true(fabs(s.ece - (0.3 + 0.5 + 0.4) / 3) < 1e-15);
}

/* 30,000 data whose labels are drawn from p itself: calibrated. The gap of a bin of n
 * data is normal with variance <= 1 / (4 n), so ece has mean <= 15 sqrt(n / 15) sqrt(2 /
 * pi) / 2 / n = .0089; confidences that are .1 too high read .1. */
static void calibration(void **state)
{
    enum { N = 30000 };
    bens_class_sums honest = {0}, proud = {0};
    uint64_t seed = 3;
    (void)state;
    for (int i = 0; i < N; i++) {
        const double most = 0.5 + 0.2 * (uniform(&seed) + 1);
        const double p[2] = {most, 1 - most}, more[2] = {most + 0.1, 0.9 - most};
        const int32_t label = 0.5 * (uniform(&seed) + 1) > most;
        bens_class_sums_add(&honest, p, &label, 1, 2);
        bens_class_sums_add(&proud, more, &label, 1, 2);
    }
    assert_true(bens_class_sums_finish(&honest).ece < 0.0089);
    assert_true(fabs(bens_class_sums_finish(&proud).ece - 0.1) < 0.0089);
    assert_true(bens_class_sums_finish(&honest).brier <
                bens_class_sums_finish(&proud).brier);
}

static void impossible_and_missing(void **state)
{
    static const double sure[2] = {1, 0}, hole[2] = {NAN, 0.5};
    static const int32_t one = 1;
    bens_class_sums sums = {0};
    (void)state;
    bens_class_sums_add(&sums, sure, &one, 1, 2);
    assert_true(bens_class_sums_finish(&sums).nll == INFINITY);
    assert_true(bens_class_sums_finish(&sums).ece == 1 && sums.bin_n[14] == 1);
    bens_class_sums_add(&sums, hole, &one, 1, 2);
    assert_true(isnan(bens_class_sums_finish(&sums).brier));
    assert_true(bens_class_sums_finish(&sums).accuracy == 0);
}

/* Numbers of few values, so that many are equal, against
 * every pair and every threshold. */
static void roc_equals_brute_force(void **state)
{
    enum { NEGATIVE = 157, POSITIVE = 83 };
    double negative[NEGATIVE], positive[POSITIVE], wins = 0, best = 1;
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        const double steps = seed == 0 ? 1e9 : (double)(2 * seed);
        uint64_t at = seed;
        for (int i = 0; i < NEGATIVE; i++) negative[i] = floor(steps * uniform(&at));
        for (int i = 0; i < POSITIVE; i++)
            positive[i] = floor(steps * (uniform(&at) + 0.4));
        wins = 0;
        best = 1;
        for (int i = 0; i < POSITIVE; i++) {
            int reached = 0, false_ones = 0;
            for (int j = 0; j < NEGATIVE; j++) {
                wins += (positive[i] > negative[j]) + 0.5 * (positive[i] == negative[j]);
                false_ones += negative[j] >= positive[i];
            }
            for (int j = 0; j < POSITIVE; j++) reached += positive[j] >= positive[i];
            if (reached >= 0.95 * POSITIVE)
                best = fmin(best, (double)false_ones / NEGATIVE);
        }
        const double area = bens_auroc(negative, NEGATIVE, positive, POSITIVE);
        assert_true(fabs(area - wins / NEGATIVE / POSITIVE) < 1e-15);
        assert_true(area > 0.55 && area < 0.95);
        assert_true(bens_fpr95(negative, NEGATIVE, positive, POSITIVE) == best);
        /* the other way round */
        assert_true(fabs(bens_auroc(positive, POSITIVE, negative, NEGATIVE) + area - 1) <
                    1e-15);
    }
    positive[3] = NAN;
    assert_true(isnan(bens_auroc(negative, NEGATIVE, positive, POSITIVE)));
    assert_true(isnan(bens_fpr95(negative, NEGATIVE, negative, 0)));
}

/* One member: sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 /
 * sqrt(pi)), Gneiting and Raftery 2007. */
static void crps_of_one_normal(void **state)
{
    const double mean = 3, sd = 2;
    const bens_mixture one = {1, &mean, &sd, NULL};
    (void)state;
    for (double z = -3; z <= 3; z += 0.5) {
        const double phi = exp(-z * z / 2) / sqrt(2 * acos(-1));
        const double wanted = sd * (z * erf(z / sqrt(2)) + 2 * phi - 1 / sqrt(acos(-1)));
        assert_true(fabs(bens_mixture_crps(&one, mean + sd * z) - wanted) < 1e-15 * 8);
    }
}

/* Four members, one without noise and one of weight 0: the integral of (F(t) - [t >=
 * y])^2, by midpoints of width 1/1000 over 30 sd: they miss a jump inside a cell by a
 * thousandth. */
static void crps_is_its_integral(void **state)
{
    static const double mean[4] = {0, 1.5, -2, 50}, sd[4] = {1, 0.5, 0, 1};
    static const double weight[4] = {1, 2, 0.5, 0};
    const bens_mixture mixture = {4, mean, sd, weight};
    (void)state;
    for (double y = -4; y < 4; y += 1.7) {
        double sum = 0;
        for (double t = -15; t < 15; t += 1e-3) {
            const double off = bens_mixture_cdf(&mixture, t + 5e-4) - (t + 5e-4 >= y);
            sum += 1e-3 * off * off;
        }
        assert_true(fabs(bens_mixture_crps(&mixture, y) - sum) < 1e-3);
    }
    const bens_mixture points = {2, mean + 1, sd + 2, NULL}; /* means 1.5, -2; sd 0, 1 */
    assert_true(bens_mixture_cdf(&points, 1.5) > 0.74 &&
                bens_mixture_mean(&points) == -0.25);
}

static void mixture_density(void **state)
{
    static const double mean[2] = {-1, 1}, sd[2] = {1, 2}, weight[3] = {3, 1, 0};
    const bens_mixture two = {2, mean, sd, weight};
    (void)state;
    const double at = 0.5, root = sqrt(2 * acos(-1));
    const double p = 0.75 * exp(-1.125) / root + 0.25 * exp(-0.03125) / (2 * root);
    assert_true(fabs(bens_mixture_log_density(&two, at) - log(p)) < 1e-15);
    /* Far out the wide member is all there is, where its density underflows. */
    const double far = bens_mixture_log_density(&two, 1001);
    assert_true(fabs(far + (125000 + log(2 * root) - log(0.25))) < 1e-9);
    static const double exact[2] = {0, 1}, place[2] = {5, 0};
    static const double off[2] = {0, 1};
    const bens_mixture spike = {2, place, exact, NULL}, unused = {2, place, exact, off};
    assert_true(bens_mixture_log_density(&spike, 5) == INFINITY);
    assert_true(isfinite(bens_mixture_log_density(&spike, 4)));
    assert_true(isfinite(bens_mixture_log_density(&unused, 5)));
}

/* y drawn as sums of 12 uniforms with mean 1 and sd 2: the 90 % interval holds 90 %
 * (within 4 errors, .012, and .003 for the sum not being normal), rmse is 2, nll .5 +
 * log(2 sqrt(2 pi)), crps 2 / sqrt(pi). Errors of 10,000 data: 1.4 %, .007, .9 %. */
static void calibrated_outputs(void **state)
{
    static const double mean = 1, sd = 2;
    const bens_mixture one = {1, &mean, &sd, NULL};
    bens_real_sums sums = {0};
    uint64_t seed = 8;
    (void)state;
    assert_true(isnan(bens_real_sums_finish(&sums).crps));
    for (int i = 0; i < 10000; i++) {
        double z = 0;
        for (int k = 0; k < 12; k++) z += uniform(&seed) / 2;
        bens_real_sums_add(&sums, &one, mean + sd * z, 0.9);
    }
    const bens_real_scores s = bens_real_sums_finish(&sums);
    assert_true(fabs(s.coverage - 0.9) < 0.015);
    assert_true(fabs(s.rmse / 2 - 1) < 4 * 0.007);
    assert_true(fabs(s.nll - 0.5 - log(2 * sqrt(2 * acos(-1)))) < 4 * 0.007);
    assert_true(fabs(s.crps / (2 / sqrt(acos(-1))) - 1) < 4 * 0.009);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_by_hand),
        cmocka_unit_test(calibration),
        cmocka_unit_test(impossible_and_missing),
        cmocka_unit_test(roc_equals_brute_force),
        cmocka_unit_test(crps_of_one_normal),
        cmocka_unit_test(crps_is_its_integral),
        cmocka_unit_test(mixture_density),
        cmocka_unit_test(calibrated_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
