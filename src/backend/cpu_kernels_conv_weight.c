/* cpu_kernels_conv_weight.c - the gradient of a convolution by its weight: for each band
 * one product over its windows, summed up in the parts of the batch. */
#include "backend/conv.h"
#include "backend/cpu_layers.h"
#include "backend/cpu_outer.h"

enum { LEAST = 256 }; /* windows of a part: what makes up for adding it to the others */

typedef struct {
    const bens_windows *w;
    int64_t filters, columns; /* columns: filters, rounded up */
    const float *x, *dz;
    int64_t parts, size, wide_size;
    float *sums;   /* [part][kernel][channels][columns] */
    float *frames; /* [thread][frame]                   */
    float *wide;   /* [thread][windows of a band][columns] */
} job;

/* dz [n][filters] with whole columns. */
static const float *widen(const job *j, const float *dz, int64_t n, float *room)
{
    const size_t there = (size_t)j->filters, rest = (size_t)(j->columns - j->filters);
    float *to = room;
    if (rest == 0) return dz;
    for (int64_t i = 0; i < n; i++, dz += j->filters, to += j->columns) {
        memcpy(to, dz, there * sizeof *to);
        memset(to + there, 0, rest * sizeof *to);
    }
    return room;
}

static void band_of(const void *context, const bens_band *band)
{
    const job *j = context;
    const bens_windows *w = j->w;
    const int64_t C = w->channels, K = w->kernel[1] * C, columns = j->columns;
    const int64_t from = (band->image * w->count[0] + band->row) * w->count[1];
    const bens_view v =
        bens_band_look(w, band, j->x, j->frames + band->thread * bens_frame_size(w));
    const bens_outer product = {.a = v.at,
                                .b = widen(j, j->dz + from * j->filters,
                                           band->n * w->count[1],
                                           j->wide + band->thread * j->wide_size),
                                .y = j->sums + band->part * j->size,
                                .n_sum = {band->n, w->count[1]},
                                .a_sum = {w->stride[0] * v.row, w->stride[1] * C},
                                .b_sum = {w->count[1] * columns, columns},
                                .b_panel = BENS_PANEL,
                                .n_row = {w->kernel[0], K},
                                .a_row = {v.row, 1},
                                .y_row = {K * columns, columns},
                                .columns = columns,
                                .add = true};
    bens_outer_product(&product);
}

/* dweight [filters][channels][kernel] = the sum of the parts, in order. */
static void unpack(const job *j, float *dweight)
{
    const int64_t taps = j->w->kernel[0] * j->w->kernel[1], C = j->w->channels;
    float *sum = j->sums;
    for (int64_t part = 1; part < j->parts; part++)
        for (int64_t i = 0; i < j->size; i++) sum[i] += sum[part * j->size + i];
    for (int64_t o = 0; o < j->filters; o++)
        for (int64_t c = 0; c < C; c++)
            for (int64_t t = 0; t < taps; t++)
                *dweight++ = sum[(t * C + c) * j->columns + o];
}

void BENS_KERNEL(conv_weight)(const bens_windows *w, int64_t filters, int64_t n,
                              const float *x, const float *dz, float *dweight,
                              float *scratch)
{
    const int64_t columns = bens_whole_columns(filters), P = BENS_CONV_PARTS;
    const int64_t per_part = bens_part_images(w, n, LEAST);
    const int64_t size = w->kernel[0] * w->kernel[1] * w->channels * columns;
    const double windows = (double)(n * w->count[0] * w->count[1]);
    const job j = {.w = w,
                   .filters = filters,
                   .columns = columns,
                   .x = x,
                   .dz = dz,
                   .parts = (n + per_part - 1) / per_part,
                   .size = size,
                   .wide_size = bens_band_rows(w) * w->count[1] * columns,
                   .sums = scratch,
                   .frames = scratch + P * size,
                   .wide = scratch + P * (size + bens_frame_size(w))};
    memset(j.sums, 0, (size_t)(j.parts * size) * sizeof *j.sums);
    bens_bands_each(w, n, per_part, windows * (double)size, band_of, &j);
    unpack(&j, dweight);
}
