/* Masses and gradient noise of a linear sampler: what they do to its exact stationary law
 * (law.h), and that doing nothing changes nothing. */
#include "samplers/law.h"
#include "samplers/variant.h"

#include "samplers/linear.h"

typedef struct {
    double eps, alpha, sigma, T;
} setting;
static const setting SETTINGS[] = {{0.1, 1, 1, 1},
                                   {0.05, 0.4, 2, 1e-3},
                                   {0.3, 2, 0.9, 0.5}};
enum { N_SETTINGS = sizeof SETTINGS / sizeof *SETTINGS };

/* Calls check for every linear sampler of a posterior with every setting. */
static void for_all(void (*check)(const variant *, const setting *, bens_langevin))
{
    variant v;
    size_t n = 0;
    for (size_t i = 0; variant_sampler_at(i, &v); i++) {
        if (v.sampler->linear == NULL) continue;
        for (int k = 0; k < N_SETTINGS; k++) {
            const setting *s = &SETTINGS[k];
            settings o = variant_settings(&v, s->eps, s->alpha, s->sigma);
            const bens_step at = {.eps = s->eps, .T = s->T, .scalar = &s->alpha};
            check(&v, s, v.sampler->linear(o.options, &at));
            settings_release(&o);
        }
        n++;
    }
    assert_true(n >= 6);
}

static void close_to(double have, double want)
{
    if (!(fabs(have - want) <=
          1e-11 * fabs(want))) /* a 3 x 3 system of condition < 1e4 */
        fail_msg("%.15g is not %.15g", have, want);
}

/* theta of curvature h and mass M is theta of curvature h / M and mass 1, over sqrt(M);
 * and its momentum / sqrt(M) has the same law. */
static void check_mass(const variant *v, const setting *s, bens_langevin c)
{
    static const double masses[] = {1, 0.25, 7};
    const double h = 0.6;
    (void)s;
    for (int k = 0; k < 3; k++) {
        const double M = masses[k];
        const bens_langevin with = bens_linear_with_mass(c, M, v->sampler->momenta);
        if (!v->sampler->momenta) {
            close_to(M * law_without_momenta(with, h, 0),
                     law_without_momenta(c, h / M, 0));
            continue;
        }
        const covariance have = law_of(with, h, 0), want = law_of(c, h / M, 0);
        close_to(M * have.tt, want.tt);
        close_to(have.mm, want.mm);
    }
}

static void mass_is_a_change_of_scale(void **unused)
{
    (void)unused;
    for_all(check_mass);
}

static double variance(const variant *v, bens_langevin c, double h, double B)
{
    return v->sampler->momenta ? law_of(c, h, B).tt : law_without_momenta(c, h, B);
}

/* Gradient noise that is half of all noise that s can give. Where noise of the gradient
 * goes the way of z the law of theta is restored; in baoa's, which moves theta by q too,
 * all but the fraction kappa / 4 of the heating (docs/mathematics.md). */
static void check_noise(const variant *v, const setting *s, bens_langevin c)
{
    static const double curvatures[] = {1e-3, 0.3, 1.2};
    const bool momenta = v->sampler->momenta;
    const double B = 0.5 * c.s * c.s / bens_linear_noise_gain(&c, momenta);
    bool clamped = false;
    const bens_langevin less = bens_linear_without_noise(c, B, momenta, &clamped);
    assert_false(clamped);

    for (int k = 0; k < 3; k++) {
        const double h = curvatures[k];
        if (variant_is(v, "sghmc", "integrator=euler") && s->eps * h >= 0.9 * s->alpha)
            continue;
        if (variant_is(v, "sgnht", "integrator=euler") && s->eps * h >= 0.9 * s->alpha)
            continue;
        const double exact = variance(v, c, h, 0), hot = variance(v, c, h, B);
        const double left = variance(v, less, h, B) / exact - 1;
        const double kappa = s->eps * s->eps * h / (s->sigma * s->sigma);
        const double share = momenta && c.q != 0 ? kappa / 4 : 0;
        assert_true(hot / exact - 1 > 0.4);
        assert_true(fabs(left - share * (hot / exact - 1)) < 1e-11);
    }
}

static void gradient_noise_is_taken_off(void **unused)
{
    (void)unused;
    for_all(check_noise);
}

static void check_clamp(const variant *v, const setting *s, bens_langevin c)
{
    const bool momenta = v->sampler->momenta;
    const double most = c.s * c.s / bens_linear_noise_gain(&c, momenta);
    bool clamped = false;
    (void)s;

    assert_true(bens_linear_without_noise(c, 0.999 * most, momenta, &clamped).s > 0);
    assert_false(clamped);
    const bens_langevin cold =
        bens_linear_without_noise(c, 1.001 * most, momenta, &clamped);
    assert_true(clamped);
    assert_true(cold.s == 0);
    assert_true(cold.a == c.a && cold.b == c.b && cold.p == c.p && cold.q == c.q &&
                cold.r == c.r);
    (void)bens_linear_without_noise(c, 0, momenta, &clamped);
    assert_true(clamped); /* not taken back by a tensor after it */
}

static void too_much_noise_is_clamped(void **unused)
{
    (void)unused;
    for_all(check_clamp);
}

/* The numbers that the loop computes with mass 1 and no noise are the sampler's. */
static void check_identity(const variant *v, const setting *s, bens_langevin c)
{
    bool clamped = false;
    (void)s;
    bens_langevin same = bens_linear_with_mass(c, 1, v->sampler->momenta);
    assert_memory_equal(&same, &c, sizeof c);
    same = bens_linear_without_noise(c, 0, v->sampler->momenta, &clamped);
    assert_true(fabs(same.s - c.s) <= 3e-16 * c.s); /* the root of the square */
}

static void nothing_changes_nothing(void **unused)
{
    (void)unused;
    for_all(check_identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mass_is_a_change_of_scale),
        cmocka_unit_test(gradient_noise_is_taken_off),
        cmocka_unit_test(too_much_noise_is_clamped),
        cmocka_unit_test(nothing_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
