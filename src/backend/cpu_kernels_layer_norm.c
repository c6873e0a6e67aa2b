/* cpu_kernels_layer_norm.c - the layer norm. Sums over the channels of a position run in
 * 16 lanes; sums over positions are those of activate_back. */
#include "backend/cpu_layers.h"
#include "backend/cpu_part.h"
#include "backend/cpu_threads.h"

enum { BLOCK = 256, THREAD_MIN = 1 << 15 /* elements worth a thread */ };

/* A loop over channels, a vector v of a group of lanes at a time, `left` yet to come. */
#define EACH_VECTOR(C)                                                                   \
    for (int64_t c = 0, left = (C), v = 0; left > 0;                                     \
         c += BENS_WIDTH, left -= BENS_WIDTH, v = (v + 1) % BENS_VECTORS)

static float mean_of(const bens_vf *lanes, int64_t channels)
{
    float lane[BENS_LANES];
    memcpy(lane, lanes, sizeof lane);
    return (float)(bens_lanes_sum_float(lane) / (double)channels);
}

/* What is not there counts as `mean`, that is, not at all. */
BENS_HD bens_vf deviation(const float *x, int64_t left, float mean)
{
    float room[BENS_WIDTH];
    if (left >= BENS_WIDTH) return bens_v_load(x) - mean;
    for (int64_t i = 0; i < BENS_WIDTH; i++) room[i] = i < left ? x[i] - mean : 0;
    return bens_v_load(room);
}

static void forward_row(const bens_norm *p, const float *x, float *kept, float *y)
{
    bens_vf sum[BENS_VECTORS] = {{0}}, squares[BENS_VECTORS] = {{0}};
    EACH_VECTOR(p->channels) sum[v] += bens_v_load_part(x + c, left);
    const float mean = mean_of(sum, p->channels);
    EACH_VECTOR(p->channels)
    {
        const bens_vf d = deviation(x + c, left, mean);
        squares[v] = bens_v_fma(d, d, squares[v]);
    }
    const float r = 1 / bens_k_sqrt(mean_of(squares, p->channels) + p->epsilon);
    EACH_VECTOR(p->channels)
    {
        const bens_vf d = deviation(x + c, left, mean) * r;
        bens_v_store_part(y + c,
                          bens_v_fma(d, bens_v_load_part(p->weight + c, left),
                                     bens_v_load_part(p->bias + c, left)),
                          left);
    }
    kept[0] = mean;
    kept[1] = r;
}

/* With d = (x - mean) r and g = weight dy: dx = r (g - mean(g) - d mean(d g)). */
static void input_row(const bens_norm *p, const float *x, const float *kept,
                      const float *dy, float *dx)
{
    bens_vf sum[BENS_VECTORS] = {{0}}, products[BENS_VECTORS] = {{0}};
    const float mean = kept[0], r = kept[1];
    EACH_VECTOR(p->channels)
    {
        const bens_vf d = deviation(x + c, left, mean) * r;
        const bens_vf g =
            bens_v_load_part(p->weight + c, left) * bens_v_load_part(dy + c, left);
        sum[v] += g;
        products[v] = bens_v_fma(d, g, products[v]);
    }
    const float shift = mean_of(sum, p->channels), pull = mean_of(products, p->channels);
    EACH_VECTOR(p->channels)
    {
        const bens_vf d = deviation(x + c, left, mean) * r;
        const bens_vf g =
            bens_v_load_part(p->weight + c, left) * bens_v_load_part(dy + c, left);
        bens_v_store_part(dx + c, (bens_v_fma(bens_v_splat(-pull), d, g) - shift) * r,
                          left);
    }
}

/* The gradients by weight and bias of some channels: positions in blocks. */
static void parameters_of(const bens_norm *p, int64_t rows, int64_t c, int64_t left)
{
    bens_vf dweight = bens_v_splat(0), dbias = dweight;
    for (int64_t block = 0; block < rows; block += BLOCK) {
        const int64_t end = block + BLOCK < rows ? block + BLOCK : rows;
        bens_vf products = bens_v_splat(0), sums = products;
        for (int64_t i = block; i < end; i++) {
            const bens_vf d =
                deviation(p->x + i * p->channels + c, left, p->kept[2 * i]) *
                p->kept[2 * i + 1];
            const bens_vf dy = bens_v_load_part(p->dy + i * p->channels + c, left);
            products = bens_v_fma(d, dy, products);
            sums += dy;
        }
        dweight += products;
        dbias += sums;
    }
    bens_v_store_part(p->dweight + c, dweight, left);
    bens_v_store_part(p->dbias + c, dbias, left);
}

/* Threads that n elements are worth. */
static int threads_for(int64_t n)
{
    return bens_threads_for((double)n, THREAD_MIN, INT32_MAX);
}

void BENS_KERNEL(layer_norm)(const bens_norm *p)
{
    const int64_t C = p->channels, rows = p->n * p->positions;
    const int threads = threads_for(rows * C);
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < rows; i++)
        forward_row(p, p->x + i * C, p->kept + 2 * i, p->y + i * C);
}

void BENS_KERNEL(layer_norm_back)(const bens_norm *p)
{
    const int64_t C = p->channels, rows = p->n * p->positions;
    const int threads = threads_for(rows * C);
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t c = 0; c < C; c += BENS_WIDTH) parameters_of(p, rows, c, C - c);
    if (p->dx == NULL) return;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < rows; i++)
        input_row(p, p->x + i * C, p->kept + 2 * i, p->dy + i * C, p->dx + i * C);
}
