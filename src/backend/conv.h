/* conv.h - how a convolution goes through a batch: images in bands of rows that stay in
 * the first cache, framed by the zeros of their padding. Which bands there are depends on
 * shapes alone, and so do the bits of sums over them. */
#ifndef BENS_BACKEND_CONV_H
#define BENS_BACKEND_CONV_H

#include "backend/layers.h"

#include <stddef.h>

/* Rows of windows of one image. */
typedef struct {
    int64_t image, row, n;
    int64_t part;   /* of the batch, < BENS_CONV_PARTS: sums of its own    */
    int64_t thread; /* < BENS_CONV_PARTS: room of its own, for every band */
} bens_band;

enum { BENS_CONV_PARTS = 8 };

/* Local. Rows of windows in a band; the last one may have fewer. */
int64_t bens_band_rows(const bens_windows *w);

/* Local. All bands of n images in parts of `per_part` images. Bands of a part come in
 * order from one thread; threads share the parts if `work` multiply-adds, of them all,
 * are worth it. */
typedef void bens_band_visit(const void *context, const bens_band *band);
void bens_bands_each(const bens_windows *w, int64_t n, int64_t per_part, double work,
                     bens_band_visit *visit, const void *context);

/* Local. Images of a part: there are at most BENS_CONV_PARTS, of at least `windows`
 * windows each as far as there are so many. */
int64_t bens_part_images(const bens_windows *w, int64_t n, int64_t windows);

/* Floats of an image; of the room that bens_band_look wants. */
int64_t bens_image_size(const bens_windows *w);
int64_t bens_frame_size(const bens_windows *w);

/* What the windows of a band see: the first one's corner, and floats from row to row. The
 * channels of neighbours are contiguous. */
typedef struct {
    const float *at;
    int64_t row;
} bens_view;

/* Local. x: all images. Copied to room [bens_frame_size] if windows reach over the
 * border. */
bens_view bens_band_look(const bens_windows *w, const bens_band *band, const float *x,
                         float *room);

/* The windows over y from which the gradient by x is made: an element of x at h took part
 * in the window (h + padding) / stride and in some before that. */
bens_windows bens_windows_back(const bens_windows *w, int64_t filters);

/* n rounded up to whole vectors on every instruction set. */
static inline int64_t bens_whole_columns(int64_t n)
{
    return (n + 15) / 16 * 16;
}

#endif
