/* backend: sample and permute are the scalar definitions of core/, number for number, on
 * every instruction set, wherever a run starts and ends. */
#include "backend/levels.h"

#include "core/permutation.h"

enum { MOST = 300, GUARD = 2 };

static void check_sample(const bens_backend *be, const bens_rng *at, uint64_t n_data,
                         uint64_t first, size_t n)
{
    int64_t row[MOST + GUARD];
    for (size_t i = 0; i < MOST + GUARD; i++) row[i] = -7;
    be->sample(at, n_data, first, n, row);
    for (size_t i = 0; i < n; i++)
        assert_true(row[i] == (int64_t)bens_rng_index(at, n_data, first + i));
    for (size_t i = n; i < n + GUARD; i++) assert_true(row[i] == -7);
}

/* 2^33 is where the block number outgrows the counter's first word; 2^32 rows are where
 * 32 bits do not hold their number. */
static void sample_is_that_of_core(void **state)
{
    static const uint64_t starts[] =
        {0, 1, 31, 1000, (UINT64_C(1) << 33) - 50, (UINT64_C(1) << 40) - 7};
    static const uint64_t sizes[] = {1, 768, UINT32_MAX, UINT64_C(1) << 32,
                                     (UINT64_C(1) << 40) - 3};
    const bens_rng at = {.seed = 0x123456789abcdef0,
                         .step = 0xfedcba987654,
                         .chain = BENS_MAX_CHAIN,
                         .stream = BENS_STREAM_ORDER};
    (void)state;
    for (int level = 0; level < N_STARTS; level += 2) {
        if (!start_level(cpu(), level)) continue;
        for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
            for (size_t n = 0; n <= MOST; n++)
                check_sample(cpu(), &at, sizes[n % 5], starts[i], n);
    }
}

static void check_run(const bens_backend *be, const bens_permutation *p, uint64_t first,
                      size_t n)
{
    int64_t image[MOST + GUARD];
    for (size_t i = 0; i < MOST + GUARD; i++) image[i] = -7;
    be->permute(p, first, n, image);
    for (size_t i = 0; i < n; i++)
        assert_true(image[i] == (int64_t)bens_permutation_at(p, first + i));
    for (size_t i = n; i < n + GUARD; i++) assert_true(image[i] == -7);
}

/* Lengths around the group of 32 positions; runs that end with the epoch; domains with
 * much cycle walking (n = 1, 33), little (1000, 60000) and none (768, 2^40). */
static void permute_is_that_of_core(void **state)
{
    static const uint64_t ns[] = {1,
                                  2,
                                  33,
                                  511,
                                  768,
                                  1000,
                                  60000,
                                  (UINT64_C(1) << 32) + 1,
                                  (UINT64_C(1) << 40) - 87,
                                  UINT64_C(1) << 40};
    static const size_t runs[] = {0, 1, 5, 31, 32, 33, 64, 97};
    (void)state;
    for (int level = 0; level < N_STARTS; level += 2) {
        if (!start_level(cpu(), level)) continue;
        for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
            const bens_rng at = {.seed = i, .step = 9, .stream = BENS_STREAM_ORDER};
            const bens_permutation p = bens_permutation_make(ns[i], &at);
            for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
                if (runs[r] > ns[i]) continue;
                check_run(cpu(), &p, 0, runs[r]);
                check_run(cpu(), &p, (ns[i] - runs[r]) / 2, runs[r]);
                check_run(cpu(), &p, ns[i] - runs[r], runs[r]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_is_that_of_core),
        cmocka_unit_test(permute_is_that_of_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
