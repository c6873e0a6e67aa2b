/* Running means of the gradient: their weights, and masses that adapt and then stay. */
#include "samplers/settings.h"

#include "samplers/moments.h"

#include <math.h>

/* Repeated squaring has one rounding for each of some 40 products. */
static void weights_are_those_of_the_sum(void **unused)
{
    (void)unused;
    static const double betas[] = {0, 0.5, 0.9, 0.99, 0.999, 0.999999};
    for (int i = 0; i < 6; i++) {
        double sum = 0;
        assert_true(bens_moments_weight(betas[i], 0) == 0);
        for (int64_t k = 1; k <= 3000; k++) {
            sum = betas[i] * sum + (1 - betas[i]);
            assert_true(fabs(bens_moments_weight(betas[i], k) - sum) < 2e-13);
        }
    }
    assert_true(fabs(bens_moments_weight(0.999, INT64_C(1) << 40) - 1) < 1e-15);
}

/* The mass of a constant gradient is lambda + |g| from the first step on. */
static void masses_stay_when_adapted(void **unused)
{
    (void)unused;
    const double g = 0.3, beta = 0.9, lambda = 0.05;
    for (int64_t adapt = 1; adapt < 30; adapt += 7) {
        double v = 0;
        for (int64_t step = 0; step < 40; step++) {
            const bens_step at = {.step = step, .adapt = adapt};
            const bens_rms rms = bens_moments_rms(beta, lambda, &at);
            v = rms.beta * v + (1 - rms.beta) * g * g;
            assert_true(rms.lambda == lambda);
            assert_true(rms.beta == (step < adapt ? beta : 1));
            assert_true(fabs(sqrt(rms.unbias * v) - g) < 1e-14);
        }
    }
}

/* Without a step to adapt in, every mass is lambda. */
static void nothing_to_adapt_in(void **unused)
{
    (void)unused;
    const bens_rms rms = bens_moments_rms(0.9, 0.05, &(bens_step){.step = 3});
    assert_true(rms.beta == 1 && rms.unbias == 0 && rms.lambda == 0.05);
}

/* lr / (1 - beta1^t) and sqrt(1 - beta2^t), t = 1 at the first step; no decay. */
static void adam_corrects_its_start(void **unused)
{
    (void)unused;
    const bens_adam_options o = {.beta1 = 0.9,
                                 .beta2 = 0.99,
                                 .epsilon = 1e-7,
                                 .weight_decay = 3};
    for (int64_t step = 0; step < 50; step++) {
        const bens_adam a =
            bens_moments_adam(&o, &(bens_step){.eps = 0.02, .step = step});
        const double t = (double)step + 1;
        assert_true(fabs(a.rate * (1 - pow(0.9, t)) / 0.02 - 1) < 1e-13);
        assert_true(fabs(a.root * a.root / (1 - pow(0.99, t)) - 1) < 1e-13);
        assert_true(a.beta1 == 0.9 && a.beta2 == 0.99 && a.epsilon == 1e-7);
        assert_true(a.decay == 0 && a.shrink == 0);
    }
    assert_true(bens_moments_weight_decay(&o) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_those_of_the_sum),
        cmocka_unit_test(masses_stay_when_adapted),
        cmocka_unit_test(nothing_to_adapt_in),
        cmocka_unit_test(adam_corrects_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
