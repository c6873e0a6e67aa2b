/* data/batch: every epoch visits every row once, slices cut the same batch
 * however many they are, iid rows are uniform, and a batch is a function
 * of (seed, chain, step) alone. */
#include "data/batch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 2000 };

static bens_order order_of(bens_order_kind kind, int64_t n, int64_t batch, int64_t slices)
{
    const bens_backend *be = bens_backend_find("cpu");
    assert_non_null(be);
    return (bens_order){.kind = kind,
                        .n_data = n,
                        .batch = batch,
                        .n_slices = slices,
                        .seed = 77,
                        .be = be};
}

static int64_t row_at(const bens_rows *rows, int64_t i)
{
    return rows->index != NULL ? rows->index[i] : rows->first + i;
}

/* All slices of a step, one behind another; the number of rows. Every slice fits the
 * buffer, and what was made ahead is what is made anew. */
static int64_t whole_batch(const bens_order *order, uint32_t chain, int64_t step,
                           int64_t *out)
{
    static bens_rows_ahead kept;
    static bens_order of;
    const int64_t most = (order->batch + order->n_slices - 1) / order->n_slices;
    bens_rows_ahead fresh;
    int64_t n = 0;
    if (memcmp(&of, order, sizeof of) != 0) {
        bens_rows_ahead_release(&kept);
        assert_int_equal(bens_rows_ahead_create(order, &kept), BENS_OK);
        memcpy(&of, order, sizeof of);
    }
    assert_int_equal(bens_rows_ahead_create(order, &fresh), BENS_OK);
    for (int64_t k = 0; k < order->n_slices; k++) {
        const bens_rows rows = bens_order_slice(order, chain, step, k, &kept);
        const bens_rows same = bens_order_slice(order, chain, step, k, &fresh);
        assert_true(rows.n >= 0 && rows.n <= most && same.n == rows.n);
        for (int64_t i = 0; i < rows.n; i++) {
            assert_true(row_at(&same, i) == row_at(&rows, i));
            out[n++] = row_at(&rows, i);
        }
    }
    bens_rows_ahead_release(&fresh);
    return n;
}

static void check_epoch(const bens_order *order, uint32_t chain, int64_t epoch)
{
    static int64_t row[MOST];
    unsigned char seen[MOST] = {0};
    const int64_t steps = bens_order_steps(order);
    int64_t visits = 0;
    for (int64_t t = epoch * steps; t < (epoch + 1) * steps; t++) {
        const int64_t n = whole_batch(order, chain, t, row);
        assert_int_equal(n, bens_order_size(order, t));
        assert_true(n >= 1 && n <= order->batch);
        for (int64_t i = 0; i < n; i++) {
            assert_true(row[i] >= 0 && row[i] < order->n_data);
            assert_true(seen[row[i]]++ == 0);
        }
        visits += n;
    }
    assert_int_equal(visits, order->n_data);
}

static void every_epoch_visits_every_row_once(void **state)
{
    static const int64_t sizes[] = {1, 2, 3, 5, 31, 32, 33, 100, 768, 1000, 1999};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int64_t n = sizes[i];
        const int64_t batches[] = {1, 2, 7, 32, 33, n / 2, n - 1, n};
        for (size_t j = 0; j < sizeof batches / sizeof *batches; j++) {
            const int64_t b = batches[j];
            if (b < 1 || b > n) continue;
            for (int64_t slices = 1; slices <= b && slices <= 9; slices += 2) {
                const bens_order order = order_of(BENS_ORDER_SHUFFLE, n, b, slices);
                for (int64_t e = 0; e < 4; e++) check_epoch(&order, 5, e * e);
            }
        }
    }
}

/* Any number of slices gives the same rows in the same order as one, the short last batch
 * included, where some slices are empty (1000 = 31 x 32 + 8). */
static void slices_cut_the_same_batch(void **state)
{
    static int64_t whole[MOST], cut[MOST];
    static const int64_t slices[] = {2, 3, 4, 8, 16, 31, 32};
    (void)state;
    for (int kind = 0; kind <= BENS_ORDER_IID; kind++) {
        const bens_order one = order_of((bens_order_kind)kind, 1000, 32, 1);
        for (int64_t step = 0; step < 70; step++) {
            const int64_t n = whole_batch(&one, 9, step, whole);
            assert_int_equal(n, kind == BENS_ORDER_SHUFFLE && step % 32 == 31 ? 8 : 32);
            for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
                const bens_order many =
                    order_of((bens_order_kind)kind, 1000, 32, slices[i]);
                assert_int_equal(whole_batch(&many, 9, step, cut), n);
                assert_memory_equal(cut, whole, (size_t)n * sizeof *cut);
            }
        }
    }
}

/* Slice k is [k b / L, (k + 1) b / L): sizes differ by one at most, also
 * where k b would not fit 64 bits. */
static void slices_are_even(void **state)
{
    const bens_order order = order_of(BENS_ORDER_SHUFFLE, INT64_C(1) << 40,
                                      INT64_C(1) << 40, (INT64_C(1) << 31) - 1);
    const int64_t last = order.n_slices - 1;
    (void)state;
    const bens_rows rows = bens_order_slice(&order, 0, 0, last, NULL);
    assert_true(rows.first + rows.n == order.n_data && rows.n == 513);
    const bens_rows first = bens_order_slice(&order, 0, 0, 0, NULL);
    assert_true(first.first == 0 && first.n == 512);
}

static void a_full_batch_is_the_file_in_its_order(void **state)
{
    (void)state;
    for (int kind = 0; kind <= BENS_ORDER_IID; kind++) {
        const bens_order order = order_of((bens_order_kind)kind, 768, 768, 4);
        assert_int_equal(bens_order_steps(&order), 1);
        for (int64_t k = 0; k < 4; k++) {
            const bens_rows rows = bens_order_slice(&order, 3, 12, k, NULL);
            assert_null(rows.index);
            assert_int_equal(rows.first, 192 * k);
            assert_int_equal(rows.n, 192);
        }
    }
}

static void batches_are_the_stated_functions(void **state)
{
    bens_rows_ahead ahead;
    bens_rng at = {.seed = 77, .step = 2, .chain = 6, .stream = BENS_STREAM_ORDER};
    const bens_order shuffle = order_of(BENS_ORDER_SHUFFLE, 1000, 32, 1);
    const bens_permutation epoch = bens_permutation_make(1000, &at);
    (void)state;
    assert_int_equal(bens_rows_ahead_create(&shuffle, &ahead), BENS_OK);
    bens_rows rows = bens_order_slice(&shuffle, 6, 2 * 32 + 5, 0, &ahead);
    for (int64_t i = 0; i < 32; i++)
        assert_true(rows.index[i] ==
                    (int64_t)bens_permutation_at(&epoch, (uint64_t)(5 * 32 + i)));

    /* N = 2^40: the top 40 bits. The second step runs from one round into the next. */
    const bens_order iid = order_of(BENS_ORDER_IID, INT64_C(1) << 40, 30, 1);
    for (int64_t t = 69; t <= (INT64_C(1) << 33) / 30;
         t += (INT64_C(1) << 33) / 30 - 69) {
        rows = bens_order_slice(&iid, 6, t, 0, &ahead);
        for (uint64_t i = 0; i < 30; i++) {
            const uint64_t q = (uint64_t)t * 30 + i;
            at.step = q >> 33;
            const uint64_t word = bens_rng_word64(&at, q & ((UINT64_C(1) << 33) - 1));
            assert_true(rows.index[i] == (int64_t)(word >> 24));
        }
    }
    bens_rows_ahead_release(&ahead);
}

/* Other steps, chains and seeds give other batches, and each is the same when it is asked
 * for again in another order. */
static void a_batch_depends_on_seed_chain_and_step_alone(void **state)
{
    int64_t first[32], again[32], other[32];
    (void)state;
    for (int kind = 0; kind <= BENS_ORDER_IID; kind++) {
        bens_order order = order_of((bens_order_kind)kind, 768, 32, 1);
        whole_batch(&order, 4, 100, first);
        whole_batch(&order, 4, 100 + 24, other); /* the same place, next epoch */
        assert_memory_not_equal(first, other, sizeof first);
        whole_batch(&order, 5, 100, other);
        assert_memory_not_equal(first, other, sizeof first);
        whole_batch(&order, 4, 100, again);
        assert_memory_equal(first, again, sizeof first);
        order.seed++;
        whole_batch(&order, 4, 100, other);
        assert_memory_not_equal(first, other, sizeof first);
    }
}

/* Chi-square over the rows of 30,000 steps, seed fixed: |z| < 4 leaves a right program
 * about one chance in 16,000 to have failed when this was written. N is no divisor of
 * 2^64. A row that never comes gives z = 310. */
static void independent_rows_are_uniform(void **state)
{
    enum { N = 77, B = 10, STEPS = 30000 };
    const bens_order order = order_of(BENS_ORDER_IID, N, B, 2);
    double seen[N] = {0}, chi2 = 0, repeats = 0;
    int64_t row[B];
    (void)state;
    for (int64_t t = 0; t < STEPS; t++) {
        assert_int_equal(whole_batch(&order, 1, t, row), B);
        for (int i = 0; i < B; i++) {
            assert_true(row[i] >= 0 && row[i] < N);
            seen[row[i]]++;
            repeats += i > 0 && row[i] == row[i - 1];
        }
    }
    const double expected = (double)STEPS * B / N;
    for (int i = 0; i < N; i++)
        chi2 += (seen[i] - expected) * (seen[i] - expected) / expected;
    assert_true(fabs(chi2 - (N - 1)) < 4 * sqrt(2.0 * (N - 1)));
    /* with replacement: two neighbours are the same row with chance 1/N */
    const double pairs = (double)STEPS * (B - 1);
    assert_true(fabs(repeats - pairs / N) < 4 * sqrt(pairs / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_epoch_visits_every_row_once),
        cmocka_unit_test(slices_cut_the_same_batch),
        cmocka_unit_test(slices_are_even),
        cmocka_unit_test(a_full_batch_is_the_file_in_its_order),
        cmocka_unit_test(batches_are_the_stated_functions),
        cmocka_unit_test(a_batch_depends_on_seed_chain_and_step_alone),
        cmocka_unit_test(independent_rows_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
