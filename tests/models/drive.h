/* drive.h - the loop of a chain in a few lines: gradient, scalars, coefficients, one
 * fused step. One tensor, no schedule; a mass and a gradient noise to take off that a
 * test sets. */
#ifndef BENS_TESTS_DRIVE_H
#define BENS_TESTS_DRIVE_H

#include "models/toy.h"
#include "samplers/variant.h"

#include "samplers/linear.h"

typedef struct {
    toy *t;
    const bens_sampler *sampler;
    const void *options;
    double T, mass, noise; /* of the tensor; noise: variance, to take off */
    double scalar[1];
    int64_t adapt;
    bens_rng at; /* its step is the number of steps done */
    float *theta, *aux[2];
    double sum_m2, taken;
} drive;

/* theta and aux are zero: the test starts them. T in the sampler's units. */
static inline drive drive_make(toy *t, const variant *v, const settings *o, double T,
                               uint64_t seed)
{
    drive d = {.t = t,
               .sampler = v->sampler,
               .options = o->options,
               .T = T,
               .mass = 1,
               .at = {.seed = seed, .stream = BENS_STREAM_NOISE},
               .theta = toy_arena(t)};
    assert_int_equal(t->params.n_tensors, 1);
    for (int k = 0; k < v->sampler->n_aux; k++) d.aux[k] = toy_arena(t);
    if (v->sampler->start != NULL) v->sampler->start(o->options, d.scalar);
    return d;
}

static inline void drive_release(drive *d)
{
    free(d->theta);
    free(d->aux[0]);
    free(d->aux[1]);
}

/* Normals of mean 0 in every element, from a stream of their own. */
static inline void drive_normals(const drive *d, bens_stream stream, double sd, float *x)
{
    const bens_rng at = {.seed = d->at.seed, .stream = stream};
    const bens_tensor *all = &d->t->params.tensors[0];
    d->t->be->normals(&at, 0, all->size, x);
    for (size_t e = 0; e < all->size; e++) x[e] *= (float)sd;
}

/* The momenta of equilibrium, where there are some. */
static inline void drive_start_momenta(drive *d)
{
    const size_t n = d->t->params.tensors[0].size;
    if (d->sampler->mass == NULL) return;
    drive_normals(d, BENS_STREAM_MOMENTA, sqrt(d->sampler->mass(d->options) * d->T),
                  d->aux[0]);
    d->sum_m2 = 0;
    for (size_t e = 0; e < n; e++)
        d->sum_m2 += (double)d->aux[0][e] * (double)d->aux[0][e];
}

static inline double drive_step_size(const drive *d)
{
    return ((const bens_sampler_common *)d->options)->step_size;
}

/* t->grad at theta, of the step to come. */
static inline void drive_gradient(drive *d)
{
    const bens_batch batch = {.rows.n = 1, .at = d->at};
    assert_int_equal(d->t->model->log_lik(d->t->state, d->theta, &batch, NULL,
                                          d->t->grad),
                     BENS_OK);
}

static inline bens_langevin drive_coefficients(drive *d, const bens_step *at)
{
    const bool momenta = d->sampler->momenta;
    const bens_langevin all = d->sampler->linear(d->options, at);
    const bens_langevin c = bens_linear_with_mass(all, d->mass, momenta);
    bool clamped = false;
    const bens_langevin less = bens_linear_without_noise(c, d->noise, momenta, &clamped);
    assert_false(clamped);
    d->taken = c.s * c.s - less.s * less.s;
    return less;
}

/* From t->grad. */
static inline void drive_step(drive *d)
{
    const toy *t = d->t;
    const bens_step at = {.eps = drive_step_size(d),
                          .T = d->T,
                          .step = (int64_t)d->at.step,
                          .adapt = d->adapt,
                          .scalar = d->scalar,
                          .taken = d->taken};
    bens_langevin c;
    if (d->sampler->advance != NULL)
        d->sampler->advance(d->options, &at, d->sum_m2 / (double)t->params.n_values,
                            d->scalar);
    if (d->sampler->linear != NULL) {
        c = drive_coefficients(d, &at);
        t->be->langevin(&t->params, d->theta, d->aux[0], t->grad, 1, &c, NULL, &d->at,
                        NULL, &d->sum_m2);
    } else {
        const bens_update on = {.be = t->be,
                                .params = &t->params,
                                .theta = d->theta,
                                .aux = d->aux,
                                .grad = t->grad,
                                .scale = 1,
                                .rng = d->at,
                                .c = &c};
        d->sampler->update(d->options, &at, &on, &d->sum_m2);
    }
    d->at.step++;
}

#endif
