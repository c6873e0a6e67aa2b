/* cpu_kernels_langevin.c - the fused update of every linear sampler (backend.h). */
#include "backend/cpu_ahead.h"
#include "backend/cpu_blocks.h"
#include "backend/cpu_kernels.h"

typedef struct {
    const bens_params *params;
    float *theta, *m;
    const float *grad, *s; /* s: NULL, or in place of the coefficients' */
    const bens_langevin *each;
    bens_vf scale;
} update;

typedef struct {
    bens_vf a, b, s, p, q, r, decay;
} coefficients;

BENS_HD coefficients coefficients_of(const update *u, int tensor)
{
    const bens_langevin *c = &u->each[tensor];
    const double precision = bens_prior_precision(&u->params->tensors[tensor].prior);
    const double decay = precision / u->params->n_data + c->decay;
    return (coefficients){.a = bens_v_splat((float)c->a),
                          .b = bens_v_splat((float)c->b),
                          .s = bens_v_splat((float)c->s),
                          .p = bens_v_splat((float)c->p),
                          .q = bens_v_splat((float)c->q),
                          .r = bens_v_splat((float)c->r),
                          .decay = bens_v_splat((float)-decay)};
}

/* Bits of a kind of update. */
enum { NOISE = 1, MOMENTA = 2, OWN_S = 4 };

BENS_HD void update_vector(const update *u, const coefficients *c, size_t e,
                           const float *z, const int32_t *mask, int kind, bens_vf *sum)
{
    const bens_vf zero = bens_v_splat(0);
    const bens_vf theta = bens_v_load(u->theta + e), grad = bens_v_load(u->grad + e);
    const bens_vf g = bens_v_fma(u->scale, grad, c->decay * theta);
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

typedef struct {
    update update;
    bens_philox_key key;
    int kind;
} job;

static double block_of_kind(const void *context, size_t block)
{
    const job *j = context;
    switch (j->kind) {
    case 0:
        return update_block(&j->update, &j->key, block, 0);
    case NOISE:
        return update_block(&j->update, &j->key, block, NOISE);
    case MOMENTA:
        return update_block(&j->update, &j->key, block, MOMENTA);
    case MOMENTA | NOISE:
        return update_block(&j->update, &j->key, block, MOMENTA | NOISE);
    case OWN_S | NOISE:
        return update_block(&j->update, &j->key, block, OWN_S | NOISE);
    default:
        return update_block(&j->update, &j->key, block, MOMENTA | OWN_S | NOISE);
    }
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

static int kind_of(const bens_params *params, const float *m, const bens_langevin *c,
                   const float *s)
{
    int kind = m != NULL ? MOMENTA : 0;
    if (s != NULL) return kind | OWN_S | NOISE;
    for (int i = 0; i < params->n_tensors; i++)
        if (c[i].s != 0) return kind | NOISE;
    return kind;
}

void BENS_KERNEL(langevin)(const bens_params *params, float *theta, float *m,
                           const float *grad, double scale, const bens_langevin *c,
                           const float *s, const bens_rng *at, bens_noise *noise,
                           double *sum_m2)
{
    const int kind = kind_of(params, m, c, s);
    const bool small = params->n <= BENS_AHEAD_MAX, with_z = (kind & NOISE) != 0;
    const update u = {.params = params,
                      .theta = theta,
                      .m = m,
                      .grad = grad,
                      .s = s,
                      .each = c,
                      .scale = bens_v_splat((float)scale)};
    const float *z =
        small && with_z && noise != NULL ? bens_ahead_get(params, at, noise) : NULL;
    if (small && (z != NULL || !with_z)) {
        *sum_m2 = small_of_kind(&u, z, kind);
        return;
    }
    job j;
    j.update = u;
    j.kind = kind;
    if (with_z) bens_philox_prepare(&j.key, at);
    *sum_m2 =
        bens_blocks_sum(block_of_kind, &j, 0, (params->n + BENS_BLOCK - 1) / BENS_BLOCK);
}
