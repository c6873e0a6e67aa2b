/* cpu_kernels_activate.c - bias and activation in one pass, and back. Columns are
 * independent, so their number and the width of a vector do not show in the bits; sums
 * over rows run in blocks of 256. */
#include "backend/cpu_layers.h"
#include "backend/cpu_simd.h"

enum { BLOCK_ROWS = 256 };

BENS_HD float bens_k_none(float x)
{
    return x;
}

BENS_HD bens_vf bens_v_none(bens_vf x)
{
    return x;
}

BENS_HD float bens_k_none_slope(float x, float y)
{
    (void)x;
    (void)y;
    return 1;
}

BENS_HD bens_vf bens_v_none_slope(bens_vf x, bens_vf y)
{
    (void)x;
    (void)y;
    return bens_v_splat(1);
}

/* One function for each activation: the loop is written once. */
#define FORWARD(name)                                                                    \
    static void name##_forward(int64_t rows, int64_t columns, const float *bias,         \
                               float *z, float *y)                                       \
    {                                                                                    \
        for (int64_t r = 0; r < rows; r++, z += columns, y += columns) {                 \
            int64_t c = 0;                                                               \
            for (; c + BENS_WIDTH <= columns; c += BENS_WIDTH) {                         \
                bens_vf v = bens_v_load(z + c);                                          \
                if (bias != NULL) v += bens_v_load(bias + c);                            \
                if (z != y) bens_v_store(z + c, v);                                      \
                bens_v_store(y + c, bens_v_##name(v));                                   \
            }                                                                            \
            for (; c < columns; c++) {                                                   \
                const float v = bias != NULL ? z[c] + bias[c] : z[c];                    \
                if (z != y) z[c] = v;                                                    \
                y[c] = bens_k_##name(v);                                                 \
            }                                                                            \
        }                                                                                \
    }

/* dz of BENS_WIDTH columns, or of one, over all rows; sum = that over the rows. */
#define BACKWARD(name)                                                                   \
    static bens_vf name##_back_wide(int64_t rows, int64_t columns, const float *z,       \
                                    const float *y, const float *dy, float *dz)          \
    {                                                                                    \
        bens_vf total = bens_v_splat(0);                                                 \
        for (int64_t block = 0; block < rows; block += BLOCK_ROWS) {                     \
            const int64_t end = block + BLOCK_ROWS < rows ? block + BLOCK_ROWS : rows;   \
            bens_vf sum = bens_v_splat(0);                                               \
            for (int64_t at = block * columns; at < end * columns; at += columns) {      \
                const bens_vf v =                                                        \
                    bens_v_load(dy + at) *                                               \
                    bens_v_##name##_slope(bens_v_load(z + at), bens_v_load(y + at));     \
                bens_v_store(dz + at, v);                                                \
                sum += v;                                                                \
            }                                                                            \
            total += sum;                                                                \
        }                                                                                \
        return total;                                                                    \
    }                                                                                    \
    static float name##_back_one(int64_t rows, int64_t columns, const float *z,          \
                                 const float *y, const float *dy, float *dz)             \
    {                                                                                    \
        float total = 0;                                                                 \
        for (int64_t block = 0; block < rows; block += BLOCK_ROWS) {                     \
            const int64_t end = block + BLOCK_ROWS < rows ? block + BLOCK_ROWS : rows;   \
            float sum = 0;                                                               \
            for (int64_t at = block * columns; at < end * columns; at += columns) {      \
                dz[at] = dy[at] * bens_k_##name##_slope(z[at], y[at]);                   \
                sum += dz[at];                                                           \
            }                                                                            \
            total += sum;                                                                \
        }                                                                                \
        return total;                                                                    \
    }

#define X(name, slope_of, doc) FORWARD(name) BACKWARD(name)
X(none, OUTPUT, "")
#include "core/activations/list.h"
#undef X

typedef struct {
    void (*forward)(int64_t rows, int64_t columns, const float *bias, float *z, float *y);
    bens_vf (*back_wide)(int64_t rows, int64_t columns, const float *z, const float *y,
                         const float *dy, float *dz);
    float (*back_one)(int64_t rows, int64_t columns, const float *z, const float *y,
                      const float *dy, float *dz);
} loops;

static const loops table[] = {
#define X(name, slope_of, doc) {name##_forward, name##_back_wide, name##_back_one},
    X(none, OUTPUT, "")
#include "core/activations/list.h"
#undef X
};

void BENS_KERNEL(activate)(int64_t rows, int64_t columns, const float *bias,
                           bens_activation f, float *z, float *y)
{
    if (f == BENS_IDENTITY && bias == NULL && z == y) return;
    table[f].forward(rows, columns, bias, z, y);
}

void BENS_KERNEL(activate_back)(int64_t rows, int64_t columns, bens_activation f,
                                const float *z, const float *y, const float *dy,
                                float *dz, float *dbias)
{
    const float *const in = bens_activation_at(f)->needs_input ? z : y;
    int64_t c = 0;
    if (f == BENS_IDENTITY && dbias == NULL && dz == dy) return;
    for (; c + BENS_WIDTH <= columns; c += BENS_WIDTH) {
        const bens_vf sum =
            table[f].back_wide(rows, columns, in + c, y + c, dy + c, dz + c);
        if (dbias != NULL) bens_v_store(dbias + c, sum);
    }
    for (; c < columns; c++) {
        const float sum = table[f].back_one(rows, columns, in + c, y + c, dy + c, dz + c);
        if (dbias != NULL) dbias[c] = sum;
    }
}
