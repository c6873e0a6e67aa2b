#include "backend/conv.h"
#include "backend/cpu_threads.h"

#include <omp.h>
#include <string.h>

enum { FRAME = 8192 };                /* floats of a frame: a first cache             */
static const double THREAD_MIN = 2e6; /* multiply-adds that pay for waking a thread */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Positions that `windows` neighbours see of dimension d. */
static int64_t reach(const bens_windows *w, int d, int64_t windows)
{
    return (windows - 1) * w->stride[d] + w->kernel[d];
}

/* No window reaches over the border. */
static bool is_inside(const bens_windows *w)
{
    for (int d = 0; d < 2; d++)
        if (w->padding[d] > 0 || reach(w, d, w->count[d]) > w->size[d]) return false;
    return true;
}

/* Bands are of about the same size. */
int64_t bens_band_rows(const bens_windows *w)
{
    const int64_t room = FRAME / (reach(w, 1, w->count[1]) * w->channels) - w->kernel[0];
    const int64_t fit = room < 0 ? 1 : room / w->stride[0] + 1;
    const int64_t bands = (w->count[0] + fit - 1) / fit;
    return (w->count[0] + bands - 1) / bands;
}

int64_t bens_part_images(const bens_windows *w, int64_t n, int64_t windows)
{
    const int64_t one = w->count[0] * w->count[1];
    return most((n + BENS_CONV_PARTS - 1) / BENS_CONV_PARTS, (windows + one - 1) / one);
}

void bens_bands_each(const bens_windows *w, int64_t n, int64_t per_part, double work,
                     bens_band_visit *visit, const void *context)
{
    const int64_t parts = (n + per_part - 1) / per_part, rows = bens_band_rows(w);
    const int threads = bens_threads_for(work, THREAD_MIN, parts);

#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t part = 0; part < parts; part++) {
        bens_band b = {.part = part, .thread = omp_get_thread_num()};
        const int64_t end = least((part + 1) * per_part, n);
        for (b.image = part * per_part; b.image < end; b.image++)
            for (b.row = 0; b.row < w->count[0]; b.row += rows) {
                b.n = least(rows, w->count[0] - b.row);
                visit(context, &b);
            }
    }
}

int64_t bens_image_size(const bens_windows *w)
{
    return w->size[0] * w->size[1] * w->channels;
}

int64_t bens_frame_size(const bens_windows *w)
{
    return is_inside(w)
               ? 0
               : reach(w, 0, bens_band_rows(w)) * reach(w, 1, w->count[1]) * w->channels;
}

bens_view bens_band_look(const bens_windows *w, const bens_band *band, const float *x,
                         float *room)
{
    const int64_t C = w->channels, width = reach(w, 1, w->count[1]) * C;
    const int64_t first = band->row * w->stride[0] - w->padding[0];
    const int64_t left = least(w->padding[1] * C, width);
    const int64_t there = least(w->size[1] * C, width - left);
    const float *image = x + band->image * bens_image_size(w);
    float *to = room;
    if (is_inside(w))
        return (bens_view){.at = image + first * w->size[1] * C, .row = w->size[1] * C};
    for (int64_t r = first; r < first + reach(w, 0, band->n); r++, to += width) {
        const bool inside = r >= 0 && r < w->size[0];
        const int64_t from = inside ? left : width, until = inside ? left + there : width;
        memset(to, 0, (size_t)from * sizeof *to);
        if (inside)
            memcpy(to + from, image + r * w->size[1] * C, (size_t)there * sizeof *to);
        memset(to + until, 0, (size_t)(width - until) * sizeof *to);
    }
    return (bens_view){.at = room, .row = width};
}

bens_windows bens_windows_back(const bens_windows *w, int64_t filters)
{
    bens_windows back = {.channels = filters};
    for (int d = 0; d < 2; d++) {
        back.size[d] = w->count[d];
        back.kernel[d] = (w->kernel[d] + w->stride[d] - 1) / w->stride[d];
        back.stride[d] = 1;
        back.padding[d] = back.kernel[d] - 1;
        back.count[d] = (w->size[d] - 1 + w->padding[d]) / w->stride[d] + 1;
    }
    return back;
}

size_t bens_conv_scratch(const bens_windows *w, int64_t filters)
{
    const bens_windows back = bens_windows_back(w, filters);
    const int64_t taps = w->kernel[0] * w->kernel[1], P = BENS_CONV_PARTS;
    const int64_t columns = bens_whole_columns(filters);
    const int64_t weight = bens_panels_size(taps * w->channels, filters);
    const int64_t turned = bens_panels_size(taps * filters, w->channels);
    const int64_t sum = taps * w->channels * columns, frame = bens_frame_size(w);
    const int64_t band = bens_band_rows(w) * w->count[1] * columns;

    return (size_t)most(weight + P * frame, most(turned + P * bens_frame_size(&back),
                                                 P * (sum + frame + band)));
}
