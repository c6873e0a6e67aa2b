/* ctest: timeout 600; label statistics
 * Every sampler on Gaussians, to 2 % of a variance: one method's formula in place of
 * another's, or noise that is 1 % too strong, fails. */
#include "models/gaussian_law.h"

static void gaussians_have_their_law(void **unused)
{
    (void)unused;
    check_all(1, 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians_have_their_law)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
