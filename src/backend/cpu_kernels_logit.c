/* cpu_kernels_logit.c - Bernoulli regression on a few columns, in one pass (backend.h).
 *
 * Ranges of rows read the design by column, 16 rows at a time; lists of rows read it by
 * row, where 8 columns are one vector and a tree of shuffles and additions makes 8 logits
 * at once. Blocks of 4096 rows are summed in float, the blocks in double, in order. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_simd.h"

#include <omp.h>

enum {
    BLOCK = 4096,      /* rows summed in float                                         */
    PIECE = 256,       /* rows whose weights stay in the first cache between two loops */
    CHUNKS = 64,       /* of consecutive blocks: what threads share                    */
    THREAD_MIN = 16384 /* rows that pay for waking a thread                            */
};

typedef struct {
    double value, grad[BENS_LOGIT_WIDTH];
} sums;

typedef struct {
    const bens_logit_design *design;
    const bens_rows *rows;
    const float *w; /* [width], zeros behind the columns */
    bool with_value;
} job;

BENS_HD void add_values(const float *t, int64_t n, double *lane)
{
    for (int64_t i = 0; i < n; i += BENS_LANES) {
        float log_p[BENS_LANES];
        for (int v = 0; v < BENS_LANES; v += BENS_WIDTH)
            bens_v_store(log_p + v, bens_v_log_sigmoid(bens_v_load(t + i + v)));
        const int there = n - i < BENS_LANES ? (int)(n - i) : BENS_LANES;
        for (int k = 0; k < there; k++) lane[k] += (double)log_p[k];
    }
}

/* t and weight = sigmoid(-t) of the n rows from x on; those of the last group that are
 * not there get weight 0. */
BENS_HD void piece_weights(const job *j, const float *x, int64_t n, int width, float *t,
                           float *weight)
{
    const int64_t stride = j->design->stride;
    const int64_t whole = (n + BENS_LANES - 1) / BENS_LANES * BENS_LANES;
    bens_vf w[BENS_LOGIT_WIDTH];
    for (int k = 0; k < width; k++) w[k] = bens_v_splat(j->w[k]);
    for (int64_t i = 0; i < whole; i += BENS_WIDTH) {
        bens_vf sum = w[0] * bens_v_load(x + i);
#pragma GCC unroll 16
        for (int k = 1; k < width; k++)
            sum = bens_v_fma(w[k], bens_v_load(x + k * stride + i), sum);
        bens_v_store(weight + i, bens_v_sigmoid(-sum));
        if (j->with_value) bens_v_store(t + i, sum);
    }
    for (int64_t i = n; i < whole; i++) weight[i] = 0;
}

/* lane [8][16] += weight x of 8 columns. */
BENS_HD void piece_gradient(const float *x, int64_t stride, int64_t n,
                            const float *weight, float *lane)
{
    for (int v = 0; v < BENS_LANES; v += BENS_WIDTH) {
        float *a = lane + v;
        bens_vf g0 = bens_v_load(a), g1 = bens_v_load(a + 16), g2 = bens_v_load(a + 32),
                g3 = bens_v_load(a + 48), g4 = bens_v_load(a + 64),
                g5 = bens_v_load(a + 80), g6 = bens_v_load(a + 96),
                g7 = bens_v_load(a + 112);
        for (int64_t i = v; i < n; i += BENS_LANES) {
            const bens_vf u = bens_v_load(weight + i);
            g0 = bens_v_fma(u, bens_v_load(x + i), g0);
            g1 = bens_v_fma(u, bens_v_load(x + stride + i), g1);
            g2 = bens_v_fma(u, bens_v_load(x + 2 * stride + i), g2);
            g3 = bens_v_fma(u, bens_v_load(x + 3 * stride + i), g3);
            g4 = bens_v_fma(u, bens_v_load(x + 4 * stride + i), g4);
            g5 = bens_v_fma(u, bens_v_load(x + 5 * stride + i), g5);
            g6 = bens_v_fma(u, bens_v_load(x + 6 * stride + i), g6);
            g7 = bens_v_fma(u, bens_v_load(x + 7 * stride + i), g7);
        }
        bens_v_store(a, g0);
        bens_v_store(a + 16, g1);
        bens_v_store(a + 32, g2);
        bens_v_store(a + 48, g3);
        bens_v_store(a + 64, g4);
        bens_v_store(a + 80, g5);
        bens_v_store(a + 96, g6);
        bens_v_store(a + 112, g7);
    }
}

/* Rows first ... first + n - 1 of the design, n <= BLOCK. */
BENS_HD void range_block(const job *j, int64_t first, int64_t n, int width, sums *out)
{
    float lane[BENS_LOGIT_WIDTH * BENS_LANES], t[PIECE], weight[PIECE];
    double value[BENS_LANES] = {0};
    memset(lane, 0, (size_t)(width * BENS_LANES) * sizeof *lane);
    for (int64_t i = 0; i < n; i += PIECE) {
        const int64_t count = n - i < PIECE ? n - i : PIECE;
        const float *x = j->design->by_column + first + i;
        piece_weights(j, x, count, width, t, weight);
        for (int k = 0; k < width; k += 8)
            piece_gradient(x + k * j->design->stride, j->design->stride, count, weight,
                           lane + k * BENS_LANES);
        if (j->with_value) add_values(t, count, value);
    }
    for (int k = 0; k < width; k++)
        out->grad[k] += bens_lanes_sum_float(lane + k * BENS_LANES);
    if (j->with_value) out->value += bens_lanes_sum(value);
}

#if BENS_WIDTH >= 8
typedef float vf8 __attribute__((vector_size(32)));

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
typedef int32_t vi8 __attribute__((vector_size(32)));
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (vi8){__VA_ARGS__})
#endif

BENS_HD vf8 load8(const float *p)
{
    vf8 x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* The scalar products of w with rows index [8] of x, as ((0 + 4) + (2 + 6)) + ((1 + 5) +
 * (3 + 7)) over the columns (k and k + 8 joined first). */
BENS_HD vf8 logits8(const float *x, const int64_t *index, const float *w, int width)
{
    vf8 p[8], q[4], s[2];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        const float *row = x + index[i] * width;
        p[i] = load8(w) * load8(row);
        if (width > 8) p[i] = _mm256_fmadd_ps(load8(w + 8), load8(row + 8), p[i]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        q[i] = SHUFFLE(p[i], p[i + 4], 0, 1, 2, 3, 8, 9, 10, 11) +
               SHUFFLE(p[i], p[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++)
        s[i] = SHUFFLE(q[2 * i], q[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
               SHUFFLE(q[2 * i], q[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    return SHUFFLE(s[0], s[1], 0, 2, 8, 10, 4, 6, 12, 14) +
           SHUFFLE(s[0], s[1], 1, 3, 9, 11, 5, 7, 13, 15);
}

/* t [16] and weight [16] = sigmoid(-t) of rows index [16]. The logits stay in registers:
 * a wide load behind two narrow stores would wait for both. */
BENS_HD void list_weights(const float *x, const int64_t *index, const float *w, int width,
                          float *t, float *weight)
{
    const vf8 low = logits8(x, index, w, width), high = logits8(x, index + 8, w, width);
    memcpy(t, &low, sizeof low);
    memcpy(t + 8, &high, sizeof high);
#if BENS_WIDTH == 16
    const bens_vf both = _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
    bens_v_store(weight, bens_v_sigmoid(-both));
#else
    bens_v_store(weight, bens_v_sigmoid(-low));
    bens_v_store(weight + 8, bens_v_sigmoid(-high));
#endif
}

/* sum [4][8] += weight x of the 8 columns from x on and rows index [n]: row i goes to sum
 * i mod 4. */
BENS_HD void list_gradient(const float *x, const int64_t *index, int64_t n, int width,
                           const float *weight, float *sum)
{
    vf8 g0 = load8(sum), g1 = load8(sum + 8), g2 = load8(sum + 16), g3 = load8(sum + 24);
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        g0 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i]), load8(x + index[i] * width), g0);
        g1 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i + 1]),
                             load8(x + index[i + 1] * width), g1);
        g2 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i + 2]),
                             load8(x + index[i + 2] * width), g2);
        g3 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i + 3]),
                             load8(x + index[i + 3] * width), g3);
    }
    if (i < n)
        g0 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i]), load8(x + index[i] * width), g0);
    if (i + 1 < n)
        g1 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i + 1]),
                             load8(x + index[i + 1] * width), g1);
    if (i + 2 < n)
        g2 = _mm256_fmadd_ps(_mm256_set1_ps(weight[i + 2]),
                             load8(x + index[i + 2] * width), g2);
    memcpy(sum, &g0, sizeof g0);
    memcpy(sum + 8, &g1, sizeof g1);
    memcpy(sum + 16, &g2, sizeof g2);
    memcpy(sum + 24, &g3, sizeof g3);
}
#else
/* The same sums in the same order, one row at a time. */
BENS_HD void list_weights(const float *x, const int64_t *index, const float *w, int width,
                          float *t, float *weight)
{
    for (int i = 0; i < BENS_LANES; i++) {
        const float *row = x + index[i] * width;
        float p[8];
        for (int k = 0; k < 8; k++) {
            p[k] = w[k] * row[k];
            if (width > 8) p[k] = bens_k_fma(w[k + 8], row[k + 8], p[k]);
        }
        t[i] = ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
    }
    for (int v = 0; v < BENS_LANES; v += BENS_WIDTH)
        bens_v_store(weight + v, bens_v_sigmoid(-bens_v_load(t + v)));
}

BENS_HD void list_gradient(const float *x, const int64_t *index, int64_t n, int width,
                           const float *weight, float *sum)
{
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 8; k++) {
            float *g = sum + i % 4 * 8 + k;
            *g = bens_k_fma(weight[i], x[index[i] * width + k], *g);
        }
}
#endif

/* The rows index [n], n <= PIECE. A last group that is cut short repeats its first
 * row. */
BENS_HD void list_piece(const job *j, const int64_t *index, int64_t n, int width,
                        float (*sum)[4][8], double *value)
{
    const float *x = j->design->by_row;
    float t[PIECE], weight[PIECE];
    int64_t i = 0, room[BENS_LANES];
    for (; i + BENS_LANES <= n; i += BENS_LANES)
        list_weights(x, index + i, j->w, width, t + i, weight + i);
    if (i < n) {
        for (int k = 0; k < BENS_LANES; k++) room[k] = index[i + k < n ? i + k : i];
        list_weights(x, room, j->w, width, t + i, weight + i);
    }
    for (int h = 0; h < width / 8; h++)
        list_gradient(x + 8 * h, index, n, width, weight, sum[h][0]);
    if (j->with_value) add_values(t, n, value);
}

/* The rows index [n], n <= BLOCK. */
BENS_HD void list_block(const job *j, const int64_t *index, int64_t n, int width,
                        sums *out)
{
    float sum[BENS_LOGIT_WIDTH / 8][4][8] = {{{0}}};
    double value[BENS_LANES] = {0};
    for (int64_t i = 0; i < n; i += PIECE)
        list_piece(j, index + i, n - i < PIECE ? n - i : PIECE, width, sum, value);
    for (int h = 0; h < width / 8; h++)
        for (int k = 0; k < 8; k++)
            out->grad[8 * h + k] += ((double)sum[h][0][k] + (double)sum[h][1][k]) +
                                    ((double)sum[h][2][k] + (double)sum[h][3][k]);
    if (j->with_value) out->value += bens_lanes_sum(value);
}

/* Blocks of a chunk; the width is a constant in each of the four loops. */
static void chunk_sums(const job *j, int64_t first, int64_t n, sums *out)
{
    const bool narrow = j->design->width == 8;
    *out = (sums){0};
    for (int64_t i = first; i < first + n; i += BLOCK) {
        const int64_t count = first + n - i < BLOCK ? first + n - i : BLOCK;
        if (j->rows->index != NULL) {
            if (narrow)
                list_block(j, j->rows->index + i, count, 8, out);
            else
                list_block(j, j->rows->index + i, count, 16, out);
        } else {
            if (narrow)
                range_block(j, j->rows->first + i, count, 8, out);
            else
                range_block(j, j->rows->first + i, count, 16, out);
        }
    }
}

static void sums_add(const sums *part, int width, sums *total)
{
    total->value += part->value;
    for (int k = 0; k < width; k++) total->grad[k] += part->grad[k];
}

/* The chunks share the rows in whole blocks; their number depends on the rows alone. */
static void total_sums(const job *j, sums *total)
{
    const int64_t n = j->rows->n, blocks = (n + BLOCK - 1) / BLOCK;
    const int64_t per_chunk = (blocks + CHUNKS - 1) / CHUNKS * BLOCK;
    const int most = omp_get_max_threads();
    const int threads = n / THREAD_MIN < most ? (int)(n / THREAD_MIN) : most;
    sums part[CHUNKS];
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int c = 0; c < CHUNKS; c++) {
        const int64_t first = c * per_chunk, left = n - first;
        if (left > 0) chunk_sums(j, first, left < per_chunk ? left : per_chunk, &part[c]);
    }
    for (int c = 0; c * per_chunk < n; c++) sums_add(&part[c], j->design->width, total);
}

void BENS_KERNEL(logit)(const bens_logit_design *design, const bens_rows *rows,
                        const float *w, double *value, float *grad)
{
    float padded[BENS_LOGIT_WIDTH] = {0};
    job j = {.design = design, .rows = rows, .w = w, .with_value = value != NULL};
    sums total = {0};
    if (design->n_columns != design->width) {
        memcpy(padded, w, (size_t)design->n_columns * sizeof *w);
        j.w = padded;
    }
    if (rows->n <= BLOCK)
        chunk_sums(&j, 0, rows->n, &total);
    else
        total_sums(&j, &total);
    if (grad != NULL)
        for (int k = 0; k < design->n_columns; k++) grad[k] = (float)total.grad[k];
    if (value != NULL) *value = total.value;
}
