/* backend/rms: the fused update with a mass for every element (arena.h). */
#include "backend/arena.h"

typedef struct {
    bens_langevin c[MAX_TENSORS];
    bens_rms rms;
    bool with_m, cold;
} settings;

static settings make_settings(bool with_m, bool cold, double beta)
{
    settings all = {.rms = {beta, 1 / (1 - .9), 1e-3}, .with_m = with_m, .cold = cold};
    for (int i = 0; i < MAX_TENSORS; i++) {
        const double f = 1 + 0.1 * i, s = cold ? 0 : .02 * f,
                     decay = i % 3 == 1 ? .02 : 0;
        all.c[i] = with_m ? (bens_langevin){.9 / f, .01, s, .1 * f, .2, .3 / f, decay}
                          : (bens_langevin){.s = s, .q = .2 * f, .decay = decay};
    }
    return all;
}

static float element(const void *context, int tensor, double prior, size_t e, float z,
                     vectors *x)
{
    const settings *all = context;
    const bens_langevin *c = &all->c[tensor];
    const float a = (float)c->a, b = (float)c->b, p = (float)c->p, q = (float)c->q,
                r = (float)c->r, s = (float)c->s, decay = (float)-(-prior + c->decay);
    const float beta = (float)all->rms.beta, rest = (float)(1 - all->rms.beta);
    const float unbias = (float)all->rms.unbias, lambda = (float)all->rms.lambda;
    const float theta = x->theta[e], m = x->m[e];
    const float g = __builtin_fmaf(.25f, x->grad[e], decay * theta);
    if (all->rms.beta != 1) x->v[e] = __builtin_fmaf(beta, x->v[e], rest * g * g);
    const float d = 1 / sqrtf(lambda + sqrtf(unbias * x->v[e])), h = d * g;
    if (all->cold) z = 0;
    if (!all->with_m)
        return x->theta[e] = __builtin_fmaf(d, __builtin_fmaf(q, h, s * z), theta);
    const float next = __builtin_fmaf(a, m, __builtin_fmaf(b, h, s * z));
    const float way = __builtin_fmaf(r, next, __builtin_fmaf(q, h, p * m));
    x->theta[e] = __builtin_fmaf(d, way, theta);
    return x->m[e] = next;
}

static void step(const void *context, const bens_backend *be, const bens_params *params,
                 const bens_rng *at, vectors *x)
{
    const settings *all = context;
    be->rms(params, x->theta, all->with_m ? x->m : NULL, x->v, x->grad, .25, all->c,
            &all->rms, at, &x->sum);
}

static const subject rms = {element, step};

/* With momenta or not, with noise or not; v moves, and stays. */
static void every_kind(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++) {
        const settings all = make_settings(k & 1, k & 2, k & 4 ? 1 : .9);
        compare(&rms, &all, mixed, 5, 2);
        compare(&rms, &all, few, 0xfffffffe, 4);
    }
}

static void the_sum_tells_of_nan(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        const settings all = make_settings(k & 1, false, k & 2 ? 1 : .9);
        assert_tells_of_nan(&rms, &all);
    }
}

/* Where the masses stay, whatever the gradient is. */
static void v_stays(void **state)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(mixed);
    const settings all = make_settings(true, false, 1);
    (void)state;
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(be, i)) continue;
        vectors x = make_vectors(&params), before = make_vectors(&params);
        for (size_t e = 0; e < params.n; e++) x.grad[e] = NAN;
        step(&all, be, &params, &(bens_rng){0}, &x);
        assert_memory_equal(x.v, before.v, params.n * sizeof *x.v);
        free_vectors(&x);
        free_vectors(&before);
    }
    bens_params_release(&params);
}

/* A mass that is 1 in every element (v stays 0, lambda = 1) is none: the bits of the
 * update of linear samplers, where the two do not round
 * differently (p = q = 0, r = 1). */
static void mass_one_is_langevin(void **state)
{
    const bens_backend *be = cpu();
    bens_params params = make_params(mixed);
    settings all = make_settings(true, false, 1);
    const bens_rng at = {.seed = 3, .step = 9};
    (void)state;
    all.rms.lambda = 1;
    for (int i = 0; i < MAX_TENSORS; i++) {
        all.c[i].p = all.c[i].q = 0;
        all.c[i].r = 1; /* products of 1 are exact */
    }
    assert_int_equal(be->start(1), BENS_OK);
    vectors x = make_vectors(&params), y = make_vectors(&params);
    memset(x.v, 0, params.n * sizeof *x.v);
    memset(y.v, 0, params.n * sizeof *y.v);
    step(&all, be, &params, &at, &x);
    be->langevin(&params, y.theta, y.m, y.grad, .25, all.c, NULL, &at, NULL, &y.sum);
    assert_same(&params, &x, &y);
    free_vectors(&x);
    free_vectors(&y);
    bens_params_release(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(the_sum_tells_of_nan),
        cmocka_unit_test(v_stays),
        cmocka_unit_test(mass_one_is_langevin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
