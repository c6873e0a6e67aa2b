/* backend/max_pool, mean_pool and their ways back: against loops; equal bits on every
 * instruction set; a NaN comes through; of equal values the first gets the gradient. */
#include "backend/layers_fixture.h"

typedef struct {
    bens_windows w;
    int64_t n;
} pool_case;

/* Channels that fill no vector, windows beyond every border, gaps between windows. */
/* clang-format off */
static const pool_case cases[] = {
    {{{1, 8}, {1, 4}, {1, 4}, {0, 0}, {1, 2}, 64}, 3},
    {{{5, 7}, {2, 3}, {2, 3}, {0, 0}, {2, 2}, 5}, 2},
    {{{4, 6}, {3, 3}, {2, 1}, {1, 1}, {2, 6}, 19}, 1},
    {{{6, 5}, {1, 2}, {3, 3}, {0, 1}, {2, 2}, 33}, 2},
};
/* clang-format on */

typedef struct {
    size_t n_x, n_y;
    float *x, *dy, *most, *mean, *dmost, *dmean;
} arrays;

static arrays make(const pool_case *k)
{
    const bens_windows *w = &k->w;
    arrays a = {.n_x = (size_t)(k->n * w->size[0] * w->size[1] * w->channels),
                .n_y = (size_t)(k->n * w->count[0] * w->count[1] * w->channels)};
    a.x = numbers(a.n_x, 1);
    a.dy = numbers(a.n_y, 2);
    a.most = numbers(a.n_y, 3);
    a.mean = numbers(a.n_y, 4);
    a.dmost = numbers(a.n_x, 5);
    a.dmean = numbers(a.n_x, 6);
    /* a few values only, so that many are equal */
    for (size_t i = 0; i < a.n_x; i++) a.x[i] = floorf(a.x[i] * 3);
    return a;
}

static void release(arrays *a)
{
    float *const all[] = {a->x, a->dy, a->most, a->mean, a->dmost, a->dmean};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free_numbers(all[i]);
}

static void compute(const pool_case *k, arrays *a)
{
    const bens_layers *l = cpu()->layers();
    l->max_pool(&k->w, k->n, a->x, a->most);
    l->mean_pool(&k->w, k->n, a->x, a->mean);
    l->max_pool_back(&k->w, k->n, a->x, a->most, a->dy, a->dmost);
    l->mean_pool_back(&k->w, k->n, a->dy, a->dmean);
    check_numbers(a->most, a->n_y);
    check_numbers(a->mean, a->n_y);
    check_numbers(a->dmost, a->n_x);
    check_numbers(a->dmean, a->n_x);
}

/* The element of x that tap t of window y sees; -1 beyond the border. */
static int64_t seen(const bens_windows *w, int64_t y, int64_t t)
{
    const int64_t c = y % w->channels, column = y / w->channels % w->count[1];
    const int64_t row = y / w->channels / w->count[1] % w->count[0];
    const int64_t i = y / w->channels / w->count[1] / w->count[0];
    const int64_t h = row * w->stride[0] - w->padding[0] + t / w->kernel[1];
    const int64_t v = column * w->stride[1] - w->padding[1] + t % w->kernel[1];
    if (h < 0 || v < 0 || h >= w->size[0] || v >= w->size[1]) return -1;
    return ((i * w->size[0] + h) * w->size[1] + v) * w->channels + c;
}

/* Sums of at most 9 terms below 3: a few roundings. */
static void near(double found, double wanted)
{
    if (!(fabs(found - wanted) <= 2e-6)) fail_msg("%.9g, wanted %.9g", found, wanted);
}

static void check(const pool_case *k, const arrays *a)
{
    const int64_t taps = k->w.kernel[0] * k->w.kernel[1];
    double *dmost = calloc(2 * a->n_x, sizeof *dmost), *dmean = dmost + a->n_x;
    for (int64_t y = 0; y < (int64_t)a->n_y; y++) {
        int64_t best = -1;
        double sum = 0;
        for (int64_t t = 0; t < taps; t++) {
            const int64_t x = seen(&k->w, y, t);
            if (x < 0) continue;
            if (best < 0 || a->x[x] > a->x[best]) best = x;
            sum += (double)a->x[x];
            dmean[x] += (double)a->dy[y] / (double)taps;
        }
        dmost[best] += (double)a->dy[y];
        assert_true(a->most[y] == a->x[best]);
        near((double)a->mean[y], sum / (double)taps);
    }
    for (size_t x = 0; x < a->n_x; x++) {
        near((double)a->dmost[x], dmost[x]);
        near((double)a->dmean[x], dmean[x]);
    }
    free(dmost);
}

static void pooling(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arrays first = make(&cases[i]);
        for (int start = 0; start < N_STARTS; start += 2) {
            arrays a = make(&cases[i]);
            if (start_level(cpu(), start)) {
                compute(&cases[i], start == 0 ? &first : &a);
                const arrays *b = start == 0 ? &first : &a;
                assert_memory_equal(b->most, first.most, first.n_y * 4);
                assert_memory_equal(b->mean, first.mean, first.n_y * 4);
                assert_memory_equal(b->dmost, first.dmost, first.n_x * 4);
                assert_memory_equal(b->dmean, first.dmean, first.n_x * 4);
            }
            release(&a);
        }
        check(&cases[i], &first);
        release(&first);
    }
}

/* Wherever in its window it stands, and not into others. */
static void not_a_number_passes(void **state)
{
    const pool_case *k = &cases[0];
    (void)state;
    for (int64_t t = 0; t < 4; t++) {
        arrays a = make(k);
        assert_true(start_level(cpu(), 0));
        a.x[seen(&k->w, 2, t)] = NAN;
        compute(k, &a);
        for (size_t y = 0; y < a.n_y; y++)
            assert_int_equal(isnan(a.most[y]) != 0, y == 2);
        release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pooling),
                                       cmocka_unit_test(not_a_number_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
