/* cpu_kernels_pool.c - pooling. Channels are independent; the elements of a window are
 * taken row by row. */
#include "backend/cpu_layers.h"
#include "backend/cpu_part.h"

/* A window inside the border: [from, to) of the rows and of the columns. */
typedef struct {
    int64_t from[2], to[2];
} window;

static window window_at(const bens_windows *p, int64_t row, int64_t column)
{
    const int64_t at[2] = {row, column};
    window w;
    for (int d = 0; d < 2; d++) {
        const int64_t from = at[d] * p->stride[d] - p->padding[d];
        const int64_t to = from + p->kernel[d];
        w.from[d] = from < 0 ? 0 : from;
        w.to[d] = to < p->size[d] ? to : p->size[d];
    }
    return w;
}

/* The arrays of a call; `out` is y or dx. */
typedef struct {
    const float *x, *y, *dy;
    float *out;
} arrays;

/* What is done with a window: input and output begin at these elements. */
typedef void visit(const bens_windows *p, const window *w, const arrays *a, int64_t in,
                   int64_t at);

BENS_HD void each_window(const bens_windows *p, int64_t n, const arrays *a, visit *f)
{
    const int64_t size = p->size[0] * p->size[1] * p->channels;
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t row = 0; row < p->count[0]; row++)
            for (int64_t column = 0; column < p->count[1]; column++) {
                const window w = window_at(p, row, column);
                f(p, &w, a, i * size, at);
                at += p->channels;
            }
}

/* A loop over the elements of a window, `at` being the offset of each. */
#define EACH_ELEMENT(p, w, in)                                                           \
    for (int64_t row = w->from[0]; row < w->to[0]; row++)                                \
        for (int64_t at_row = in + row * p->size[1] * p->channels,                       \
                     e = at_row + w->from[1] * p->channels;                              \
             e < at_row + w->to[1] * p->channels; e += p->channels)

BENS_HD void max_of(const bens_windows *p, const window *w, const arrays *a, int64_t in,
                    int64_t at)
{
    EACH_CHANNEL(p)
    {
        bens_vf most = bens_v_splat(-INFINITY);
        bens_vi not_a_number = {0}; /* all bits of a lane that has seen one */
        EACH_ELEMENT(p, w, in)
        {
            const bens_vf x = bens_v_load_part(a->x + e + c, left);
            most = bens_v_max(x, most);
            not_a_number |= x != x;
        }
        bens_v_store_part(a->out + at + c, (bens_vf)((bens_vi)most | not_a_number), left);
    }
}

/* dy goes to the first x that is not less than y. */
BENS_HD void max_back_of(const bens_windows *p, const window *w, const arrays *a,
                         int64_t in, int64_t at)
{
    const bens_vf zero = bens_v_splat(0);
    EACH_CHANNEL(p)
    {
        const bens_vf y = bens_v_load_part(a->y + at + c, left);
        bens_vf dy = bens_v_load_part(a->dy + at + c, left);
        EACH_ELEMENT(p, w, in)
        {
            const bens_vf x = bens_v_load_part(a->x + e + c, left);
            const bens_vf before = bens_v_load_part(a->out + e + c, left);
            bens_v_store_part(a->out + e + c, before + bens_v_if_less(x, y, zero, dy),
                              left);
            dy = bens_v_if_less(x, y, dy, zero);
        }
    }
}

BENS_HD void mean_of(const bens_windows *p, const window *w, const arrays *a, int64_t in,
                     int64_t at)
{
    const bens_vf share = bens_v_splat(1 / (float)(p->kernel[0] * p->kernel[1]));
    EACH_CHANNEL(p)
    {
        bens_vf sum = bens_v_splat(0);
        EACH_ELEMENT(p, w, in) sum += bens_v_load_part(a->x + e + c, left);
        bens_v_store_part(a->out + at + c, share * sum, left);
    }
}

BENS_HD void mean_back_of(const bens_windows *p, const window *w, const arrays *a,
                          int64_t in, int64_t at)
{
    const bens_vf share = bens_v_splat(1 / (float)(p->kernel[0] * p->kernel[1]));
    EACH_CHANNEL(p)
    {
        const bens_vf dy = share * bens_v_load_part(a->dy + at + c, left);
        EACH_ELEMENT(p, w, in)
        {
            const bens_vf before = bens_v_load_part(a->out + e + c, left);
            bens_v_store_part(a->out + e + c, before + dy, left);
        }
    }
}

static void clear(const bens_windows *p, int64_t n, float *dx)
{
    memset(dx, 0, (size_t)(n * p->size[0] * p->size[1] * p->channels) * sizeof *dx);
}

void BENS_KERNEL(max_pool)(const bens_windows *p, int64_t n, const float *x, float *y)
{
    each_window(p, n, &(arrays){.x = x, .out = y}, max_of);
}

void BENS_KERNEL(max_pool_back)(const bens_windows *p, int64_t n, const float *x,
                                const float *y, const float *dy, float *dx)
{
    clear(p, n, dx);
    each_window(p, n, &(arrays){.x = x, .y = y, .dy = dy, .out = dx}, max_back_of);
}

void BENS_KERNEL(mean_pool)(const bens_windows *p, int64_t n, const float *x, float *y)
{
    each_window(p, n, &(arrays){.x = x, .out = y}, mean_of);
}

void BENS_KERNEL(mean_pool_back)(const bens_windows *p, int64_t n, const float *dy,
                                 float *dx)
{
    clear(p, n, dx);
    each_window(p, n, &(arrays){.dy = dy, .out = dx}, mean_back_of);
}
