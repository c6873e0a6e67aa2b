/* problem_start.c - where a chain starts. */
#include "run/problem.h"

#include <math.h>
#include <string.h>

/* x [n] = standard normals, each at its element's place; the padding becomes 0. */
static void fill_normals(const bens_problem *p, const bens_rng *at, float *x)
{
    memset(x, 0, p->params.n * sizeof *x);
    for (int i = 0; i < p->params.n_tensors; i++) {
        const bens_tensor *t = &p->params.tensors[i];
        p->be->normals(at, t->offset, t->size, x + t->offset);
    }
}

static void start_from_prior(const bens_problem *p, const bens_rng *at, float *theta)
{
    fill_normals(p, at, theta);
    for (int i = 0; i < p->params.n_tensors; i++) {
        const bens_tensor *t = &p->params.tensors[i];
        bens_prior_from_normals(&t->prior, t->size, theta + t->offset);
    }
}

static void start_momenta(const bens_problem *p, const bens_rng *at, float *momenta)
{
    bens_step first = {0};
    bens_problem_schedule(p, 0, &first);
    const float sd = (float)sqrt(p->sigma2 * first.T);
    memset(momenta, 0, p->params.n * sizeof *momenta);
    if (p->config->init.momenta != BENS_MOMENTA_STATIONARY || !(sd > 0)) return;
    fill_normals(p, at, momenta);
    for (size_t e = 0; e < p->params.n; e++) momenta[e] *= sd;
}

bens_status bens_problem_start(const bens_problem *p, uint32_t chain, float *theta,
                               float *momenta)
{
    const bens_init_options *init = &p->config->init;
    const uint32_t shared = chain / (uint32_t)init->superchain;
    bens_rng at = {.seed = (uint64_t)p->config->run.seed,
                   .chain = shared,
                   .stream = BENS_STREAM_INIT};
    memset(theta, 0, p->params.n * sizeof *theta);
    if (p->warm != NULL)
        BENS_TRY(bens_warm_start(p->warm, &p->params, shared, theta));
    else if (strcmp(init->from, "prior") == 0)
        start_from_prior(p, &at, theta);
    else if (strcmp(init->from, "model") == 0 && p->model->init != NULL)
        p->model->init(p->state, &p->params, &at, theta);

    if (momenta == NULL) return BENS_OK;
    at.stream = BENS_STREAM_MOMENTA;
    at.chain = chain;
    start_momenta(p, &at, momenta);
    return BENS_OK;
}
