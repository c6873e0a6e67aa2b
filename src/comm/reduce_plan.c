#include "comm/reduce_plan.h"

#include <limits.h>
#include <stdlib.h>

/* The partials below node [lo, hi) of a tree whose shards have `share` slices each. */
static int64_t count(int64_t lo, int64_t hi, int64_t share)
{
    const int64_t mid = lo + (hi - lo) / 2;
    if (lo / share == (hi - 1) / share) return 1;
    return count(lo, mid, share) + count(mid, hi, share);
}

/* Appends the partials and joins below [lo, hi); returns the partial where its sum will
 * be. */
static int descend(bens_reduce_plan *p, int64_t lo, int64_t hi, int64_t share,
                   int *n_joins)
{
    const int64_t mid = lo + (hi - lo) / 2;
    if (lo / share == (hi - 1) / share) {
        p->partial[p->n_partials] = (bens_partial){lo, hi};
        p->first[lo / share + 1] = p->n_partials + 1;
        return p->n_partials++;
    }
    const int left = descend(p, lo, mid, share, n_joins);
    const int right = descend(p, mid, hi, share, n_joins);
    p->join[(*n_joins)++] = (bens_join){left, right};
    return left;
}

bens_status bens_reduce_plan_create(int64_t n_slices, int n_shards, bens_reduce_plan *out)
{
    const int64_t share = n_slices / n_shards, n = count(0, n_slices, share);
    bens_reduce_plan p = {.n_shards = n_shards};
    int n_joins = 0;
    if (n > INT_MAX)
        BENS_FAIL(BENS_ERR_FAILURE,
                  "%lld slices on %d shards have too many partial sums: %lld",
                  (long long)n_slices, n_shards, (long long)n);

    bens_status s = bens_alloc((size_t)n, sizeof *p.partial, &p.partial);
    if (s == BENS_OK) s = bens_alloc((size_t)n_shards + 1, sizeof *p.first, &p.first);
    if (s == BENS_OK) s = bens_alloc((size_t)n, sizeof *p.join, &p.join);
    if (s != BENS_OK) {
        bens_reduce_plan_release(&p);
        return s;
    }
    descend(&p, 0, n_slices, share, &n_joins);
    for (int i = 0; i < n_shards; i++)
        if (p.first[i + 1] - p.first[i] > p.most) p.most = p.first[i + 1] - p.first[i];
    *out = p;
    return BENS_OK;
}

void bens_reduce_plan_release(bens_reduce_plan *plan)
{
    free(plan->partial);
    free(plan->first);
    free(plan->join);
    *plan = (bens_reduce_plan){0};
}
