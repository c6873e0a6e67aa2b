/* cpu_kernels_conv_input.c - the gradient of a convolution by its input. It is itself a
 * convolution, of dz with the kernel turned round. Where the stride is s, every s-th
 * position of the input sees the same elements of the kernel: a phase, and each is a
 * convolution of its own. */
#include "backend/conv.h"
#include "backend/cpu_layers.h"
#include "backend/cpu_outer.h"

typedef struct {
    const bens_windows *w, *back;
    int64_t filters, columns; /* columns: channels, rounded up */
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
                                .b_sum = {columns->terms * O * j->columns, j->columns},
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
            b += rows.terms * columns.terms * j->filters * j->columns;
        }
}

/* room [filters][columns] = one element of the kernel, zeros behind the channels. */
static void pack(const job *j, const float *weight, float *room)
{
    const int64_t taps = j->w->kernel[0] * j->w->kernel[1], C = j->w->channels;
    for (int64_t o = 0; o < j->filters; o++, room += j->columns) {
        for (int64_t c = 0; c < C; c++) room[c] = weight[(o * C + c) * taps];
        for (int64_t c = C; c < j->columns; c++) room[c] = 0;
    }
}

/* room [phase of rows][of columns][term of rows][of columns][filters][columns] = weight
 * [filters][channels][kernel], terms from the last to the first. */
static void turn(const job *j, const float *weight, float *room)
{
    const bens_windows *w = j->w;
    for (int64_t p = 0; p < w->stride[0]; p++)
        for (int64_t q = 0; q < w->stride[1]; q++)
            for (int64_t i = phase_of(w, 0, p).terms - 1; i >= 0; i--)
                for (int64_t k = phase_of(w, 1, q).terms - 1; k >= 0; k--) {
                    const int64_t row = p + i * w->stride[0],
                                  column = q + k * w->stride[1];
                    pack(j, weight + row * w->kernel[1] + column, room);
                    room += j->filters * j->columns;
                }
}

void BENS_KERNEL(conv_input)(const bens_windows *w, int64_t filters, int64_t n,
                             const float *dz, const float *weight, float *dx,
                             float *scratch)
{
    const bens_windows back = bens_windows_back(w, filters);
    const int64_t columns = bens_whole_columns(w->channels);
    const int64_t size = w->kernel[0] * w->kernel[1] * filters * columns;
    const double windows = (double)(n * w->count[0] * w->count[1]);
    const job j = {.w = w,
                   .back = &back,
                   .filters = filters,
                   .columns = columns,
                   .dz = dz,
                   .dx = dx,
                   .weight = scratch,
                   .frames = scratch + size};
    turn(&j, weight, scratch);
    bens_bands_each(&back, n, windows * (double)size, band_of, &j);
}
