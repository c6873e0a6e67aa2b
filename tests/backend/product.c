/* backend/product: against loops in double, of operands in every layout; equal bits on
 * every instruction set and with 1 and 2 threads; nothing is written beside C. */
#include "backend/layers_fixture.h"

/* b_panels: B lies in panels. apart: A's rows (its columns, if transposed) are this much
 * apart, which may be less than their length. */
typedef struct {
    int64_t m, n, k, apart;
    bool transposed, b_panels, add;
} product_case;

/* Every height of a tile, both widths, columns that fill no vector, one and several
 * blocks of the sum, several panels, sizes that pay for two threads. */
/* clang-format off */
static const product_case cases[] = {
    {1, 1, 1, 1, false, false, false},   {2, 3, 7, 9, false, true, true},
    {3, 16, 5, 5, false, false, true},   {4, 33, 20, 4, false, true, false},
    {5, 47, 40, 41, false, true, false}, {7, 70, 11, 3, false, false, false},
    {8, 24, 513, 513, false, false, true}, {9, 40, 30, 9, true, false, false},
    {10, 100, 12, 10, true, true, false}, {11, 12, 1100, 11, true, false, true},
    {12, 32, 600, 600, false, true, false}, {25, 31, 9, 30, true, true, true},
    {313, 64, 320, 64, false, true, false}, {64, 130, 1500, 64, true, false, false},
};
/* clang-format on */

typedef struct {
    size_t n_a, n_b, n_c;
    float *a, *b, *c;
    bens_product p;
} arrays;

static arrays make(const product_case *k)
{
    const int64_t c_row = k->n + 3, b_row = k->b_panels ? BENS_PANEL : k->n + 1;
    const int64_t longest = k->transposed ? k->k : k->m;
    arrays s = {.n_a = (size_t)(longest * k->apart + k->m + k->k),
                .n_b =
                    (size_t)(k->b_panels ? bens_panels_size(k->k, k->n) : k->k * b_row),
                .n_c = (size_t)(k->m * c_row)};
    s.a = numbers(s.n_a, 1);
    s.b = numbers(s.n_b, 2);
    s.c = numbers(s.n_c, 3);
    s.p = (bens_product){.m = k->m, .n = k->n, .k = k->k, .a = s.a, .b = s.b, .c = s.c};
    s.p.a_row = k->transposed ? 1 : k->apart;
    s.p.a_column = k->transposed ? k->apart : 1;
    s.p.b_row = b_row;
    s.p.b_panel = k->b_panels ? bens_panels_size(k->k, 1) : BENS_PANEL;
    s.p.c_row = c_row;
    s.p.add = k->add;
    return s;
}

static void release(arrays *s)
{
    free_numbers(s->a);
    free_numbers(s->b);
    free_numbers(s->c);
}

/* Sums of k terms below 1 in size and blocks of at most 512: the error is below 512 2^-24
 * of the sum of the sizes, met with a factor of 15 to spare; a term left out is 1 / k. */
static void compare(const product_case *k, const arrays *s)
{
    arrays before = make(k);
    for (int64_t i = 0; i < k->m; i++)
        for (int64_t j = 0; j < s->p.c_row; j++) {
            const int64_t at = i * s->p.c_row + j;
            const double was = (double)before.c[at];
            double sum = k->add ? was : 0, size = fabs(sum);
            if (j >= k->n) {
                assert_true(s->c[at] == before.c[at]);
                continue;
            }
            for (int64_t l = 0; l < k->k; l++) {
                const int64_t in_b =
                    k->b_panels ? bens_panels_at(k->k, l, j) : l * s->p.b_row + j;
                const double term =
                    (double)s->a[i * s->p.a_row + l * s->p.a_column] * (double)s->b[in_b];
                sum += term;
                size += fabs(term);
            }
            if (!(fabs((double)s->c[at] - sum) <= 2e-6 * size))
                fail_msg("%dx%dx%d: element (%d, %d) is %.9g, wanted %.9g", (int)k->m,
                         (int)k->k, (int)k->n, (int)i, (int)j, (double)s->c[at], sum);
        }
    release(&before);
}

static void products(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arrays first = make(&cases[i]);
        for (int start = 0; start < N_STARTS; start++) {
            arrays s = make(&cases[i]);
            if (start_level(cpu(), start)) {
                cpu()->layers()->product(start == 0 ? &first.p : &s.p);
                const arrays *done = start == 0 ? &first : &s;
                check_numbers(done->c, done->n_c);
                assert_memory_equal(done->c, first.c, first.n_c * sizeof *first.c);
            }
            release(&s);
        }
        compare(&cases[i], &first);
        release(&first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(products)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
