#include "data/batch.h"

__extension__ typedef unsigned __int128 product;

int64_t bens_order_steps(const bens_order *order)
{
    return (order->n_data + order->batch - 1) / order->batch;
}

/* A step's batch: n positions from `first` on of the epoch (shuffle) or the step (iid) whose
 * number is `round`. */
typedef struct {
    int64_t round, first, n;
} place;

static place place_of(const bens_order *order, int64_t step)
{
    if (order->kind == BENS_ORDER_IID) return (place){.round = step, .n = order->batch};
    const int64_t steps = bens_order_steps(order), epoch = step / steps;
    const int64_t first = (step - epoch * steps) * order->batch;
    const int64_t left = order->n_data - first;
    return (place){.round = epoch,
                   .first = first,
                   .n = left < order->batch ? left : order->batch};
}

int64_t bens_order_size(const bens_order *order, int64_t step)
{
    return place_of(order, step).n;
}

int64_t bens_order_slice_max(const bens_order *order)
{
    return (order->batch + order->n_slices - 1) / order->n_slices;
}

/* floor(k b / L), for products that do not fit 64 bits too. */
static int64_t cut(int64_t b, int64_t k, int64_t slices)
{
    if (slices == 1) return k * b; /* the usual case, without divisions */
    return b / slices * k + b % slices * k / slices;
}

static void words_to_rows(int64_t n_data, int64_t n, uint64_t *word)
{
    for (int64_t i = 0; i < n; i++)
        word[i] = (uint64_t)((product)word[i] * (uint64_t)n_data >> 64);
}

bens_rows bens_order_slice(const bens_order *order, uint32_t chain, int64_t step,
                           int64_t k, int64_t *index)
{
    const place batch = place_of(order, step);
    const int64_t begin = cut(batch.n, k, order->n_slices);
    const int64_t n = cut(batch.n, k + 1, order->n_slices) - begin;
    if (order->batch == order->n_data) return (bens_rows){.first = begin, .n = n};
    if (n == 0) return (bens_rows){.index = index};

    const uint64_t first = (uint64_t)(batch.first + begin);
    const bens_rng at = {.seed = order->seed,
                         .step = (uint64_t)batch.round,
                         .chain = chain,
                         .stream = BENS_STREAM_ORDER};
    if (order->kind == BENS_ORDER_IID) {
        order->be->words(&at, first, (size_t)n, (uint64_t *)index);
        words_to_rows(order->n_data, n, (uint64_t *)index);
    } else {
        const bens_permutation epoch =
            bens_permutation_make((uint64_t)order->n_data, &at);
        order->be->permute(&epoch, first, (size_t)n, index);
    }
    return (bens_rows){.n = n, .index = index};
}
