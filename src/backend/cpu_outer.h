/* cpu_outer.h - products whose left side is read through windows: what convolutions are
 * made of. A BLAS wants the windows side by side in memory (9 times the image for 3 x 3),
 * and is slow where there are 16 columns.
 *
 *     y [r0][r1][column] (+)= sum over s0, s1 of  a [s0][s1][r0][r1] b [s0][s1][column]
 *
 * with strides of any kind for s0, s1, r0, r1; columns are contiguous (in b, those of a
 * panel). Each element is one chain of fused multiply-adds in the order of (s0, s1),
 * however the rows are tiled: its bits are the same on every instruction set. */
#ifndef BENS_BACKEND_CPU_OUTER_H
#define BENS_BACKEND_CPU_OUTER_H

#include "backend/cpu_simd.h"
#include "backend/layers.h"

typedef struct {
    const float *a, *b; /* b is read up to a multiple of 16 columns */
    float *y;
    int64_t n_sum[2], a_sum[2], b_sum[2];
    int64_t b_panel; /* from 32 columns to the next 32, see bens_product */
    int64_t n_row[2], a_row[2], y_row[2];
    int64_t columns;
    bool add; /* to what is in y; columns is then a multiple of 16 */
} bens_outer;

/* Rows of a tile, which has up to two vectors of columns: as many as there are registers
 * for, and enough to hide the latency of a multiply-add. They are named one by one,
 * because an array of them would stay in memory. */
#if BENS_WIDTH == 16
enum { BENS_TILE_MOST = 8, BENS_TILE_FEW = 4 };
#define BENS_EACH_ROW(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
#else
enum { BENS_TILE_MOST = 4, BENS_TILE_FEW = 2 };
#define BENS_EACH_ROW(M) M(0) M(1) M(2) M(3)
#endif
enum { BENS_TILE_COLUMNS = 2 * BENS_WIDTH };

BENS_HD void bens_outer_put(bens_vf x, bool add, float *y)
{
    bens_v_store(y, add ? bens_v_load(y) + x : x);
}

#define BENS_ROW_ZERO(r) bens_vf c##r = bens_v_splat(0), d##r = c##r;
#define BENS_ROW_STEP(r)                                                                 \
    if (r < rows) {                                                                      \
        const bens_vf one = bens_v_splat(a[r * a_row]);                                  \
        c##r = bens_v_fma(one, b0, c##r);                                                \
        if (wide) d##r = bens_v_fma(one, b1, d##r);                                      \
    }
#define BENS_ROW_PUT(r)                                                                  \
    if (r < rows) {                                                                      \
        bens_outer_put(c##r, add, y + r * y_row);                                        \
        if (wide) bens_outer_put(d##r, add, y + r * y_row + BENS_WIDTH);                 \
    }

/* `rows` (at most BENS_TILE_MOST) neighbours in r1, from a on; one vector of columns or
 * two, from b on. rows and wide are constants. */
BENS_HD void bens_outer_tile(const bens_outer *p, const float *from, const float *columns,
                             int rows, bool wide, bool add, float *y, int64_t y_row)
{
    const int64_t a_row = p->a_row[1];
    BENS_EACH_ROW(BENS_ROW_ZERO)
    for (int64_t s = 0; s < p->n_sum[0]; s++) {
        const float *a = from + s * p->a_sum[0], *b = columns + s * p->b_sum[0];
        for (int64_t i = 0; i < p->n_sum[1]; i++, a += p->a_sum[1], b += p->b_sum[1]) {
            const bens_vf b0 = bens_v_load(b);
            const bens_vf b1 = wide ? bens_v_load(b + BENS_WIDTH) : b0;
            BENS_EACH_ROW(BENS_ROW_STEP)
        }
    }
    BENS_EACH_ROW(BENS_ROW_PUT)
}

/* One copy of each tile. */
typedef void bens_outer_tile_of(const bens_outer *p, const float *a, const float *b,
                                bool add, float *y, int64_t y_row);
#define BENS_OUTER_TILE(name, rows, wide)                                                \
    static __attribute__((noinline)) void name(const bens_outer *p, const float *a,      \
                                               const float *b, bool add, float *y,       \
                                               int64_t y_row)                            \
    {                                                                                    \
        bens_outer_tile(p, a, b, rows, wide, add, y, y_row);                             \
    }
BENS_OUTER_TILE(bens_outer_most, BENS_TILE_MOST, false)
BENS_OUTER_TILE(bens_outer_most_wide, BENS_TILE_MOST, true)
BENS_OUTER_TILE(bens_outer_few, BENS_TILE_FEW, false)
BENS_OUTER_TILE(bens_outer_few_wide, BENS_TILE_FEW, true)
BENS_OUTER_TILE(bens_outer_one, 1, false)
BENS_OUTER_TILE(bens_outer_one_wide, 1, true)

static inline int bens_outer_rows(int64_t left)
{
    return left >= BENS_TILE_MOST  ? BENS_TILE_MOST
           : left >= BENS_TILE_FEW ? BENS_TILE_FEW
                                   : 1;
}

/* The `columns` (less than a tile has) of `rows` rows, by way of a whole tile. */
static inline void bens_outer_part(const bens_outer *p, bens_outer_tile_of *tile,
                                   int rows, int64_t columns, const float *a,
                                   const float *b, float *y)
{
    float room[BENS_TILE_MOST * BENS_TILE_COLUMNS];
    tile(p, a, b, false, room, BENS_TILE_COLUMNS);
    for (int r = 0; r < rows; r++)
        memcpy(y + r * p->y_row[1], room + r * BENS_TILE_COLUMNS,
               (size_t)columns * sizeof *y);
}

/* A row r0 of at most BENS_TILE_COLUMNS columns, from a, b, y on. */
static inline void bens_outer_strip(const bens_outer *p, int64_t columns, const float *a,
                                    const float *b, float *y)
{
    static bens_outer_tile_of *const tiles[][2] = {
        {bens_outer_one, bens_outer_one_wide},
        {bens_outer_few, bens_outer_few_wide},
        {bens_outer_most, bens_outer_most_wide},
    };
    const bool wide = columns > BENS_WIDTH;
    const bool whole = columns == BENS_WIDTH || columns == BENS_TILE_COLUMNS;
    const int64_t n = p->n_row[1];
    int rows = bens_outer_rows(n);
    for (int64_t r = 0; r < n; r += rows) {
        /* What is left over: the last tile again, moved back; where y is added to, the
         * smaller ones. */
        if (n - r < rows && p->add) rows = bens_outer_rows(n - r);
        if (n - r < rows) r = n - rows;
        bens_outer_tile_of *tile =
            tiles[(rows >= BENS_TILE_FEW) + (rows >= BENS_TILE_MOST)][wide];
        const float *a_tile = a + r * p->a_row[1];
        float *y_tile = y + r * p->y_row[1];
        if (whole)
            tile(p, a_tile, b, p->add, y_tile, p->y_row[1]);
        else
            bens_outer_part(p, tile, rows, columns, a_tile, b, y_tile);
    }
}

/* Columns outermost: those of b that a strip reads stay in the first cache. */
static inline void bens_outer_product(const bens_outer *p)
{
    for (int64_t c = 0; c < p->columns; c += BENS_TILE_COLUMNS) {
        const int64_t left = p->columns - c;
        const int64_t columns = left < BENS_TILE_COLUMNS ? left : BENS_TILE_COLUMNS;
        const float *b = p->b + c / BENS_PANEL * p->b_panel + c % BENS_PANEL;
        for (int64_t r = 0; r < p->n_row[0]; r++)
            bens_outer_strip(p, columns, p->a + r * p->a_row[0], b,
                             p->y + r * p->y_row[0] + c);
    }
}

#endif
