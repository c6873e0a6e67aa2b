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

/* As the thermostat of sgnht does, with the friction that is right for a step so long:
 * just below 2 sigma^2 / eps. Where friction is no limit any will do. */
static bool stable(const variant *v, const settings *o, double sigma, double eps,
                   double h)
{
    const double xi = 1.999 * sigma * sigma / eps;
    const bens_step at = {.eps = eps, .scalar = &xi, .step = 1};
    return shrinks(one_step(v->sampler->linear(o->options, &at), h));
}

static void check(const variant *v, double h, double alpha, double sigma)
{
    settings o = variant_settings(v, 1e-6, alpha, sigma);
    const double most = v->sampler->largest_step(o.options, h);

    /* Every curvature up to h, and none left out near the two ends of the range. */
    for (double part = 1; part > 1e-6; part *= 0.8)
        assert_true(stable(v, &o, sigma, 0.98 * most, part * h));

    /* Just above it some curvature up to h grows (euler under friction: a small one). */
    bool grows = false;
    for (double part = 1; part > 1e-6; part *= 0.8)
        grows = grows || !stable(v, &o, sigma, 1.02 * most, part * h);
    assert_true(grows);
    settings_release(&o);
}

static void limits_are_where_they_are_said_to_be(void **unused)
{
    (void)unused;
    static const double h[] = {0.05, 0.5, 1, 4, 300}, alpha[] = {0.1, 1, 12},
                        sigma[] = {0.5, 1, 3};
    variant v;
    int n = 0;
    for (size_t i = 0; variant_at(i, &v); i++) {
        if (v.sampler->largest_step == NULL) continue;
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < 3; b++)
                for (int c = 0; c < 3; c++) check(&v, h[a], alpha[b], sigma[c]);
        n++;
    }
    assert_int_equal(n, 7); /* all but those whose masses come from the run, and adam */
}

/* The limit of kappa = eps^2 h / sigma^2 as docs/mathematics.md has it, g = eps alpha /
 * sigma^2. */
static double published_limit(const variant *v, double g)
{
    if (variant_is(v, "baoa", "")) return 4;
    if (variant_is(v, "sgnht", "integrator=baoa")) return 4;
    if (variant_is(v, "sgnht", "integrator=euler")) return 2;
    if (variant_is(v, "sghmc", "integrator=euler")) return g;
    if (variant_is(v, "sghmc", "integrator=symplectic")) return 4 - 2 * g;
    return 0;
}

static void limits_have_their_closed_forms(void **unused)
{
    (void)unused;
    variant v;
    int n = 0;
    for (size_t i = 0; variant_at(i, &v); i++) {
        if (v.sampler->mass == NULL || v.sampler->largest_step == NULL) continue;
        settings o = variant_settings(&v, 1e-6, 0.8, 1.5);
        const double h = 3, eps = v.sampler->largest_step(o.options, h);
        const double limit = published_limit(&v, eps * 0.8 / 2.25);
        assert_true(limit > 0);
        assert_true(fabs(eps * eps * h / 2.25 - limit) < 1e-14 * limit);
        settings_release(&o);
        n++;
    }
    assert_int_equal(n, 5);
}

/* sgd in all its forms: heavy ball, dampening, Nesterov, weight decay. */
static void limits_of_sgd(void **unused)
{
    (void)unused;
    const char *const *const forms[] = {
        TEXTS("step_size=1", "momentum=0.9"),
        TEXTS("step_size=1", "momentum=0.9", "dampening=0.7"),
        TEXTS("step_size=1", "dampening=0.7"),
        TEXTS("step_size=1", "momentum=0.6", "nesterov=true"),
        TEXTS("step_size=1", "momentum=0.6", "nesterov=true", "weight_decay=0.5"),
        TEXTS("step_size=1", "weight_decay=3"),
    };
    const variant v = {.sampler = bens_sampler_find("sgd")};
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        settings o = settings_make(v.sampler->options, v.sampler->options_size, forms[k]);
        const double h = 0.4, most = v.sampler->largest_step(o.options, h);
        const double decay = v.sampler->weight_decay(o.options);
        assert_int_equal(o.status, BENS_OK);
        assert_int_equal(v.sampler->check(o.options), BENS_OK);
        assert_true(stable(&v, &o, 1, 0.98 * most, h + decay));
        assert_false(stable(&v, &o, 1, 1.02 * most, h + decay));
        settings_release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_where_they_are_said_to_be),
        cmocka_unit_test(limits_have_their_closed_forms),
        cmocka_unit_test(limits_of_sgd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
