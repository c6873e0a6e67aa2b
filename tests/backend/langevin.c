/* backend/langevin: the fused update against a plain loop in the documented order of
 * operations, bit for bit, on every instruction set, with 1 and 2 threads. */
#include "backend/levels.h"

#include "core/kernels.h"

static const int64_t mixed[] = {5, 130, 1, 8199, 16, 127, 150000, 3, 0};
static const int64_t pima[] = {8, 0}, with_bias[] = {8, 1, 0}, full[] = {64, 0};
static const int64_t wide[] = {40, 20, 0}, over[] = {65, 0};

static const bens_langevin underdamped = {.9, .01, .02, .1, .2, .3};
static const bens_langevin overdamped = {.s = .02, .q = .2};

/* Every second tensor has a normal prior. */
static bens_params make_params(const int64_t *sizes)
{
    bens_params params = {.n_data = 768};
    for (int i = 0; sizes[i] != 0; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        bens_tensor *t;
        assert_int_equal(bens_params_add(&params, name, 1, &sizes[i], &t), BENS_OK);
        if (i % 2 == 0) t->prior = (bens_prior){BENS_PRIOR_NORMAL, 0.37 + i};
    }
    return params;
}

typedef struct {
    float *theta, *m, *grad;
    double sum;
} vectors;

/* Values in the tensors; the padding is 0, but of grad it is trash that must not
 * matter. */
static vectors make_vectors(const bens_params *params)
{
    vectors v = {0};
    assert_int_equal(bens_alloc(params->n, sizeof(float), &v.theta), BENS_OK);
    assert_int_equal(bens_alloc(params->n, sizeof(float), &v.m), BENS_OK);
    assert_int_equal(bens_alloc(params->n, sizeof(float), &v.grad), BENS_OK);
    some_of(v.grad, params->n, 3);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        some_of(v.theta + t->offset, t->size, 1 + (uint64_t)i);
        some_of(v.m + t->offset, t->size, 100 + (uint64_t)i);
    }
    v.sum = -7;
    return v;
}

static void free_vectors(vectors *v)
{
    free(v->theta);
    free(v->m);
    free(v->grad);
}

/* backend.h, one element. */
static float plain_element(const bens_langevin *c, float scale, float decay, float grad,
                           float z, float *theta, float *m)
{
    const float a = (float)c->a, b = (float)c->b, s = (float)c->s, p = (float)c->p,
                q = (float)c->q, r = (float)c->r;
    const float g = __builtin_fmaf(scale, grad, decay * *theta);
    if (m == NULL) {
        const float start = c->s != 0 ? __builtin_fmaf(s, z, *theta) : *theta;
        return *theta = __builtin_fmaf(q, g, start);
    }
    const float kick = c->s != 0 ? s * z : 0;
    const float next = __builtin_fmaf(a, *m, __builtin_fmaf(b, g, kick));
    *theta = __builtin_fmaf(r, next, __builtin_fmaf(q, g, __builtin_fmaf(p, *m, *theta)));
    return *m = next;
}

static double lanes_sum(const float *x)
{
    double s[16];
    for (int i = 0; i < 16; i++) s[i] = (double)x[i];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++) s[i] += s[i + half];
    return s[0];
}

static void plain_update(const bens_params *params, vectors *v, bool with_m, double scale,
                         const bens_langevin *c, const bens_rng *at)
{
    const size_t n_blocks = (params->n + 4095) / 4096;
    float *z = malloc(params->n * sizeof *z),
          (*lane)[16] = calloc(n_blocks, sizeof *lane);
    assert_true(z != NULL && lane != NULL);
    bens_rng_normals(at, 0, params->n, z);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const float decay = (float)-(bens_prior_precision(&t->prior) / params->n_data);
        for (size_t e = t->offset; e < t->offset + t->size; e++) {
            const float moved = plain_element(c, (float)scale, decay, v->grad[e], z[e],
                                              &v->theta[e], with_m ? &v->m[e] : NULL);
            float *sum = &lane[e / 4096][e % 16];
            *sum = __builtin_fmaf(moved, moved, *sum);
        }
    }
    v->sum = 0;
    for (size_t b = 0; b < n_blocks; b++) v->sum += lanes_sum(lane[b]);
    free(z);
    free(lane);
}

static void assert_same(const bens_params *params, const vectors *x, const vectors *y)
{
    assert_memory_equal(x->theta, y->theta, params->n * sizeof(float));
    assert_memory_equal(x->m, y->m, params->n * sizeof(float));
    assert_memory_equal(&x->sum, &y->sum, sizeof x->sum);
}

/* `steps` steps from `first` on, both ways. ahead: with a bens_noise. */
static void compare(const int64_t *sizes, const bens_langevin *c, bool with_m, bool ahead,
                    uint64_t first, int steps)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(sizes);
    vectors plain = make_vectors(&params);
    bens_rng at = {.seed = 0x123456789abcdef, .step = first, .chain = 17};
    for (int k = 0; k < steps; k++, at.step++)
        plain_update(&params, &plain, with_m, 1. / 768, c, &at);
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        vectors v = make_vectors(&params);
        bens_noise noise = {0};
        at.step = first;
        for (int k = 0; k < steps; k++, at.step++)
            be->langevin(&params, v.theta, with_m ? v.m : NULL, v.grad, 1. / 768, c, &at,
                         ahead ? &noise : NULL, &v.sum);
        assert_same(&params, &v, &plain);
        bens_noise_release(&noise);
        free_vectors(&v);
    }
    free_vectors(&plain);
    bens_params_release(&params);
}

static void large_arenas(void **state)
{
    bens_langevin still = underdamped, cold = overdamped;
    (void)state;
    still.s = cold.s = 0;
    compare(mixed, &underdamped, true, true, 5, 2);
    compare(mixed, &still, true, false, 5, 2);
    compare(mixed, &overdamped, false, false, 1, 2);
    compare(mixed, &cold, false, true, 1, 2);
    compare(over, &underdamped, true, true, 77, 3);
}

/* 70 steps cross two windows of noise made ahead; the second start crosses the low word
 * of the step. */
static void small_arenas(void **state)
{
    const int64_t *const arenas[] = {pima, with_bias, full, wide};
    bens_langevin still = underdamped;
    (void)state;
    still.s = 0;
    for (int i = 0; i < 4; i++) {
        compare(arenas[i], &underdamped, true, true, 13, 70);
        compare(arenas[i], &underdamped, true, true, 0xfffffff0, 40);
        compare(arenas[i], &underdamped, true, false, 13, 3);
        compare(arenas[i], &overdamped, false, true, 13, 40);
        compare(arenas[i], &still, true, true, 13, 3);
    }
}

/* One bens_noise in changing hands: other chains, seeds, streams, steps, arenas. */
static void noise_made_ahead_is_never_stale(void **state)
{
    const bens_backend *be = cpu();
    static const bens_rng places[] = {{1, 40, 2, 0},
                                      {1, 41, 2, 0},
                                      {1, 41, 3, 0},
                                      {2, 41, 3, 0},
                                      {2, 41, 3, 2},
                                      {2, 9, 3, 2},
                                      {2, 41 + (1ULL << 40), 3, 2},
                                      {2, 41, 3, 2}};
    bens_params a = make_params(pima), b = make_params(wide);
    bens_noise noise = {0};
    (void)state;
    unsetenv("BENS_ISA");
    assert_int_equal(be->start(1), BENS_OK);
    for (size_t i = 0; i < 2 * sizeof places / sizeof places[0]; i++) {
        const bens_params *params = i % 2 == 0 ? &a : &b;
        vectors v = make_vectors(params), plain = make_vectors(params);
        be->langevin(params, v.theta, v.m, v.grad, 1, &underdamped, &places[i / 2],
                     &noise, &v.sum);
        plain_update(params, &plain, true, 1, &underdamped, &places[i / 2]);
        assert_same(params, &v, &plain);
        free_vectors(&v);
        free_vectors(&plain);
    }
    bens_noise_release(&noise);
    bens_noise_release(&noise); /* an empty one */
    bens_params_release(&a);
    bens_params_release(&b);
}

/* A divergence must be seen in the sum, wherever it is; not one in the padding. */
static void the_sum_tells_of_nan(void **state)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(mixed);
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        for (size_t e = 4; e < 160000; e = e * 3 + 1) {
            vectors v = make_vectors(&params);
            const bens_tensor *t = &params.tensors[6];
            v.grad[5] = NAN; /* padding */
            be->langevin(&params, v.theta, v.m, v.grad, 1, &underdamped, &(bens_rng){0},
                         NULL, &v.sum);
            assert_true(isfinite(v.sum));
            v.theta[e < t->size ? t->offset + e : 0] = e % 2 ? (float)INFINITY : NAN;
            be->langevin(&params, v.theta, v.m, v.grad, 1, &underdamped, &(bens_rng){0},
                         NULL, &v.sum);
            assert_true(!isfinite(v.sum));
            free_vectors(&v);
        }
    }
    bens_params_release(&params);
}

static void normals_are_those_of_rng(void **state)
{
    static const uint64_t firsts[] = {0, 1, 127, 128, 5000, (1ULL << 37) - 3, 1ULL << 45};
    static const size_t counts[] = {0, 1, 64, 127, 128, 129, 1000};
    const bens_backend *be = cpu();
    const bens_rng at = {9, 1ULL << 40, 0xffffff, BENS_STREAM_MOMENTA};
    (void)state;
    for (int i = 0; i < N_STARTS; i += 2) {
        if (!start_level(be, i)) continue;
        for (size_t k = 0; k < 49; k++) {
            const size_t n = counts[k % 7];
            float z[1001], wanted[1001];
            for (int j = 0; j < 1001; j++) z[j] = wanted[j] = 77;
            be->normals(&at, firsts[k / 7], n, z);
            bens_rng_normals(&at, firsts[k / 7], n, wanted);
            assert_memory_equal(z, wanted, sizeof z);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normals_are_those_of_rng),
        cmocka_unit_test(large_arenas),
        cmocka_unit_test(small_arenas),
        cmocka_unit_test(noise_made_ahead_is_never_stale),
        cmocka_unit_test(the_sum_tells_of_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
