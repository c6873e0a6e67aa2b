/* cpu_noise.h - whole vectors of the normals of core/rng.h, without a shuffle.
 *
 * A counter's four words sit in the low halves of 64-bit lanes: the multiplication
 * ignores the high halves, and the last round packs two finished words into each lane, in
 * the order in which the elements want them. Four vectors run together to hide the
 * multiplier's latency. */
#ifndef BENS_BACKEND_CPU_NOISE_H
#define BENS_BACKEND_CPU_NOISE_H

#include "backend/cpu_simd.h"
#include "core/rng.h"

enum {
    BENS_TOGETHER = 4,
    BENS_HALF_TILE = BENS_RNG_TILE / 2,
    BENS_BLOCKS = BENS_WIDTH / 2 /* blocks in a vector */
};

/* What the rounds of one (seed, stream, chain, step) have in common. Only the block
 * differs within a step, so the first round's second product and the second's first are
 * known. */
typedef struct {
    uint64_t k0[BENS_PHILOX_ROUNDS], k1[BENS_PHILOX_ROUNDS];
    uint64_t c1, c2, c3; /* of the counter                               */
    uint64_t low1, high2, known, known_low; /* words after rounds 1 and 2, see below */
} bens_philox_key;

typedef struct {
    bens_vq c0[BENS_TOGETHER], c1[BENS_TOGETHER], c2[BENS_TOGETHER], c3[BENS_TOGETHER];
} bens_philox_state;

BENS_HD bens_vq bens_vq_splat(uint64_t x)
{
    return (bens_vq){0} + x;
}

static inline void bens_philox_prepare(bens_philox_key *key, const bens_rng *at)
{
    uint32_t counter[4], k0 = (uint32_t)at->seed, k1 = (uint32_t)(at->seed >> 32);
    bens_rng_counter(at, 0, counter);
    for (int i = 0; i < BENS_PHILOX_ROUNDS; i++) {
        key->k0[i] = k0;
        key->k1[i] = k1;
        k0 += BENS_PHILOX_K0;
        k1 += BENS_PHILOX_K1;
    }
    key->c1 = counter[1];
    key->c2 = counter[2];
    key->c3 = counter[3];

    const uint64_t p1 = (uint64_t)BENS_PHILOX_M1 * counter[2];
    const uint64_t c0 = (p1 >> 32) ^ key->c1 ^ key->k0[0];
    const uint64_t p0 = (uint64_t)BENS_PHILOX_M0 * (uint32_t)c0;
    key->low1 = (uint32_t)p1 ^ key->k0[1]; /* c1 after round 1, with the next key */
    key->high2 = (p0 >> 32) ^ key->k1[1];  /* joins c3 to c2 in round 2           */
    key->known = key->c3 ^ key->k1[0];     /* joins round 1's c2                  */
    key->known_low = (uint32_t)p0;         /* c3 after round 2                    */
}

/* Rounds `first` ... 9; leaves the radius words in c1 and the angle words in c3. */
BENS_HD void bens_philox_rounds(bens_philox_state *s, const bens_philox_key *key,
                                int first)
{
    const bens_vq m0 = bens_vq_splat(BENS_PHILOX_M0), m1 = bens_vq_splat(BENS_PHILOX_M1);
#pragma GCC unroll 10
    for (int i = first; i < BENS_PHILOX_ROUNDS - 1; i++) {
        const bens_vq k0 = bens_vq_splat(key->k0[i]), k1 = bens_vq_splat(key->k1[i]);
#pragma GCC unroll 4
        for (int u = 0; u < BENS_TOGETHER; u++) {
            const bens_vq p0 = bens_v_mul32(s->c0[u], m0),
                          p1 = bens_v_mul32(s->c2[u], m1);
            s->c0[u] = (p1 >> 32) ^ s->c1[u] ^ k0;
            s->c1[u] = p1;
            s->c2[u] = (p0 >> 32) ^ s->c3[u] ^ k1;
            s->c3[u] = p0;
        }
    }
    const bens_vq k0 = bens_vq_splat(key->k0[BENS_PHILOX_ROUNDS - 1]);
    const bens_vq k1 = bens_vq_splat(key->k1[BENS_PHILOX_ROUNDS - 1]);
#pragma GCC unroll 4
    for (int u = 0; u < BENS_TOGETHER; u++) {
        const bens_vq p0 = bens_v_mul32(s->c0[u], m0), p1 = bens_v_mul32(s->c2[u], m1);
        s->c1[u] = p1 ^ ((s->c1[u] ^ k0) << 32);
        s->c3[u] = p0 ^ ((s->c3[u] ^ k1) << 32);
    }
}

/* 0, 1, 2, ... in the lanes. */
BENS_HD bens_vq bens_vq_count(void)
{
    bens_vq x;
    for (int i = 0; i < BENS_BLOCKS; i++) x[i] = (uint64_t)i;
    return x;
}

/* The words of 4 vectors of blocks: block, block + 1, ... (a tile never straddles
 * 2^32). */
BENS_HD void bens_philox_blocks(bens_philox_state *s, const bens_philox_key *key,
                                uint64_t block)
{
    const uint64_t high = block >> 32; /* goes into the counter's fourth word */
    const bens_vq m0 = bens_vq_splat(BENS_PHILOX_M0), m1 = bens_vq_splat(BENS_PHILOX_M1);
#pragma GCC unroll 4
    for (int u = 0; u < BENS_TOGETHER; u++) {
        const bens_vq c0 =
            bens_vq_count() + bens_vq_splat(block + (uint64_t)(u * BENS_BLOCKS));
        const bens_vq p0 = bens_v_mul32(c0, m0);
        const bens_vq p1 =
            bens_v_mul32((p0 >> 32) ^ bens_vq_splat(key->known ^ high), m1);
        s->c0[u] = (p1 >> 32) ^ bens_vq_splat(key->low1);
        s->c1[u] = p1;
        s->c2[u] = p0 ^ bens_vq_splat(key->high2);
        s->c3[u] = bens_vq_splat(key->known_low);
    }
    bens_philox_rounds(s, key, 2);
}

/* z [128] = the normals of tile `tile`. */
BENS_HD void bens_tile_normals(const bens_philox_key *key, uint64_t tile, float *z)
{
    for (int i = 0; i < BENS_HALF_TILE; i += BENS_TOGETHER * BENS_WIDTH) {
        bens_philox_state s;
        bens_philox_blocks(&s, key, tile * BENS_RNG_TILE_BLOCKS + (uint64_t)i / 2);
#pragma GCC unroll 4
        for (int u = 0; u < BENS_TOGETHER; u++) {
            bens_vf first, second;
            bens_v_normal_pair((bens_vu)s.c1[u], (bens_vu)s.c3[u], &first, &second);
            bens_v_store(z + i + u * BENS_WIDTH, first);
            bens_v_store(z + BENS_HALF_TILE + i + u * BENS_WIDTH, second);
        }
    }
}

#endif
