/* largest_step: at 0.98 of it every curvature up to h shrinks, at 1.02 of it h grows. */
#include "samplers/variant.h"

#include <math.h>

/* (theta, m) -> (theta, m) of one step at T = 0 on log p = -h theta^2 / 2. */
typedef struct {
    double tt, tm, mt, mm;
} map;

static map one_step(bens_langevin c, double h)
{
    const map m = {.mt = -c.b * h, .mm = c.a};
    return (map){.tt = 1 - c.q * h + c.r * m.mt,
                 .tm = c.p + c.r * m.mm,
                 .mt = m.mt,
                 .mm = m.mm};
}

/* Simulates 2^40 steps by squaring. Rounding only matters near the limit itself. */
static bool shrinks(map a)
{
    for (int k = 0; k < 40; k++) {
        a = (map){.tt = a.tt * a.tt + a.tm * a.mt,
                  .tm = a.tt * a.tm + a.tm * a.mm,
                  .mt = a.mt * a.tt + a.mm * a.mt,
                  .mm = a.mt * a.tm + a.mm * a.mm};
        const double size = fabs(a.tt) + fabs(a.tm) + fabs(a.mt) + fabs(a.mm);
        if (!(size < 1e30)) return false;
        if (size < 1e-30) return true;
    }
    return false;
}

static bool stable(const variant *v, const settings *o, double eps, double h)
{
    return shrinks(one_step(v->sampler->linear(o->options, eps, 0), h));
}

static void check(const variant *v, double h, double alpha, double sigma)
{
    settings o = variant_settings(v, 1e-6, alpha, sigma);
    const double most = v->sampler->largest_step(o.options, h);

    /* Every curvature up to h, and none left out near the two ends of the range. */
    for (double part = 1; part > 1e-6; part *= 0.8)
        assert_true(stable(v, &o, 0.98 * most, part * h));

    /* Just above it some curvature up to h grows (euler with much friction: a small one). */
    bool grows = false;
    for (double part = 1; part > 1e-6; part *= 0.8)
        grows = grows || !stable(v, &o, 1.02 * most, part * h);
    assert_true(grows);
    settings_release(&o);
}

static void limits_are_where_they_are_said_to_be(void **unused)
{
    (void)unused;
    static const double h[] = {0.05, 0.5, 1, 4, 300}, alpha[] = {0.1, 1, 12},
                        sigma[] = {0.5, 1, 3};
    variant v;
    for (size_t i = 0; variant_at(i, &v); i++)
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < 3; b++)
                for (int c = 0; c < 3; c++) check(&v, h[a], alpha[b], sigma[c]);
}

/* The limit of kappa = eps^2 h / sigma^2 as docs/mathematics.md has it, g = eps alpha / sigma^2;
 * 0 for a sampler that the page does not know. */
static double published_limit(const variant *v, double g)
{
    if (strcmp(v->sampler->name, "baoa") == 0) return 4;
    if (strcmp(v->integrator, "integrator=euler") == 0) return g;
    if (strcmp(v->integrator, "integrator=symplectic") == 0) return 4 - 2 * g;
    return 0;
}

static void limits_have_their_closed_forms(void **unused)
{
    (void)unused;
    variant v;
    for (size_t i = 0; variant_at(i, &v); i++) {
        settings o = variant_settings(&v, 1e-6, 0.8, 1.5);
        const double h = 3, eps = v.sampler->largest_step(o.options, h);
        const double limit = published_limit(&v, eps * 0.8 / 2.25);
        if (limit > 0) assert_true(fabs(eps * eps * h / 2.25 - limit) < 1e-14 * limit);
        settings_release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_where_they_are_said_to_be),
        cmocka_unit_test(limits_have_their_closed_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
