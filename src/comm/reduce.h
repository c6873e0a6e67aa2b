/* reduce.h - the sum over the slices of a batch, as one fixed binary tree.
 *
 * A batch is cut into L slices. With mid = (lo + hi) / 2,
 *     tree(lo, hi) = slice(lo) if hi - lo = 1, else tree(lo, mid) + tree(mid, hi).
 * Shard s of S works on the slices [sL/S, (s+1)L/S); every sum is a node of that tree, so
 * that with the same L any number of shards has the same bits.
 *
 * To add one: write comm/reduce_NAME.c with `bens_reduce_NAME`, add X(NAME) to list.h. */
#ifndef BENS_COMM_REDUCE_H
#define BENS_COMM_REDUCE_H

#include "comm/comm.h"

typedef struct bens_reduce bens_reduce;

/* y [n] += x [n], element by element (any cut of the vector has the same bits); the
 * backend's. */
typedef void (*bens_add)(const float *x, size_t n, float *y);

/* Writes the gradient sum of slice k into grad [n] (overwriting) and adds its value. */
typedef bens_status (*bens_slice)(void *context, int64_t k, float *grad, double *value);

/* Collective over `shards` (borrowed). kind: "none" (S must be 1) or "mpi".
 * Holds at most 3 ceil(log2(L/S)) vectors of n floats for sums that wait (none if L = S)
 * and, with several shards, a few MiB for messages.
 * Errors: BENS_ERR_CONFIG: slices not a multiple of shards, unknown kind. */
bens_status bens_reduce_create(const char *kind, bens_comm *shards, int64_t n_slices,
                               size_t n, bens_add add, bens_reduce **out);
void bens_reduce_destroy(bens_reduce *reduce); /* takes NULL */

/* Collective over the shards; Local with "none". grad [n] = the sum over all L slices,
 * bit for bit the same on all shards; *value their values' sum in the same tree. Each
 * shard calls slice() for its own slices, one after another. A status of slice() is
 * agreed: it rides in the message that is sent anyway; grad is then undefined and *value
 * untouched. value may be NULL. */
bens_status bens_reduce_sum(bens_reduce *reduce, bens_slice slice, void *context,
                            float *grad, double *value);

#endif
