/* cpu_kernels_conv.c - convolutions. Nothing is unfolded: within its frame of zeros, what
 * a window sees of a row is contiguous, so that a band is a product of few terms
 * (cpu_outer.h). */
#include "backend/conv.h"
#include "backend/cpu_layers.h"
#include "backend/cpu_outer.h"

typedef struct {
    const bens_windows *w;
    int64_t filters;
    const float *x, *bias;
    bens_activation f;
    float *z, *y;
    const float *weight; /* [kernel][channels] x [filters], in panels */
    float *frames;       /* [thread][frame] */
} job;

static void band_of(const void *context, const bens_band *band)
{
    const job *j = context;
    const bens_windows *w = j->w;
    const int64_t C = w->channels, O = j->filters, K = w->kernel[1] * C;
    const int64_t to = (band->image * w->count[0] + band->row) * w->count[1] * O;
    const bens_view v =
        bens_band_look(w, band, j->x, j->frames + band->thread * bens_frame_size(w));
    const bens_outer product = {.a = v.at,
                                .b = j->weight,
                                .y = j->z + to,
                                .n_sum = {w->kernel[0], K},
                                .a_sum = {v.row, 1},
                                .b_sum = {K * BENS_PANEL, BENS_PANEL},
                                .b_panel = w->kernel[0] * K * BENS_PANEL,
                                .n_row = {band->n, w->count[1]},
                                .a_row = {w->stride[0] * v.row, w->stride[1] * C},
                                .y_row = {w->count[1] * O, O},
                                .columns = O};
    bens_outer_product(&product);
    BENS_KERNEL(activate)(band->n * w->count[1], O, j->bias, j->f, j->z + to, j->y + to);
}

/* room = weight [filters][channels][kernel] in panels, zeros behind the filters. */
static void pack(const job *j, const float *weight, float *room)
{
    const int64_t taps = j->w->kernel[0] * j->w->kernel[1], C = j->w->channels;
    memset(room, 0, (size_t)bens_panels_size(taps * C, j->filters) * sizeof *room);
    for (int64_t o = 0; o < j->filters; o++)
        for (int64_t c = 0; c < C; c++)
            for (int64_t t = 0; t < taps; t++)
                room[bens_panels_at(taps * C, t * C + c, o)] = *weight++;
}

void BENS_KERNEL(conv)(const bens_windows *w, int64_t filters, int64_t n, const float *x,
                       const float *weight, const float *bias, bens_activation f,
                       float *z, float *y, float *scratch)
{
    const int64_t terms = w->kernel[0] * w->kernel[1] * w->channels;
    const double windows = (double)(n * w->count[0] * w->count[1]);
    const job j = {.w = w,
                   .filters = filters,
                   .x = x,
                   .bias = bias,
                   .f = f,
                   .z = z,
                   .y = y,
                   .weight = scratch,
                   .frames = scratch + bens_panels_size(terms, filters)};
    pack(&j, weight, scratch);
    bens_bands_each(w, n, bens_part_images(w, n, 1), windows * (double)(terms * filters),
                    band_of, &j);
}
