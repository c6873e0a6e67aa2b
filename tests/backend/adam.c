/* backend/adam: Adam and AdamW in one pass (arena.h), and against PyTorch's. */
#include "backend/adam_golden.h"
#include "backend/arena.h"

static const bens_adam both = {.beta1 = .9,
                               .beta2 = .99,
                               .epsilon = 1e-6,
                               .rate = .01,
                               .root = .3,
                               .decay = .03,
                               .shrink = .002};

static float element(const void *context, int tensor, double prior, size_t e, float z,
                     vectors *x)
{
    const bens_adam *a = context;
    const float theta = x->theta[e], decay = (float)-(-prior + a->decay);
    const float g = -__builtin_fmaf(1.f / 3, x->grad[e], decay * theta);
    const float m = __builtin_fmaf((float)(1 - a->beta1), g - x->m[e], x->m[e]);
    const float v =
        __builtin_fmaf((float)a->beta2, x->v[e], (float)(1 - a->beta2) * g * g);
    const float sd = __builtin_fmaf((float)(1 / a->root), sqrtf(v), (float)a->epsilon);
    const float shrunk = __builtin_fmaf((float)-a->shrink, theta, theta);
    x->m[e] = m;
    x->v[e] = v;
    (void)tensor, (void)z;
    return x->theta[e] = __builtin_fmaf((float)-a->rate, m / sd, shrunk);
}

static void step(const void *context, const bens_backend *be, const bens_params *params,
                 const bens_rng *at, vectors *x)
{
    be->adam(params, x->theta, x->m, x->v, x->grad, 1. / 3, context, &x->sum);
    (void)at;
}

static const subject adam = {element, step};

static void as_defined(void **state)
{
    (void)state;
    compare(&adam, &both, mixed, 0, 2);
    compare(&adam, &both, few, 0, 40);
}

static void the_sum_tells_of_nan(void **state)
{
    (void)state;
    assert_tells_of_nan(&adam, &both);
}

/* adam_golden.py's path: decay as Adam's, shrink as AdamW's. Its float64 and our float32
 * differ by 5e-7 at most, near -4, where five roundings make 6e-7; the bound is four times
 * the difference seen. A wrong bias correction, decay or epsilon shows from 1e-4 on. */
static void path_of_torch(const double golden[5][4], double decay, double shrink)
{
    static const float slope[4] = {.5f, -3, 1e-3f, 0};
    static const float first[4] = {1, -.5f, 2, -4};
    static const int64_t shape = 4;
    const bens_backend *be = cpu();
    bens_params params = {.n_data = 1};
    assert_int_equal(bens_params_add(&params, "x", 1, &shape, NULL), BENS_OK);
    vectors x = make_vectors(&params);
    memcpy(x.theta, first, sizeof first);
    memset(x.m, 0, params.n * sizeof *x.m);
    memset(x.v, 0, params.n * sizeof *x.v);
    assert_int_equal(be->start(1), BENS_OK);
    for (int t = 1; t <= 5; t++) {
        const bens_adam at = {.beta1 = .9,
                              .beta2 = .99,
                              .epsilon = 1e-6,
                              .rate = .01 / (1 - pow(.9, t)),
                              .root = sqrt(1 - pow(.99, t)),
                              .decay = decay,
                              .shrink = shrink};
        for (int i = 0; i < 4; i++)
            x.grad[i] = -(slope[i] * (float)t + .25f * x.theta[i]);
        be->adam(&params, x.theta, x.m, x.v, x.grad, 1, &at, &x.sum);
        for (int i = 0; i < 4; i++)
            assert_true(fabs((double)x.theta[i] - golden[t - 1][i]) < 2e-6);
    }
    free_vectors(&x);
    bens_params_release(&params);
}

static void as_torch(void **state)
{
    (void)state;
    path_of_torch(golden_adam, .1, 0);
    path_of_torch(golden_adamw, 0, .01 * .1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_defined),
        cmocka_unit_test(as_torch),
        cmocka_unit_test(the_sum_tells_of_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
