/* batch.h - which rows a chain sees in a step: a pure function of (seed, chain, step).
 * This file alone knows order, slices and the short last batch. */
#ifndef BENS_DATA_BATCH_H
#define BENS_DATA_BATCH_H

#include "backend/backend.h"

typedef enum { BENS_ORDER_SHUFFLE, BENS_ORDER_IID } bens_order_kind;

typedef struct {
    bens_order_kind kind;
    int64_t n_data;   /* N                                                  */
    int64_t batch;    /* B, 1 ... N; B = N: all rows in the file's order    */
    int64_t n_slices; /* L, 1 ... B                                         */
    uint64_t seed;
    const bens_backend *be;
} bens_order;

/* Local. Steps of an epoch, ceil(N / B). */
int64_t bens_order_steps(const bens_order *order);

/* Local. Rows of the whole batch of this step: B, or what is left in the last of an epoch.
 * iid: always B, with replacement. */
int64_t bens_order_size(const bens_order *order, int64_t step);

/* Local. The most rows that a slice can have: the size of the index buffer. */
int64_t bens_order_slice_max(const bens_order *order);

/* Local. Slice k of L of the batch: positions [k b / L, (k + 1) b / L) of its b rows.
 * index [bens_order_slice_max] is the caller's; the rows may refer to it. */
bens_rows bens_order_slice(const bens_order *order, uint32_t chain, int64_t step, int64_t k,
                           int64_t *index);

#endif
