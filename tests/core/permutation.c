/* ctest: timeout 180
 * core/permutation: a bijection for every n, whose images look drawn at random over
 * the keys, the epochs and the chains. Seeds are fixed, so each statistic is one
 * number; |z| < 4 leaves a right program about one chance in 16,000 per statistic to
 * have failed when it was written.
 *
 * That they can fail: with 4 rounds the differences of n = 512 give z = 38, with
 * 2 rounds 490, without the square 500; with 2 as the least a and b the
 * permutations of n = 5 give 15. */
#include "core/permutation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bens_permutation epoch_of(uint64_t n, uint64_t epoch)
{
    const bens_rng at = {.seed = 2024,
                         .step = epoch,
                         .chain = 3,
                         .stream = BENS_STREAM_ORDER};
    return bens_permutation_make(n, &at);
}

static void check_bijection(uint64_t n)
{
    const bens_permutation p = epoch_of(n, n);
    unsigned char *seen = calloc(n, 1);
    assert_non_null(seen);
    for (uint64_t v = 0; v < n; v++) {
        const uint64_t image = bens_permutation_at(&p, v);
        if (image >= n || seen[image]++ != 0)
            fail_msg("n = %llu: the image %llu of %llu is outside or was there before",
                     (unsigned long long)n, (unsigned long long)image,
                     (unsigned long long)v);
    }
    free(seen);
}

static void it_is_a_bijection(void **state)
{
    static const uint64_t larger[] = {4095, 4096, 4097, 60000, 65537, 999983, 1000000};
    (void)state;
    for (uint64_t n = 1; n <= 2000; n++) check_bijection(n);
    for (size_t i = 0; i < sizeof larger / sizeof *larger; i++)
        check_bijection(larger[i]);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Where all of [0, n) is too much: runs at both ends and in the middle have distinct
 * images in range, which spread over all 64 parts of it (the chance that one of them is
 * empty after 15,000 draws is 1e-101). a grows beyond sqrt(n) from n = 2^32 on. */
static void it_reaches_to_2_to_the_40(void **state)
{
    static const uint64_t ns[] = {(UINT64_C(1) << 30) + 3,  (UINT64_C(1) << 32) - 1,
                                  (UINT64_C(1) << 32) + 1,  (UINT64_C(1) << 39) + 12345,
                                  (UINT64_C(1) << 40) - 87, UINT64_C(1) << 40};
    enum { RUN = 5000 };
    static uint64_t image[3 * RUN];
    (void)state;
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
        const uint64_t n = ns[i], start[3] = {0, n / 2 - 1, n - RUN};
        const bens_permutation p = epoch_of(n, 1);
        uint64_t parts = 0;
        assert_true(((uint64_t)p.b << p.log2_a) >= n && p.b <= 1 << 16);
        for (uint64_t k = 0; k < 3 * RUN; k++) {
            image[k] = bens_permutation_at(&p, start[k / RUN] + k % RUN);
            assert_true(image[k] < n);
            parts |= UINT64_C(1) << (uint64_t)(64 * ((double)image[k] / (double)n));
        }
        qsort(image, 3 * RUN, sizeof *image, by_value);
        for (int k = 1; k < 3 * RUN; k++) assert_true(image[k] != image[k - 1]);
        assert_true(parts == UINT64_MAX);
    }
}

/* The normal score of a chi-square by Wilson and Hilferty (1931): with 1 degree of
 * freedom, the worst case here, 4.0 is exactly 4.2. */
static double score(double chi2, double freedom)
{
    const double spread = 2 / (9 * freedom);
    return (cbrt(chi2 / freedom) - (1 - spread)) / sqrt(spread);
}

static double chi_square(const double *seen, size_t n, double expected)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    return sum;
}

static void check_score(const char *what, uint64_t n, double chi2, double freedom)
{
    const double z = score(chi2, freedom);
    if (fabs(z) >= 4) fail_msg("%s, n = %llu: z = %.1f", what, (unsigned long long)n, z);
}

enum { KEYS = 10000, SMALL = 33 };

/* Every position has every image equally often. Rows and columns of the table have fixed
 * sums, which makes sum (n - 1) / n a chi-square of (n - 1)^2 degrees of freedom. */
static void positions_have_uniform_images(void **state)
{
    static double table[SMALL * SMALL];
    (void)state;
    for (uint64_t n = 2; n <= SMALL; n++) {
        for (size_t i = 0; i < n * n; i++) table[i] = 0;
        for (uint64_t e = 0; e < KEYS; e++) {
            const bens_permutation p = epoch_of(n, e);
            for (uint64_t v = 0; v < n; v++) table[v * n + bens_permutation_at(&p, v)]++;
        }
        const double size = (double)n, sum = chi_square(table, n * n, KEYS / size);
        check_score("positions", n, sum * (size - 1) / size, (size - 1) * (size - 1));
    }
}

/* (image of v, image of v + 1) is every ordered pair equally often; one v a key, so that
 * the counts are multinomial. */
static void neighbours_have_uniform_pairs(void **state)
{
    static double table[SMALL * SMALL];
    (void)state;
    for (uint64_t n = 3; n <= SMALL; n++) {
        size_t cells = 0;
        for (size_t i = 0; i < n * n; i++) table[i] = 0;
        for (uint64_t e = 0; e < 4 * KEYS; e++) {
            const bens_permutation p = epoch_of(n, KEYS + e);
            const uint64_t v = e % (n - 1), first = bens_permutation_at(&p, v);
            const uint64_t second = bens_permutation_at(&p, v + 1);
            table[first * (n - 1) + second - (second > first)]++;
        }
        cells = n * (n - 1);
        check_score("pairs", n, chi_square(table, cells, 4.0 * KEYS / (double)cells),
                    (double)cells - 1);
    }
}

/* All n! permutations are equally likely: n = 5 is where few rounds show first. */
static void all_permutations_of_five_are_equally_likely(void **state)
{
    static double table[120];
    (void)state;
    for (uint64_t e = 0; e < 2 * KEYS; e++) {
        const bens_permutation p = epoch_of(5, 7 * KEYS + e);
        uint64_t image[5], number = 0;
        for (uint64_t v = 0; v < 5; v++) {
            uint64_t below = 0; /* Lehmer's code */
            image[v] = bens_permutation_at(&p, v);
            for (uint64_t w = 0; w < v; w++) below += image[w] < image[v];
            number = number * (v + 1) + below;
        }
        table[number]++;
    }
    check_score("permutations", 5, chi_square(table, 120, 2.0 * KEYS / 120), 119);
}

/* How the images of two positions differ, mod n, is uniform over 1 ... n - 1: neighbours,
 * positions a apart (they share x, which the first round alone looks at), and across.
 * Here no cycle walking adds rounds. */
static void differences_are_uniform(void **state)
{
    static const uint64_t ns[] = {512, 768, 1009};
    enum { DRAWS = 400000 };
    static double table[1009];
    (void)state;
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
        const uint64_t n = ns[i], a = UINT64_C(1) << epoch_of(n, 0).log2_a;
        const uint64_t apart[3] = {1, a, a + 1};
        for (int k = 0; k < 3; k++) {
            for (size_t d = 0; d < n; d++) table[d] = 0;
            for (uint64_t e = 0; e < DRAWS; e++) {
                const bens_permutation p = epoch_of(n, e);
                const uint64_t v = e % (n - apart[k]);
                const uint64_t x = bens_permutation_at(&p, v);
                const uint64_t y = bens_permutation_at(&p, v + apart[k]);
                table[(y + n - x) % n]++;
            }
            assert_true(table[0] == 0);
            check_score("differences", n,
                        chi_square(table + 1, n - 1, DRAWS / (double)(n - 1)),
                        (double)n - 2);
        }
    }
}

/* The images of one position in two epochs, and in two chains, and under two seeds, are
 * independent: all n^2 pairs equally often. */
static void epochs_chains_and_seeds_are_independent(void **state)
{
    enum { N = 11, DRAWS = 50000 };
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        double table[N * N] = {0};
        for (uint64_t e = 0; e < DRAWS; e++) {
            bens_rng at = {.seed = 5, .step = 2 * e, .stream = BENS_STREAM_ORDER};
            const bens_permutation p = bens_permutation_make(N, &at);
            at.step += kind == 0;
            at.chain += kind == 1;
            at.seed += kind == 2;
            const bens_permutation q = bens_permutation_make(N, &at);
            table[bens_permutation_at(&p, e % N) * N + bens_permutation_at(&q, e % N)]++;
        }
        check_score("independence", N,
                    chi_square(table, (size_t)N * N, DRAWS / (N * N * 1.0)), N * N - 1);
    }
}

/* The numbers themselves are part of what a resumed run relies on. Computed with Python's
 * integers from the text of core/permutation.h. */
static void it_is_what_the_header_says(void **state)
{
    static const struct {
        uint64_t n, v, image;
    } known[] = {{1, 0, 0},
                 {5, 0, 4},
                 {5, 1, 2},
                 {5, 4, 3},
                 {33, 0, 4},
                 {33, 11, 13},
                 {33, 32, 26},
                 {768, 0, 22},
                 {768, 256, 218},
                 {768, 767, 629},
                 {1000, 0, 52},
                 {1000, 333, 881},
                 {1000, 999, 971},
                 {60000, 0, 44235},
                 {60000, 20000, 18638},
                 {60000, 59999, 22024},
                 {4294967297, 0, 239290120},
                 {4294967297, 1431655765, 128156053},
                 {4294967297, 4294967296, 3543677889},
                 {1099511627689, 0, 565211569059},
                 {1099511627689, 366503875896, 702339028210},
                 {1099511627689, 1099511627688, 33043225176},
                 {1099511627776, 0, 565211569059},
                 {1099511627776, 366503875925, 190337316448},
                 {1099511627776, 1099511627775, 562375422192}};
    const bens_permutation some = {
        .key = {1, 20, 300, 4000, 50000, 600000, 7000000, 0x80000008}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const bens_rng at = {0};
        bens_permutation p = bens_permutation_make(known[i].n, &at);
        for (int r = 0; r < BENS_PERMUTATION_ROUNDS; r++) p.key[r] = some.key[r];
        assert_true(bens_permutation_at(&p, known[i].v) == known[i].image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_bijection),
        cmocka_unit_test(it_reaches_to_2_to_the_40),
        cmocka_unit_test(it_is_what_the_header_says),
        cmocka_unit_test(positions_have_uniform_images),
        cmocka_unit_test(neighbours_have_uniform_pairs),
        cmocka_unit_test(all_permutations_of_five_are_equally_likely),
        cmocka_unit_test(differences_are_uniform),
        cmocka_unit_test(epochs_chains_and_seeds_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
