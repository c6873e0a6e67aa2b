/* backend/langevin: the fused update of every linear sampler (arena.h), with coefficients
 * and decay of each tensor, a noise scale of each element, and noise made ahead. */
#include "backend/arena.h"

#include "core/kernels.h"

static const int64_t pima[] = {8, 0}, full[] = {64, 0};
static const int64_t wide[] = {40, 20, 0}, over[] = {65, 0};

typedef struct {
    bens_langevin c[MAX_TENSORS];
    bool with_m, own_s, ahead;
} settings;

/* Tensor k has its own coefficients, and no noise where k = quiet. */
static settings make_settings(const bens_langevin *c, int quiet)
{
    settings all = {.with_m = c->a != 0};
    for (int i = 0; i < MAX_TENSORS; i++) {
        const double f = 1 + 0.1 * i;
        all.c[i] =
            (bens_langevin){c->a / f, c->b / f,     i == quiet ? 0 : c->s * f, c->p * f,
                            c->q * f, c->r * f / 2, i % 3 == 1 ? 0.02 * i : 0};
    }
    return all;
}

static const bens_langevin underdamped = {.9, .01, .02, .1, .2, .3, 0};
static const bens_langevin overdamped = {.s = .02, .q = .2};

static float element(const void *context, int tensor, double prior, size_t e, float z,
                     vectors *v)
{
    const settings *all = context;
    const bens_langevin *c = &all->c[tensor];
    const float a = (float)c->a, b = (float)c->b, p = (float)c->p, q = (float)c->q,
                r = (float)c->r, s = all->own_s ? v->s[e] : (float)c->s;
    const float decay = (float)-(-prior + c->decay), theta = v->theta[e], m = v->m[e];
    const float g = __builtin_fmaf(1.f / 768, v->grad[e], decay * theta);
    bool cold = !all->own_s;
    for (int i = 0; i < MAX_TENSORS; i++) cold &= all->c[i].s == 0;
    if (cold) z = 0;
    if (!all->with_m)
        return v->theta[e] = __builtin_fmaf(q, g, __builtin_fmaf(s, z, theta));
    const float next = __builtin_fmaf(a, m, __builtin_fmaf(b, g, s * z));
    v->theta[e] =
        __builtin_fmaf(r, next, __builtin_fmaf(q, g, __builtin_fmaf(p, m, theta)));
    return v->m[e] = next;
}

static void step(const void *context, const bens_backend *be, const bens_params *params,
                 const bens_rng *at, vectors *v)
{
    const settings *all = context;
    be->langevin(params, v->theta, all->with_m ? v->m : NULL, v->grad, 1. / 768, all->c,
                 all->own_s ? v->s : NULL, at, all->ahead ? &v->noise : NULL, &v->sum);
}

static const subject langevin = {element, step};

/* All kinds: with momenta or not; cold, with noise in some or all tensors, of its own in
 * each element. */
static void every_kind(const int64_t *sizes, bool ahead, uint64_t first, int steps)
{
    const bens_langevin *const kinds[] = {&underdamped, &overdamped};
    for (int k = 0; k < 2; k++) {
        settings warm = make_settings(kinds[k], sizes[1] != 0 ? 0 : -1), own, cold;
        warm.ahead = ahead;
        own = cold = warm;
        own.own_s = true;
        for (int i = 0; i < MAX_TENSORS; i++) cold.c[i].s = 0;
        compare(&langevin, &warm, sizes, first, steps);
        compare(&langevin, &own, sizes, first, steps);
        compare(&langevin, &cold, sizes, first, steps);
    }
}

static void large_arenas(void **state)
{
    (void)state;
    every_kind(mixed, false, 5, 2);
    every_kind(over, true, 77, 3);
}

/* 70 steps cross two windows of noise made ahead; the second start crosses the low word
 * of the step. */
static void small_arenas(void **state)
{
    const int64_t *const arenas[] = {pima, few, full, wide};
    (void)state;
    for (int i = 0; i < 4; i++) {
        every_kind(arenas[i], true, 13, 70);
        every_kind(arenas[i], true, 0xfffffff0, 40);
        every_kind(arenas[i], false, 13, 3);
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
    settings all = make_settings(&underdamped, -1);
    (void)state;
    all.ahead = true;
    unsetenv("BENS_ISA");
    assert_int_equal(be->start(1), BENS_OK);
    for (size_t i = 0; i < 2 * sizeof places / sizeof places[0]; i++) {
        const bens_params *params = i % 2 == 0 ? &a : &b;
        vectors v = make_vectors(params), plain = make_vectors(params);
        v.noise = noise;
        step(&all, be, params, &places[i / 2], &v);
        noise = v.noise;
        v.noise = (bens_noise){0};
        plain_step(&langevin, &all, params, &places[i / 2], &plain);
        assert_same(params, &v, &plain);
        free_vectors(&v);
        free_vectors(&plain);
    }
    bens_noise_release(&noise);
    bens_noise_release(&noise); /* an empty one */
    bens_params_release(&a);
    bens_params_release(&b);
}

static void the_sum_tells_of_nan(void **state)
{
    const settings with_m = make_settings(&underdamped, 0),
                   without = make_settings(&overdamped, 0);
    (void)state;
    assert_tells_of_nan(&langevin, &with_m);
    assert_tells_of_nan(&langevin, &without);
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
