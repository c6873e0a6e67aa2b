/* cpu_kernels_conv_input.c - the gradient of a convolution by its input. It is itself a
 * convolution, of dz with the kernel turned round. Where the stride is s, every s-th
 * position of the input sees the same elements of the kernel: a phase, and each is a
 * convolution of its own. */
#include "backend/conv.h"
#include "backend/cpu_layers.h"
#include "backend/cpu_outer.h"

typedef struct {
    const bens_windows *w, *back;
    int64_t filters;
    const float *dz;
    float *dx;
    const float *weight; /* see turn() */
    float *frames;       /* [thread][frame] */
} job;

/* The positions h of dimension d with (h + padding) mod stride = at. */
typedef struct {
    int64_t terms;      /* elements of the kernel: at, at + stride, ... */
    int64_t first, end; /* of (h + padding) / stride                    */
    int64_t start;      /* the h of `first` */
} phase;

static phase phase_of(const bens_windows *w, int d, int64_t at)
{
    const int64_t s = w->stride[d], shift = w->padding[d] - at, n = w->size[d] + shift;
    phase p = {.first = shift > 0 ? (shift + s - 1) / s : 0,
               .end = n > 0 ? (n + s - 1) / s : 0,
               .terms = at < w->kernel[d] ? (w->kernel[d] - at + s - 1) / s : 0};
    p.start = p.first * s - shift;
    return p;
}

/* What a band has of a phase of the rows and one of the columns, b its weights. */
static void phase_band(const job *j, const bens_band *band, const bens_view *v,
                       const phase *rows, const phase *columns, const float *b)
{
    const bens_windows *w = j->w, *back = j->back;
    const int64_t O = j->filters, C = w->channels, end = band->row + band->n;
    const int64_t first = rows->first > band->row ? rows->first : band->row;
    const int64_t last = rows->end < end ? rows->end : end;
    const int64_t h = rows->start + (first - rows->first) * w->stride[0];
    const int64_t down = first - band->row + back->kernel[0] - rows->terms;
    const int64_t across = columns->first + back->kernel[1] - columns->terms;
    const int64_t to = band->image * bens_image_size(w);
    if (first >= last || columns->first >= columns->end) return;
    const bens_outer product = {.a = v->at + down * v->row + across * O,
                                .b = b,
                                .y = j->dx + to + (h * w->size[1] + columns->start) * C,
                                .n_sum = {rows->terms, columns->terms * O},
                                .a_sum = {v->row, 1},
                                .b_sum = {columns->terms * O * BENS_PANEL, BENS_PANEL},
                                .b_panel = rows->terms * columns->terms * O * BENS_PANEL,
                                .n_row = {last - first, columns->end - columns->first},
                                .a_row = {v->row, O},
                                .y_row = {w->stride[0] * w->size[1] * C,
                                          w->stride[1] * C},
                                .columns = C};
    bens_outer_product(&product);
}

static void band_of(const void *context, const bens_band *band)
{
    const job *j = context;
    const bens_windows *w = j->w;
    const bens_view v =
        bens_band_look(j->back, band, j->dz,
                       j->frames + band->thread * bens_frame_size(j->back));
    const float *b = j->weight;
    for (int64_t p = 0; p < w->stride[0]; p++)
        for (int64_t q = 0; q < w->stride[1]; q++) {
            const phase rows = phase_of(w, 0, p), columns = phase_of(w, 1, q);
            phase_band(j, band, &v, &rows, &columns, b);
            b += bens_panels_size(rows.terms * columns.terms * j->filters, w->channels);
        }
}

/* room = weight [filters][channels][kernel] of one phase of the rows and one of the
 * columns, in panels of channels: terms of rows, of columns, filters, in this order, and
 * the terms from the last to the first. Zeros behind the channels. Returns its end. */
static float *turn_phase(const job *j, int64_t p, int64_t q, const float *weight,
                         float *room)
{
    const bens_windows *w = j->w;
    const int64_t rows = phase_of(w, 0, p).terms, columns = phase_of(w, 1, q).terms;
    const int64_t O = j->filters, C = w->channels, taps = w->kernel[0] * w->kernel[1];
    const int64_t terms = rows * columns * O, size = bens_panels_size(terms, C);
    memset(room, 0, (size_t)size * sizeof *room);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < columns; k++) {
            const int64_t tap =
                (p + i * w->stride[0]) * w->kernel[1] + q + k * w->stride[1];
            const int64_t at = ((rows - 1 - i) * columns + columns - 1 - k) * O;
            for (int64_t o = 0; o < O; o++)
                for (int64_t c = 0; c < C; c++)
                    room[bens_panels_at(terms, at + o, c)] =
                        weight[(o * C + c) * taps + tap];
        }
    return room + size;
}

/* All phases, one behind the other. Returns the end. */
static float *turn(const job *j, const float *weight, float *room)
{
    for (int64_t p = 0; p < j->w->stride[0]; p++)
        for (int64_t q = 0; q < j->w->stride[1]; q++)
            room = turn_phase(j, p, q, weight, room);
    return room;
}

void BENS_KERNEL(conv_input)(const bens_windows *w, int64_t filters, int64_t n,
                             const float *dz, const float *weight, float *dx,
                             float *scratch)
{
    const bens_windows back = bens_windows_back(w, filters);
    const int64_t terms = w->kernel[0] * w->kernel[1] * filters;
    const double windows = (double)(n * w->count[0] * w->count[1]);
    job j = {.w = w,
             .back = &back,
             .filters = filters,
             .dz = dz,
             .dx = dx,
             .weight = scratch};
    j.frames = turn(&j, weight, scratch);
    bens_bands_each(&back, n, bens_part_images(&back, n, 1),
                    windows * (double)(terms * w->channels), band_of, &j);
}
