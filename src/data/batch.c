#include "data/batch.h"

int64_t bens_order_steps(const bens_order *order)
{
    return (order->n_data - 1) / order->batch + 1;
}

int64_t bens_order_size(const bens_order *order, int64_t step)
{
    if (order->kind == BENS_ORDER_IID) return order->batch;
    const int64_t steps = bens_order_steps(order), k = step % steps;
    return k + 1 < steps ? order->batch : order->n_data - k * order->batch;
}

int64_t bens_order_slice_max(const bens_order *order)
{
    return (order->batch - 1) / order->n_slices + 1;
}

/* k b / L without overflow: b and L are below 2^40. */
static int64_t cut(int64_t b, int64_t k, int64_t n_slices)
{
    return b / n_slices * k + b % n_slices * k / n_slices;
}

/* x [n]: 64-bit words become rows, floor(word n_data / 2^64). */
static void words_to_rows(int64_t *x, int64_t n, uint64_t n_data)
{
    for (int64_t i = 0; i < n; i++) {
        const uint64_t word = (uint64_t)x[i], low = word & 0xffffffff, high = word >> 32;
        /* n_data < 2^41: the product's upper half from two products that do not overflow */
        const uint64_t carry = low * (n_data & 0xffffffff) >> 32;
        const uint64_t middle = high * (n_data & 0xffffffff) + carry;
        const uint64_t upper = (middle >> 32) + high * (n_data >> 32) +
                               (((middle & 0xffffffff) + low * (n_data >> 32)) >> 32);
        x[i] = (int64_t)upper;
    }
}

bens_rows bens_order_slice(const bens_order *order, uint32_t chain, int64_t step, int64_t k,
                           int64_t *index)
{
    const int64_t b = bens_order_size(order, step);
    const int64_t first = cut(b, k, order->n_slices);
    bens_rows rows = {.first = first, .n = cut(b, k + 1, order->n_slices) - first};
    if (order->batch == order->n_data) return rows;

    bens_rng at = {.seed = order->seed, .chain = chain, .stream = BENS_STREAM_ORDER};
    rows.index = index;
    if (order->kind == BENS_ORDER_IID) {
        at.step = (uint64_t)step;
        order->be->words(&at, (uint64_t)first, (size_t)rows.n, (uint64_t *)index);
        words_to_rows(index, rows.n, (uint64_t)order->n_data);
        return rows;
    }
    const int64_t steps = bens_order_steps(order);
    at.step = (uint64_t)(step / steps);
    const bens_permutation p = bens_permutation_make((uint64_t)order->n_data, &at);
    order->be->permute(&p, (uint64_t)(step % steps * order->batch + first), (size_t)rows.n,
                       index);
    return rows;
}
