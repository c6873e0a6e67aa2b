#include "data/batch.h"

__extension__ typedef unsigned __int128 product;

int64_t bens_order_steps(const bens_order *order)
{
    return (order->n_data + order->batch - 1) / order->batch;
}

int64_t bens_order_size(const bens_order *order, int64_t step)
{
    const int64_t rest = order->n_data % order->batch, steps = bens_order_steps(order);
    if (order->kind == BENS_ORDER_IID || rest == 0) return order->batch;
    return step % steps == steps - 1 ? rest : order->batch;
}

int64_t bens_order_slice_max(const bens_order *order)
{
    return (order->batch + order->n_slices - 1) / order->n_slices;
}

/* floor(k b / L), for products that do not fit 64 bits too. */
static int64_t cut(int64_t b, int64_t k, int64_t slices)
{
    return b / slices * k + b % slices * k / slices;
}

static void shuffled(const bens_order *order, bens_rng at, int64_t step, int64_t begin,
                     int64_t n, int64_t *index)
{
    const int64_t steps = bens_order_steps(order);
    at.step = (uint64_t)(step / steps);
    const bens_permutation epoch = bens_permutation_make((uint64_t)order->n_data, &at);
    order->be->permute(&epoch, (uint64_t)(step % steps * order->batch + begin), (size_t)n,
                       index);
}

static void independent(const bens_order *order, bens_rng at, int64_t step, int64_t begin,
                        int64_t n, int64_t *index)
{
    uint64_t *word = (uint64_t *)index;
    at.step = (uint64_t)step;
    order->be->words(&at, (uint64_t)begin, (size_t)n, word);
    for (int64_t i = 0; i < n; i++)
        word[i] = (uint64_t)((product)word[i] * (uint64_t)order->n_data >> 64);
}

bens_rows bens_order_slice(const bens_order *order, uint32_t chain, int64_t step,
                           int64_t k, int64_t *index)
{
    const int64_t b = bens_order_size(order, step);
    const int64_t begin = cut(b, k, order->n_slices);
    const int64_t n = cut(b, k + 1, order->n_slices) - begin;
    if (order->batch == order->n_data) return (bens_rows){.first = begin, .n = n};

    const bens_rng at = {.seed = order->seed,
                         .chain = chain,
                         .stream = BENS_STREAM_ORDER};
    if (order->kind == BENS_ORDER_IID)
        independent(order, at, step, begin, n, index);
    else if (n > 0)
        shuffled(order, at, step, begin, n, index);
    return (bens_rows){.n = n, .index = index};
}
