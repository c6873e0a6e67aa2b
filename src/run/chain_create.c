/* chain_create.c - what a rank's chains share, and a chain at its start. */
#include "run/monitor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Local. */
static bens_status add_scratch(const bens_problem *p, bens_workspace *work)
{
    const size_t n = p->params.n;
    BENS_TRY(bens_alloc(n, sizeof *work->grad, &work->grad));
    BENS_TRY(bens_alloc(p->stored.n, sizeof *work->row, &work->row));
    BENS_TRY(bens_alloc(p->outputs.n, sizeof *work->outputs, &work->outputs));
    BENS_TRY(
        bens_alloc((size_t)p->params.n_tensors, sizeof *work->square, &work->square));
    if (p->noise >= BENS_NOISE_TENSOR)
        BENS_TRY(bens_alloc(n, sizeof *work->half, &work->half));
    work->halves = p->order;
    work->halves.n_slices *= 2;
    return bens_rows_ahead_create(&p->order, &work->rows);
}

bens_status bens_workspace_create(const bens_problem *problem, const char *comm,
                                  bens_comm *shards, bens_workspace *out)
{
    *out = (bens_workspace){.problem = problem};
    bens_status s = bens_comm_agree(shards, add_scratch(problem, out));
    if (s == BENS_OK)
        s = bens_reduce_create(comm, shards, problem->order.n_slices, problem->params.n,
                               problem->be->add, &out->reduce);
    if (s != BENS_OK) bens_workspace_release(out);
    return s;
}

void bens_workspace_release(bens_workspace *work)
{
    bens_reduce_destroy(work->reduce);
    free(work->grad);
    free(work->half);
    free(work->row);
    free(work->outputs);
    free(work->square);
    bens_rows_ahead_release(&work->rows);
    *work = (bens_workspace){0};
}

static bens_status add_vectors(const bens_problem *p, bens_chain *c)
{
    const size_t n = p->params.n;
    const int n_aux = p->config->sampler->n_aux;
    BENS_TRY(bens_alloc(n, sizeof(float), &c->theta));
    BENS_TRY(bens_alloc((size_t)n_aux + 1, sizeof(float *), &c->aux));
    for (int i = 0; i < n_aux; i++) BENS_TRY(bens_alloc(n, sizeof(float), &c->aux[i]));
    if (p->noise != BENS_NOISE_EACH) return BENS_OK;
    BENS_TRY(bens_alloc(n, sizeof(float), &c->noise_each));
    return bens_alloc(n, sizeof(float), &c->s);
}

static bens_status add_scalars(const bens_problem *p, bens_chain *c)
{
    const bens_sampler_common *common = p->config->sampler_options;
    const size_t n_tensors = (size_t)p->params.n_tensors;
    bens_scalars *s = &c->scalars;
    BENS_TRY(bens_alloc(n_tensors, sizeof *c->c, &c->c));
    BENS_TRY(bens_alloc((size_t)p->n_scalars, sizeof(double), &s->sampler));
    if (p->noise >= BENS_NOISE_TENSOR)
        BENS_TRY(bens_alloc(n_tensors, sizeof(double), &s->noise));
    if (common->mass == BENS_MASS_TENSOR)
        BENS_TRY(bens_alloc(n_tensors, sizeof(double), &s->square));
    return BENS_OK;
}

static bens_status add_watch(const bens_problem *p, bens_chain *c)
{
    if (p->monitored == NULL) return BENS_OK;
    c->watch.data = p->monitored->hash;
    return bens_alloc(bens_monitor_size(p), sizeof(double), &c->watch.average);
}

static double sum_of_squares(const bens_params *params, const float *x)
{
    double sum = 0;
    for (size_t e = 0; e < params->n; e++) sum += (double)x[e] * (double)x[e];
    return sum;
}

static bens_status start(const bens_problem *p, bens_chain *c)
{
    const bens_sampler *sampler = p->config->sampler;
    c->c_eps = c->c_T = NAN;
    BENS_TRY(
        bens_problem_start(p, c->number, c->theta, sampler->momenta ? c->aux[0] : NULL));
    if (sampler->momenta) c->scalars.m2 = sum_of_squares(&p->params, c->aux[0]);
    if (sampler->start != NULL)
        sampler->start(p->config->sampler_options, c->scalars.sampler);
    return BENS_OK;
}

bens_status bens_chain_create(bens_workspace *work, uint32_t number, bens_chain *out)
{
    *out = (bens_chain){.work = work, .number = number};
    bens_status s = add_vectors(work->problem, out);
    if (s == BENS_OK) s = add_scalars(work->problem, out);
    if (s == BENS_OK) s = add_watch(work->problem, out);
    if (s == BENS_OK) s = start(work->problem, out);
    if (s != BENS_OK) bens_chain_release(out);
    return s;
}

void bens_chain_release(bens_chain *chain)
{
    for (float **aux = chain->aux; aux != NULL && *aux != NULL; aux++) free(*aux);
    free(chain->aux);
    free(chain->theta);
    free(chain->noise_each);
    free(chain->scalars.sampler);
    free(chain->scalars.noise);
    free(chain->scalars.square);
    free(chain->watch.average);
    free(chain->c);
    free(chain->s);
    bens_noise_release(&chain->noise);
    *chain = (bens_chain){0};
}
