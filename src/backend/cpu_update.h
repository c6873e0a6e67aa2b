/* cpu_update.h - the walk of a fused update along the arena: one pass, in which a tile of
 * 128 normals is made in the cache and used at once.
 *
 * A kernel's file includes it behind what it walks with:
 *
 *   update                    what one call was given; has `params`
 *   coefficients              what differs from tensor to tensor, as vectors ...
 *   coefficients_of(u, i)     ... those of tensor i
 *   update_vector(u, c, e, z, mask, kind, sum)
 *         advances the elements e ... e + BENS_WIDTH - 1 that mask takes (NULL: all), z
 *         their normals, and adds the squares to *sum; kind is a constant that says what
 *         there is to do. Always inlined.
 *   NOISE                     the bit of kind with which there are normals; 0: never
 *
 * Both structs are copied to locals before a loop: the compiler then knows that no store
 * into theta changes them. */
#ifndef BENS_BACKEND_CPU_UPDATE_H
#define BENS_BACKEND_CPU_UPDATE_H

#include "backend/cpu_arena.h"
#include "backend/cpu_noise.h"

/* One call. */
typedef struct {
    update update;
    bens_philox_key key;
    int kind;
} job;

/* The tensor under the hand. */
typedef struct {
    int index;
    size_t begin, end;
    coefficients c;
} cursor;

BENS_HD void cursor_set(cursor *at, const update *u, int index)
{
    at->index = index;
    if (index == u->params->n_tensors) {
        at->begin = at->end = SIZE_MAX;
        at->c = (coefficients){0};
        return;
    }
    const bens_tensor *t = &u->params->tensors[index];
    at->begin = t->offset;
    at->end = t->offset + t->size;
    at->c = coefficients_of(u, index);
}

/* The first tensor that ends behind `element`. */
BENS_HD void cursor_find(cursor *at, const update *u, size_t element)
{
    int low = 0, high = u->params->n_tensors;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const bens_tensor *t = &u->params->tensors[middle];
        if (t->offset + t->size <= element)
            low = middle + 1;
        else
            high = middle;
    }
    cursor_set(at, u, low);
}

/* The elements begin ... end - 1 of one tensor, begin a multiple of 16; z is that of
 * begin. */
BENS_HD void update_range(const update *u, const coefficients *c, size_t begin,
                          size_t end, const float *z, int kind, bens_vf *sum)
{
    size_t e = begin;
    for (; e + BENS_LANES <= end; e += BENS_LANES) {
#pragma GCC unroll 4
        for (int v = 0; v < BENS_VECTORS; v++) {
            const size_t i = e + (size_t)(v * BENS_WIDTH);
            update_vector(u, c, i, z != NULL ? z + (i - begin) : NULL, NULL, kind,
                          &sum[v]);
        }
    }
    if (e == end) return;
    const int32_t *mask = bens_lanes_taken(end - e);
#pragma GCC unroll 4
    for (int v = 0; v < BENS_VECTORS; v++) {
        const size_t i = e + (size_t)(v * BENS_WIDTH);
        update_vector(u, c, i, z != NULL ? z + (i - begin) : NULL, mask + v * BENS_WIDTH,
                      kind, &sum[v]);
    }
}

/* All tensors' parts of [begin, end); z is that of begin. Moves the cursor along. */
BENS_HD void update_span(const update *u, cursor *at, size_t begin, size_t end,
                         const float *z, int kind, bens_vf *sum)
{
    while (at->begin < end) {
        const size_t from = at->begin > begin ? at->begin : begin;
        const size_t to = at->end < end ? at->end : end;
        const coefficients c = at->c;
        update_range(u, &c, from, to, z != NULL ? z + (from - begin) : NULL, kind, sum);
        if (at->end > end) return;
        cursor_set(at, u, at->index + 1);
    }
}

/* One copy for all kinds: what it saves of code is worth more than the call. */
static __attribute__((noinline)) void tile_normals(const bens_philox_key *key,
                                                   uint64_t tile, float *z)
{
    bens_tile_normals(key, tile, z);
}

/* One block of the arena. Returns its sum. kind is j->kind, as a constant. */
BENS_HD double update_block(const job *j, size_t block, int kind)
{
    const size_t begin = block * BENS_BLOCK, n = j->update.params->n;
    const size_t end = begin + BENS_BLOCK < n ? begin + BENS_BLOCK : n;
    const update u = j->update;
    bens_vf sum[BENS_VECTORS] = {{0}};
    cursor at;
    cursor_find(&at, &u, begin);
    if ((kind & NOISE) == 0) {
        update_span(&u, &at, begin, end, NULL, kind, sum);
        return bens_vectors_sum(sum);
    }
    for (size_t tile = begin; tile < end; tile += BENS_RNG_TILE) {
        float z[BENS_RNG_TILE] __attribute__((aligned(64)));
        const size_t next = tile + BENS_RNG_TILE < end ? tile + BENS_RNG_TILE : end;
        tile_normals(&j->key, tile / BENS_RNG_TILE, z);
        update_span(&u, &at, tile, next, z, kind, sum);
    }
    return bens_vectors_sum(sum);
}

/* The whole arena by its blocks; block_of_kind calls update_block with a job's kind. */
static double update_all(const update *u, int kind, const bens_rng *at,
                         bens_block_sum *block_of_kind)
{
    job j;
    j.update = *u;
    j.kind = kind;
    if (kind & NOISE) bens_philox_prepare(&j.key, at);
    return bens_blocks_sum(block_of_kind, &j, 0,
                           (u->params->n + BENS_BLOCK - 1) / BENS_BLOCK);
}

#endif
