/* The bootstrap finds the errors that theory knows. */
#include "analysis/bootstrap.h"
#include "analysis/draws.h"
#include "core/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MEMBERS = 20, REPLICATES = 4000 };

static void weights_are_draws_with_replacement(void **state)
{
    double weight[MEMBERS], again[MEMBERS], none = 0, squares = 0;
    (void)state;
    for (uint64_t r = 0; r < REPLICATES; r++) {
        double sum = 0;
        bens_bootstrap_weights(5, r, MEMBERS, weight);
        bens_bootstrap_weights(5, r, MEMBERS, again);
        assert_memory_equal(weight, again, sizeof weight);
        for (int m = 0; m < MEMBERS; m++) {
            sum += weight[m];
            none += weight[m] == 0;
            squares += weight[m] * weight[m];
        }
        assert_true(sum == MEMBERS);
    }
    /* Multinomial: P(0) = (19/20)^20 = .3585, E w^2 = 2 - 1/20. Counts of one replicate
     * lean against each other, so 4 binomial errors of .0017, and of sd(w^2) = 2.2, are
     * wide. */
    assert_true(fabs(none / (MEMBERS * REPLICATES) - pow(0.95, 20)) < 4 * 0.0017);
    assert_true(fabs(squares / (MEMBERS * REPLICATES) - 1.95) < 4 * 0.008);
    bens_bootstrap_weights(6, 0, MEMBERS, again);
    bens_bootstrap_weights(5, 0, MEMBERS, weight);
    assert_true(memcmp(weight, again, sizeof weight) != 0); /* another seed */
}

/* Of a mean the error is sd / sqrt(n) with n - 1, however few the members. 4,000
 * replicates show an sd to 1.1 %. */
static void the_error_of_a_mean(void **state)
{
    (void)state;
    for (size_t n = 4; n <= MEMBERS; n += 8) {
        double x[MEMBERS], mean = 0, squares = 0, value[REPLICATES], weight[MEMBERS];
        uint64_t seed = n;
        for (size_t m = 0; m < n; m++) mean += (x[m] = uniform(&seed)) / (double)n;
        for (size_t m = 0; m < n; m++) squares += (x[m] - mean) * (x[m] - mean);
        for (uint64_t r = 0; r < REPLICATES; r++) {
            bens_bootstrap_weights(1, r, n, weight);
            value[r] = 0;
            for (size_t m = 0; m < n; m++) value[r] += weight[m] * x[m] / (double)n;
        }
        const double wanted = sqrt(squares / (double)(n - 1) / (double)n);
        assert_true(fabs(bens_bootstrap_error(value, REPLICATES, n) / wanted - 1) <
                    0.045);
    }
}

static void no_error_to_be_had(void **state)
{
    const double value[3] = {1, 2, 3}, hole[3] = {1, NAN, 3}, huge[3] = {1, INFINITY, 3};
    (void)state;
    assert_true(fabs(bens_bootstrap_error(value, 3, 2) - sqrt(2)) < 1e-15);
    assert_true(isnan(bens_bootstrap_error(value, 3, 1)));
    assert_true(isnan(bens_bootstrap_error(value, 1, 5)));
    assert_true(isnan(bens_bootstrap_error(hole, 3, 5)));
    assert_true(isnan(bens_bootstrap_error(huge, 3, 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_draws_with_replacement),
        cmocka_unit_test(the_error_of_a_mean),
        cmocka_unit_test(no_error_to_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
