/* batch.h - which rows a chain sees in a step: a pure function of (seed, chain, step).
 * This file alone knows order, slices and the short last batch.
 *
 *   shuffle  step t is batch t mod S of epoch t div S, S = ceil(N / B); position p of the
 *            epoch is row sigma(p), sigma the permutation of core/permutation.h at (seed,
 *            stream ORDER, chain, step = epoch). The last batch has what is left.
 *   iid      position i of step t is row bens_rng_index(N, q mod 2^33) at (seed, stream
 *            ORDER, chain, step = q div 2^33), q = t B + i.
 *   B = N    every step is all rows, in the file's order, whatever the kind.
 *
 * A batch of b rows is cut in L slices: slice k has its positions [k b / L, (k + 1) b /
 * L). So the rows depend neither on L nor on who works on which slice. */
#ifndef BENS_DATA_BATCH_H
#define BENS_DATA_BATCH_H

#include "backend/backend.h"

typedef enum { BENS_ORDER_SHUFFLE, BENS_ORDER_IID } bens_order_kind;

typedef struct {
    bens_order_kind kind;
    int64_t n_data;   /* N, 1 ... 2^40      */
    int64_t batch;    /* B, 1 ... N         */
    int64_t n_slices; /* L, 1 ... 2^31      */
    uint64_t seed;
    const bens_backend *be;
} bens_order;

/* Local. Steps of an epoch, ceil(N / B). */
int64_t bens_order_steps(const bens_order *order);

/* Local. Rows of the whole batch of this step: B, or what is left in the last of an
 * epoch. iid: always B, with replacement. */
int64_t bens_order_size(const bens_order *order, int64_t step);

/* The rows of a slice and, where a batch is small and whole, of the steps behind it: they
 * cost less together. A pure function of where it begins, so that losing it changes
 * nothing. */
typedef struct {
    int64_t *index; /* [size], owned */
    int64_t size;
    uint64_t seed, round, first; /* what index [0 ... n - 1] holds; n = 0: nothing */
    int64_t n;
    uint32_t chain;
} bens_rows_ahead;

/* Local. For one order; rows_ahead_release frees it. */
bens_status bens_rows_ahead_create(const bens_order *order, bens_rows_ahead *out);
void bens_rows_ahead_release(bens_rows_ahead *ahead);

/* Local. Slice k of L of the batch. A short last batch may have fewer rows than slices:
 * then some slices are empty (n = 0). The rows refer to `ahead` until it is used again;
 * it is not touched where B = N. */
bens_rows bens_order_slice(const bens_order *order, uint32_t chain, int64_t step,
                           int64_t k, bens_rows_ahead *ahead);

#endif
