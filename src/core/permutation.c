#include "core/permutation.h"

#include "core/status.h"

enum { LOG2_A_MIN = 5, B_MIN = 16, LOG2_B_MAX = 16 };

bens_permutation bens_permutation_make(uint64_t n, const bens_rng *at)
{
    BENS_ASSERT(n >= 1 && n <= BENS_PERMUTATION_MAX);
    const uint32_t log2_n = 63 - (uint32_t)__builtin_clzll(n);
    bens_permutation p = {.n = n, .log2_a = log2_n / 2};
    if (p.log2_a < LOG2_A_MIN) p.log2_a = LOG2_A_MIN;
    while ((n - 1) >> p.log2_a >> LOG2_B_MAX != 0) p.log2_a++;
    p.b = (uint32_t)(((n - 1) >> p.log2_a) + 1);
    if (p.b < B_MIN) p.b = B_MIN;
    for (int r = 0; r < BENS_PERMUTATION_ROUNDS; r += 4)
        bens_rng_block(at, (uint64_t)r / 4, p.key + r);
    return p;
}

uint64_t bens_permutation_at(const bens_permutation *p, uint64_t v)
{
    const uint32_t mask = (UINT32_C(1) << p->log2_a) - 1;
    do {
        uint32_t x = (uint32_t)v & mask, y = (uint32_t)(v >> p->log2_a);
        bens_permutation_step(p, &x, &y);
        v = (uint64_t)y << p->log2_a | x;
    } while (v >= p->n);
    return v;
}
