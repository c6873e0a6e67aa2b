/* cpu_kernels_squares.c - mean squares of tensors, for masses and noise (backend.h). */
#include "backend/cpu_arena.h"
#include "backend/cpu_kernels.h"

typedef struct {
    const float *x, *y; /* y: may be NULL    */
    float *each;        /* may be NULL       */
    bens_vf scale_x, scale_y;
    size_t begin, end; /* of the tensor     */
} job;

BENS_HD void square_vector(const job *j, size_t e, const int32_t *mask, bool with_y,
                           bool with_each, bens_vf *sum)
{
    const bens_vf zero = bens_v_splat(0), x = bens_v_load(j->x + e);
    bens_vf value = with_y ? bens_v_fma(j->scale_x, x, j->scale_y * bens_v_load(j->y + e))
                           : j->scale_x * x;
    value = bens_v_taken(mask, value, zero);
    *sum = bens_v_fma(value, value, *sum);
    if (!with_each) return;
    const bens_vf each = bens_v_load(j->each + e);
    bens_v_store(j->each + e, bens_v_taken(mask, bens_v_fma(value, value, each), each));
}

BENS_HD double square_block(const job *of, size_t block, bool with_y, bool with_each)
{
    const job j = *of;
    const size_t first = block * BENS_BLOCK, last = first + BENS_BLOCK;
    const size_t begin = first > j.begin ? first : j.begin;
    const size_t end = last < j.end ? last : j.end;
    bens_vf sum[BENS_VECTORS] = {{0}};
    size_t e = begin;
    for (; e + BENS_LANES <= end; e += BENS_LANES) {
#pragma GCC unroll 4
        for (int v = 0; v < BENS_VECTORS; v++)
            square_vector(&j, e + (size_t)(v * BENS_WIDTH), NULL, with_y, with_each,
                          &sum[v]);
    }
    for (int v = 0; e < end && v < BENS_VECTORS; v++)
        square_vector(&j, e + (size_t)(v * BENS_WIDTH),
                      bens_lanes_taken(end - e) + v * BENS_WIDTH, with_y, with_each,
                      &sum[v]);
    return bens_vectors_sum(sum);
}

static double block_sum(const void *context, size_t block)
{
    const job *j = context;
    if (j->each == NULL)
        return j->y == NULL ? square_block(j, block, false, false)
                            : square_block(j, block, true, false);
    return j->y == NULL ? square_block(j, block, false, true)
                        : square_block(j, block, true, true);
}

void BENS_KERNEL(squares)(const bens_params *params, const float *x, double scale_x,
                          const float *y, double scale_y, double *square, float *each)
{
    job j = {.x = x,
             .y = y,
             .each = each,
             .scale_x = bens_v_splat((float)scale_x),
             .scale_y = bens_v_splat((float)scale_y)};
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        j.begin = t->offset;
        j.end = t->offset + t->size;
        square[i] = bens_blocks_sum(block_sum, &j, j.begin / BENS_BLOCK,
                                    (j.end + BENS_BLOCK - 1) / BENS_BLOCK) /
                    (double)t->size;
    }
}
