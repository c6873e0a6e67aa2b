/* cpu_kernels_lstm.c - the gates of an LSTM: everything but its products. */
#include "backend/cpu_layers.h"
#include "backend/cpu_part.h"

#include <stddef.h>

BENS_HD bens_vf with_bias(const float *z, const float *bias, int64_t count)
{
    const bens_vf x = bens_v_load_part(z, count);
    return bias == NULL ? x : x + bens_v_load_part(bias, count);
}

/* `count` units; gates and bias at the first of them, c0 NULL: 0. */
BENS_HD void forward(int64_t H, int64_t count, const float *bias, float *gates,
                     const float *c0, float *c1, float *h)
{
    const float *b[4];
    for (int g = 0; g < 4; g++) b[g] = bias == NULL ? NULL : bias + g * H;
    const bens_vf f = bens_v_sigmoid(with_bias(gates, b[0], count));
    const bens_vf i = bens_v_sigmoid(with_bias(gates + H, b[1], count));
    const bens_vf u = bens_v_tanh(with_bias(gates + 2 * H, b[2], count));
    const bens_vf o = bens_v_sigmoid(with_bias(gates + 3 * H, b[3], count));
    const bens_vf before = c0 == NULL ? bens_v_splat(0) : bens_v_load_part(c0, count);
    const bens_vf c = bens_v_fma(f, before, i * u);

    bens_v_store_part(gates, f, count);
    bens_v_store_part(gates + H, i, count);
    bens_v_store_part(gates + 2 * H, u, count);
    bens_v_store_part(gates + 3 * H, o, count);
    bens_v_store_part(c1, c, count);
    bens_v_store_part(h, o * bens_v_tanh(c), count);
}

void BENS_KERNEL(lstm)(int64_t n, int64_t H, const float *bias, float *gates,
                       const float *c0, float *c1, float *h, int64_t stride_h)
{
    for (int64_t r = 0; r < n; r++)
        for (int64_t k = 0; k < H; k += BENS_WIDTH)
            forward(H, H - k, bias == NULL ? NULL : bias + k, gates + r * 4 * H + k,
                    c0 == NULL ? NULL : c0 + r * H + k, c1 + r * H + k,
                    h + r * stride_h + k);
}

/* s (1 - s), the slope of the sigmoid. */
BENS_HD bens_vf slope(bens_vf s)
{
    return bens_v_fma(-s, s, s);
}

BENS_HD void backward(int64_t H, int64_t count, float *gates, const float *c0,
                      const float *c1, const float *dh, float *dc)
{
    const bens_vf one = bens_v_splat(1), g = bens_v_load_part(dh, count);
    const bens_vf f = bens_v_load_part(gates, count),
                  i = bens_v_load_part(gates + H, count);
    const bens_vf u = bens_v_load_part(gates + 2 * H, count);
    const bens_vf o = bens_v_load_part(gates + 3 * H, count);
    const bens_vf before = c0 == NULL ? bens_v_splat(0) : bens_v_load_part(c0, count);
    const bens_vf t = bens_v_tanh(bens_v_load_part(c1, count));
    const bens_vf d =
        bens_v_fma(g * o, bens_v_fma(-t, t, one), bens_v_load_part(dc, count));

    bens_v_store_part(gates, d * before * slope(f), count);
    bens_v_store_part(gates + H, d * u * slope(i), count);
    bens_v_store_part(gates + 2 * H, d * i * bens_v_fma(-u, u, one), count);
    bens_v_store_part(gates + 3 * H, g * t * slope(o), count);
    bens_v_store_part(dc, d * f, count);
}

void BENS_KERNEL(lstm_back)(int64_t n, int64_t H, float *gates, const float *c0,
                            const float *c1, const float *dh, float *dc)
{
    for (int64_t r = 0; r < n; r++)
        for (int64_t k = 0; k < H; k += BENS_WIDTH)
            backward(H, H - k, gates + r * 4 * H + k, c0 == NULL ? NULL : c0 + r * H + k,
                     c1 + r * H + k, dh + r * H + k, dc + r * H + k);
}
