#include "comm/reduce_kind.h"

#include <stdlib.h>
#include <string.h>

#define X(name) extern const bens_reduce_kind bens_reduce_##name;
#include "comm/list.h"
#undef X

static const bens_reduce_kind *const kinds[] = {
#define X(name) &bens_reduce_##name,
#include "comm/list.h"
#undef X
};

static bens_status find(const char *name, const bens_reduce_kind **out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i]->name, name) != 0) continue;
        *out = kinds[i];
        return BENS_OK;
    }
    BENS_FAIL(BENS_ERR_CONFIG,
              "[grid] comm: "
              "wanted an all-reduce that this program was built with, found '%s'",
              name);
}

static bens_status check(const bens_reduce_kind *kind, int64_t shards, int64_t n_slices)
{
    if (shards > 1 && !kind->several)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[grid] comm = %s: wanted 1 shard, found %lld; use comm = mpi",
                  kind->name, (long long)shards);
    if (n_slices < 1 || n_slices % shards != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[grid] slices: wanted a multiple of the %lld shards, found %lld; "
                  "0 takes one per shard",
                  (long long)shards, (long long)n_slices);
    return BENS_OK;
}

/* ceil(log2(n)): nodes of the tree of n leaves that can wait for their right half at
 * once. */
static size_t depth(int64_t n)
{
    size_t d = 0;
    while (((int64_t)1 << d) < n) d++;
    return d;
}

static bens_status make(bens_reduce *r, const char *kind)
{
    const int64_t shards = bens_comm_size(r->shards);
    const bens_reduce_kind *found = NULL;
    BENS_TRY(find(kind, &found));
    BENS_TRY(check(found, shards, r->n_slices));
    const size_t waiting = depth(r->n_slices / shards);
    if (waiting > 0 && r->n > SIZE_MAX / waiting)
        BENS_FAIL(BENS_ERR_FAILURE,
                  "wanted memory for %zu sums of %zu elements: too large", waiting, r->n);
    BENS_TRY(bens_alloc(waiting * r->n, sizeof *r->right, &r->right));
    r->kind = found;
    return found->create == NULL ? BENS_OK : found->create(r);
}

bens_status bens_reduce_create(const char *kind, bens_comm *shards, int64_t n_slices,
                               size_t n, bens_add add, bens_reduce **out)
{
    bens_reduce *r = NULL;
    bens_status s = bens_alloc(1, sizeof *r, &r);
    if (s == BENS_OK) {
        *r = (bens_reduce){.shards = shards, .n_slices = n_slices, .n = n, .add = add};
        s = make(r, kind);
    }
    s = bens_comm_agree(shards, s);
    if (s == BENS_OK)
        *out = r;
    else
        bens_reduce_destroy(r);
    return s;
}

void bens_reduce_destroy(bens_reduce *reduce)
{
    if (reduce == NULL) return;
    if (reduce->kind != NULL && reduce->kind->destroy != NULL)
        reduce->kind->destroy(reduce->state);
    free(reduce->right);
    free(reduce);
}

bens_status bens_reduce_sum(bens_reduce *reduce, bens_slice slice, void *context,
                            float *grad, double *value)
{
    double sum = 0;
    BENS_TRY(reduce->kind->sum(reduce, slice, context, grad, &sum));
    if (value != NULL) *value = sum;
    return BENS_OK;
}

/* A left half is done before its right half begins, so it may use the same places. */
static bens_status node(const bens_reduce *r, bens_slice slice, void *context, int64_t lo,
                        int64_t hi, float *right, float *out, double *value)
{
    const int64_t mid = lo + (hi - lo) / 2;
    double right_value;
    if (hi - lo == 1) {
        *value = 0;
        return slice(context, lo, out, value);
    }
    BENS_TRY(node(r, slice, context, lo, mid, right, out, value));
    BENS_TRY(node(r, slice, context, mid, hi, right + r->n, right, &right_value));
    r->add(right, r->n, out);
    *value += right_value;
    return BENS_OK;
}

bens_status bens_reduce_node(const bens_reduce *r, bens_slice slice, void *context,
                             int64_t lo, int64_t hi, float *out, double *value)
{
    return node(r, slice, context, lo, hi, r->right, out, value);
}
