/* ctest: timeout 3600; label long
 * Every sampler on Gaussians, to .5 % of a variance. */
#include "models/gaussian_law.h"

static void gaussians_have_their_law(void **unused)
{
    (void)unused;
    check_all(20, 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians_have_their_law)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
