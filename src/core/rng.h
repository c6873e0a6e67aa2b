/* rng.h - random numbers as a function of (seed, stream, chain, step, element).
 *
 * Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 *   key      {seed low, seed high}
 *   counter  {block low 32, step low 32, chain 24 bits << 8 | stream 8 bits,
 *             step high 16 << 16 | block high 16}
 * Nothing about them is saved or sent.
 *
 * Normals. Element e of the arena: r = e mod 128, i = r mod 64,
 *   block = 32 (e div 128) + i div 2, radius word = 1 - i mod 2, angle = 3 - i mod 2;
 *   r < 64 takes the first, r >= 64 the second member of the Box-Muller pair.
 * This depends on e alone (not on vector width, thread or rank) and makes whole vectors
 * without shuffles. The radius is sqrt(-2 ln u), u = (word + 1/2) / 2^32: the largest
 * possible normal is 6.76. */
#ifndef BENS_CORE_RNG_H
#define BENS_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef enum { /* numbers once given are never reused */
               BENS_STREAM_NOISE = 0,
               BENS_STREAM_INIT = 1,
               BENS_STREAM_MOMENTA = 2,
               BENS_STREAM_ORDER = 3,
               BENS_STREAM_SPLIT = 4,
               BENS_STREAM_DROPOUT = 5,
               BENS_STREAM_GENERATOR = 6,
               BENS_STREAM_BOOTSTRAP = 7,
               BENS_STREAM_PLUGIN = 8,
               BENS_STREAM_GRADIENT = 9, /* gradient_sd of the test models         */
               BENS_STREAM_PROBE = 10,   /* start vector of the power iteration    */
               BENS_STREAM_MEMBERS = 11, /* random subsets of members              */
               BENS_STREAM_PREDICT = 12, /* y that members make                    */
} bens_stream;

enum { BENS_RNG_TILE = 128, BENS_RNG_TILE_BLOCKS = 32 };

/* The constants of Philox 4x32: multipliers and the increments of the key (Weyl). */
#define BENS_PHILOX_ROUNDS 10
#define BENS_PHILOX_M0     0xD2511F53U
#define BENS_PHILOX_M1     0xCD9E8D57U
#define BENS_PHILOX_K0     0x9E3779B9U
#define BENS_PHILOX_K1     0xBB67AE85U
#define BENS_MAX_CHAIN     ((1 << 24) - 1)

typedef struct {
    uint64_t seed;
    uint64_t step;  /* < 2^48 */
    uint32_t chain; /* < 2^24, the global number */
    bens_stream stream;
} bens_rng;

/* Local. Philox 4x32-10, the pure function. */
void bens_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Local. The counter of block `block` (< 2^48) at this position. */
void bens_rng_counter(const bens_rng *at, uint64_t block, uint32_t counter[4]);

/* Local. The four words of block `block` (< 2^48) at this position. */
void bens_rng_block(const bens_rng *at, uint64_t block, uint32_t out[4]);

/* Local. z [n] = standard normals of elements first ... first + n - 1. The definition;
 * the backends make the same bits faster. */
void bens_rng_normals(const bens_rng *at, uint64_t first, size_t n, float *z);

/* Local. The 64-bit word k: words 2 (k mod 2), 2 (k mod 2) + 1 (low, high) of block k div
 * 2. */
uint64_t bens_rng_word64(const bens_rng *at, uint64_t k);

/* Local. Draw k of a sample with replacement from [0, n): floor(w n / 2^b). Up to 2^16
 * rows w is the 32-bit word k (word k mod 4 of block k div 4), b = 32; beyond, the 64-bit
 * word k, b = 64. The chance of a row is 1/n within 2^-b. */
enum { BENS_RNG_FEW = 1 << 16 };
uint64_t bens_rng_index(const bens_rng *at, uint64_t n, uint64_t k);

#endif
