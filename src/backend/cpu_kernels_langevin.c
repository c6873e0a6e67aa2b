/* cpu_kernels_langevin.c - the fused update of every linear sampler (backend.h). */
#include "backend/cpu_ahead.h"
#include "backend/cpu_arena.h"
#include "backend/cpu_kernels.h"

typedef struct {
    const bens_params *params;
    float *theta, *m;
    const float *grad, *s; /* s: NULL, or in place of the coefficients' */
    const bens_langevin *each;
    bens_vf scale;
} update;

typedef bens_langevin_vf coefficients;

BENS_HD coefficients coefficients_of(const update *u, int tensor)
{
    return bens_v_langevin(u->params, tensor, &u->each[tensor]);
}

/* Bits of a kind of update. */
enum { NOISE = 1, MOMENTA = 2, OWN_S = 4 };

BENS_HD void update_vector(const update *u, const coefficients *c, size_t e,
                           const float *z, const int32_t *mask, int kind, bens_vf *sum)
{
    const bens_vf zero = bens_v_splat(0);
    const bens_vf theta = bens_v_load(u->theta + e), grad = bens_v_load(u->grad + e);
    const bens_vf g = bens_v_gradient(u->scale, grad, c->decay, theta);
    const bens_vf s = kind & OWN_S ? bens_v_load(u->s + e) : c->s;
    const bens_vf noise = kind & NOISE ? bens_v_load(z) : zero;
    bens_vf moved, x;
    if (kind & MOMENTA) {
        const bens_vf m = bens_v_load(u->m + e), kick = kind & NOISE ? s * noise : zero;
        moved = bens_v_fma(c->a, m, bens_v_fma(c->b, g, kick));
        x = bens_v_fma(c->p, m, theta);
        x = bens_v_fma(c->r, moved, bens_v_fma(c->q, g, x));
        bens_v_store(u->m + e, bens_v_taken(mask, moved, m));
    } else {
        x = kind & NOISE ? bens_v_fma(s, noise, theta) : theta;
        moved = x = bens_v_fma(c->q, g, x);
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
    case OWN_S | NOISE:
        return update_block(j, block, OWN_S | NOISE);
    default:
        return update_block(j, block, MOMENTA | OWN_S | NOISE);
    }
}

/* An arena without blocks and threads, its normals given (NULL: none). */
BENS_HD double update_small(const update *of, const float *z, int kind)
{
    const update u = *of;
    bens_vf sum[BENS_VECTORS] = {{0}};
    cursor at;
    cursor_set(&at, &u, 0);
    update_span(&u, &at, 0, u.params->n, z, kind, sum);
    return bens_vectors_sum(sum);
}

BENS_HD double small_of_kind(const update *u, const float *z, int kind)
{
    switch (kind) {
    case 0:
        return update_small(u, NULL, 0);
    case NOISE:
        return update_small(u, z, NOISE);
    case MOMENTA:
        return update_small(u, NULL, MOMENTA);
    case MOMENTA | NOISE:
        return update_small(u, z, MOMENTA | NOISE);
    case OWN_S | NOISE:
        return update_small(u, z, OWN_S | NOISE);
    default:
        return update_small(u, z, MOMENTA | OWN_S | NOISE);
    }
}

void BENS_KERNEL(langevin)(const bens_params *params, float *theta, float *m,
                           const float *grad, double scale, const bens_langevin *c,
                           const float *s, const bens_rng *at, bens_noise *noise,
                           double *sum_m2)
{
    const bool small = params->n <= BENS_AHEAD_MAX;
    const bool with_z = s != NULL || bens_makes_noise(params, c);
    const int kind =
        (with_z ? NOISE : 0) | (s != NULL ? OWN_S : 0) | (m != NULL ? MOMENTA : 0);
    const update u = {.params = params,
                      .theta = theta,
                      .m = m,
                      .grad = grad,
                      .s = s,
                      .each = c,
                      .scale = bens_v_splat((float)scale)};
    const float *z =
        small && with_z && noise != NULL ? bens_ahead_get(params, at, noise) : NULL;
    *sum_m2 = small && (z != NULL || !with_z) ? small_of_kind(&u, z, kind)
                                              : update_all(&u, kind, at, block_of_kind);
}
