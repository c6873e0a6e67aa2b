/* Entropies and variances of ensembles against closed forms and their definitions. */
#include "analysis/uncertainty.h"
#include "analysis/draws.h"
#include "analysis/variances.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* psi(n) of a whole number: the harmonic sum less Euler's constant. */
static double digamma(int n)
{
    double sum = -0.57721566490153286061;
    for (int k = 1; k < n; k++) sum += 1. / k;
    return sum;
}

static double binary_entropy(double p)
{
    return -p * log(p) - (1 - p) * log(1 - p);
}

typedef struct {
    double tu, au, eu;
} parts;

static parts parts_of(const bens_uncertainty *u)
{
    parts out;
    assert_int_equal(u->n_inputs, 1);
    bens_uncertainty_finish(u, &out.tu, &out.au, &out.eu);
    return out;
}

static bens_uncertainty empty(size_t n_inputs, size_t n_classes)
{
    bens_uncertainty u;
    assert_int_equal(bens_uncertainty_create(n_inputs, n_classes, &u), BENS_OK);
    assert_int_equal(u.n_values, 1 + n_inputs * (n_classes + 2));
    return u;
}

/* The weights of Beta(a, b) on the midpoints of 200,000 cells stand for its draws. Then
 *   TU = H(a / (a + b))
 *   AU = psi(n + 1) - a / n psi(a + 1) - b / n psi(b + 1), n = a + b
 * to the midpoint rule's (1 / 200,000)^2 times the curvature, and x log x at the ends. */
static void beta_bernoulli_is_digamma(void **state)
{
    static const int shapes[][2] = {{2, 2}, {3, 7}, {40, 2}, {300, 500}};
    enum { CELLS = 200000 };
    (void)state;
    for (int k = 0; k < 4; k++) {
        const int a = shapes[k][0], b = shapes[k][1], n = a + b;
        bens_uncertainty u = empty(1, 2);
        for (int i = 0; i < CELLS; i++) {
            const double x = (i + 0.5) / CELLS, p[2] = {x, 1 - x};
            const double log_density = lgamma(n) - lgamma(a) - lgamma(b) +
                                       (a - 1) * log(x) + (b - 1) * log1p(-x);
            bens_uncertainty_add(&u, exp(log_density), p);
        }
        const parts found = parts_of(&u);
        const double au = digamma(n + 1) - (double)a / n * digamma(a + 1) -
                          (double)b / n * digamma(b + 1);
        const double tu = binary_entropy((double)a / n);
        assert_true(fabs(found.tu - tu) < 1e-8);
        assert_true(fabs(found.au - au) < 1e-8);
        assert_true(fabs(found.eu / (tu - au) - 1) < 1e-6);
        assert_true(fabs(u.p[0] - (double)a / n) < 1e-9);
        bens_uncertainty_release(&u);
    }
}

/* p (not normalised) [n_inputs][n_classes] of one member. */
static void some_member(uint64_t seed, size_t n, double *p)
{
    for (size_t i = 0; i < n; i++) p[i] = 1.0000001 + uniform(&seed);
}

/* 17 members of 6 inputs and 5 classes with weights against
 * the definition in two passes. */
static void it_is_its_definition(void **state)
{
    enum { MEMBERS = 17, INPUTS = 6, CLASSES = 5, N = INPUTS * CLASSES };
    double p[MEMBERS][N], tu[INPUTS], au[INPUTS], eu[INPUTS];
    bens_uncertainty u = empty(INPUTS, CLASSES);
    (void)state;
    for (size_t m = 0; m < MEMBERS; m++) {
        some_member(m, N, p[m]);
        bens_uncertainty_add(&u, (double)(m % 4), p[m]);
    }
    bens_uncertainty_finish(&u, tu, au, eu);
    for (size_t i = 0; i < INPUTS; i++) {
        double mean[CLASSES] = {0}, weight = 0, entropies = 0, total = 0;
        for (size_t m = 0; m < MEMBERS; m++) {
            double sum = 0;
            for (size_t k = 0; k < CLASSES; k++) sum += p[m][i * CLASSES + k];
            for (size_t k = 0; k < CLASSES; k++) {
                const double q = p[m][i * CLASSES + k] / sum;
                mean[k] += (double)(m % 4) * q;
                entropies -= (double)(m % 4) * q * log(q);
            }
            weight += (double)(m % 4);
        }
        for (size_t k = 0; k < CLASSES; k++)
            total -= mean[k] / weight * log(mean[k] / weight);
        assert_true(fabs(tu[i] - total) < 1e-14);
        assert_true(fabs(au[i] - entropies / weight) < 1e-14);
        assert_true(fabs(eu[i] - (total - entropies / weight)) < 1e-14);
        assert_true(fabs(u.p[i * CLASSES + 2] - mean[2] / weight) < 1e-15);
    }
    bens_uncertainty_release(&u);
}

/* Members that differ by 1e-9: EU = variance / (2 p (1 - p)) = 5e-19 / .42, which TU -
 * AU, of the size .6, could not show. The next term is 1e-9 of it; 1 +- 1e-9 itself
 * rounds at 1e-7. */
static void small_disagreement_keeps_its_digits(void **state)
{
    const double a[2] = {0.3 + 1e-9, 0.7 - 1e-9}, b[2] = {0.3 - 1e-9, 0.7 + 1e-9};
    bens_uncertainty u = empty(1, 2);
    (void)state;
    for (int k = 0; k < 50; k++) bens_uncertainty_add(&u, 1, k % 2 == 0 ? a : b);
    assert_true(fabs(parts_of(&u).eu / (1e-18 / (2 * 0.3 * 0.7)) - 1) < 1e-6);
    bens_uncertainty_release(&u);
}

/* Where the series takes over from the logarithm, at a ratio
 * of 1.02, both say the same. */
static void the_series_meets_the_formula(void **state)
{
    (void)state;
    for (double r = 0.005; r < 0.06; r += 0.0007) {
        const double a[2] = {0.5 + r / 2, 0.5 - r / 2}, b[2] = {0.5 - r / 2, 0.5 + r / 2};
        bens_uncertainty u = empty(1, 2);
        bens_uncertainty_add(&u, 1, a);
        bens_uncertainty_add(&u, 1, b);
        /* log 2 - H((1 + r) / 2) = sum of r^2k / (2k (2k - 1)) */
        double wanted = 0;
        for (int k = 8; k >= 1; k--)
            wanted = (1. / (2 * k * (2 * k - 1)) + wanted) * r * r;
        assert_true(fabs(parts_of(&u).eu / wanted - 1) < 4e-13);
        bens_uncertainty_release(&u);
    }
}

static void limits(void **state)
{
    const double p[3] = {0.2, 0.5, 0.3}, sure[3] = {1, 0, 0}, other[3] = {0, 0, 1};
    const double flat[3] = {1.f / 3, 1.f / 3, 1.f / 3};
    (void)state;
    bens_uncertainty u = empty(1, 3);
    assert_true(isnan(parts_of(&u).tu)); /* no members */
    for (int k = 0; k < 7; k++) {        /* equal members are one */
        bens_uncertainty_add(&u, 1, p);
        assert_true(parts_of(&u).eu == 0 && parts_of(&u).tu == parts_of(&u).au);
    }
    bens_uncertainty_clear(&u);
    bens_uncertainty_add(&u, 1, sure);
    bens_uncertainty_add(&u, 0, flat);
    assert_true(parts_of(&u).tu == 0 && parts_of(&u).au == 0 && parts_of(&u).eu == 0);
    bens_uncertainty_add(&u, 1, other); /* sure of different classes: all is ignorance */
    assert_true(parts_of(&u).au == 0 && fabs(parts_of(&u).eu - log(2)) < 1e-15);
    bens_uncertainty_clear(&u);
    for (int k = 0; k < 99; k++) {
        bens_uncertainty_add(&u, 1, flat);
        assert_true(parts_of(&u).tu <= log(3) && parts_of(&u).tu > log(3) - 1e-14);
    }
    const double hole[3] = {0.5, NAN, 0.5};
    bens_uncertainty_add(&u, 1, hole);
    assert_true(isnan(parts_of(&u).tu) && isnan(parts_of(&u).eu));
    bens_uncertainty_release(&u);
}

/* Groups of 5 members, made apart and merged, are all members one by one (to rounding),
 * and the state may be copied as n_values doubles. */
static void groups_merge(void **state)
{
    enum { INPUTS = 3, CLASSES = 4, N = INPUTS * CLASSES };
    double p[N], one[3 * INPUTS], two[3 * INPUTS];
    (void)state;
    bens_uncertainty all = empty(INPUTS, CLASSES), sum = empty(INPUTS, CLASSES),
                     group = empty(INPUTS, CLASSES), sent = empty(INPUTS, CLASSES);
    bens_uncertainty_merge(&sum, &group); /* nothing and nothing */
    for (uint64_t m = 0; m < 20; m++) {
        some_member(m, N, p);
        bens_uncertainty_add(&all, 1 + (double)(m % 3), p);
        bens_uncertainty_add(&group, 1 + (double)(m % 3), p);
        if (m % 5 < 4) continue;
        memcpy(sent.values, group.values, group.n_values * sizeof *group.values);
        bens_uncertainty_merge(&sum, &sent);
        bens_uncertainty_clear(&group);
    }
    bens_uncertainty_finish(&all, one, one + INPUTS, one + 2 * INPUTS);
    bens_uncertainty_finish(&sum, two, two + INPUTS, two + 2 * INPUTS);
    for (int i = 0; i < 3 * INPUTS; i++) assert_true(fabs(one[i] / two[i] - 1) < 1e-14);
    for (int i = 0; i < N; i++) assert_true(fabs(all.p[i] / sum.p[i] - 1) < 1e-15);
    bens_uncertainty_release(&all);
    bens_uncertainty_release(&sum);
    bens_uncertainty_release(&group);
    bens_uncertainty_release(&sent);
}

/* Weights 1, 2, 1 on means 10^6 + {0, 1, 4}, noise {1, 2, 5}: mean 10^6 + 1.5, model
 * 2.25, noise 2.5; 10^6 costs 6 of 16 digits. A merge of two such groups is the same
 * mixture. */
static void variances_add_up(void **state)
{
    static const double mean[3] = {1e6, 1e6 + 1, 1e6 + 4}, noise[3] = {1, 2, 5};
    double total, by_noise, by_model;
    bens_variances v, w;
    (void)state;
    assert_int_equal(bens_variances_create(1, 1, &v), BENS_OK);
    assert_int_equal(bens_variances_create(1, 1, &w), BENS_OK);
    bens_variances_finish(&v, &total, &by_noise, &by_model);
    assert_true(isnan(total));
    for (int m = 0; m < 3; m++)
        bens_variances_add(&v, m == 1 ? 2 : 1, &mean[m], &noise[m]);
    bens_variances_add(&v, 0, &noise[0], &noise[0]);
    bens_variances_merge(&w, &v);
    bens_variances_merge(&w, &v);
    for (int k = 0; k < 2; k++) {
        bens_variances_finish(k == 0 ? &v : &w, &total, &by_noise, &by_model);
        assert_true(fabs((k == 0 ? v : w).mean[0] - (1e6 + 1.5)) < 1e-9);
        assert_true(fabs(by_model - 2.25) < 1e-9 && fabs(by_noise - 2.5) < 1e-14);
        assert_true(total == by_noise + by_model);
    }
    bens_variances_clear(&v);
    bens_variances_add(&v, 3, &mean[0], &noise[0]);
    bens_variances_finish(&v, &total, &by_noise, &by_model);
    assert_true(by_model == 0 && by_noise == 1);
    bens_variances_release(&v);
    bens_variances_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beta_bernoulli_is_digamma),
        cmocka_unit_test(it_is_its_definition),
        cmocka_unit_test(small_disagreement_keeps_its_digits),
        cmocka_unit_test(the_series_meets_the_formula),
        cmocka_unit_test(limits),
        cmocka_unit_test(groups_merge),
        cmocka_unit_test(variances_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
