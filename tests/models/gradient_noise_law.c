/* ctest: timeout 600; label statistics
 * Gaussian gradient noise of known variance: every linear sampler is off by what the
 * exact stationary law of its recursion says (samplers/law.h), and taking the noise off
 * restores what that law says; sgnht needs not be told, and settles in time. */
#include "models/gaussian_law.h"
#include "samplers/law.h"

/* The law of one curvature with gradient noise B and coefficients c. */
static gaussian_law predicted(const variant *v, const settings *o, bens_langevin c,
                              double h, double T, double B)
{
    if (!v->sampler->momenta)
        return (gaussian_law){.configurational = h * law_without_momenta(c, h, B) / T};
    const covariance l = law_of(c, h, B);
    return (gaussian_law){h * l.tt / T, l.mm / v->sampler->mass(o->options) / T, 0};
}

static bens_langevin coefficients(const variant *v, const settings *o, setting s,
                                  double T, double friction, double noise)
{
    const bens_step at = {.eps = s.eps, .T = T, .scalar = &friction};
    bool clamped = false;
    const bens_langevin c = v->sampler->linear(o->options, &at);
    return bens_linear_without_noise(c, noise, v->sampler->momenta, &clamped);
}

/* The friction at which the thermostat rests, and the law there: euler holds the kinetic
 * temperature, baoa the configurational one. Both fall with friction. */
static gaussian_law at_rest(const variant *v, const settings *o, setting s, double h,
                            double T, double B, double noise)
{
    const bool euler = variant_is(v, "sgnht", "integrator=euler");
    const double kappa = s.eps * s.eps * h / (s.sigma * s.sigma);
    double low = euler ? kappa * s.sigma * s.sigma / s.eps : 0;
    double high = s.sigma * s.sigma / s.eps;
    gaussian_law l = {0};
    for (int k = 0; k < 100; k++) {
        const double xi = 0.5 * (low + high);
        l = predicted(v, o, coefficients(v, o, s, T, xi, noise), h, T, B);
        l.friction = xi;
        *((euler ? l.kinetic : l.configurational) > 1 ? &low : &high) = xi;
    }
    return l;
}

/* Runs one plan, with gradient noise, and compares. The mean friction, in *friction. */
static void check_plan(const variant *v, setting s, double T, const plan *p)
{
    static gaussian_law law[MOST];
    const double B = p->gradient_sd * p->gradient_sd;
    settings o = variant_settings(v, s.eps, s.alpha, s.sigma);
    toy t = make_gaussian(p);
    const double friction = run(&t, v, &o, p, T);
    for (int group = 0; group < p->n; group++) {
        const double h = p->curvature[group];
        const gaussian_law want =
            v->sampler->advance != NULL
                ? at_rest(v, &o, s, h, T, B, p->noise)
                : predicted(v, &o, coefficients(v, &o, s, T, 0, p->noise), h, T, B);
        for (int i = 0; i < p->each; i++) law[i] = want;
        const double seen = 4 * check_group(v, s, T, p, group, law);
        if (v->sampler->advance != NULL)
            assert_true(fabs(friction - want.friction) < 0.01 * want.friction);
        if (h == 1)
            print_message("%-6s %-22s eps %-4g %s temperature %.4f, kinetic %.4f\n",
                          v->sampler->name, v->integrator, s.eps,
                          p->noise > 0 ? "corrected:" : "as it is: ",
                          want.configurational, want.kinetic);
        assert_true(seen < 0.025);
    }
    toy_release(&t);
    settings_release(&o);
}

/* Noise that heats by half: B = s^2 / (2 gain). */
static void check_noise(const variant *v, setting s, double T)
{
    settings o = variant_settings(v, s.eps, s.alpha, s.sigma);
    const bens_langevin c = coefficients(v, &o, s, T, s.alpha, 0);
    const double B = 0.5 * c.s * c.s / bens_linear_noise_gain(&c, v->sampler->momenta);
    plan p = {2048, N_CURVATURES, CURVATURE, 1500, 6000, sqrt(B), 0};
    if (v->sampler->advance != NULL)
        p = (plan){MOST, 1, CURVATURE + 1, 1500, 2500, sqrt(B), 0};
    check_plan(v, s, T, &p);
    p.noise = B;
    check_plan(v, s, T, &p);
    settings_release(&o);
}

static void temperature_is_off_as_predicted(void **unused)
{
    (void)unused;
    variant v;
    int n = 0;
    for (size_t i = 0; variant_sampler_at(i, &v); i++) {
        if (bens_option_find(v.sampler->options, "gradient_noise") == NULL) continue;
        for (int k = 0; k < 2; k++) check_noise(&v, SETTINGS[k], 0.7);
        n++;
    }
    assert_int_equal(n, 6);
}

/* numbers.md A.7: T = 1 / 25,000, eps = .1, alpha = 1, noise such that SGHMC would run at
 * 2 T: T = eps B / (2 alpha). With the paper's rate the friction would have gone from 1
 * to 1.22 after 50,000 steps. Here the means over steps 1,500 to 2,000 are those of
 * equilibrium. */
static void thermostat_settles(void **unused)
{
    (void)unused;
    const setting s = {0.1, 1, 1};
    const double T = 1.0 / 25000, B = 2 * s.alpha * T / s.eps;
    const plan p = {MOST, 1, CURVATURE + 1, 1500, 500, sqrt(B), 0};
    variant v;
    for (size_t i = 0; variant_sampler_at(i, &v); i++) {
        if (v.sampler->advance == NULL) continue;
        settings o = variant_settings(&v, s.eps, s.alpha, s.sigma);
        const gaussian_law want = at_rest(&v, &o, s, 1, T, B, 0);
        toy t = make_gaussian(&p);
        const double friction = run(&t, &v, &o, &p, T);
        double kinetic = 0, configurational = 0;
        for (int k = 0; k < MOST; k++) {
            kinetic += sums[KINETIC][k] * EVERY / (500.0 * MOST * T);
            configurational += sums[VARIANCE][k] * EVERY / (500.0 * MOST * T);
        }
        print_message("%s: friction %.4f (%.4f), kinetic %.4f (%.4f), "
                      "configurational %.4f (%.4f)\n",
                      v.integrator, friction, want.friction, kinetic, want.kinetic,
                      configurational, want.configurational);
        assert_true(want.friction > 2);
        /* 10,000 x 500 steps that are correlated over about ten: errors of .2 %. */
        assert_true(fabs(friction / want.friction - 1) < 0.01);
        assert_true(fabs(kinetic / want.kinetic - 1) < 0.01);
        assert_true(fabs(configurational / want.configurational - 1) < 0.01);
        toy_release(&t);
        settings_release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperature_is_off_as_predicted),
        cmocka_unit_test(thermostat_settles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
