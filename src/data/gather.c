#include "data/data.h"

#include "data/prepare.h"

#include <string.h>

size_t bens_data_row_bytes(const bens_data *d)
{
    const size_t one = d->x != NULL ? sizeof *d->x : bens_cell_size(d->cell);
    return (size_t)d->n_features * one;
}

/* One loop for each type, so that it vectorises. The product in double is rounded once:
 * a byte times 1/255 is then the float that is nearest to byte/255. */
#define WIDEN(number)                                                                    \
    do {                                                                                 \
        const number *const from = (const number *)raw;                                  \
        for (size_t j = 0; j < n; j++) x[j] = (float)((double)from[j] * scale);          \
    } while (0)

static void widen(bens_cell cell, const void *raw, size_t n, double scale, float *x)
{
    switch (cell) {
    case BENS_CELL_FLOAT32:
        WIDEN(float);
        break;
    case BENS_CELL_UINT8:
        WIDEN(uint8_t);
        break;
    case BENS_CELL_INT8:
        WIDEN(int8_t);
        break;
    case BENS_CELL_UINT16:
        WIDEN(uint16_t);
        break;
    case BENS_CELL_INT16:
        WIDEN(int16_t);
        break;
    case BENS_CELL_INT32:
        WIDEN(int32_t);
        break;
    case BENS_CELL_INT64:
        WIDEN(int64_t);
        break;
    }
}

static void gather_one(const bens_data *d, size_t row, float *x)
{
    const size_t n = (size_t)d->n_features;
    const char *const raw = d->raw;
    if (d->x != NULL) {
        memcpy(x, d->x + row * n, n * sizeof *x);
        return;
    }
    widen(d->cell, raw + row * n * bens_cell_size(d->cell), n, d->scale, x);
    for (size_t j = 0; d->x_mean != NULL && j < n; j++)
        x[j] = (float)(((double)x[j] - d->x_mean[j]) / d->x_sd[j]);
}

void bens_data_gather(const bens_data *d, const bens_rows *rows, int64_t first, int64_t n,
                      float *x)
{
    for (int64_t i = 0; i < n; i++, x += d->n_features)
        gather_one(d, (size_t)bens_rows_at(rows, first + i), x);
}

void bens_data_gather_targets(const bens_data *d, const bens_rows *rows, int64_t first,
                              int64_t n, int32_t *label, float *y)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = bens_rows_at(rows, first + i);
        if (label != NULL) label[i] = d->label[row];
        if (y != NULL) y[i] = d->y[row];
    }
}
