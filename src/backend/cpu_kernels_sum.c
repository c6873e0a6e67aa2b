/* cpu_kernels_sum.c - two values added, and an activation, in blocks that stay in the
 * first cache. */
#include "backend/cpu_layers.h"
#include "backend/cpu_simd.h"
#include "backend/cpu_threads.h"

enum { BLOCK = 2048, COLUMNS = 16, THREAD_MIN = 1 << 15 /* elements worth a thread */ };

static int64_t block_size(int64_t n, int64_t first)
{
    return n - first < BLOCK ? n - first : BLOCK;
}

/* Threads that n elements are worth. */
static int threads_for(int64_t n)
{
    return bens_threads_for((double)n, THREAD_MIN, INT32_MAX);
}

static void add_block(int64_t n, const float *x1, const float *x2, float *z)
{
    for (int64_t i = 0; i < n; i++) z[i] = x1[i] + x2[i];
}

void BENS_KERNEL(sum)(int64_t n, const float *x1, const float *x2, bens_activation f,
                      float *y)
{
    const int threads = threads_for(n);
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < n; i += BLOCK) {
        const int64_t size = block_size(n, i);
        add_block(size, x1 + i, x2 + i, y + i);
        BENS_KERNEL(activate)(1, size, NULL, f, y + i, y + i);
    }
}

/* As rows of COLUMNS, in which activate_back goes down the columns; then the rest. */
static void back_block(int64_t n, bens_activation f, const float *z, const float *y,
                       const float *dy, float *dz)
{
    const int64_t whole = n / COLUMNS * COLUMNS;
    BENS_KERNEL(activate_back)(n / COLUMNS, COLUMNS, f, z, y, dy, dz, NULL);
    BENS_KERNEL(activate_back)
    (1, n - whole, f, z + whole, y + whole, dy + whole, dz + whole, NULL);
}

void BENS_KERNEL(sum_back)(int64_t n, const float *x1, const float *x2, bens_activation f,
                           const float *y, const float *dy, float *dx1, float *dx2)
{
    const int threads = threads_for(n);
    float *const dz = dx1 != NULL ? dx1 : dx2;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < n; i += BLOCK) {
        const int64_t size = block_size(n, i);
        float z[BLOCK];
        add_block(size, x1 + i, x2 + i, z);
        back_block(size, f, z, y + i, dy + i, dz + i);
        if (dx2 != NULL && dx2 != dz) memcpy(dx2 + i, dz + i, (size_t)size * sizeof *dz);
    }
}
