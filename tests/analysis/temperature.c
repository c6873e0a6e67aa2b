/* Thermometers on momenta and draws whose temperature is known. */
#include "analysis/temperature.h"
#include "analysis/distributions.h"
#include "core/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CHAINS = 4, DRAWS = 250, D = 6, N = CHAINS * DRAWS };

/* Kinetic temperatures of draws with independent momenta at `temperature`. */
static void kinetic(uint64_t seed, double temperature, size_t n, double *out)
{
    float z[D];
    for (size_t i = 0; i < n; i++) {
        bens_rng_normals(&(bens_rng){.seed = seed}, D * i, D, z);
        out[i] = 0;
        for (int k = 0; k < D; k++)
            out[i] += temperature * (double)z[k] * (double)z[k] / D;
    }
}

/* The interval of 95 % holds the mean of n d chi-squares 95 times of 100: over 400 seeds
 * within 4 binomial errors (.044), and almost never that of momenta 20 % too hot, which
 * is 15 of its half-widths away. */
static void the_interval_holds_its_share(void **state)
{
    double x[N], low, high;
    int inside = 0;
    (void)state;
    bens_temperature_interval(2, 40 * D, 0.95, &low, &high);
    for (uint64_t seed = 0; seed < 400; seed++) {
        double mean = 0;
        kinetic(seed, 2, 40, x);
        for (int i = 0; i < 40; i++) mean += x[i] / 40;
        inside += low <= mean && mean <= high;
    }
    assert_true(fabs(inside / 400. - 0.95) < 0.044);

    /* Of 1 degree of freedom: the square of a normal between the quantiles .0125 and
     * .9875. */
    bens_temperature_interval(1, 1, 0.95, &low, &high);
    assert_true(fabs(low - pow(bens_normal_quantile(0.5125), 2)) < 1e-15);
    assert_true(fabs(high - pow(bens_normal_quantile(0.9875), 2)) < 1e-14);
}

static void z_tells_hot_from_right(void **state)
{
    double x[N], low, high;
    bens_convergence *w = NULL;
    (void)state;
    assert_int_equal(bens_convergence_create(CHAINS, DRAWS, &w), BENS_OK);
    kinetic(3, 1, N, x);
    bens_temperature right = bens_temperature_of(w, x, 1),
                     hot = bens_temperature_of(w, x, 0.8);
    assert_true(fabs(right.z) < 4 && hot.z > 8);
    /* independent: error sqrt(2 / (d n)), known to 10 % from ESS and variance */
    assert_true(fabs(right.mcse / sqrt(2. / (D * N)) - 1) < 0.1);
    assert_true(right.n_eff <= N && right.n_eff > 0.8 * N);
    bens_temperature_interval(1, D * right.n_eff, 0.99, &low, &high);
    assert_true(low < right.mean && right.mean < high && high - low < 0.12);

    for (int i = N - 1; i >= 0; i--) x[i] = x[i / 10 * 10]; /* every draw 10 times */
    const bens_temperature slow = bens_temperature_of(w, x, 1);
    assert_true(slow.n_eff < 0.2 * N && slow.n_eff > 0.05 * N);
    x[5] = NAN;
    assert_true(isnan(bens_temperature_of(w, x, 1).mean));
    bens_convergence_destroy(w);
}

/* 500 chains of one or two draws: each chain counts once, and its mean is one number. */
static void few_draws_of_many_chains(void **state)
{
    enum { MANY = 500 };
    double x[2 * MANY];
    (void)state;
    for (size_t n_draws = 1; n_draws <= 2; n_draws++) {
        bens_convergence *w = NULL;
        assert_int_equal(bens_convergence_create(MANY, n_draws, &w), BENS_OK);
        kinetic(9, 1, MANY * n_draws, x);
        const bens_temperature t = bens_temperature_of(w, x, 1);
        assert_true(t.n_eff == MANY && fabs(t.z) < 4);
        const double wanted = sqrt(2. / (D * MANY * (double)n_draws));
        assert_true(fabs(t.mcse / wanted - 1) <
                    0.16); /* 4 / sqrt(2 * 500), and the 4th moment */
        bens_convergence_destroy(w);
    }
}

/* However the rounding of its mean falls. */
static void one_chain_of_few_draws_has_no_error(void **state)
{
    bens_convergence *w = NULL;
    double x[3];
    (void)state;
    assert_int_equal(bens_convergence_create(1, 3, &w), BENS_OK);
    for (uint64_t seed = 0; seed < 20; seed++) {
        kinetic(seed, 1, 3, x);
        const bens_temperature t = bens_temperature_of(w, x, 1);
        assert_true(isfinite(t.mean) && isnan(t.mcse) && isnan(t.z));
    }
    bens_convergence_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interval_holds_its_share),
        cmocka_unit_test(z_tells_hot_from_right),
        cmocka_unit_test(few_draws_of_many_chains),
        cmocka_unit_test(one_chain_of_few_draws_has_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
