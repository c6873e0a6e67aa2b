/* The thermostat of sgnht: its rate, where it rests, and that it gets there, in the limit
 * of many coordinates, where the exact law of the recursion (law.h) takes the place of a
 * chain. */
#include "samplers/law.h"
#include "samplers/variant.h"

static void thermostat_follows_the_momenta(void **unused)
{
    (void)unused;
    const variant v = {.sampler = bens_sampler_find("sgnht"),
                       .integrator = "integrator=euler"};
    settings o = variant_settings(&v, 0.1, 1.5, 2);
    const bens_step at = {.eps = 0.1, .T = 4e-5}, off = {.eps = 0.1};
    double xi = NAN;

    assert_string_equal(v.sampler->scalars[0], "thermostat");
    assert_null(v.sampler->scalars[1]);
    v.sampler->start(o.options, &xi);
    assert_true(xi == 1.5);
    /* At 3 T it gains 2 eps rate, rate = alpha^2 / (2 sigma^2), whatever T is. */
    const double want = 1.5 + 0.2 * 1.5 * 1.5 / 8;
    v.sampler->advance(o.options, &at, 3 * 4 * 4e-5, &xi);
    assert_true(fabs(xi - want) < 1e-15);
    v.sampler->advance(o.options, &off, 1, &xi);
    assert_true(fabs(xi - want) < 1e-15);
    settings_release(&o);
}

/* Its own law (samplers/law.h) with gradient noise of several strengths, part of it taken
 * off: the thermostat of baoa stands still where h Var(theta) = T, and nowhere else
 * near. */
static void thermostat_rests_at_the_temperature(void **unused)
{
    (void)unused;
    const variant v = {.sampler = bens_sampler_find("sgnht"),
                       .integrator = "integrator=baoa"};
    static const double frictions[] = {1, 1.3, 3, 6}, taken_shares[] = {0, 0.3};
    const double eps = 0.1, sigma = 0.8, T = 0.7, h = 1.9, alpha = 1;
    settings o = variant_settings(&v, eps, alpha, sigma);

    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++) {
            double xi = frictions[i], low = 0, high = 1e3;
            bens_step at = {.eps = eps, .T = T, .scalar = &xi};
            bens_langevin c = v.sampler->linear(o.options, &at);
            at.taken = taken_shares[k] * c.s * c.s;
            c.s = sqrt(c.s * c.s - at.taken);
            for (int n = 0; n < 200; n++) { /* the noise that belongs to this friction */
                const double B = 0.5 * (low + high);
                *(law_of(c, h, B).tt * h < T ? &low : &high) = B;
            }
            v.sampler->advance(o.options, &at, law_of(c, h, low).mm, &xi);
            assert_true(fabs(xi - frictions[i]) < 1e-12);
            v.sampler->advance(o.options, &at, law_of(c, h, 1.1 * low).mm, &xi);
            assert_true(low < 1e-3 || xi > frictions[i] + 1e-4);
        }
    settings_release(&o);
}

/* Far above its place, where a step forgets all momenta, it comes back at full speed,
 * which is eps / 2 a step here. */
static void thermostat_comes_back(void **unused)
{
    (void)unused;
    const variant v = {.sampler = bens_sampler_find("sgnht"),
                       .integrator = "integrator=baoa"};
    settings o = variant_settings(&v, 0.1, 1, 1);
    for (double far = 20; far < 1e6; far *= 3) {
        double xi = far;
        const bens_step at = {.eps = 0.1, .T = 1e-3, .scalar = &xi};
        const bens_langevin c = v.sampler->linear(o.options, &at);
        v.sampler->advance(o.options, &at, law_of(c, 1, 0).mm, &xi);
        assert_true(xi - far < -0.04 && xi - far > -0.0500001);
    }
    settings_release(&o);
}

/* h Var(theta) after n steps of the law under the friction of the moment, from the law
 * without gradient noise on, when the noise sets in. */
static double after(const variant *v, const settings *o, double eps, double h, double B,
                    double xi, int64_t n)
{
    const bens_step at = {.eps = eps, .T = 1, .scalar = &xi};
    covariance x = law_of(v->sampler->linear(o->options, &at), h, 0);
    for (int64_t k = 0; k < n; k++) {
        v->sampler->advance(o->options, &at, x.mm, &xi);
        x = law_step(x, v->sampler->linear(o->options, &at), h, B);
    }
    return h * x.tt;
}

/* Frictions from almost none to most of a time constant a step, noise that heats by 1 %,
 * by half and threefold: h Var(theta) is T after 200 time constants of momenta under
 * alpha, or of positions where friction is strong. */
static void thermostat_gets_there(void **unused)
{
    (void)unused;
    enum { TIMES = 200 };
    static const double frictions[] = {0.01, 0.1, 1, 4}, heats[] = {0.01, 0.5, 3};
    const variant v = {.sampler = bens_sampler_find("sgnht"),
                       .integrator = "integrator=baoa"};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            for (double eps = 0.02; eps < 0.3; eps *= 3) {
                const double alpha = frictions[i], B = 2 * alpha / eps * heats[k];
                if (eps * alpha * (1 + heats[k]) > 0.8)
                    continue; /* it ends beyond the range where the target is exact */
                settings o = variant_settings(&v, eps, alpha, 1);
                const int64_t n = (int64_t)(TIMES * fmax(1 / alpha, alpha) / eps);
                const double temperature = after(&v, &o, eps, 1.3, B, alpha, n);
                if (!(fabs(temperature - 1) < 1e-6))
                    fail_msg("alpha %g eps %g heat %g: %.9g after %lld steps", alpha, eps,
                             heats[k], temperature, (long long)n);
                settings_release(&o);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thermostat_follows_the_momenta),
        cmocka_unit_test(thermostat_rests_at_the_temperature),
        cmocka_unit_test(thermostat_comes_back),
        cmocka_unit_test(thermostat_gets_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
