#include "backend/cpu_kernels.h"
#include "backend/cpu_noise.h"

#include <string.h>

void BENS_KERNEL(normals)(const bens_rng *at, uint64_t first, size_t n, float *z)
{
    bens_philox_key key;
    bens_philox_prepare(&key, at);
    while (n > 0) {
        const uint64_t tile = first / BENS_RNG_TILE;
        const size_t skip = first % BENS_RNG_TILE;
        const size_t count = n < BENS_RNG_TILE - skip ? n : BENS_RNG_TILE - skip;
        if (count == BENS_RNG_TILE) {
            bens_tile_normals(&key, tile, z);
        } else {
            float whole[BENS_RNG_TILE];
            bens_tile_normals(&key, tile, whole);
            memcpy(z, whole + skip, count * sizeof *z);
        }
        first += count;
        z += count;
        n -= count;
    }
}
