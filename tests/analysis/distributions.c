/* The quantiles against SciPy's, and against their own distribution functions; the
 * Poisson ones against sums. */
#include "analysis/distributions.h"
#include "analysis/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

/* The bounds of the header. Seen: 6e-16 normal, 4e-11 beta (a = 1 and b = 1e6: the
 * fraction loses 1 - x), 4e-14 chi-square up to 1e6 degrees, 6e-10 beyond. */
static void they_equal_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_quantile / sizeof golden_quantile[0]; i++) {
        const struct golden_quantile *g = &golden_quantile[i];
        const double found = g->distribution == 'n' ? bens_normal_quantile(g->p)
                             : g->distribution == 'b'
                                 ? bens_beta_quantile(g->p, g->a, g->b)
                                 : bens_chi2_quantile(g->p, g->a);
        const double bound = g->distribution == 'n'   ? 1e-15
                             : g->distribution == 'b' ? 1e-10
                             : g->a <= 1e6            ? 1e-12
                                                      : 1e-9;
        if (!(fabs(found - g->value) <= bound * fabs(g->value)))
            fail_msg("%c at %g (%g, %g): wanted %.17g, found %.17g", g->distribution,
                     g->p, g->a, g->b, g->value, found);
    }
}

static void the_normal_inverts_itself(void **state)
{
    (void)state;
    for (int i = 1; i < 1000; i++) {
        const double p = i / 1000.;
        assert_true(fabs(bens_normal_cdf(bens_normal_quantile(p)) - p) < 4e-16);
    }
    assert_true(fabs(bens_normal_density(1.5) - 0.12951759566589174) < 1e-16);
}

/* Sums of densities upwards from 0, each from the one before: 1e-13 of rounding. At
 * k >= 5e5 the bound is the header's. */
static void poisson_sums(void **state)
{
    (void)state;
    static const double rates[] = {1e-3, 0.7, 5, 29.9, 30.1, 600, 2e4, 9e5};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        const double rate = rates[r], far = rate + 9 * sqrt(rate) + 9;
        double cdf = 0, worst = 0;
        for (double k = 0; k <= far; k++) {
            const double density = exp(k * log(rate) - rate - lgamma(k + 1));
            cdf += density;
            if (rate > 1e3 && fmod(k, 97) != 0) continue;
            worst = fmax(worst, fabs(bens_poisson_cdf(k, rate) - cdf));
            if (density < 1e-6 || rate > 1e3) continue;
            assert_true(bens_poisson_quantile(cdf - 1e-7, rate) == k);
            assert_true(bens_poisson_quantile(cdf + 1e-7, rate) == k + 1 ||
                        cdf > 1 - 1e-5);
        }
        /* exp of a number near rate log rate has lost those digits */
        assert_true(worst < (rate > 5e5 ? 1e-8 : 1e-12 + 1e-15 * rate));
    }
    assert_true(bens_poisson_cdf(0, 0) == 1 && bens_poisson_quantile(0.3, 0) == 0);
    assert_true(isnan(bens_poisson_cdf(-1, 2)) && isnan(bens_poisson_cdf(1, NAN)));
    assert_true(bens_poisson_quantile(0, 50) == 0);
    assert_true(isnan(bens_poisson_quantile(1, 5)) &&
                isnan(bens_poisson_quantile(0.5, -1)));
}

/* The middles of equal parts of (0, 1) give the moments of the law: to 5 of the errors of
 * 4,000 independent draws, of which they are the best case. Large rates go by other ways. */
static void poisson_draws(void **state)
{
    (void)state;
    static const double rates[] = {0.2, 12, 31, 800, 5e5, 4e6};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        const double rate = rates[r];
        double sum = 0, squares = 0;
        for (int i = 0; i < 4000; i++) {
            const double off = bens_poisson_quantile((i + 0.5) / 4000, rate) - rate;
            sum += off / 4000;
            squares += off * off / 4000;
        }
        assert_true(fabs(sum) < 0.02 * sqrt(rate) && fabs(squares / rate - 1) < 0.01);
    }
}

static void ends_and_nonsense(void **state)
{
    (void)state;
    assert_true(bens_normal_quantile(0) == -INFINITY &&
                bens_normal_quantile(1) == INFINITY);
    assert_true(bens_normal_quantile(0.5) == 0);
    assert_true(bens_beta_quantile(0, 2, 3) == 0 && bens_beta_quantile(1, 2, 3) == 1);
    assert_true(bens_chi2_quantile(0, 3) == 0 && bens_chi2_quantile(1, 3) == INFINITY);
    assert_true(isnan(bens_normal_quantile(-0.1)) && isnan(bens_normal_quantile(NAN)));
    assert_true(isnan(bens_beta_quantile(0.5, 0.5, 1)) &&
                isnan(bens_chi2_quantile(0.5, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_equal_scipy),  cmocka_unit_test(the_normal_inverts_itself),
        cmocka_unit_test(poisson_sums),      cmocka_unit_test(poisson_draws),
        cmocka_unit_test(ends_and_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
