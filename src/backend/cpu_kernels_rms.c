/* cpu_kernels_rms.c - the fused update with a mass for every element (backend.h). */
#include "backend/cpu_arena.h"
#include "backend/cpu_kernels.h"

typedef struct {
    const bens_params *params;
    float *theta, *m, *v;
    const float *grad;
    const bens_langevin *each;
    bens_vf scale, beta, rest, unbias, lambda; /* rest: 1 - beta */
} update;

typedef bens_langevin_vf coefficients;

BENS_HD coefficients coefficients_of(const update *u, int tensor)
{
    return bens_v_langevin(u->params, tensor, &u->each[tensor]);
}

/* Bits of a kind of update. */
enum { NOISE = 1, MOMENTA = 2, ADAPTS = 4 };

/* d of the elements from e on; v moves if the masses adapt. */
BENS_HD bens_vf drift(const update *u, size_t e, bens_vf g, const int32_t *mask, int kind)
{
    bens_vf v = bens_v_load(u->v + e);
    if (kind & ADAPTS) {
        const bens_vf old = v;
        v = bens_v_fma(u->beta, old, u->rest * g * g);
        bens_v_store(u->v + e, bens_v_taken(mask, v, old));
    }
    const bens_vf mass = u->lambda + bens_v_sqrt(u->unbias * v);
    return bens_v_splat(1) / bens_v_sqrt(mass);
}

BENS_HD void update_vector(const update *u, const coefficients *c, size_t e,
                           const float *z, const int32_t *mask, int kind, bens_vf *sum)
{
    const bens_vf zero = bens_v_splat(0);
    const bens_vf theta = bens_v_load(u->theta + e), grad = bens_v_load(u->grad + e);
    const bens_vf g = bens_v_gradient(u->scale, grad, c->decay, theta);
    const bens_vf d = drift(u, e, g, mask, kind), h = d * g;
    const bens_vf kick = kind & NOISE ? c->s * bens_v_load(z) : zero;
    bens_vf moved, x;
    if (kind & MOMENTA) {
        const bens_vf m = bens_v_load(u->m + e);
        moved = bens_v_fma(c->a, m, bens_v_fma(c->b, h, kick));
        x = bens_v_fma(c->r, moved, bens_v_fma(c->q, h, c->p * m));
        x = bens_v_fma(d, x, theta);
        bens_v_store(u->m + e, bens_v_taken(mask, moved, m));
    } else {
        moved = x = bens_v_fma(d, bens_v_fma(c->q, h, kick), theta);
    }
    bens_v_store(u->theta + e, bens_v_taken(mask, x, theta));
    moved = bens_v_taken(mask, moved, zero);
    *sum = bens_v_fma(moved, moved, *sum);
}

#include "backend/cpu_update.h"

static double block_of_kind(const void *context, size_t block)
{
    const job *j = context;
    switch (j->kind) {
    case 0:
        return update_block(j, block, 0);
    case NOISE:
        return update_block(j, block, NOISE);
    case MOMENTA:
        return update_block(j, block, MOMENTA);
    case MOMENTA | NOISE:
        return update_block(j, block, MOMENTA | NOISE);
    case ADAPTS:
        return update_block(j, block, ADAPTS);
    case ADAPTS | NOISE:
        return update_block(j, block, ADAPTS | NOISE);
    case ADAPTS | MOMENTA:
        return update_block(j, block, ADAPTS | MOMENTA);
    default:
        return update_block(j, block, ADAPTS | MOMENTA | NOISE);
    }
}

void BENS_KERNEL(rms)(const bens_params *params, float *theta, float *m, float *v,
                      const float *grad, double scale, const bens_langevin *c,
                      const bens_rms *rms, const bens_rng *at, double *sum_m2)
{
    const int noise = bens_makes_noise(params, c) ? NOISE : 0;
    const int kind = noise | (m != NULL ? MOMENTA : 0) | (rms->beta != 1 ? ADAPTS : 0);
    const update u = {.params = params,
                      .theta = theta,
                      .m = m,
                      .v = v,
                      .grad = grad,
                      .each = c,
                      .scale = bens_v_splat((float)scale),
                      .beta = bens_v_splat((float)rms->beta),
                      .rest = bens_v_splat((float)(1 - rms->beta)),
                      .unbias = bens_v_splat((float)rms->unbias),
                      .lambda = bens_v_splat((float)rms->lambda)};
    *sum_m2 = update_all(&u, kind, at, block_of_kind);
}
