/* cpu_kernels_vector.c - likelihoods of logits, and sums of vectors. Sums run in 16 lanes
 * and in at most 256 chunks of rows, whose size depends on the number of rows alone. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_simd.h"
#include "backend/cpu_threads.h"

#include <omp.h>
#include <stdbool.h>

enum {
    CHUNKS = 256,
    THREAD_MIN = 1 << 15 /* logits that pay for waking a thread */
};

/* Rows of a chunk, a multiple of 16; one chunk for few rows. */
static int64_t rows_per_chunk(int64_t n)
{
    enum { FEW = 256 };
    const int64_t rows = ((n + CHUNKS - 1) / CHUNKS + 15) / 16 * 16;
    return rows < FEW ? FEW : rows;
}

/* Threads that n elements are worth. */
static int threads_for(int64_t n)
{
    return bens_threads_for((double)n, THREAD_MIN, INT32_MAX);
}

/* x [16], of which `count` are there; the others become `fill`. */
BENS_HD const float *whole_group(const float *x, int64_t count, float fill, float *room)
{
    if (count >= BENS_LANES) return x;
    for (int i = 0; i < BENS_LANES; i++) room[i] = i < count ? x[i] : fill;
    return room;
}

static float row_max(const float *x, int64_t n)
{
    float room[BENS_LANES], lane[BENS_LANES];
    bens_vf most[BENS_VECTORS];
    for (int v = 0; v < BENS_VECTORS; v++) most[v] = bens_v_splat(-INFINITY);
    for (int64_t i = 0; i < n; i += BENS_LANES) {
        const float *group = whole_group(x + i, n - i, -INFINITY, room);
        for (int v = 0; v < BENS_VECTORS; v++)
            most[v] = bens_v_max(bens_v_load(group + v * BENS_WIDTH), most[v]);
    }
    memcpy(lane, most, sizeof lane);
    for (int i = 1; i < BENS_LANES; i++) lane[0] = bens_k_max(lane[0], lane[i]);
    return lane[0];
}

/* The sum of e^(x - most) over x [n]; the terms go to e [n] if that is not NULL. */
static double row_exp(const float *x, int64_t n, float most, float *e)
{
    float room[BENS_LANES], lane[BENS_LANES], last[BENS_LANES];
    bens_vf sum[BENS_VECTORS] = {{0}};
    for (int64_t i = 0; i < n; i += BENS_LANES) {
        const float *group = whole_group(x + i, n - i, -INFINITY, room);
        float *out = e == NULL || n - i < BENS_LANES ? last : e + i;
        for (int v = 0; v < BENS_VECTORS; v++) {
            const bens_vf term = bens_v_exp(bens_v_load(group + v * BENS_WIDTH) - most);
            sum[v] += term;
            bens_v_store(out + v * BENS_WIDTH, term);
        }
        if (e != NULL && out == last)
            for (int64_t k = i; k < n; k++) e[k] = last[k - i];
    }
    memcpy(lane, sum, sizeof lane);
    return bens_lanes_sum_float(lane);
}

static double softmax_row(const float *logits, int32_t label, int64_t n, float *dlogits)
{
    const float most = row_max(logits, n), own = logits[label];
    const double sum = row_exp(logits, n, most, dlogits);
    if (dlogits != NULL) {
        const float minus = -1.0f / (float)sum;
        for (int64_t k = 0; k < n; k++) dlogits[k] *= minus;
        dlogits[label] += 1.0f;
    }
    return (double)(own - most) - (double)bens_k_log((float)sum);
}

/* 16 rows of few classes, a row a lane; count of them are there. Returns their value. */
BENS_HD double softmax_group(const float *logits, const int32_t *label, int64_t count,
                             int64_t n_classes, bool with_value, float *dlogits)
{
    enum { V = BENS_VECTORS, W = BENS_WIDTH };
    float x[BENS_LANES][BENS_LANES] = {{0}}, e[BENS_LANES][BENS_LANES]; /* [class][row] */
    float most[BENS_LANES], sum[BENS_LANES], log_sum[BENS_LANES], scale[BENS_LANES];
    double value = 0;
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < n_classes; k++) x[k][i] = logits[i * n_classes + k];
    for (int v = 0; v < V * W; v += W) {
        bens_vf top = bens_v_load(x[0] + v), total = bens_v_splat(0);
        for (int64_t k = 1; k < n_classes; k++)
            top = bens_v_max(bens_v_load(x[k] + v), top);
        for (int64_t k = 0; k < n_classes; k++) {
            const bens_vf term = bens_v_exp(bens_v_load(x[k] + v) - top);
            total += term;
            bens_v_store(e[k] + v, term);
        }
        bens_v_store(most + v, top);
        bens_v_store(sum + v, total);
        bens_v_store(scale + v, bens_v_splat(-1.0f) / total);
        if (with_value) bens_v_store(log_sum + v, bens_v_log(total));
    }
    for (int64_t i = 0; i < count; i++) {
        if (with_value) value += (double)(x[label[i]][i] - most[i]) - (double)log_sum[i];
        if (dlogits == NULL) continue;
        for (int64_t k = 0; k < n_classes; k++)
            dlogits[i * n_classes + k] = e[k][i] * scale[i];
        dlogits[i * n_classes + label[i]] += 1.0f;
    }
    return value;
}

/* The rows first ... last - 1. */
static double softmax_chunk(const float *logits, const int32_t *label, int64_t first,
                            int64_t last, int64_t n_classes, bool with_value,
                            float *dlogits)
{
    double value = 0;
    const int64_t step = n_classes <= BENS_LANES ? BENS_LANES : 1;
    for (int64_t i = first; i < last; i += step) {
        const float *x = logits + i * n_classes;
        float *d = dlogits != NULL ? dlogits + i * n_classes : NULL;
        if (step == 1)
            value += softmax_row(x, label[i], n_classes, d);
        else
            value += softmax_group(x, label + i, last - i < step ? last - i : step,
                                   n_classes, with_value, d);
    }
    return value;
}

void BENS_KERNEL(softmax)(const float *logits, const int32_t *label, int64_t n,
                          int64_t n_classes, double *value, float *dlogits)
{
    const int64_t rows = rows_per_chunk(n);
    const int threads = threads_for(n * n_classes);
    double part[CHUNKS], total = 0;

    if (n <= rows)
        total = softmax_chunk(logits, label, 0, n, n_classes, value != NULL, dlogits);
    else {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
        for (int64_t c = 0; c < (n + rows - 1) / rows; c++) {
            const int64_t last = (c + 1) * rows < n ? (c + 1) * rows : n;
            part[c] = softmax_chunk(logits, label, c * rows, last, n_classes,
                                    value != NULL, dlogits);
        }
        for (int64_t c = 0; c * rows < n; c++) total += part[c];
    }
    if (value != NULL) *value = total;
}

/* 16 logits x of which `count` are there; s = 2 label - 1, t = s x. */
BENS_HD void sigmoid_group(const float *logits, const int32_t *label, int64_t count,
                           double *lane, float *dlogits)
{
    float room[BENS_LANES], sign[BENS_LANES], slope[BENS_LANES], log_p[BENS_LANES];
    const float *x = whole_group(logits, count, 0, room);
    for (int i = 0; i < BENS_LANES; i++)
        sign[i] = i >= count ? 0.0f : label[i] != 0 ? 1.0f : -1.0f;
    for (int v = 0; v < BENS_LANES; v += BENS_WIDTH) {
        const bens_vf s = bens_v_load(sign + v), t = s * bens_v_load(x + v);
        bens_v_store(slope + v, s * bens_v_sigmoid(-t));
        bens_v_store(log_p + v, bens_v_log_sigmoid(t));
    }
    const int there = count < BENS_LANES ? (int)count : BENS_LANES;
    for (int i = 0; i < there; i++) lane[i] += (double)log_p[i];
    if (dlogits != NULL)
        for (int i = 0; i < there; i++) dlogits[i] = slope[i];
}

static double sigmoid_chunk(const float *logits, const int32_t *label, int64_t n,
                            float *dlogits)
{
    double lane[BENS_LANES] = {0};
    for (int64_t i = 0; i < n; i += BENS_LANES)
        sigmoid_group(logits + i, label + i, n - i, lane,
                      dlogits != NULL ? dlogits + i : NULL);
    return bens_lanes_sum(lane);
}

void BENS_KERNEL(sigmoid)(const float *logits, const int32_t *label, int64_t n,
                          double *value, float *dlogits)
{
    const int64_t rows = rows_per_chunk(n);
    const int threads = threads_for(n);
    double part[CHUNKS], total = 0;

    if (n <= rows)
        total = sigmoid_chunk(logits, label, n, dlogits);
    else {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
        for (int64_t c = 0; c < (n + rows - 1) / rows; c++) {
            const int64_t first = c * rows, left = n - first;
            part[c] =
                sigmoid_chunk(logits + first, label + first, left < rows ? left : rows,
                              dlogits != NULL ? dlogits + first : NULL);
        }
        for (int64_t c = 0; c * rows < n; c++) total += part[c];
    }
    if (value != NULL) *value = total;
}

void BENS_KERNEL(add)(const float *x, size_t n, float *y)
{
    const int threads = threads_for((int64_t)(n / 4)); /* bound by memory */
    if (threads == 1)
        for (size_t i = 0; i < n; i++) y[i] += x[i];
    else {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t i = 0; i < n; i++) y[i] += x[i];
    }
}
