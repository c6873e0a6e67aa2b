#include "data/batch.h"

#include <stdlib.h>

enum { AHEAD = 256 }; /* rows that are worth making together */

/* Words of one step of the random numbers: their block number then stays below 2^32. */
static const uint64_t IID_ROUND = UINT64_C(1) << 33;

int64_t bens_order_steps(const bens_order *order)
{
    return (order->n_data + order->batch - 1) / order->batch;
}

/* A step's batch: n positions from `first` on of the epoch (shuffle) or of the endless
 * row of positions (iid) whose part `round` is. */
typedef struct {
    uint64_t round, first;
    int64_t n;
} place;

static place place_of(const bens_order *order, int64_t step)
{
    if (order->kind == BENS_ORDER_IID) {
        const uint64_t q = (uint64_t)step * (uint64_t)order->batch;
        return (place){.round = q / IID_ROUND, .first = q % IID_ROUND, .n = order->batch};
    }
    const int64_t steps = bens_order_steps(order), epoch = step / steps;
    const int64_t first = (step - epoch * steps) * order->batch;
    const int64_t left = order->n_data - first;
    return (place){.round = (uint64_t)epoch,
                   .first = (uint64_t)first,
                   .n = left < order->batch ? left : order->batch};
}

int64_t bens_order_size(const bens_order *order, int64_t step)
{
    return place_of(order, step).n;
}

/* floor(k b / L), for products that do not fit 64 bits too. */
static int64_t cut(int64_t b, int64_t k, int64_t slices)
{
    if (slices == 1) return k * b; /* the usual case, without divisions */
    return b / slices * k + b % slices * k / slices;
}

bens_status bens_rows_ahead_create(const bens_order *order, bens_rows_ahead *out)
{
    const int64_t slice = (order->batch + order->n_slices - 1) / order->n_slices;
    *out = (bens_rows_ahead){.size = slice < AHEAD ? AHEAD : slice};
    if (order->batch == order->n_data) out->size = 0;
    return bens_alloc((size_t)out->size, sizeof *out->index, &out->index);
}

void bens_rows_ahead_release(bens_rows_ahead *ahead)
{
    free(ahead->index);
    *ahead = (bens_rows_ahead){0};
}

/* The rows of n positions from `first` on of `round`; iid may run into the next one. */
static void make_rows(const bens_order *order, uint32_t chain, uint64_t round,
                      uint64_t first, int64_t n, int64_t *index)
{
    const bens_rng at = {.seed = order->seed,
                         .step = round,
                         .chain = chain,
                         .stream = BENS_STREAM_ORDER};
    const uint64_t n_data = (uint64_t)order->n_data;
    if (order->kind == BENS_ORDER_SHUFFLE) {
        const bens_permutation epoch = bens_permutation_make(n_data, &at);
        order->be->permute(&epoch, first, (size_t)n, index);
        return;
    }
    const uint64_t left = IID_ROUND - first;
    const int64_t here = (uint64_t)n < left ? n : (int64_t)left;
    order->be->sample(&at, n_data, first, (size_t)here, index);
    if (here < n) make_rows(order, chain, round + 1, 0, n - here, index + here);
}

/* How many positions to make where n are asked for. */
static int64_t make_how_many(const bens_order *order, const place *from, int64_t n)
{
    if (order->n_slices > 1 || n >= AHEAD) return n;
    const uint64_t end =
        order->kind == BENS_ORDER_SHUFFLE ? (uint64_t)order->n_data : IID_ROUND;
    const uint64_t left = end - from->first;
    return left < AHEAD ? ((int64_t)left < n ? n : (int64_t)left) : AHEAD;
}

bens_rows bens_order_slice(const bens_order *order, uint32_t chain, int64_t step,
                           int64_t k, bens_rows_ahead *ahead)
{
    place at = place_of(order, step);
    const int64_t begin = cut(at.n, k, order->n_slices);
    const int64_t n = cut(at.n, k + 1, order->n_slices) - begin;
    if (order->batch == order->n_data) return (bens_rows){.first = begin, .n = n};
    if (n == 0) return (bens_rows){.index = ahead->index};

    at.first += (uint64_t)begin;
    const uint64_t from = at.first - ahead->first;
    const bool there = ahead->round == at.round && ahead->chain == chain &&
                       ahead->seed == order->seed && at.first >= ahead->first &&
                       from + (uint64_t)n <= (uint64_t)ahead->n;
    if (there) return (bens_rows){.n = n, .index = ahead->index + from};

    ahead->seed = order->seed;
    ahead->round = at.round;
    ahead->first = at.first;
    ahead->chain = chain;
    ahead->n = make_how_many(order, &at, n);
    make_rows(order, chain, at.round, at.first, ahead->n, ahead->index);
    return (bens_rows){.n = n, .index = ahead->index};
}
