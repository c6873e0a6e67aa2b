/* reduce_kind.h - what one kind of all-reduce must be able to do; for the files of this
 * room. */
#ifndef BENS_COMM_REDUCE_KIND_H
#define BENS_COMM_REDUCE_KIND_H

#include "comm/reduce.h"

#include <stdbool.h>

typedef struct {
    const char *name; /* INI value and file name, e.g. "mpi" */
    bool several;     /* more than one shard                 */

    /* Local. Makes r->state, which may stay NULL. destroy
     * takes NULL. Both may be NULL. */
    bens_status (*create)(bens_reduce *r);
    void (*destroy)(void *state);

    /* As bens_reduce_sum; value is not NULL. */
    bens_status (*sum)(bens_reduce *r, bens_slice slice, void *context, float *grad,
                       double *value);
} bens_reduce_kind;

struct bens_reduce {
    const bens_reduce_kind *kind;
    bens_comm *shards; /* borrowed */
    int64_t n_slices;  /* L        */
    size_t n;
    bens_add add;
    float *right; /* [ceil(log2(L/S))][n] sums waiting on the right of a local node */
    void *state;  /* the kind's own */
};

/* Local. out [n], *value = the node [lo, hi) of the tree; hi - lo <= L/S. Stops at the
 * first slice that fails. */
bens_status bens_reduce_node(const bens_reduce *r, bens_slice slice, void *context,
                             int64_t lo, int64_t hi, float *out, double *value);

#endif
