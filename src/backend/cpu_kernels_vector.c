/* cpu_kernels_vector.c - likelihoods of logits, and sums of vectors. Sums run in 16 lanes
 * and in at most 256 chunks of rows, whose size depends on the number of rows alone. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_simd.h"

#include <omp.h>

enum {
    CHUNKS = 256,
    THREAD_MIN = 1 << 15 /* logits that pay for waking a thread */
};

/* Threads that n elements are worth. */
static int threads_for(int64_t n)
{
    const int most = omp_get_max_threads();
    const int64_t worth = n / THREAD_MIN;
    return worth < 1 ? 1 : worth < most ? (int)worth : most;
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

void BENS_KERNEL(softmax)(const float *logits, const int32_t *label, int64_t n,
                          int64_t n_classes, double *value, float *dlogits)
{
    const int64_t per_chunk = (n + CHUNKS - 1) / CHUNKS;
    const int threads = threads_for(n * n_classes);
    double part[CHUNKS] = {0}, total = 0;

#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t c = 0; c < CHUNKS; c++)
        for (int64_t i = c * per_chunk; i < (c + 1) * per_chunk && i < n; i++)
            part[c] += softmax_row(logits + i * n_classes, label[i], n_classes,
                                   dlogits != NULL ? dlogits + i * n_classes : NULL);

    for (int c = 0; c < CHUNKS; c++) total += part[c];
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
    const int64_t per_chunk = ((n + CHUNKS - 1) / CHUNKS + 15) / 16 * 16;
    const int threads = threads_for(n);
    double part[CHUNKS] = {0}, total = 0;

#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t c = 0; c < CHUNKS; c++) {
        const int64_t first = c * per_chunk, left = n - first;
        if (left > 0)
            part[c] = sigmoid_chunk(logits + first, label + first,
                                    left < per_chunk ? left : per_chunk,
                                    dlogits != NULL ? dlogits + first : NULL);
    }
    for (int c = 0; c < CHUNKS; c++) total += part[c];
    if (value != NULL) *value = total;
}

void BENS_KERNEL(add)(const float *x, size_t n, float *y)
{
    const int threads = threads_for((int64_t)(n / 4)); /* bound by memory */
#pragma omp parallel for simd num_threads(threads) schedule(static) if (threads > 1)
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}
