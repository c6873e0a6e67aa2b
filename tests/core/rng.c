/* core/rng: published vectors of Philox, the layout of the counter and of the normals,
 * and whether the normals are normal. */
#include "core/kernels.h"
#include "core/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Random123's kat_vectors, philox4x32 10. */
static void philox_gives_the_published_vectors(void **state)
{
    static const uint32_t known[3][10] =
        {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
          0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
          0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        uint32_t out[4] = {0xdeadbeef, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef};
        bens_philox(known[i], known[i] + 4, out);
        assert_memory_equal(out, known[i] + 6, sizeof out);
    }
}

/* contracts.md: {block low, step low, chain << 8 | stream, step high << 16 | block
 * high}. */
static void the_counter_holds_the_position(void **state)
{
    const bens_rng at = {.seed = 0x0123456789abcdef,
                         .step = 0xfedc12345678,
                         .chain = 0xabcdef,
                         .stream = BENS_STREAM_ORDER};
    const uint32_t wanted[4] = {0x89abcdef, 0x12345678, 0xabcdef03, 0xfedc4567};
    uint32_t counter[4] = {7, 7, 7, 7}, word[4] = {7, 7, 7, 7}, same[4] = {9, 9, 9, 9};
    const uint32_t key[2] = {0x89abcdef, 0x01234567};
    (void)state;
    bens_rng_counter(&at, 0x456789abcdef, counter);
    assert_memory_equal(counter, wanted, sizeof wanted);
    bens_philox(wanted, key, same);
    bens_rng_block(&at, 0x456789abcdef, word);
    assert_memory_equal(word, same, sizeof same);
}

/* n = 2^16 takes the top 16 bits of the 32-bit words, n = 2^40
 * the top 40 of the 64-bit ones. */
static void indices_are_the_top_of_a_word(void **state)
{
    const bens_rng at = {.seed = 5, .step = 9, .chain = 3, .stream = BENS_STREAM_ORDER};
    uint32_t word[4];
    (void)state;
    for (uint64_t k = 0; k < 40; k++) {
        bens_rng_block(&at, k / 4, word);
        assert_true(bens_rng_index(&at, 1 << 16, k) == word[k % 4] >> 16);
        assert_true(bens_rng_index(&at, 1, k) == 0);
        assert_true(bens_rng_index(&at, UINT64_C(1) << 40, k) ==
                    bens_rng_word64(&at, k) >> 24);
    }
}

static void words_are_pairs_of_a_block(void **state)
{
    const bens_rng at = {.seed = 5, .step = 6, .chain = 7, .stream = BENS_STREAM_SPLIT};
    (void)state;
    for (uint64_t k = 0; k < 6; k++) {
        uint32_t word[4];
        bens_rng_block(&at, k / 2, word);
        const uint64_t low = word[k % 2 * 2], high = word[k % 2 * 2 + 1];
        assert_true(bens_rng_word64(&at, k) == (high << 32 | low));
    }
}

/* Elements i and i + 64 of a tile are one Box-Muller pair. */
static void normals_follow_the_layout(void **state)
{
    const bens_rng at = {.seed = 11, .step = 12, .chain = 13};
    float z[256];
    (void)state;
    bens_rng_normals(&at, 128 * 1000, 256, z);
    for (uint64_t i = 0; i < 64; i++) {
        uint32_t word[4];
        float first, second;
        bens_rng_block(&at, 32 * 1001 + i / 2, word);
        bens_k_normal_pair(word[1 - i % 2], word[3 - i % 2], &first, &second);
        assert_true(z[128 + i] == first && z[128 + 64 + i] == second);
    }
    float part[3];
    bens_rng_normals(&at, 128 * 1000 + 126, 3, part);
    assert_memory_equal(part, z + 126, sizeof part);
}

/* 2^22 normals. The error of the mean of z^k is sqrt((E z^2k - (E z^k)^2) / n), of a
 * count its square root; |z score| < 4 fails a right generator once in 16,000 per figure.
 * Exact numbers are those of the normal distribution; a radius that is 1 % short gives z
 * score -29 in z^2. */
static void normals_are_normal(void **state)
{
    enum { N = 1 << 22 };
    static const double moment[] = {1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395};
    static const double beyond_sd[] = {1, 2, 3, 4, 4.5};
    double sum[7] = {0}, beyond[5] = {0}, neighbours = 0, pair = 0;
    (void)state;
    float *z = malloc(N * sizeof *z);
    assert_non_null(z);
    bens_rng_normals(&(bens_rng){.seed = 2, .step = 3, .chain = 4}, 0, N, z);
    for (int i = 0; i < N; i++) {
        double power = 1;
        for (int k = 1; k <= 6; k++) sum[k] += power *= (double)z[i];
        for (int k = 0; k < 5; k++) beyond[k] += fabs((double)z[i]) > beyond_sd[k];
        if (i + 1 < N) neighbours += (double)z[i] * (double)z[i + 1];
        if (i % 128 < 64) pair += (double)z[i] * (double)z[i + 64];
    }
    free(z);
    for (int k = 1; k <= 6; k++) {
        const double error = sqrt((moment[2 * k] - moment[k] * moment[k]) / N);
        assert_true(fabs(sum[k] / N - moment[k]) < 4 * error);
    }
    for (int k = 0; k < 5; k++) {
        const double wanted = N * erfc(beyond_sd[k] / sqrt(2));
        assert_true(fabs(beyond[k] - wanted) < 4 * sqrt(wanted));
    }
    assert_true(fabs(neighbours) < 4 * sqrt(N));
    assert_true(fabs(pair) < 4 * sqrt(N / 2.));
}

/* The words nearest to the ends: no normal is infinite, zero or out of reach. */
static void the_tails_reach_beyond_six(void **state)
{
    static const uint32_t radius[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    static const double r[] = {6.763706, 6.599279, 1.177410, 1.177410, 1.525879e-5};
    (void)state;
    for (int i = 0; i < 5; i++) {
        float a, b;
        bens_k_normal_pair(radius[i], 0x12345678, &a, &b);
        const double length = hypot((double)a, (double)b);
        assert_true(fabs(length / r[i] - 1) < 1e-6); /* r has 7 digits */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(the_counter_holds_the_position),
        cmocka_unit_test(words_are_pairs_of_a_block),
        cmocka_unit_test(indices_are_the_top_of_a_word),
        cmocka_unit_test(normals_follow_the_layout),
        cmocka_unit_test(normals_are_normal),
        cmocka_unit_test(the_tails_reach_beyond_six),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
