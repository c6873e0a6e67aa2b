/* cpu_kernels_langevin.c - the fused update of every linear sampler (backend.h).
 *
 * One pass: a tile of 128 normals is made in the cache and used at once. The sum of m'^2
 * runs in blocks of 4096 elements of the arena and 16 lanes (element mod 16), the blocks
 * in at most 1024 chunks of consecutive ones: an order that depends on params alone. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_noise.h"

#include "core/status.h"

#include <omp.h>

enum {
    BLOCK = 4096,
    CHUNKS = 1024,
    THREAD_MIN = 1 << 16, /* elements that pay for waking a thread */
    AHEAD = 32,           /* steps of noise made ahead ...         */
    AHEAD_MAX = 64        /* ... for arenas of up to 64 elements   */
};

/* What every element needs. Copied to locals before a loop: the compiler then knows that
 * no store into theta changes it. */
typedef struct {
    float *theta, *m;
    const float *grad;
    bens_vf scale, a, b, s, p, q, r;
} terms;

typedef struct {
    const bens_params *params;
    terms terms;
    bens_philox_key key;
    bool noise;
} job;

/* The tensor under the hand of a walk along the arena. */
typedef struct {
    int index;
    size_t begin, end;
    bens_vf decay; /* -precision / N */
} cursor;

/* 16 lanes of which the first `count` are taken: all ones, then zeros. */
static const int32_t lane_mask[2 * BENS_LANES] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                  -1, -1, -1, -1, -1, -1, -1, -1};

static void cursor_set(cursor *at, const bens_params *params, int index)
{
    at->index = index;
    at->begin = at->end = SIZE_MAX;
    at->decay = bens_v_splat(0);
    if (index == params->n_tensors) return;
    const bens_tensor *t = &params->tensors[index];
    at->begin = t->offset;
    at->end = t->offset + t->size;
    at->decay = bens_v_splat((float)-(bens_prior_precision(&t->prior) / params->n_data));
}

/* The first tensor that ends behind `element`. */
static void cursor_find(cursor *at, const bens_params *params, size_t element)
{
    int low = 0, high = params->n_tensors;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const bens_tensor *t = &params->tensors[middle];
        if (t->offset + t->size <= element)
            low = middle + 1;
        else
            high = middle;
    }
    cursor_set(at, params, low);
}

/* The elements e ... e + BENS_WIDTH - 1; of a group cut short, those that mask takes. */
BENS_HD void update_vector(const terms *j, bens_vf decay, size_t e, const float *z,
                           const int32_t *mask, bool with_m, bens_vf *sum)
{
    const bens_vf theta = bens_v_load(j->theta + e), grad = bens_v_load(j->grad + e);
    const bens_vf g = bens_v_fma(j->scale, grad, decay * theta);
    bens_vf moved, x;
    if (with_m) {
        const bens_vf m = bens_v_load(j->m + e);
        const bens_vf kick = z != NULL ? j->s * bens_v_load(z) : bens_v_splat(0);
        moved = bens_v_fma(j->a, m, bens_v_fma(j->b, g, kick));
        x = bens_v_fma(j->p, m, theta);
        x = bens_v_fma(j->r, moved, bens_v_fma(j->q, g, x));
        if (mask != NULL) {
            bens_vu taken;
            memcpy(&taken, mask, sizeof taken);
            x = bens_v_if_top(taken, x, theta);
            bens_v_store(j->m + e, bens_v_if_top(taken, moved, m));
            moved = bens_v_if_top(taken, moved, bens_v_splat(0));
        } else {
            bens_v_store(j->m + e, moved);
        }
    } else {
        x = z != NULL ? bens_v_fma(j->s, bens_v_load(z), theta) : theta;
        moved = x = bens_v_fma(j->q, g, x);
        if (mask != NULL) {
            bens_vu taken;
            memcpy(&taken, mask, sizeof taken);
            moved = bens_v_if_top(taken, x, bens_v_splat(0));
            x = bens_v_if_top(taken, x, theta);
        }
    }
    bens_v_store(j->theta + e, x);
    *sum = bens_v_fma(moved, moved, *sum);
}

/* The elements begin ... end - 1 of one tensor, begin a multiple of 16; z is that of
 * begin. */
BENS_HD void update_range(const terms *j, bens_vf decay, size_t begin, size_t end,
                          const float *z, bool with_m, bens_vf *sum)
{
    size_t e = begin;
    for (; e + BENS_LANES <= end; e += BENS_LANES) {
#pragma GCC unroll 4
        for (int v = 0; v < BENS_VECTORS; v++) {
            const size_t i = e + (size_t)(v * BENS_WIDTH);
            update_vector(j, decay, i, z != NULL ? z + (i - begin) : NULL, NULL, with_m,
                          &sum[v]);
        }
    }
    if (e == end) return;
    const int32_t *mask = lane_mask + BENS_LANES - (end - e);
#pragma GCC unroll 4
    for (int v = 0; v < BENS_VECTORS; v++) {
        const size_t i = e + (size_t)(v * BENS_WIDTH);
        update_vector(j, decay, i, z != NULL ? z + (i - begin) : NULL,
                      mask + v * BENS_WIDTH, with_m, &sum[v]);
    }
}

/* All tensors' parts of [begin, end); z is that of begin. Moves the cursor along. */
BENS_HD void update_span(const terms *j, const bens_params *params, cursor *at,
                         size_t begin, size_t end, const float *z, bool with_m,
                         bens_vf *sum)
{
    while (at->begin < end) {
        const size_t from = at->begin > begin ? at->begin : begin;
        const size_t to = at->end < end ? at->end : end;
        update_range(j, at->decay, from, to, z != NULL ? z + (from - begin) : NULL,
                     with_m, sum);
        if (at->end > end) return;
        cursor_set(at, params, at->index + 1);
    }
}

static double lanes_total(const bens_vf *sum)
{
    float lane[BENS_LANES];
    memcpy(lane, sum, sizeof lane);
    return bens_lanes_sum_float(lane);
}

BENS_HD double update_block(const job *j, size_t block, bool with_m, bool with_z)
{
    const size_t begin = block * BLOCK;
    const size_t end = begin + BLOCK < j->params->n ? begin + BLOCK : j->params->n;
    const terms local = j->terms;
    bens_vf sum[BENS_VECTORS] = {{0}};
    cursor at;
    cursor_find(&at, j->params, begin);
    if (!with_z) {
        update_span(&local, j->params, &at, begin, end, NULL, with_m, sum);
        return lanes_total(sum);
    }
    for (size_t tile = begin; tile < end; tile += BENS_RNG_TILE) {
        float z[BENS_RNG_TILE] __attribute__((aligned(64)));
        const size_t next = tile + BENS_RNG_TILE < end ? tile + BENS_RNG_TILE : end;
        bens_tile_normals(&j->key, tile / BENS_RNG_TILE, z);
        update_span(&local, j->params, &at, tile, next, z, with_m, sum);
    }
    return lanes_total(sum);
}

static double update_block_of_kind(const job *j, size_t block)
{
    if (j->terms.m == NULL)
        return j->noise ? update_block(j, block, false, true)
                        : update_block(j, block, false, false);
    return j->noise ? update_block(j, block, true, true)
                    : update_block(j, block, true, false);
}

static double update_chunk(const job *j, size_t chunk, size_t per_chunk, size_t n_blocks)
{
    double sum = 0;
    for (size_t b = chunk * per_chunk; b < (chunk + 1) * per_chunk && b < n_blocks; b++)
        sum += update_block_of_kind(j, b);
    return sum;
}

static double update_all(const job *j)
{
    const size_t n_blocks = (j->params->n + BLOCK - 1) / BLOCK;
    const size_t per_chunk = (n_blocks + CHUNKS - 1) / CHUNKS;
    const int worth = (int)(j->params->n / THREAD_MIN), most = omp_get_max_threads();
    double part[CHUNKS], sum = 0;
    const int threads = worth < most ? worth : most;
    if (threads > 1) {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t c = 0; c < CHUNKS; c++)
            part[c] = update_chunk(j, c, per_chunk, n_blocks);
    } else {
        for (size_t c = 0; c * per_chunk < n_blocks; c++)
            part[c] = update_chunk(j, c, per_chunk, n_blocks);
    }
    for (size_t c = 0; c * per_chunk < n_blocks; c++) sum += part[c];
    return sum;
}

/* z [AHEAD][stride], the normals of block `block` for the steps of the window: the lanes
 * are steps, so that a model of 8 parameters fills whole vectors too. */
static void ahead_block(const bens_philox_key *key, uint64_t block, size_t stride,
                        float *z)
{
    for (uint64_t step = 0; step < AHEAD; step += BENS_TOGETHER * BENS_BLOCKS) {
        bens_philox_state s;
#pragma GCC unroll 4
        for (uint64_t u = 0; u < BENS_TOGETHER; u++) {
            s.c0[u] = bens_vq_splat(block);
            s.c1[u] = bens_vq_count() + bens_vq_splat(key->c1 + step + u * BENS_BLOCKS);
            s.c2[u] = bens_vq_splat(key->c2);
            s.c3[u] = bens_vq_splat(key->c3);
        }
        bens_philox_rounds(&s, key, 0);
#pragma GCC unroll 4
        for (uint64_t u = 0; u < BENS_TOGETHER; u++) {
            float *out = z + (step + u * BENS_BLOCKS) * stride + 2 * block;
            float pair[BENS_WIDTH];
            bens_vf first, second;
            bens_v_normal_pair((bens_vu)s.c1[u], (bens_vu)s.c3[u], &first, &second);
            bens_v_store(pair, first);
#pragma GCC unroll 8
            for (size_t k = 0; k < BENS_BLOCKS; k++)
                memcpy(out + k * stride, pair + 2 * k, 2 * sizeof *pair);
        }
    }
}

static __attribute__((noinline)) bool ahead_fill(const bens_params *params,
                                                 const bens_rng *at, bens_noise *noise)
{
    if (noise->stride != params->n) {
        bens_noise_release(noise);
        if (bens_alloc(AHEAD * params->n, sizeof *noise->z, &noise->z) != BENS_OK)
            return false;
        noise->stride = params->n;
    }
    bens_philox_key key;
    noise->at = *at;
    noise->at.step -= at->step % AHEAD; /* the step's low word does not wrap inside */
    noise->n_steps = AHEAD;
    bens_philox_prepare(&key, &noise->at);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        for (size_t block = t->offset / 2; 2 * block < t->offset + t->size; block++)
            ahead_block(&key, block, noise->stride, noise->z);
    }
    return true;
}

/* The normals of this step from those made ahead; NULL if there is no memory for them. */
static const float *ahead_get(const bens_params *params, const bens_rng *at,
                              bens_noise *noise)
{
    const bens_rng *from = &noise->at;
    const bool there =
        noise->stride == params->n && at->step - from->step < noise->n_steps &&
        at->chain == from->chain && at->seed == from->seed && at->stream == from->stream;
    if (!there && !ahead_fill(params, at, noise)) return NULL;
    return noise->z + (at->step - noise->at.step) * noise->stride;
}

/* Arenas that one tile holds: no blocks, no threads. */
BENS_HD double update_small(const terms *t, const bens_params *params, const float *z,
                            bool with_m)
{
    bens_vf sum[BENS_VECTORS] = {{0}};
    cursor at;
    for (int i = 0; i < params->n_tensors; i++) {
        cursor_set(&at, params, i);
        update_range(t, at.decay, at.begin, at.end, z != NULL ? z + at.begin : NULL,
                     with_m, sum);
    }
    return lanes_total(sum);
}

BENS_HD double update_small_of_kind(const terms *t, const bens_params *params,
                                    const float *z)
{
    if (t->m == NULL)
        return z != NULL ? update_small(t, params, z, false)
                         : update_small(t, params, NULL, false);
    return z != NULL ? update_small(t, params, z, true)
                     : update_small(t, params, NULL, true);
}

void BENS_KERNEL(langevin)(const bens_params *params, float *theta, float *m,
                           const float *grad, double scale, const bens_langevin *c,
                           const bens_rng *at, bens_noise *noise, double *sum_m2)
{
    const bool small = params->n <= AHEAD_MAX, with_z = c->s != 0;
    const terms t = {.theta = theta,
                     .m = m,
                     .grad = grad,
                     .scale = bens_v_splat((float)scale),
                     .a = bens_v_splat((float)c->a),
                     .b = bens_v_splat((float)c->b),
                     .s = bens_v_splat((float)c->s),
                     .p = bens_v_splat((float)c->p),
                     .q = bens_v_splat((float)c->q),
                     .r = bens_v_splat((float)c->r)};
    const float *z =
        small && with_z && noise != NULL ? ahead_get(params, at, noise) : NULL;
    if (small && (z != NULL || !with_z)) {
        *sum_m2 = update_small_of_kind(&t, params, z);
        return;
    }
    job j;
    j.params = params;
    j.terms = t;
    j.noise = with_z;
    if (with_z) bens_philox_prepare(&j.key, at);
    *sum_m2 = update_all(&j);
}
