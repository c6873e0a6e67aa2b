#include "core/rng.h"

#include "core/kernels.h"

#include <string.h>

void bens_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < BENS_PHILOX_ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)BENS_PHILOX_M0 * c[0];
        const uint64_t p1 = (uint64_t)BENS_PHILOX_M1 * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[3] = (uint32_t)p0;
        k0 += BENS_PHILOX_K0;
        k1 += BENS_PHILOX_K1;
    }
    memcpy(out, c, sizeof c);
}

void bens_rng_counter(const bens_rng *at, uint64_t block, uint32_t counter[4])
{
    counter[0] = (uint32_t)block;
    counter[1] = (uint32_t)at->step;
    counter[2] = at->chain << 8 | (uint32_t)at->stream;
    counter[3] = (uint32_t)(at->step >> 32) << 16 | (uint32_t)(block >> 32);
}

void bens_rng_block(const bens_rng *at, uint64_t block, uint32_t out[4])
{
    uint32_t counter[4];
    const uint32_t key[2] = {(uint32_t)at->seed, (uint32_t)(at->seed >> 32)};
    bens_rng_counter(at, block, counter);
    bens_philox(counter, key, out);
}

static float normal_at(const bens_rng *at, uint64_t element)
{
    const uint64_t r = element % BENS_RNG_TILE, i = r % (BENS_RNG_TILE / 2);
    uint32_t word[4];
    float z[2];
    bens_rng_block(at, BENS_RNG_TILE_BLOCKS * (element / BENS_RNG_TILE) + i / 2, word);
    bens_k_normal_pair(word[1 - i % 2], word[3 - i % 2], &z[0], &z[1]);
    return z[r >= BENS_RNG_TILE / 2];
}

void bens_rng_normals(const bens_rng *at, uint64_t first, size_t n, float *z)
{
    for (size_t i = 0; i < n; i++) z[i] = normal_at(at, first + i);
}

uint64_t bens_rng_word64(const bens_rng *at, uint64_t k)
{
    uint32_t word[4];
    bens_rng_block(at, k / 2, word);
    return (uint64_t)word[2 * (k % 2) + 1] << 32 | word[2 * (k % 2)];
}

__extension__ typedef unsigned __int128 product;

uint64_t bens_rng_index(const bens_rng *at, uint64_t n, uint64_t k)
{
    if (n > BENS_RNG_FEW) return (uint64_t)((product)bens_rng_word64(at, k) * n >> 64);
    uint32_t word[4];
    bens_rng_block(at, k / 4, word);
    return word[k % 4] * n >> 32;
}
