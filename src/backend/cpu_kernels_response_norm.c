/* cpu_kernels_response_norm.c - the filter response norm, an image at a time while it is
 * in the cache. Channels are independent; sums over positions run in 4 chains and in
 * blocks of 1024 positions. */
#include "backend/cpu_layers.h"
#include "backend/cpu_part.h"
#include "backend/cpu_threads.h"
#include "backend/norm.h"

#include <omp.h>

enum { BLOCK = 1024, THREAD_MIN = 1 << 15 /* elements worth a thread */ };

/* The sums over a block of positions of x y and of x, `left` channels from there on. */
BENS_HD void sum_block(const float *x, const float *y, int64_t n, int64_t channels,
                       int64_t left, bens_vf *products, bens_vf *sums)
{
    bens_vf p0 = bens_v_splat(0), p1 = p0, p2 = p0, p3 = p0;
    bens_vf s0 = p0, s1 = p0, s2 = p0, s3 = p0;
#define TERM(k)                                                                          \
    if (i + k < n) {                                                                     \
        const bens_vf a = bens_v_load_part(x + (i + k) * channels, left);                \
        p##k = bens_v_fma(a, bens_v_load_part(y + (i + k) * channels, left), p##k);      \
        s##k += a;                                                                       \
    }
    for (int64_t i = 0; i < n; i += 4) {
        TERM(0) TERM(1) TERM(2) TERM(3)
    }
#undef TERM
    *products += (p0 + p1) + (p2 + p3);
    *sums += (s0 + s1) + (s2 + s3);
}

BENS_HD void sum_positions(const bens_norm *p, const float *x, const float *y,
                           int64_t left, bens_vf *products, bens_vf *sums)
{
    *products = *sums = bens_v_splat(0);
    for (int64_t i = 0; i < p->positions; i += BLOCK) {
        const int64_t n = p->positions - i < BLOCK ? p->positions - i : BLOCK;
        sum_block(x + i * p->channels, y + i * p->channels, n, p->channels, left,
                  products, sums);
    }
}

/* y = x scale + shift over the positions. */
BENS_HD void combine(const bens_norm *p, int64_t left, const float *x, bens_vf scale,
                     bens_vf shift, float *y)
{
    for (int64_t i = 0; i < p->positions * p->channels; i += p->channels)
        bens_v_store_part(y + i, bens_v_fma(bens_v_load_part(x + i, left), scale, shift),
                          left);
}

/* z of an image, its r known. */
static void scale_image(const bens_norm *p, const float *x, const float *r, float *z)
{
    EACH_CHANNEL(p)
    {
        const bens_vf weight = bens_v_load_part(p->weight + c, left);
        combine(p, left, x + c, weight * bens_v_load_part(r + c, left),
                bens_v_load_part(p->bias + c, left), z + c);
    }
}

static void forward_image(const bens_norm *p, int64_t image)
{
    const int64_t at = image * p->positions * p->channels;
    const float *x = p->x + at;
    float *r = p->kept + image * p->channels;
    const bens_vf one = bens_v_splat(1), epsilon = bens_v_splat(p->epsilon);
    EACH_CHANNEL(p)
    {
        bens_vf squares, unused;
        sum_positions(p, x + c, x + c, left, &squares, &unused);
        const bens_vf mean = squares / (float)p->positions;
        bens_v_store_part(r + c, one / bens_v_sqrt(mean + epsilon), left);
    }
    scale_image(p, x, r, p->y + at);
    BENS_KERNEL(activate)(p->positions, p->channels, NULL, p->f, p->y + at, p->y + at);
}

/* dx = r weight (dz - x r^2 mean(dz x)) */
static void input_image(const bens_norm *p, const float *x, const float *dz, int64_t left,
                        bens_vf weight, bens_vf r, bens_vf products, float *dx)
{
    const bens_vf scale = weight * r;
    const bens_vf pull = -(scale * (r * r)) * (products / (float)p->positions);
    for (int64_t i = 0; i < p->positions * p->channels; i += p->channels)
        bens_v_store_part(dx + i,
                          bens_v_fma(pull, bens_v_load_part(x + i, left),
                                     scale * bens_v_load_part(dz + i, left)),
                          left);
}

/* parts [2][channels] = what an image gives to the gradients by weight and bias; room is
 * for z, if the activation wants it. */
static void back_image(const bens_norm *p, int64_t image, float *room, float *parts)
{
    const int64_t at = image * p->positions * p->channels, C = p->channels;
    const float *x = p->x + at, *r = p->kept + image * C;
    float *dz = p->dy + at;
    if (bens_activation_at(p->f)->needs_input) scale_image(p, x, r, room);
    BENS_KERNEL(activate_back)(p->positions, C, p->f, room, p->y + at, dz, dz, NULL);
    EACH_CHANNEL(p)
    {
        bens_vf products, sums;
        const bens_vf root = bens_v_load_part(r + c, left);
        sum_positions(p, dz + c, x + c, left, &products, &sums);
        bens_v_store_part(parts + c, products * root, left);
        bens_v_store_part(parts + C + c, sums, left);
        if (p->dx != NULL)
            input_image(p, x + c, dz + c, left, bens_v_load_part(p->weight + c, left),
                        root, products, p->dx + at + c);
    }
}

static int threads_for(const bens_norm *p)
{
    const double elements = (double)(p->n * p->positions * p->channels);
    return bens_threads_for(elements, THREAD_MIN, BENS_NORM_THREADS);
}

void BENS_KERNEL(response_norm)(const bens_norm *p)
{
    const int threads = threads_for(p);
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < p->n; i++) forward_image(p, i);
}

void BENS_KERNEL(response_norm_back)(const bens_norm *p)
{
    const int threads = threads_for(p);
    const int64_t C = p->channels, size = p->positions * C;
    const size_t rooms = bens_response_norm_scratch(p->positions, C, p->f);
    float *const parts = p->scratch + rooms;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < p->n; i++) {
        float *room = rooms > 0 ? p->scratch + omp_get_thread_num() * size : NULL;
        back_image(p, i, room, parts + i * 2 * C);
    }
    memset(p->dweight, 0, (size_t)C * sizeof *p->dweight);
    memset(p->dbias, 0, (size_t)C * sizeof *p->dbias);
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t c = 0; c < C; c++) {
            p->dweight[c] += parts[i * 2 * C + c];
            p->dbias[c] += parts[i * 2 * C + C + c];
        }
}
