/* The six numbers of each sampler against its recursion as published, in double. */
#include "samplers/variant.h"

#include <math.h>

typedef struct {
    double theta, m;
} point;

typedef struct {
    double eps, alpha, sigma, T;
} setting;

static const setting SETTINGS[] = {
    {0.1, 1, 1, 1},     {0.02, 0.3, 2, 0.5}, {1, 0.5, 0.7, 1e-3},
    {1e-4, 1e-5, 3, 2}, {0.3, 1, 1, 0},
};
enum { N_SETTINGS = sizeof SETTINGS / sizeof *SETTINGS };

/* Duffield et al. 2025: all from the old state. */
static point paper_sghmc(point at, double g, double z, setting s, bool new_momentum)
{
    const double prec = 1 / (s.sigma * s.sigma);
    const double m = at.m + s.eps * g - s.eps * prec * s.alpha * at.m +
                     sqrt(2 * s.alpha * s.eps * s.T) * z;
    return (point){at.theta + s.eps * prec * (new_momentum ? m : at.m), m};
}

/* Kick, half drift, friction xi and noise of strength 2 alpha T, half drift. expm1 is
 * libm's: exact for tiny steps. */
static point paper_baoa(point at, double g, double z, setting s, double xi)
{
    const double prec = 1 / (s.sigma * s.sigma), gamma = xi * prec;
    const double kicked = at.m + s.eps * g, middle = at.theta + s.eps / 2 * prec * kicked;
    const double zeta2 = 2 * s.alpha * s.T * -expm1(-2 * gamma * s.eps) / (2 * gamma);
    const double m = exp(-gamma * s.eps) * kicked + sqrt(zeta2) * z;
    return (point){middle + s.eps / 2 * prec * m, m};
}

/* The paper's sgnht is sghmc's euler with another friction under the same noise. */
static point paper_sgnht(point at, double g, double z, setting s, double xi)
{
    const double prec = 1 / (s.sigma * s.sigma);
    return (point){at.theta + s.eps * prec * at.m,
                   at.m + s.eps * g - s.eps * prec * xi * at.m +
                       sqrt(2 * s.alpha * s.eps * s.T) * z};
}

static point paper_sgld(point at, double g, double z, setting s)
{
    return (point){at.theta + s.eps * g + sqrt(2 * s.eps * s.T) * z, 0};
}

static const double THERMOSTAT = -0.6; /* it may be negative */

/* A new sampler brings its recursion here. */
static point paper(const variant *v, point at, double g, double z, setting s)
{
    if (variant_is(v, "baoa", "")) return paper_baoa(at, g, z, s, s.alpha);
    if (variant_is(v, "sgld", "")) return paper_sgld(at, g, z, s);
    if (variant_is(v, "sgnht", "integrator=baoa"))
        return paper_baoa(at, g, z, s, THERMOSTAT);
    if (variant_is(v, "sgnht", "integrator=euler"))
        return paper_sgnht(at, g, z, s, THERMOSTAT);
    assert_string_equal(v->sampler->name, "sghmc");
    return paper_sghmc(at, g, z, s, strcmp(v->integrator, "integrator=symplectic") == 0);
}

/* Without momenta: theta' = theta + q g + s z. */
static point fused(bens_langevin c, point at, double g, double z, bool momenta)
{
    if (!momenta) return (point){at.theta + c.q * g + c.s * z, 0};
    const double m = c.a * at.m + c.b * g + c.s * z;
    return (point){at.theta + c.p * at.m + c.q * g + c.r * m, m};
}

/* Rounding of a handful of operations on numbers of order one is a few 1e-16. */
static void is_published_recursion(void **unused)
{
    (void)unused;
    variant v;
    size_t n_variants = 0;
    for (size_t i = 0; variant_sampler_at(i, &v); i++) {
        if (v.sampler->linear == NULL) continue;
        for (int k = 0; k < N_SETTINGS; k++) {
            const setting s = SETTINGS[k];
            settings o = variant_settings(&v, s.eps, s.alpha, s.sigma);
            const bens_step at = {.eps = s.eps, .T = s.T, .scalar = &THERMOSTAT};
            const bens_langevin c = v.sampler->linear(o.options, &at);
            const point want = paper(&v, (point){0.7, -1.3}, 0.9, 1.1, s);
            const point have = fused(c, (point){0.7, -1.3}, 0.9, 1.1, v.sampler->momenta);
            assert_true(fabs(have.theta - want.theta) < 2e-15);
            assert_true(fabs(have.m - want.m) < 2e-15);
            assert_true(c.decay == 0);
            if (v.sampler->momenta)
                assert_true(fabs(v.sampler->mass(o.options) - s.sigma * s.sigma) < 1e-15);
            settings_release(&o);
        }
        n_variants++;
    }
    assert_int_equal(n_variants, 6);
}

/* The noise of baoa from the tiniest friction to the largest: 1 - exp(-2 x) by
 * subtraction would be wrong by 1e-16 / x, and 0 below 1e-16. 4 units in the last place
 * are wanted. */
static void noise_is_right_for_tiny_steps(void **unused)
{
    (void)unused;
    const variant v = {.sampler = bens_sampler_find("baoa")};
    for (double x = 1e-25; x < 300; x *= 1.7) {
        settings o = variant_settings(&v, x, 1, 1);
        const bens_step at = {.eps = x, .T = 1};
        const double s = v.sampler->linear(o.options, &at).s;
        const double want = sqrt(-expm1(-2 * x));
        assert_true(fabs(s - want) < 9e-16 * want);
        settings_release(&o);
    }
}

static void refuses(const char *sampler, const char *const *texts, const char *why)
{
    const bens_sampler *s = bens_sampler_find(sampler);
    settings o = settings_make(s->options, s->options_size, texts);
    assert_int_equal(o.status, BENS_OK);
    assert_int_equal(s->check(o.options), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), why));
    settings_release(&o);
}

static void refuses_what_does_not_belong_together(void **unused)
{
    (void)unused;
    refuses("sghmc", TEXTS("step_size=0.5", "alpha=4", "integrator=euler"),
            "found 0.5 * 4 / 1^2 = 2");
    refuses("sgnht", TEXTS("step_size=0.5", "alpha=4", "integrator=euler"),
            "found 0.5 * 4 / 1^2 = 2");
    refuses("sgnht", TEXTS("step_size=0.5", "alpha=4", "temperature=0"),
            "wanted temperature > 0, found 0");
    refuses("sgd", TEXTS("step_size=0.5", "nesterov=true"), "found momentum = 0");
    refuses("sgd",
            TEXTS("step_size=0.5", "nesterov=true", "momentum=0.5", "dampening=0.1"),
            "dampening = 0.1");
}

static void refuses_what_cannot_be(void **unused)
{
    (void)unused;
    const bens_sampler *s = bens_sampler_find("sghmc");
    static const char *const bad[] = {"step_size=0",    "step_size=-1", "step_size=nan",
                                      "alpha=0",        "sigma=0",      "alpha=-1",
                                      "integrator=leap"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        settings o = settings_make(s->options, s->options_size, TEXTS(bad[i]));
        assert_int_equal(o.status, BENS_ERR_CONFIG);
        settings_release(&o);
    }
    assert_null(bens_sampler_find("baoab"));
    assert_null(bens_option_find(s->options, "integrator")->preset);
    assert_ptr_equal(bens_sampler_at(0), bens_sampler_find("baoa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_published_recursion),
        cmocka_unit_test(noise_is_right_for_tiny_steps),
        cmocka_unit_test(refuses_what_does_not_belong_together),
        cmocka_unit_test(refuses_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
