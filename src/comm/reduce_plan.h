/* reduce_plan.h - which nodes of the tree each shard owns, and how they join to the root.
 *
 * A partial is a largest node of the tree that lies within one shard's slices. One shard
 * has one of them where the cut of the slices follows the tree (L and S powers of two, or
 * L = S), else a few: with L = 6, S = 3 they are [0,1) [1,2) | [2,3) [3,4) | [4,6). */
#ifndef BENS_COMM_REDUCE_PLAN_H
#define BENS_COMM_REDUCE_PLAN_H

#include "core/status.h"

#include <stdint.h>

typedef struct {
    int64_t lo, hi; /* slices */
} bens_partial;

typedef struct {
    int left, right; /* left += right */
} bens_join;

typedef struct {
    int n_shards;
    int n_partials;        /* P, in the order of their slices */
    int most;              /* partials of one shard */
    bens_partial *partial; /* [P] */
    int *first;            /* [n_shards + 1]: shard s has first[s] ... first[s + 1] - 1 */
    bens_join *join; /* [P - 1], in an order that leaves the root's sum in partial 0 */
} bens_reduce_plan;

/* Local. n_slices is a multiple of n_shards. Errors: BENS_ERR_FAILURE. */
bens_status bens_reduce_plan_create(int64_t n_slices, int n_shards,
                                    bens_reduce_plan *out);
void bens_reduce_plan_release(bens_reduce_plan *plan);

#endif
