/* cpu_ahead.h - normals made ahead for small arenas (bens_noise): 32 steps at once,
 * so that a model of 8 parameters fills whole vectors too. */
#ifndef BENS_BACKEND_CPU_AHEAD_H
#define BENS_BACKEND_CPU_AHEAD_H

#include "backend/backend.h"
#include "backend/cpu_noise.h"

#include "core/status.h"

enum {
    BENS_AHEAD = 32,    /* steps of noise made ahead ...         */
    BENS_AHEAD_MAX = 64 /* ... for arenas of up to 64 elements   */
};

/* z [BENS_AHEAD][stride], the normals of block `block` for the steps of the window: the
 * lanes are steps. */
BENS_HD void bens_ahead_block(const bens_philox_key *key, uint64_t block, size_t stride,
                              float *z)
{
    for (uint64_t step = 0; step < BENS_AHEAD; step += BENS_TOGETHER * BENS_BLOCKS) {
        bens_philox_state s;
#pragma GCC unroll 4
        for (uint64_t u = 0; u < BENS_TOGETHER; u++) {
            s.c0[u] = bens_vq_splat(block);
            s.c1[u] = bens_vq_count() + bens_vq_splat(key->c1 + step + u * BENS_BLOCKS);
            s.c2[u] = bens_vq_splat(key->c2);
            s.c3[u] = bens_vq_splat(key->c3);
        }
        bens_philox_rounds(&s, key, 0);
#pragma GCC unroll 4
        for (uint64_t u = 0; u < BENS_TOGETHER; u++) {
            float *out = z + (step + u * BENS_BLOCKS) * stride + 2 * block;
            float pair[BENS_WIDTH];
            bens_vf first, second;
            bens_v_normal_pair((bens_vu)s.c1[u], (bens_vu)s.c3[u], &first, &second);
            bens_v_store(pair, first);
#pragma GCC unroll 8
            for (size_t k = 0; k < BENS_BLOCKS; k++)
                memcpy(out + k * stride, pair + 2 * k, 2 * sizeof *pair);
        }
    }
}

static __attribute__((noinline)) bool
bens_ahead_fill(const bens_params *params, const bens_rng *at, bens_noise *noise)
{
    if (noise->stride != params->n) {
        bens_noise_release(noise);
        if (bens_alloc(BENS_AHEAD * params->n, sizeof *noise->z, &noise->z) != BENS_OK)
            return false;
        noise->stride = params->n;
    }
    bens_philox_key key;
    noise->at = *at;
    noise->at.step -=
        at->step % BENS_AHEAD; /* the step's low word does not wrap inside */
    noise->n_steps = BENS_AHEAD;
    bens_philox_prepare(&key, &noise->at);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        for (size_t block = t->offset / 2; 2 * block < t->offset + t->size; block++)
            bens_ahead_block(&key, block, noise->stride, noise->z);
    }
    return true;
}

/* The normals of this step from those made ahead; NULL if there is no memory for them. */
static inline const float *bens_ahead_get(const bens_params *params, const bens_rng *at,
                                          bens_noise *noise)
{
    const bens_rng *from = &noise->at;
    const bool there =
        noise->stride == params->n && at->step - from->step < noise->n_steps &&
        at->chain == from->chain && at->seed == from->seed && at->stream == from->stream;
    if (!there && !bens_ahead_fill(params, at, noise)) return NULL;
    return noise->z + (at->step - noise->at.step) * noise->stride;
}

#endif
