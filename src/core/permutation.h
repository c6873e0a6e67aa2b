/* permutation.h - a keyed bijection of [0, n), so that an epoch needs no memory.
 *
 * A Feistel network over Z_a x Z_b with a b >= n and a, b near sqrt(n) (Black and
 * Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002), with cycle walking over
 * [0, n). The image of v: repeat until v < n
 *
 *   v = y a + x
 *   y = (y + floor(f / 2^16) b / 2^16) mod b   f = t^2 mod 2^32, t = M0 x + key_r, r even
 *   x = (x + f a / 2^32) mod a                 f = t^2 mod 2^32, t = M1 y + key_r, r odd
 *
 * for r = 0 ... 7, all quotients rounded down, t mod 2^32, M0 and M1 those of
 * Philox; key_r is word r mod 4 of block r div 4 at this position. The square is
 * what makes it non-linear; no product needs more than its low 32 bits, so that a
 * plain loop over positions vectorises.
 *
 * a is a power of two, the largest <= sqrt(n), but at least 32 and at least n / 2^16; b
 * is at least 16. The floors matter: on the smallest domains the rounds mix too little
 * (with a, b >= 2 20,000 keys show that not all permutations of n = 5 are equally likely,
 * z = 15). How many rounds: in the differences of the images of neighbours (1 or a apart,
 * n = 256 ... 1e6) 1e7 keys show no trace of 7 or 8 rounds; of 6 they do (z = 13 at
 * n = 768), and of 4 rounds 400,000 keys do (z = 38; tests/core/permutation.c). */
#ifndef BENS_CORE_PERMUTATION_H
#define BENS_CORE_PERMUTATION_H

#include "core/kernels.h"
#include "core/rng.h"

enum { BENS_PERMUTATION_ROUNDS = 8 };
#define BENS_PERMUTATION_MAX (UINT64_C(1) << 40)

typedef struct {
    uint64_t n;      /* 1 ... 2^40             */
    uint32_t log2_a; /* 5 ... 24               */
    uint32_t b;      /* 16 ... 2^16            */
    uint32_t key[BENS_PERMUTATION_ROUNDS];
} bens_permutation;

/* Local. The bijection of [0, n) that belongs to this
 * position (its step is the epoch). */
bens_permutation bens_permutation_make(uint64_t n, const bens_rng *at);

/* Local. The image of v < n. The definition; backends make the same numbers faster. */
uint64_t bens_permutation_at(const bens_permutation *p, uint64_t v);

/* Rounds r and r + 1 of one pair. */
BENS_HD void bens_permutation_rounds(uint32_t log2_a, uint32_t b, uint32_t key_y,
                                     uint32_t key_x, uint32_t *x, uint32_t *y)
{
    const uint32_t s = BENS_PHILOX_M0 * *x + key_y;
    const uint32_t moved = *y + ((s * s >> 16) * b >> 16);
    *y = moved < moved - b ? moved : moved - b;
    const uint32_t t = BENS_PHILOX_M1 * *y + key_x;
    *x = (*x + (t * t >> (32 - log2_a))) & ((UINT32_C(1) << log2_a) - 1);
}

/* All rounds, once. */
BENS_HD void bens_permutation_step(const bens_permutation *p, uint32_t *x, uint32_t *y)
{
    bens_permutation_rounds(p->log2_a, p->b, p->key[0], p->key[1], x, y);
    bens_permutation_rounds(p->log2_a, p->b, p->key[2], p->key[3], x, y);
    bens_permutation_rounds(p->log2_a, p->b, p->key[4], p->key[5], x, y);
    bens_permutation_rounds(p->log2_a, p->b, p->key[6], p->key[7], x, y);
}

#endif
