/* ctest: ranks 1 2 3 4 8 12; timeout 120
 *
 * The sum over shards has the bits of `none` on one shard: that is checked exactly, on
 * numbers whose float32 sums depend on the order. */
#include "comm/reduce.h"
#include "comm/reduce_mpi.h"
#include "comm/reduce_plan.h"
#include "comm/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t n;
    int64_t calls, fails; /* fails: the slice that fails, -1 for none */
    int64_t lowest, highest;
} source;

/* Between 2^-12 and 2^12 in size, both signs: no two orders of summation agree for
 * long. */
static float element(int64_t slice, size_t i)
{
    uint64_t h = ((uint64_t)slice + 1) * 0x9e3779b97f4a7c15u + i * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 31)) * 0x94d049bb133111ebu;
    h ^= h >> 29;
    const float mantissa = (float)(int32_t)(h >> 32) * 0x1p-31f;
    return mantissa * (float)(1u << h % 25) * 0x1p-12f;
}

/* A third: all 53 bits are in use, so double sums depend on the order too. */
static double slice_value(int64_t slice)
{
    return (double)element(slice, 12345) / 3;
}

static bens_status slice_of(void *context, int64_t k, float *grad, double *value)
{
    source *c = context;
    if (c->calls++ == 0) c->lowest = k;
    c->highest = k;
    if (k == c->fails)
        return bens_error_set(BENS_ERR_IO, "slice %lld is lost", (long long)k);
    for (size_t i = 0; i < c->n; i++) grad[i] = element(k, i);
    *value += slice_value(k);
    return BENS_OK;
}

static void add(const float *x, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static float *vector(size_t n)
{
    float *v;
    BENS_ASSERT(bens_alloc(n, sizeof *v, &v) == BENS_OK);
    memset(v, 0xff, n * sizeof *v); /* NaN: what is not written shows */
    return v;
}

static bens_status sum_by(const char *kind, bens_comm *shards, int64_t L, source *from,
                          float *grad, double *value)
{
    bens_reduce *reduce = NULL;
    BENS_TRY(bens_reduce_create(kind, shards, L, from->n, add, &reduce));
    const bens_status s = bens_reduce_sum(reduce, slice_of, from, grad, value);
    bens_reduce_destroy(reduce);
    return s;
}

/* The definition, told in other words than the code: level by level would be wrong for L
 * that is no power of two, so this recurses as reduce.h says. */
static float tree(int64_t lo, int64_t hi, size_t i)
{
    const int64_t mid = (lo + hi) / 2;
    return hi - lo == 1 ? element(lo, i) : tree(lo, mid, i) + tree(mid, hi, i);
}

static double tree_value(int64_t lo, int64_t hi)
{
    const int64_t mid = (lo + hi) / 2;
    if (hi - lo == 1) return slice_value(lo);
    return tree_value(lo, mid) + tree_value(mid, hi);
}

static void none_is_the_definition(void **state)
{
    (void)state;
    bens_comm *self = NULL;
    assert_int_equal(bens_comm_self(&self), BENS_OK);
    for (int64_t L = 1; L <= 33; L++) {
        source from = {.n = 1000, .fails = -1};
        float *grad = vector(from.n);
        double value = NAN;
        bool same = sum_by("none", self, L, &from, grad, &value) == BENS_OK;
        for (size_t i = 0; i < from.n; i++) same = same && grad[i] == tree(0, L, i);
        ASSERT_ALL(world, same && value == tree_value(0, L) && from.calls == L);
        free(grad);
    }
    bens_comm_destroy(self);
}

/* The test of the test: in another order the sums differ, in both precisions. */
static void order_matters(void **state)
{
    (void)state;
    int differ = 0;
    for (size_t i = 0; i < 1000; i++) {
        float sum = 0;
        for (int64_t k = 0; k < 8; k++) sum += element(k, i);
        differ += sum != tree(0, 8, i);
    }
    double value = 0;
    for (int64_t k = 0; k < 24; k++) value += slice_value(k);
    ASSERT_ALL(world, differ > 100);
    ASSERT_ALL(world, value != tree_value(0, 24));
}

static bool same_bits(bens_comm *shards, int64_t L, size_t n)
{
    const int64_t S = bens_comm_size(shards), s = bens_comm_rank(shards);
    source all = {.n = n, .fails = -1}, own = all;
    float *expected = vector(n), *found = vector(n);
    double expected_value = NAN, value = NAN;
    bens_comm *self = NULL;
    bool same = bens_comm_self(&self) == BENS_OK &&
                sum_by("none", self, L, &all, expected, &expected_value) == BENS_OK;
    same = (sum_by("mpi", shards, L, &own, found, &value) == BENS_OK) && same;
    same = same && memcmp(expected, found, n * sizeof *found) == 0 &&
           value == expected_value;
    same = same && own.calls == L / S && own.lowest == s * L / S &&
           own.highest == (s + 1) * L / S - 1;
    bens_comm_destroy(self);
    free(expected);
    free(found);
    return same;
}

/* Groups of S ranks; the ranks that are left over are a smaller group of their own. */
static void with_shards(int S, bool (*check)(bens_comm *shards))
{
    bens_comm *shards = NULL;
    const int color = bens_comm_rank(world) / S;
    ASSERT_ALL(world, bens_comm_split(world, color, &shards, BENS_OK) == BENS_OK);
    ASSERT_ALL(world, check(shards));
    bens_comm_destroy(shards);
}

/* The vectors at which something changes: the border between the two ways depends on the
 * partials; short and empty last chunks. */
static bool all_sizes(bens_comm *shards, int64_t L)
{
    const int64_t S = bens_comm_size(shards);
    bens_reduce_plan plan;
    if (bens_reduce_plan_create(L, (int)S, &plan) != BENS_OK) return false;
    const size_t border = BENS_REDUCE_SMALL / (size_t)(S * plan.most);
    const size_t n[] = {17, border + 17, 1, 15, 16, 1000, border, border + 1, 100003};
    bool same = true;
    bens_reduce_plan_release(&plan);
    for (size_t i = 0; i < (L == S ? sizeof n / sizeof *n : 2); i++)
        same = same_bits(shards, L, n[i]) && same;
    return same;
}

/* Every L up to 24 that fits, aligned with the tree and not. */
static bool all_slices(bens_comm *shards)
{
    bool same = true;
    const int64_t S = bens_comm_size(shards);
    for (int64_t L = S; L <= 24; L += S) same = all_sizes(shards, L) && same;
    return same;
}

static void same_bits_for_all_slices(void **state)
{
    (void)state;
    const int size = bens_comm_size(world);
    for (int S = size <= 8 ? 1 : size; S <= size; S++) with_shards(S, all_slices);
}

/* Counts of one call of MPI never exceed a segment, so vectors of 2^31 elements and more
 * differ from this one in the number of segments only. */
static bool segments(bens_comm *shards)
{
    return same_bits(shards, bens_comm_size(shards), 2 * BENS_REDUCE_SEGMENT + 77);
}

static void same_bits_over_segments(void **state)
{
    (void)state;
    with_shards(bens_comm_size(world), segments);
    with_shards((bens_comm_size(world) + 1) / 2, segments);
}

/* One sum after the other on the same object: nothing is left over. */
static void again_and_again(void **state)
{
    (void)state;
    const int64_t L = 2 * bens_comm_size(world);
    const size_t sizes[] = {100, 50000};
    for (size_t i = 0; i < 2; i++) {
        source from = {.n = sizes[i], .fails = -1};
        bens_reduce *reduce = NULL;
        float *grad = vector(from.n);
        bool same = true;
        ASSERT_ALL(world,
                   bens_reduce_create("mpi", world, L, from.n, add, &reduce) == BENS_OK);
        for (int k = 0; k < 20; k++) {
            same =
                bens_reduce_sum(reduce, slice_of, &from, grad, NULL) == BENS_OK && same;
            for (size_t e = 0; e < from.n; e += 97)
                same = same && grad[e] == tree(0, L, e);
        }
        ASSERT_ALL(world, same);
        bens_reduce_destroy(reduce);
        free(grad);
    }
}

/* Each slice in turn is lost: all shards get its line, in time, and the next sum
 * works. */
static bool losses(bens_comm *shards, const char *kind, size_t n)
{
    const int64_t L = 3 * bens_comm_size(shards);
    bens_reduce *reduce = NULL;
    source from = {.n = n};
    float *grad = vector(n);
    char line[64];
    bool right = bens_reduce_create(kind, shards, L, n, add, &reduce) == BENS_OK;
    for (from.fails = 0; from.fails <= L; from.fails++) {
        double value = 7;
        const bens_status s = bens_reduce_sum(reduce, slice_of, &from, grad, &value);
        snprintf(line, sizeof line, "slice %lld is lost", (long long)from.fails);
        right = right && (from.fails == L ? s == BENS_OK && value == tree_value(0, L)
                                          : s == BENS_ERR_IO && value == 7 &&
                                                strcmp(bens_error_text(), line) == 0);
    }
    bens_reduce_destroy(reduce);
    free(grad);
    return right;
}

static void lost_slices(void **state)
{
    (void)state;
    bens_comm *self = NULL;
    assert_int_equal(bens_comm_self(&self), BENS_OK);
    ASSERT_ALL(world, losses(world, "mpi", 10));
    ASSERT_ALL(world, losses(world, "mpi", 70000));
    ASSERT_ALL(world, losses(self, "none", 10));
    ASSERT_ALL(world, losses(self, "mpi", 10));
    bens_comm_destroy(self);
}

/* All shards fail at once: the lowest one's line. */
static bens_status always_lost(void *context, int64_t k, float *grad, double *value)
{
    (void)grad;
    (void)value;
    return bens_error_set(BENS_ERR_PEER, "rank %d, slice %lld", *(int *)context,
                          (long long)k);
}

static void all_lost(void **state)
{
    (void)state;
    int rank = bens_comm_rank(world);
    bens_reduce *reduce = NULL;
    float grad[4];
    const int64_t L = 2 * bens_comm_size(world);
    ASSERT_ALL(world, bens_reduce_create("mpi", world, L, 4, add, &reduce) == BENS_OK);
    ASSERT_ALL(world,
               bens_reduce_sum(reduce, always_lost, &rank, grad, NULL) == BENS_ERR_PEER);
    ASSERT_ALL(world, strcmp(bens_error_text(), "rank 0, slice 0") == 0);
    bens_reduce_destroy(reduce);
}

static bool refused(const char *kind, int64_t L, const char *text)
{
    bens_reduce *reduce = NULL;
    return bens_reduce_create(kind, world, L, 10, add, &reduce) == BENS_ERR_CONFIG &&
           strstr(bens_error_text(), text) != NULL && reduce == NULL;
}

static void what_does_not_fit(void **state)
{
    (void)state;
    const int S = bens_comm_size(world);
    ASSERT_ALL(world, refused("mpj", S, "found 'mpj'"));
    ASSERT_ALL(world, refused("mpi", 0, "[grid] slices"));
    ASSERT_ALL(world, refused("mpi", -S, "[grid] slices"));
    ASSERT_ALL(world,
               S == 1 || refused("mpi", S + 1, "[grid] slices: wanted a multiple of"));
    ASSERT_ALL(world, S == 1 || refused("none", S, "wanted 1 shard"));
}

/* reduce_plan.h's example. */
static void plan_of_six(void **state)
{
    (void)state;
    const bens_partial wanted[] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 6}};
    bens_reduce_plan plan;
    assert_int_equal(bens_reduce_plan_create(6, 3, &plan), BENS_OK);
    bool right = plan.n_partials == 5 && plan.most == 2;
    for (int i = 0; right && i < 5; i++)
        right = plan.partial[i].lo == wanted[i].lo && plan.partial[i].hi == wanted[i].hi;
    right = right && plan.first[1] == 2 && plan.first[2] == 4 && plan.first[3] == 5;
    bens_reduce_plan_release(&plan);
    ASSERT_ALL(world, right);
}

/* Where the cut follows the tree, one vector a shard travels. */
static void aligned_plans_are_lean(void **state)
{
    (void)state;
    const int64_t aligned[][2] = {{8, 8},  {8, 4}, {64, 2}, {6, 6},
                                  {12, 4}, {7, 7}, {1, 1}};
    for (size_t i = 0; i < sizeof aligned / sizeof *aligned; i++) {
        bens_reduce_plan plan;
        assert_int_equal(bens_reduce_plan_create(aligned[i][0], (int)aligned[i][1],
                                                 &plan),
                         0);
        ASSERT_ALL(world, plan.most == 1 && plan.n_partials == aligned[i][1]);
        bens_reduce_plan_release(&plan);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_the_definition),
        cmocka_unit_test(order_matters),
        cmocka_unit_test(same_bits_for_all_slices),
        cmocka_unit_test(same_bits_over_segments),
        cmocka_unit_test(again_and_again),
        cmocka_unit_test(lost_slices),
        cmocka_unit_test(all_lost),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(plan_of_six),
        cmocka_unit_test(aligned_plans_are_lean),
    };
    return WORLD_RUN(argc, argv, tests);
}
