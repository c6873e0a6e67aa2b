/* permutation.h - a keyed bijection of [0, n), so that an epoch needs no memory.
 *
 * A Feistel network over Z_a x Z_b with a b >= n, a ~ b ~ sqrt(n) (Black and Rogaway,
 * "Ciphers with arbitrary finite domains", CT-RSA 2002), with cycle walking over [0, n). */
#ifndef BENS_CORE_PERMUTATION_H
#define BENS_CORE_PERMUTATION_H

#include "core/rng.h"

enum { BENS_PERMUTATION_ROUNDS = 8 };

typedef struct {
    uint64_t n;    /* 1 ... 2^40 */
    uint32_t a, b; /* 1 ... 2^20 */
    uint32_t key[BENS_PERMUTATION_ROUNDS];
} bens_permutation;

/* Local. The bijection of [0, n) that belongs to this position (its step is the epoch). */
bens_permutation bens_permutation_make(uint64_t n, const bens_rng *at);

/* Local. The image of x < n. The definition; backends make the same numbers faster. */
uint64_t bens_permutation_at(const bens_permutation *p, uint64_t x);

#endif
