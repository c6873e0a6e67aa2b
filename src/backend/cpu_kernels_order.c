/* cpu_kernels_order.c - rows in a random order: with replacement, and by permutation. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_noise.h"

#include <stdbool.h>

enum { GROUP = 32 }; /* positions together: two AVX-512 vectors */

/* Pairs (x, y) that stand for v = y a + x. */
typedef struct {
    uint32_t x[GROUP], y[GROUP];
} pairs;

/* Once through the rounds from the positions first ... first + count - 1; from 0 behind
 * them, because from outside of [0, n) a walk might never come back. */
static inline void set_out(const bens_permutation *p, uint64_t first, uint32_t count,
                           pairs *v)
{
    const bens_permutation q = *p;
    const uint32_t log2_a = q.log2_a, mask = (UINT32_C(1) << log2_a) - 1;
    const uint32_t x0 = (uint32_t)first & mask, y0 = (uint32_t)(first >> log2_a);
    for (uint32_t i = 0; i < GROUP; i++) {
        const uint32_t from = i < count ? x0 + i : 0;
        uint32_t x = from & mask, y = (i < count ? y0 : 0) + (from >> log2_a);
        bens_permutation_step(&q, &x, &y);
        v->x[i] = x;
        v->y[i] = y;
    }
}

/* Once more, for the lanes that are asked to. */
static inline void walk_on(const bens_permutation *p, const uint32_t *asked, pairs *v)
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
    const bool whole = p->n == (uint64_t)p->b << p->log2_a; /* nothing is outside */
    uint32_t asked[GROUP];
    pairs v;
    set_out(p, first, count, &v);
    while (!whole && outside(p, &v, asked)) walk_on(p, asked, &v);
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

/* Words that are made together: 4 vectors of blocks hide each other's latency. */
enum { VECTORS = 4, WORDS = 2 * VECTORS * BENS_BLOCKS };

/* words [WORDS] are those of blocks block ... block + WORDS / 2 - 1. */
BENS_HD void words_group(const bens_philox_key *key, uint64_t block, uint64_t *words)
{
    bens_philox_state s;
    bens_philox_blocks(&s, key, block);
#pragma GCC unroll 4
    for (int u = 0; u < VECTORS; u++) {
        const bens_vq even =
            s.c1[u] << 32 | s.c1[u] >> 32; /* they come high word first */
        const bens_vq odd = s.c3[u] << 32 | s.c3[u] >> 32;
        for (int i = 0; i < BENS_BLOCKS; i++) {
            words[2 * (u * BENS_BLOCKS + i)] = even[i];
            words[2 * (u * BENS_BLOCKS + i) + 1] = odd[i];
        }
    }
}

__extension__ typedef unsigned __int128 product;

/* The rows that the words give: two a word up to BENS_RNG_FEW rows. Below 2^32 rows
 * products of 32 bits do, and they vectorise. */
static inline void words_to_rows(const uint64_t *word, uint64_t n_data, int64_t *row)
{
    if (n_data <= BENS_RNG_FEW)
        for (size_t i = 0; i < WORDS; i++) {
            row[2 * i] = (int64_t)((word[i] & 0xffffffff) * n_data >> 32);
            row[2 * i + 1] = (int64_t)((word[i] >> 32) * n_data >> 32);
        }
    else if (n_data >> 32 == 0)
        for (size_t i = 0; i < WORDS; i++) {
            const uint64_t low = (word[i] & 0xffffffff) * n_data >> 32;
            row[i] = (int64_t)(((word[i] >> 32) * n_data + low) >> 32);
        }
    else
        for (size_t i = 0; i < WORDS; i++)
            row[i] = (int64_t)((product)word[i] * n_data >> 64);
}

void BENS_KERNEL(sample)(const bens_rng *at, uint64_t n_data, uint64_t first, size_t n,
                         int64_t *row)
{
    const size_t group = n_data <= BENS_RNG_FEW ? 2 * WORDS : WORDS;
    bens_philox_key key;
    bens_philox_prepare(&key, at);
    while (n > 0) {
        const uint64_t block = first / group * (WORDS / 2); /* no group straddles 2^32 */
        const size_t skip = first % group;
        const size_t count = n < group - skip ? n : group - skip;
        uint64_t word[WORDS];
        int64_t whole[2 * WORDS];
        words_group(&key, block, word);
        words_to_rows(word, n_data, count == group ? row : whole);
        if (count < group) memcpy(row, whole + skip, count * sizeof *row);
        first += count;
        row += count;
        n -= count;
    }
}
