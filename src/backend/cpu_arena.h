/* cpu_arena.h - what the kernels over the arena share: its blocks of 4096 elements and 16
 * lanes (element mod 16), and the gradient that a sampler sees.
 *
 * A sum runs in the lanes of a block in float, then over the blocks in double, in at most
 * 1024 chunks of consecutive ones: an order that depends on params alone. Threads share
 * the chunks. */
#ifndef BENS_BACKEND_CPU_ARENA_H
#define BENS_BACKEND_CPU_ARENA_H

#include "backend/backend.h"
#include "backend/cpu_simd.h"

#include <omp.h>

enum {
    BENS_BLOCK = 4096,
    BENS_CHUNKS = 1024,
    BENS_BLOCKS_A_THREAD = 16 /* that pay for waking one */
};

/* -(precision / N + decay) of tensor `index`. */
BENS_HD bens_vf bens_v_decay(const bens_params *params, int index, double decay)
{
    const double precision = bens_prior_precision(&params->tensors[index].prior);
    return bens_v_splat((float)-(precision / params->n_data + decay));
}

/* A bens_langevin in float, on every lane; its decay is that of bens_v_decay. */
typedef struct {
    bens_vf a, b, s, p, q, r, decay;
} bens_langevin_vf;

BENS_HD bens_langevin_vf bens_v_langevin(const bens_params *params, int index,
                                         const bens_langevin *c)
{
    return (bens_langevin_vf){.a = bens_v_splat((float)c->a),
                              .b = bens_v_splat((float)c->b),
                              .s = bens_v_splat((float)c->s),
                              .p = bens_v_splat((float)c->p),
                              .q = bens_v_splat((float)c->q),
                              .r = bens_v_splat((float)c->r),
                              .decay = bens_v_decay(params, index, c->decay)};
}

/* g = scale grad - (precision / N + decay) theta; decay as of bens_v_decay. */
BENS_HD bens_vf bens_v_gradient(bens_vf scale, bens_vf grad, bens_vf decay, bens_vf theta)
{
    return bens_v_fma(scale, grad, decay * theta);
}

/* Is s of any tensor not 0? */
BENS_HD bool bens_makes_noise(const bens_params *params, const bens_langevin *c)
{
    for (int i = 0; i < params->n_tensors; i++)
        if (c[i].s != 0) return true;
    return false;
}

/* The sum over one block. */
typedef double bens_block_sum(const void *job, size_t block);

BENS_HD double bens_vectors_sum(const bens_vf sum[BENS_VECTORS])
{
    float lane[BENS_LANES];
    memcpy(lane, sum, sizeof lane);
    return bens_lanes_sum_float(lane);
}

/* A mask of a group of 16 that takes the first `count`: all ones, then zeros. */
BENS_HD const int32_t *bens_lanes_taken(size_t count)
{
    static const int32_t mask[2 * BENS_LANES] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                 -1, -1, -1, -1, -1, -1, -1, -1};
    return mask + BENS_LANES - count;
}

/* x in the lanes that mask (NULL: all) takes, y in the others. */
BENS_HD bens_vf bens_v_taken(const int32_t *mask, bens_vf x, bens_vf y)
{
    bens_vu taken;
    if (mask == NULL) return x;
    memcpy(&taken, mask, sizeof taken);
    return bens_v_if_top(taken, x, y);
}

/* One chunk: the blocks first ... last - 1, at most `most` of them. */
static inline double bens_chunk_sum(bens_block_sum *f, const void *job, size_t first,
                                    size_t last, size_t most)
{
    double sum = 0;
    for (size_t b = first; b < last && b < first + most; b++) sum += f(job, b);
    return sum;
}

/* The sum over the blocks first ... last - 1. */
static inline double bens_blocks_sum(bens_block_sum *f, const void *job, size_t first,
                                     size_t last)
{
    const size_t most = (last - first + BENS_CHUNKS - 1) / BENS_CHUNKS;
    const int worth = (int)((last - first) / BENS_BLOCKS_A_THREAD);
    const int there = omp_get_max_threads(), threads = worth < there ? worth : there;
    double part[BENS_CHUNKS], sum = 0;
    size_t n = 0;
    if (threads > 1) {
        n = (last - first + most - 1) / most;
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t c = 0; c < n; c++)
            part[c] = bens_chunk_sum(f, job, first + c * most, last, most);
    } else {
        for (size_t b = first; b < last; b += most)
            part[n++] = bens_chunk_sum(f, job, b, last, most);
    }
    for (size_t c = 0; c < n; c++) sum += part[c];
    return sum;
}

#endif
