/* The quantiles against SciPy's, and against their own distribution functions. */
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
        cmocka_unit_test(they_equal_scipy),
        cmocka_unit_test(the_normal_inverts_itself),
        cmocka_unit_test(ends_and_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
