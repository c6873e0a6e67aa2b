/* arena.h - a fused update against its definition, one element after another: bit for
 * bit, on every instruction set, with 1 and 2 threads, on arenas with odd sizes whose
 * padding holds what must not matter. */
#ifndef BENS_TESTS_BACKEND_ARENA_H
#define BENS_TESTS_BACKEND_ARENA_H

#include "backend/levels.h"

#include <math.h>

enum { MAX_TENSORS = 8 };

/* Sizes of tensors, ended by 0. The first has enough blocks for 2 threads. */
static const int64_t mixed[] = {5, 130, 1, 8199, 16, 127, 150000, 3, 0};
static const int64_t few[] = {8, 1, 0};

typedef struct {
    float *theta, *m, *v, *grad, *s;
    bens_noise noise;
    double sum;
} vectors;

/* What is tested; settings is the test's own. */
typedef struct {
    /* Advances element e of `tensor` as backend.h says; returns what is squared and
     * summed. decay = -(precision / N), before a decay of the sampler. */
    float (*element)(const void *settings, int tensor, double decay, size_t e, float z,
                     vectors *v);
    /* The same step of all elements, by the backend. */
    void (*step)(const void *settings, const bens_backend *be, const bens_params *params,
                 const bens_rng *at, vectors *v);
} subject;

/* Priors in turn: fused, flat, fused, one that the kernels leave alone. */
static inline bens_params make_params(const int64_t *sizes)
{
    bens_params params = {.n_data = 768};
    for (int i = 0; sizes[i] != 0; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        bens_tensor *t;
        assert_in_range(i, 0, MAX_TENSORS - 1);
        assert_int_equal(bens_params_add(&params, name, 1, &sizes[i], &t), BENS_OK);
        if (i % 2 == 0)
            t->prior = (bens_prior){.kind = BENS_PRIOR_NORMAL, .scale = 0.37 + i};
        if (i % 4 == 3) t->prior = (bens_prior){.kind = BENS_PRIOR_LAPLACE, .scale = 0.1};
    }
    return params;
}

/* Values in the tensors, v >= 0; in the padding others, of grad NaN. */
static inline vectors make_vectors(const bens_params *params)
{
    vectors v = {.sum = -7};
    float **const all[] = {&v.theta, &v.m, &v.v, &v.grad, &v.s};
    for (uint64_t k = 0; k < 5; k++) {
        float *x;
        assert_int_equal(bens_alloc(params->n, sizeof *x, &x), BENS_OK);
        for (size_t e = 0; e < params->n; e++) x[e] = k == 3 ? NAN : 77;
        for (int i = 0; i < params->n_tensors; i++)
            some_of(x + params->tensors[i].offset, params->tensors[i].size,
                    100 * k + (uint64_t)i);
        *all[k] = x;
    }
    for (size_t e = 0; e < params->n; e++) v.v[e] = fabsf(v.v[e]);
    return v;
}

static inline void free_vectors(vectors *v)
{
    free(v->theta);
    free(v->m);
    free(v->v);
    free(v->grad);
    free(v->s);
    bens_noise_release(&v->noise);
}

static inline double lanes_sum(const float *x)
{
    double s[16];
    for (int i = 0; i < 16; i++) s[i] = (double)x[i];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++) s[i] += s[i + half];
    return s[0];
}

static inline void plain_step(const subject *of, const void *settings,
                              const bens_params *params, const bens_rng *at, vectors *v)
{
    const size_t n_blocks = (params->n + 4095) / 4096;
    float *z = malloc(params->n * sizeof *z),
          (*lane)[16] = calloc(n_blocks, sizeof *lane);
    assert_true(z != NULL && lane != NULL);
    bens_rng_normals(at, 0, params->n, z);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const double decay = -(bens_prior_precision(&t->prior) / params->n_data);
        for (size_t e = t->offset; e < t->offset + t->size; e++) {
            const float moved = of->element(settings, i, decay, e, z[e], v);
            float *sum = &lane[e / 4096][e % 16];
            *sum = __builtin_fmaf(moved, moved, *sum);
        }
    }
    v->sum = 0;
    for (size_t b = 0; b < n_blocks; b++) v->sum += lanes_sum(lane[b]);
    free(z);
    free(lane);
}

/* Padding included. */
static inline void assert_same(const bens_params *params, const vectors *x,
                               const vectors *y)
{
    const size_t size = params->n * sizeof(float);
    assert_memory_equal(x->theta, y->theta, size);
    assert_memory_equal(x->m, y->m, size);
    assert_memory_equal(x->v, y->v, size);
    assert_memory_equal(x->grad, y->grad, size);
    assert_memory_equal(x->s, y->s, size);
    assert_memory_equal(&x->sum, &y->sum, sizeof x->sum);
}

/* `steps` steps from `first` on, both ways. */
static inline void compare(const subject *of, const void *settings, const int64_t *sizes,
                           uint64_t first, int steps)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(sizes);
    vectors plain = make_vectors(&params);
    bens_rng at = {.seed = 0x123456789abcdef, .step = first, .chain = 17};
    for (int k = 0; k < steps; k++, at.step++)
        plain_step(of, settings, &params, &at, &plain);
    assert_true(isfinite(plain.sum) && plain.sum > 0);
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        vectors v = make_vectors(&params);
        at.step = first;
        for (int k = 0; k < steps; k++, at.step++)
            of->step(settings, be, &params, &at, &v);
        assert_same(&params, &v, &plain);
        free_vectors(&v);
    }
    free_vectors(&plain);
    bens_params_release(&params);
}

/* A divergence must be seen in the sum, wherever it is. */
static inline void assert_tells_of_nan(const subject *of, const void *settings)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(mixed);
    const bens_tensor *t = &params.tensors[6];
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        int k = 0; /* all four: theta or gradient, NaN or infinite */
        for (size_t e = 4; e < 160000; e = e * 7 + 1, k++) {
            vectors v = make_vectors(&params);
            of->step(settings, be, &params, &(bens_rng){0}, &v);
            assert_true(isfinite(v.sum));
            float *x = k & 2 ? v.grad : v.theta;
            x[e < t->size ? t->offset + e : 0] = k & 1 ? (float)INFINITY : NAN;
            of->step(settings, be, &params, &(bens_rng){0}, &v);
            assert_true(!isfinite(v.sum));
            free_vectors(&v);
        }
    }
    bens_params_release(&params);
}

#endif
