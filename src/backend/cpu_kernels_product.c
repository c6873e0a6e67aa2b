/* cpu_kernels_product.c - matrix products of operands as they lie: tiles of C in
 * registers, up to two vectors wide. Each element of C is a chain of its own, so the
 * size of the tiles does not show in its bits. */
#include "backend/cpu_layers.h"
#include "backend/cpu_part.h"
#include "backend/cpu_threads.h"

enum { BLOCK = 512, WIDE = 2 * BENS_WIDTH };
static const double THREAD_MIN = 1e6; /* multiply-adds that pay for waking a thread */

/* Some rows of C, one or two vectors wide, and a block of the sums. */
typedef struct {
    int64_t k;
    const float *a;
    int64_t a_row, a_column;
    const float *b;
    int64_t b_row;
    float *c;
    int64_t c_row;
    bool add;
} tile;

/* Accumulators have names: gcc keeps an array of them in memory. Every third row has a
 * pointer, the others are a_row and twice a_row from it, as addresses can say. */
#define ROWS_1(f)  f(0)
#define ROWS_2(f)  ROWS_1(f) f(1)
#define ROWS_3(f)  ROWS_2(f) f(2)
#define ROWS_4(f)  ROWS_3(f) f(3)
#define ROWS_5(f)  ROWS_4(f) f(4)
#define ROWS_6(f)  ROWS_5(f) f(5)
#define ROWS_7(f)  ROWS_6(f) f(6)
#define ROWS_8(f)  ROWS_7(f) f(7)
#define ROWS_9(f)  ROWS_8(f) f(8)
#define ROWS_10(f) ROWS_9(f) f(9)
#define ROWS_11(f) ROWS_10(f) f(10)
#define ROWS_12(f) ROWS_11(f) f(11)

#define ZERO(i) bens_vf left##i = bens_v_splat(0), right##i = left##i;
#define ADD(i)                                                                           \
    {                                                                                    \
        const bens_vf x = bens_v_splat(a[i / 3][i % 3 * row]);                           \
        left##i = bens_v_fma(x, b0, left##i);                                            \
        if (wide) right##i = bens_v_fma(x, b1, right##i);                                \
    }
#define STORE(i)                                                                         \
    {                                                                                    \
        float *const c = t->c + i * t->c_row;                                            \
        if (t->add) left##i = bens_v_load(c) + left##i;                                  \
        bens_v_store(c, left##i);                                                        \
        if (wide && t->add) right##i = bens_v_load(c + BENS_WIDTH) + right##i;           \
        if (wide) bens_v_store(c + BENS_WIDTH, right##i);                                \
    }

#define TILE(name, rows, two)                                                            \
    static void name##_##rows(const tile *t)                                             \
    {                                                                                    \
        const bool wide = two;                                                           \
        const int64_t row = t->a_row;                                                    \
        const float *a[4] = {t->a, t->a + 3 * row, t->a + 6 * row, t->a + 9 * row};      \
        const float *b = t->b;                                                           \
        ROWS_##rows(ZERO) for (int64_t l = 0; l < t->k; l++, b += t->b_row)              \
        {                                                                                \
            const bens_vf b0 = bens_v_load(b);                                           \
            const bens_vf b1 = wide ? bens_v_load(b + BENS_WIDTH) : b0;                  \
            ROWS_##rows(ADD) for (int i = 0; i < 4; i++) a[i] += t->a_column;            \
        }                                                                                \
        ROWS_##rows(STORE)                                                               \
    }

/* As many rows as the registers hold. */
#if BENS_WIDTH == 16 || defined(__aarch64__)
#define EACH_HEIGHT(f, two)                                                              \
    f(two, 1) f(two, 2) f(two, 3) f(two, 4) f(two, 5) f(two, 6) f(two, 7) f(two, 8)      \
        f(two, 9) f(two, 10) f(two, 11) f(two, 12)
enum { MOST = 12 };
#else
#define EACH_HEIGHT(f, two) f(two, 1) f(two, 2) f(two, 3) f(two, 4) f(two, 5) f(two, 6)
enum { MOST = 6 };
#endif
#define NARROW_TILE(two, rows) TILE(narrow, rows, two)
#define WIDE_TILE(two, rows)   TILE(wide, rows, two)
#define NARROW_NAME(two, rows) narrow_##rows,
#define WIDE_NAME(two, rows)   wide_##rows,

EACH_HEIGHT(NARROW_TILE, false)
EACH_HEIGHT(WIDE_TILE, true)

typedef void tile_function(const tile *t);
static tile_function *const narrow[] = {EACH_HEIGHT(NARROW_NAME, false)};
static tile_function *const wide[] = {EACH_HEIGHT(WIDE_NAME, true)};

/* The height of the next tile where `left` rows are left: all are almost equal. */
static int64_t next_height(int64_t left)
{
    const int64_t n = (left + MOST - 1) / MOST;
    return (left + n - 1) / n;
}

/* All rows of these columns of C. */
static void whole_columns(tile_function *const *function, int64_t m, tile t)
{
    while (m > 0) {
        const int64_t rows = next_height(m);
        function[rows - 1](&t);
        t.a += rows * t.a_row;
        t.c += rows * t.c_row;
        m -= rows;
    }
}

/* Fewer columns than a vector has: through copies that have as many. */
static void last_columns(int64_t m, int64_t columns, tile t)
{
    float b[BLOCK * BENS_WIDTH], c[MOST * BENS_WIDTH];
    float *const out = t.c;
    const int64_t out_row = t.c_row;
    const bool add = t.add;
    for (int64_t l = 0; l < t.k; l++)
        bens_v_store(b + l * BENS_WIDTH, bens_v_load_part(t.b + l * t.b_row, columns));
    t.b = b;
    t.b_row = t.c_row = BENS_WIDTH;
    t.c = c;
    t.add = false;
    for (int64_t i = 0; i < m;) {
        const int64_t rows = next_height(m - i);
        narrow[rows - 1](&t);
        t.a += rows * t.a_row;
        for (int64_t r = 0; r < rows; r++, i++) {
            float *const to = out + i * out_row;
            const bens_vf sum = bens_v_load(c + r * BENS_WIDTH);
            bens_v_store_part(to, add ? bens_v_load_part(to, columns) + sum : sum,
                              columns);
        }
    }
}

static void block(const bens_product *p, int64_t l, int64_t k)
{
    int64_t j = 0;
    while (j < p->n) {
        const int64_t left = p->n - j;
        const tile t = {.k = k,
                        .a = p->a + l * p->a_column,
                        .a_row = p->a_row,
                        .a_column = p->a_column,
                        .b = p->b + j / BENS_PANEL * p->b_panel + l * p->b_row +
                             j % BENS_PANEL,
                        .b_row = p->b_row,
                        .c = p->c + j,
                        .c_row = p->c_row,
                        .add = p->add || l > 0};
        if (left < BENS_WIDTH)
            last_columns(p->m, left, t);
        else
            whole_columns(left < WIDE ? narrow : wide, p->m, t);
        j += left < WIDE ? BENS_WIDTH : WIDE;
    }
}

/* Some of the rows. */
static void multiply_rows(bens_product p, int64_t first, int64_t m)
{
    const int64_t blocks = (p.k + BLOCK - 1) / BLOCK;
    const int64_t size = blocks == 0 ? 0 : (p.k + blocks - 1) / blocks;
    p.m = m;
    p.a += first * p.a_row;
    p.c += first * p.c_row;
    for (int64_t l = 0; l < p.k; l += size) block(&p, l, p.k - l < size ? p.k - l : size);
}

void BENS_KERNEL(product)(const bens_product *p)
{
    const double work = (double)p->m * (double)p->n * (double)p->k;
    const int threads = bens_threads_for(work, THREAD_MIN, p->m);
    if (threads == 1) {
        multiply_rows(*p, 0, p->m);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        const int64_t first = p->m * t / threads;
        multiply_rows(*p, first, p->m * (t + 1) / threads - first);
    }
}
