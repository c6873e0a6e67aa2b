/* cpu_kernels_order.c - the words and the permutation of whole runs of positions. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_noise.h"

#include <stdbool.h>

enum { GROUP = 32 }; /* positions together: two AVX-512 vectors */

/* Pairs (x, y) that stand for v = y a + x. */
typedef struct {
    uint32_t x[GROUP], y[GROUP];
} pairs;

/* The positions first ... first + count - 1; 0 behind them, because from outside of [0, n) a
 * walk might never come back. */
static inline void positions(const bens_permutation *p, uint64_t first, uint32_t count,
                             pairs *v)
{
    const uint32_t log2_a = p->log2_a, mask = (UINT32_C(1) << log2_a) - 1;
    const uint32_t x0 = (uint32_t)first & mask, y0 = (uint32_t)(first >> log2_a);
    for (uint32_t i = 0; i < GROUP; i++) {
        const uint32_t x = i < count ? x0 + i : 0, y = i < count ? y0 : 0;
        v->x[i] = x & mask;
        v->y[i] = y + (x >> log2_a);
    }
}

/* Once through the rounds, for the lanes that are asked to. */
static inline void walk(const bens_permutation *p, const uint32_t *asked, pairs *v)
{
    const bens_permutation q = *p;
    for (int i = 0; i < GROUP; i++) {
        uint32_t x = v->x[i], y = v->y[i];
        bens_permutation_step(&q, &x, &y);
        v->x[i] = asked[i] ? x : v->x[i];
        v->y[i] = asked[i] ? y : v->y[i];
    }
}

/* Which lanes are not in [0, n), and whether any is. */
static inline bool outside(const bens_permutation *p, const pairs *v, uint32_t *asked)
{
    const uint32_t end_x = (uint32_t)p->n & ((UINT32_C(1) << p->log2_a) - 1);
    const uint32_t end_y = (uint32_t)(p->n >> p->log2_a);
    uint32_t any = 0;
    for (int i = 0; i < GROUP; i++) {
        asked[i] = (v->y[i] > end_y) | ((v->y[i] == end_y) & (v->x[i] >= end_x));
        any |= asked[i];
    }
    return any != 0;
}

static inline void permute_group(const bens_permutation *p, uint64_t first,
                                 uint32_t count, int64_t *out)
{
    uint32_t asked[GROUP];
    pairs v;
    positions(p, first, count, &v);
    for (int i = 0; i < GROUP; i++) asked[i] = 1;
    do walk(p, asked, &v);
    while (outside(p, &v, asked));
    for (int i = 0; i < GROUP; i++)
        out[i] = (int64_t)((uint64_t)v.y[i] << p->log2_a | v.x[i]);
}

void BENS_KERNEL(permute)(const bens_permutation *p, uint64_t first, size_t n,
                          int64_t *out)
{
    size_t i = 0;
    for (; i + GROUP <= n; i += GROUP) permute_group(p, first + i, GROUP, out + i);
    if (i == n) return;
    int64_t whole[GROUP];
    permute_group(p, first + i, (uint32_t)(n - i), whole);
    memcpy(out + i, whole, (n - i) * sizeof *out);
}

enum { LANES = BENS_WIDTH / 2 };

/* A group of blocks: 32 words, a usual batch, with AVX2 and AVX-512. */
enum { VECTORS = BENS_WIDTH == 16 ? 2 : 4, WORDS = 2 * VECTORS * LANES };

/* Philox 4x32-10 as in core/rng.c. words [WORDS] are those of blocks block, block + 1, ... */
BENS_HD void words_group(const bens_philox_key *key, uint64_t block, uint64_t *words)
{
    const bens_vq m0 = bens_vq_splat(BENS_PHILOX_M0), m1 = bens_vq_splat(BENS_PHILOX_M1);
    bens_vq c0[VECTORS], c1[VECTORS], c2[VECTORS], c3[VECTORS];
#pragma GCC unroll 4
    for (int u = 0; u < VECTORS; u++) {
        c0[u] = bens_vq_count() + bens_vq_splat(block + (uint64_t)(u * LANES));
        c1[u] = bens_vq_splat(key->c1);
        c2[u] = bens_vq_splat(key->c2);
        c3[u] = bens_vq_splat(key->c3) ^ (c0[u] >> 32);
    }
#pragma GCC unroll 10
    for (int i = 0; i < BENS_PHILOX_ROUNDS; i++) {
        const bens_vq k0 = bens_vq_splat(key->k0[i]), k1 = bens_vq_splat(key->k1[i]);
#pragma GCC unroll 4
        for (int u = 0; u < VECTORS; u++) {
            const bens_vq p0 = bens_v_mul32(c0[u], m0), p1 = bens_v_mul32(c2[u], m1);
            c0[u] = (p1 >> 32) ^ c1[u] ^ k0;
            c1[u] = p1;
            c2[u] = (p0 >> 32) ^ c3[u] ^ k1;
            c3[u] = p0;
        }
    }
#pragma GCC unroll 4
    for (int u = 0; u < VECTORS; u++) {
        const bens_vq even = c1[u] << 32 | (c0[u] & 0xffffffffU);
        const bens_vq odd = c3[u] << 32 | (c2[u] & 0xffffffffU);
        for (int i = 0; i < LANES; i++) {
            words[2 * (u * LANES + i)] = even[i];
            words[2 * (u * LANES + i) + 1] = odd[i];
        }
    }
}

void BENS_KERNEL(words)(const bens_rng *at, uint64_t first, size_t n, uint64_t *words)
{
    bens_philox_key key;
    bens_philox_prepare(&key, at);
    size_t skip = first % 2;
    for (uint64_t block = first / 2; n > 0; block += WORDS / 2) {
        const size_t count = n < WORDS - skip ? n : WORDS - skip;
        if (count == WORDS) {
            words_group(&key, block, words);
        } else {
            uint64_t whole[WORDS];
            words_group(&key, block, whole);
            memcpy(words, whole + skip, count * sizeof *words);
        }
        words += count;
        n -= count;
        skip = 0;
    }
}
