/* The convergence statistics against ArviZ and an
 * independent nested R-hat (golden.py). */
#include "analysis/convergence.h"
#include "analysis/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bens_convergence *room(size_t n_chains, size_t n_draws, double **x)
{
    bens_convergence *w = NULL;
    assert_int_equal(bens_convergence_create(n_chains, n_draws, &w), BENS_OK);
    *x = malloc(n_chains * n_draws * sizeof **x);
    assert_non_null(*x);
    return w;
}

/* Relative; a wanted 0 is met to the same absolute number. Sums in another order than
 * NumPy's are all that may differ: the largest deviation seen is 3e-12, where the draws
 * are 1e6 away from 0. Between chains that are each constant the wanted value is 1 /
 * rounding, or infinite. */
static bool is_close(double value, double wanted)
{
    if (isnan(wanted)) return isnan(value);
    if (wanted > 1e12) return value > 1e12;
    return fabs(value - wanted) <= 1e-10 * fmax(fabs(wanted), 1e-3);
}

static void check(const char *name, int i, double value, double wanted)
{
    if (!is_close(value, wanted))
        fail_msg("%s, value %d: wanted %.17g, found %.17g", name, i, wanted, value);
}

static void values_of(bens_convergence *w, const double *x, double value[N_GOLDEN])
{
    int n = 0;
    for (int kind = BENS_R_HAT_RANK; kind <= BENS_R_HAT_IDENTITY; kind++)
        value[n++] = bens_r_hat(w, x, (bens_r_hat_kind)kind);
    for (int kind = BENS_ESS_BULK; kind <= BENS_ESS_IDENTITY; kind++)
        value[n++] = bens_ess(w, x, (bens_ess_kind)kind);
    value[n++] = bens_ess_tail(w, x, 0.05, 0.95);
    value[n++] = bens_ess_quantile(w, x, 0.25);
    value[n++] = bens_ess_quantile(w, x, 0.5);
    value[n++] = bens_mcse_mean(w, x);
    value[n++] = bens_mcse_sd(w, x);
    value[n++] = bens_mcse_quantile(w, x, 0.05);
    value[n++] = bens_mcse_quantile(w, x, 0.5);
    value[n++] = bens_autocorrelation_time(w, x);
    assert_int_equal(n, N_GOLDEN);
}

static void all_equal_arviz(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof golden / sizeof golden[0]; k++) {
        const struct golden *g = &golden[k];
        double *x, value[N_GOLDEN];
        bens_convergence *w = room(g->n_chains, g->n_draws, &x);
        make_draws(g->kind, g->n_chains, g->n_draws, g->rho, g->seed, x);
        values_of(w, x, value);
        for (int i = 0; i < N_GOLDEN; i++) check(g->name, i, value[i], g->value[i]);
        check(g->name, -1, bens_convergence_of(w, x).mean, g->mean);
        bens_convergence_destroy(w);
        free(x);
    }
}

/* The row made in one go has the numbers made one by one, to the bit. */
static void a_row_has_the_same_numbers(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof golden / sizeof golden[0]; k++) {
        const struct golden *g = &golden[k];
        double *x, v[N_GOLDEN];
        bens_convergence *w = room(g->n_chains, g->n_draws, &x);
        make_draws(g->kind, g->n_chains, g->n_draws, g->rho, g->seed, x);
        const bens_convergence_row row = bens_convergence_of(w, x);
        values_of(w, x, v);
        const double got[] = {row.r_hat,    row.r_hat_folded,
                              row.ess_bulk, row.ess_mean,
                              row.ess_tail, row.mcse_mean,
                              row.mcse_sd,  row.autocorrelation_time};
        const double wanted[] = {v[0], v[2], v[5], v[6], v[9], v[12], v[13], v[16]};
        for (int i = 0; i < 8; i++)
            assert_true(got[i] == wanted[i] || (isnan(got[i]) && isnan(wanted[i])));
        bens_convergence_destroy(w);
        free(x);
    }
}

static void number_superchains(size_t n_chains, size_t m, int64_t *superchain)
{
    for (size_t c = 0; c < n_chains; c++) superchain[c] = (int64_t)(c / m);
}

static void nested_equals_the_paper(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_nested / sizeof golden_nested[0]; i++) {
        const struct golden_nested *g = &golden_nested[i];
        int64_t superchain[512];
        double *x;
        bens_convergence *w = room(g->k * g->m, g->n, &x);
        make_draws(g->kind, g->k * g->m, g->n, g->rho, g->seed, x);
        number_superchains(g->k * g->m, g->m, superchain);
        check(g->name, 0, bens_nested_r_hat(w, x, superchain, false), g->plain);
        check(g->name, 1, bens_nested_r_hat(w, x, superchain, true), g->ranked);
        bens_convergence_destroy(w);
        free(x);
    }
}

/* One draw from each of 512 chains, shifted by superchain. Stationary: B / W has mean 1 /
 * 32 and K - 1 = 15 degrees of freedom, so its sd is sqrt(2 / 15) / 32 = .0114; the bound
 * adds 4 of these as tau. Superchains 2 sd apart from their
 * neighbours are seen at once. */
static void nested_tells_superchains_apart(void **state)
{
    enum { K = 16, M = 32 };
    int64_t superchain[K * M];
    double *x;
    (void)state;
    bens_convergence *w = room(K * M, 1, &x);
    make_draws(PLAIN, K * M, 1, 0, 77, x);
    number_superchains(K * M, M, superchain);
    const double bound = bens_nested_threshold(superchain, K * M, 0.046);
    assert_true(fabs(bound - sqrt(1 + 1. / M + 0.046)) < 1e-15);
    const double still = bens_nested_r_hat(w, x, superchain, false);
    assert_true(still > 1 && still < bound);
    assert_true(bens_nested_r_hat(w, x, superchain, true) < bound);
    for (int c = 0; c < K * M; c++) x[c] += 2 * (double)superchain[c];
    assert_true(bens_nested_r_hat(w, x, superchain, false) > 6);
    bens_convergence_destroy(w);
    free(x);
}

/* Chains that diverged leave their superchain smaller: {1, 2, 6} {4} {5, 9}, by hand.
 * Means 3, 4, 7; variances 7, 0, 8: B = 13/3, W = 5. */
static void superchains_may_differ_in_size(void **state)
{
    static const double x[] = {1, 2, 6, 4, 5, 9};
    static const int64_t superchain[] = {0, 0, 0, 3, 7, 7};
    bens_convergence *w = NULL;
    (void)state;
    assert_int_equal(bens_convergence_create(6, 1, &w), BENS_OK);
    assert_true(fabs(bens_nested_r_hat(w, x, superchain, false) - sqrt(1 + 13. / 3 / 5)) <
                1e-15);
    assert_true(fabs(bens_nested_threshold(superchain, 6, 0) -
                     sqrt(1 + (1. / 3 + 1 + 1. / 2) / 3)) < 1e-15);
    bens_convergence_destroy(w);
}

/* One superchain says nothing. */
static void one_start_says_nothing(void **state)
{
    static const double x[] = {1, 2, 6};
    static const int64_t superchain[] = {0, 0, 0};
    bens_convergence *w = NULL;
    (void)state;
    assert_int_equal(bens_convergence_create(3, 1, &w), BENS_OK);
    assert_true(isnan(bens_nested_r_hat(w, x, superchain, false)));
    bens_convergence_destroy(w);
}

/* Type 7 on 1 ... 5: at p it is 1 + 4 p. */
static void quantiles_interpolate(void **state)
{
    static const double x[] = {3, 5, 1, 4, 2};
    bens_convergence *w = NULL;
    (void)state;
    assert_int_equal(bens_convergence_create(5, 1, &w), BENS_OK);
    for (int i = 0; i <= 8; i++)
        assert_true(fabs(bens_quantile(w, x, i / 8.) - (1 + 4 * i / 8.)) < 1e-14);
    assert_true(isnan(bens_quantile(w, x, 1.5)));
    bens_convergence_destroy(w);
}

/* Numbers of all signs and sizes are sorted as numbers: the quantiles at i / 7 of 8
 * draws, which meet them but for the rounding of 1e5 / 7. */
static void odd_numbers_have_an_order(void **state)
{
    static const double x[] = {0.0, -0.0, 2, -3, -0.5, 1e5, -1e5, 0.25};
    static const double sorted[] = {-1e5, -3, -0.5, 0, 0, 0.25, 2, 1e5};
    bens_convergence *w = NULL;
    (void)state;
    assert_int_equal(bens_convergence_create(1, 8, &w), BENS_OK);
    for (int i = 0; i < 8; i++)
        assert_true(fabs(bens_quantile(w, x, i / 7.) - sorted[i]) < 1e-9);
    bens_convergence_destroy(w);
}

/* A million times .1 sums to 1.3e-12 too much a draw: it would have a variance. */
static void means_keep_their_digits(void **state)
{
    enum { N = 1000000 };
    double *x;
    (void)state;
    bens_convergence *w = room(1, N, &x);
    for (int i = 0; i < N; i++) x[i] = 0.1;
    const bens_convergence_row row = bens_convergence_of(w, x);
    assert_true(fabs(row.mean - 0.1) < 2e-17 && row.sd < 2e-17);
    bens_convergence_destroy(w);
    free(x);
}

static void too_much_is_an_error(void **state)
{
    bens_convergence *w = NULL;
    (void)state;
    assert_int_equal(bens_convergence_create(1 << 20, 1 << 12, &w), BENS_ERR_FAILURE);
    assert_non_null(strstr(bens_error_text(), "1048576 chains of 4096"));
    assert_int_equal(bens_convergence_create(0, 5, &w), BENS_ERR_FAILURE);
    assert_null(w);
    bens_convergence_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_equal_arviz),
        cmocka_unit_test(a_row_has_the_same_numbers),
        cmocka_unit_test(nested_equals_the_paper),
        cmocka_unit_test(nested_tells_superchains_apart),
        cmocka_unit_test(superchains_may_differ_in_size),
        cmocka_unit_test(one_start_says_nothing),
        cmocka_unit_test(quantiles_interpolate),
        cmocka_unit_test(odd_numbers_have_an_order),
        cmocka_unit_test(means_keep_their_digits),
        cmocka_unit_test(too_much_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
