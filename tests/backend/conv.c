/* backend/conv, conv_input, conv_weight: against loops in double; equal bits on every
 * instruction set and with 1 and 2 threads; nothing is written beside the results. */
#include "backend/layers_fixture.h"

typedef struct {
    bens_windows w;
    int64_t filters, n;
    bool bias;
    bens_activation f;
} conv_case;

/* Sizes that are no multiples of anything, windows that reach over every border or leave
 * some of it out, more images than parts, several bands, one image. */
/* clang-format off */
static const conv_case cases[] = {
    {{{5, 4}, {1, 1}, {1, 1}, {0, 0}, {5, 4}, 3}, 5, 2, true, BENS_ACTIVATION_tanh},
    {{{8, 9}, {3, 3}, {1, 1}, {1, 1}, {8, 9}, 16}, 32, 9, false, BENS_IDENTITY},
    {{{7, 6}, {3, 3}, {2, 2}, {1, 1}, {4, 3}, 4}, 17, 3, true, BENS_ACTIVATION_silu},
    {{{9, 9}, {1, 1}, {2, 2}, {0, 0}, {5, 5}, 16}, 33, 2, false, BENS_IDENTITY},
    {{{10, 7}, {2, 3}, {3, 1}, {0, 2}, {3, 9}, 2}, 48, 1, true, BENS_ACTIVATION_relu},
    {{{3, 2}, {5, 4}, {1, 2}, {4, 3}, {7, 3}, 3}, 2, 2, true, BENS_IDENTITY},
    {{{1, 40}, {1, 5}, {1, 1}, {0, 0}, {1, 36}, 7}, 20, 5, true, BENS_IDENTITY},
    {{{40, 33}, {3, 3}, {1, 1}, {1, 1}, {40, 33}, 20}, 16, 2, false, BENS_IDENTITY},
    {{{33, 41}, {3, 3}, {2, 2}, {1, 1}, {17, 21}, 20}, 16, 2, false, BENS_IDENTITY},
    {{{16, 16}, {3, 3}, {1, 1}, {1, 1}, {16, 16}, 64}, 64, 4, false, BENS_IDENTITY},
};
/* clang-format on */

typedef struct {
    size_t n_x, n_weight, n_y;
    float *x, *weight, *bias, *dz, *scratch; /* what goes in */
    float *z, *y, *dx, *dweight;             /* what comes out */
} arrays;

static arrays make(const conv_case *c)
{
    const bens_windows *w = &c->w;
    const int64_t taps = w->kernel[0] * w->kernel[1];
    arrays a = {.n_x = (size_t)(c->n * w->size[0] * w->size[1] * w->channels),
                .n_weight = (size_t)(c->filters * w->channels * taps),
                .n_y = (size_t)(c->n * w->count[0] * w->count[1] * c->filters)};
    a.x = numbers(a.n_x, 1);
    a.weight = numbers(a.n_weight, 2);
    a.bias = numbers((size_t)c->filters, 3);
    a.dz = numbers(a.n_y, 4);
    a.scratch = numbers(bens_conv_scratch(w, c->filters), 5);
    a.z = numbers(a.n_y, 6);
    a.y = numbers(a.n_y, 7);
    a.dx = numbers(a.n_x, 8);
    a.dweight = numbers(a.n_weight, 9);
    return a;
}

static void release(arrays *a)
{
    float *const all[] = {a->x, a->weight, a->bias, a->dz,     a->scratch,
                          a->z, a->y,      a->dx,   a->dweight};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free_numbers(all[i]);
}

static void compute(const conv_case *c, arrays *a)
{
    const bens_layers *k = cpu()->layers();
    k->conv(&c->w, c->filters, c->n, a->x, a->weight, c->bias ? a->bias : NULL, c->f,
            a->z, a->y, a->scratch);
    k->conv_input(&c->w, c->filters, c->n, a->dz, a->weight, a->dx, a->scratch);
    k->conv_weight(&c->w, c->filters, c->n, a->x, a->dz, a->dweight, a->scratch);
    check_numbers(a->z, a->n_y);
    check_numbers(a->y, a->n_y);
    check_numbers(a->dx, a->n_x);
    check_numbers(a->dweight, a->n_weight);
    check_numbers(a->scratch, bens_conv_scratch(&c->w, c->filters));
}

/* The term of window (p, q) of image i by the element (s, t) of the kernel, filter o and
 * channel k: from the index of x, weight and z. False beyond the border. */
typedef struct {
    int64_t x, weight, z;
} term;

static bool term_at(const conv_case *c, int64_t z, int64_t tap, int64_t k, term *out)
{
    const bens_windows *w = &c->w;
    const int64_t o = z % c->filters, q = z / c->filters % w->count[1];
    const int64_t p = z / c->filters / w->count[1] % w->count[0];
    const int64_t i = z / c->filters / w->count[1] / w->count[0];
    const int64_t h = p * w->stride[0] - w->padding[0] + tap / w->kernel[1];
    const int64_t v = q * w->stride[1] - w->padding[1] + tap % w->kernel[1];
    const int64_t taps = w->kernel[0] * w->kernel[1];
    *out = (term){.x = ((i * w->size[0] + h) * w->size[1] + v) * w->channels + k,
                  .weight = (o * w->channels + k) * taps + tap,
                  .z = z};
    return h >= 0 && h < w->size[0] && v >= 0 && v < w->size[1];
}

/* A sum of m terms below 1 in float: its error is below m 2^-24 times the sum of their
 * sizes, met with a factor of 20 to spare; an element of weight that is off by one place
 * is 1e4 of these. */
static void compare(const float *found, const double *wanted, const double *size,
                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)found[i] - wanted[i]) <= 2e-6 * size[i] + 1e-30))
            fail_msg("element %zu: %.9g, wanted %.9g", i, (double)found[i], wanted[i]);
}

static void check(const conv_case *c, const arrays *a)
{
    const int64_t taps = c->w.kernel[0] * c->w.kernel[1];
    const size_t n = a->n_y + a->n_x + a->n_weight;
    double *sum = calloc(2 * n, sizeof *sum), *size = sum + n;
    double *dx = sum + a->n_y, *dweight = dx + a->n_x;
    for (int64_t z = 0; z < (int64_t)a->n_y; z++) {
        sum[z] = c->bias ? (double)a->bias[z % c->filters] : 0;
        size[z] = fabs(sum[z]);
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t k = 0; k < c->w.channels; k++) {
                term t;
                if (!term_at(c, z, tap, k, &t)) continue;
                const double x = (double)a->x[t.x], weight = (double)a->weight[t.weight];
                const double dz = (double)a->dz[z];
                sum[z] += x * weight;
                dx[t.x] += dz * weight;
                dweight[t.weight] += dz * x;
                size[z] += fabs(x * weight);
                size[a->n_y + (size_t)t.x] += fabs(dz * weight);
                size[a->n_y + a->n_x + (size_t)t.weight] += fabs(dz * x);
            }
    }
    compare(a->z, sum, size, a->n_y);
    compare(a->dx, dx, size + a->n_y, a->n_x);
    compare(a->dweight, dweight, size + a->n_y + a->n_x, a->n_weight);
    free(sum);
}

static void convolutions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const conv_case *c = &cases[i];
        arrays first = make(c);
        for (int start = 0; start < N_STARTS; start++) {
            arrays a = make(c);
            if (start_level(cpu(), start)) {
                compute(c, start == 0 ? &first : &a);
                const arrays *b = start == 0 ? &first : &a;
                assert_memory_equal(b->z, first.z, first.n_y * sizeof *b->z);
                assert_memory_equal(b->y, first.y, first.n_y * sizeof *b->y);
                assert_memory_equal(b->dx, first.dx, first.n_x * sizeof *b->dx);
                assert_memory_equal(b->dweight, first.dweight,
                                    first.n_weight * sizeof *b->dweight);
            }
            release(&a);
        }
        check(c, &first);
        release(&first);
    }
}

/* y may be z, and is f of it. */
static void activation_is_fused(void **state)
{
    const conv_case *c = &cases[2];
    arrays a = make(c);
    (void)state;
    assert_true(start_level(cpu(), 0));
    compute(c, &a);
    float *both = numbers(a.n_y, 10);
    cpu()->layers()->conv(&c->w, c->filters, c->n, a.x, a.weight, a.bias, c->f, both,
                          both, a.scratch);
    assert_memory_equal(both, a.y, a.n_y * sizeof *both);
    cpu()->layers()->activate(1, (int64_t)a.n_y, NULL, c->f, a.z, a.z);
    assert_memory_equal(a.z, a.y, a.n_y * sizeof *both);
    free_numbers(both);
    release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions),
        cmocka_unit_test(activation_is_fused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
