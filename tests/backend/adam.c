/* backend/adam: Adam and AdamW in one pass (arena.h).
 * PyTorch's: tests/samplers/torch.c. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_defined),
        cmocka_unit_test(the_sum_tells_of_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
