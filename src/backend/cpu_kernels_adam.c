/* cpu_kernels_adam.c - Adam and AdamW in one pass (backend.h). */
#include "backend/cpu_arena.h"
#include "backend/cpu_kernels.h"

typedef struct {
    const bens_params *params;
    float *theta, *m, *v;
    const float *grad;
    double decay;
    bens_vf scale, rest1, beta2, rest2, epsilon, rate, root, shrink; /* see adam below */
} update;

typedef struct {
    bens_vf decay;
} coefficients;

BENS_HD coefficients coefficients_of(const update *u, int tensor)
{
    return (coefficients){.decay = bens_v_decay(u->params, tensor, u->decay)};
}

enum { NOISE = 0, ONLY = 0 }; /* of one kind, without noise */

BENS_HD void update_vector(const update *u, const coefficients *c, size_t e,
                           const float *z, const int32_t *mask, int kind, bens_vf *sum)
{
    const bens_vf theta = bens_v_load(u->theta + e), grad = bens_v_load(u->grad + e);
    const bens_vf m = bens_v_load(u->m + e), v = bens_v_load(u->v + e);
    const bens_vf g = -bens_v_gradient(u->scale, grad, c->decay, theta);
    const bens_vf mean = bens_v_fma(u->rest1, g - m, m);
    const bens_vf square = bens_v_fma(u->beta2, v, u->rest2 * g * g);
    const bens_vf sd = bens_v_fma(u->root, bens_v_sqrt(square), u->epsilon);
    bens_vf x = bens_v_fma(u->shrink, theta, theta);
    x = bens_v_fma(u->rate, mean / sd, x);
    bens_v_store(u->m + e, bens_v_taken(mask, mean, m));
    bens_v_store(u->v + e, bens_v_taken(mask, square, v));
    bens_v_store(u->theta + e, bens_v_taken(mask, x, theta));
    x = bens_v_taken(mask, x, bens_v_splat(0));
    *sum = bens_v_fma(x, x, *sum);
    (void)z, (void)kind;
}

#include "backend/cpu_update.h"

static double block_sum(const void *context, size_t block)
{
    return update_block(context, block, ONLY);
}

void BENS_KERNEL(adam)(const bens_params *params, float *theta, float *m, float *v,
                       const float *grad, double scale, const bens_adam *adam,
                       double *sum_m2)
{
    const update u = {.params = params,
                      .theta = theta,
                      .m = m,
                      .v = v,
                      .grad = grad,
                      .decay = adam->decay,
                      .scale = bens_v_splat((float)scale),
                      .rest1 = bens_v_splat((float)(1 - adam->beta1)),
                      .beta2 = bens_v_splat((float)adam->beta2),
                      .rest2 = bens_v_splat((float)(1 - adam->beta2)),
                      .epsilon = bens_v_splat((float)adam->epsilon),
                      .rate = bens_v_splat((float)-adam->rate),
                      .root = bens_v_splat((float)(1 / adam->root)),
                      .shrink = bens_v_splat((float)-adam->shrink)};
    *sum_m2 = update_all(&u, ONLY, NULL, block_sum);
}
