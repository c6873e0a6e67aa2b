#include "run/monitor.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are predicted together. Fixed, and who has which block is no matter: products
 * of other shapes have other bits. */
enum { BLOCK = 256 };

struct bens_monitor {
    const bens_problem *problem;
    bens_comm *shards;
    bens_questions questions;
    bens_answers answers; /* in `said` */
    double *said;         /* [n_said] the answers, one array behind the other */
    int n_said;
    int64_t n_outputs; /* of the model, a row */
    bool has_parameter;
    size_t parameter; /* of the likelihood: its offset in theta */
    float *x, *out;   /* [BLOCK][features], [BLOCK][n_outputs] */
};

bens_questions bens_monitor_questions(const bens_problem *p)
{
    const bens_data *d = p->monitored;
    return (bens_questions){.n = (size_t)d->n_rows,
                            .n_classes = (size_t)d->n_classes,
                            .label = d->label,
                            .y = d->y};
}

/* Numbers that answer a row. */
static size_t answers_of(const bens_data *d)
{
    return d->n_classes > 0 ? 1 + (size_t)d->n_classes : 3;
}

static bens_status fill(const bens_problem *p, bens_monitor *m)
{
    const bens_data *d = p->monitored;
    const bool classes = d->n_classes > 0;
    const size_t n = (size_t)d->n_rows, each = answers_of(d);
    if (n > INT_MAX / each)
        BENS_FAIL(BENS_ERR_CONFIG, "[monitor] data: wanted at most %zu rows, found %zu",
                  INT_MAX / each, n);
    m->n_said = (int)(n * each);
    m->questions = bens_monitor_questions(p);
    BENS_TRY(p->config->likelihood->outputs(p->train, &m->n_outputs));
    BENS_TRY(bens_alloc((size_t)m->n_said, sizeof *m->said, &m->said));
    m->answers = (bens_answers){.log_density = m->said,
                                .mean = m->said + n,
                                .variance = classes ? NULL : m->said + 2 * n};
    BENS_TRY(bens_alloc(BLOCK * (size_t)d->n_features, sizeof *m->x, &m->x));
    BENS_TRY(bens_alloc(BLOCK * (size_t)m->n_outputs, sizeof *m->out, &m->out));
    bens_likelihood_find_parameter(p->config->likelihood, p->config->likelihood_options,
                                   &p->params, &m->has_parameter, &m->parameter);
    return BENS_OK;
}

bens_status bens_monitor_create(const bens_problem *problem, bens_comm *shards,
                                bens_monitor **out)
{
    bens_monitor *m;
    *out = NULL;
    if (problem->monitored == NULL) return BENS_OK;
    BENS_TRY(bens_alloc(1, sizeof *m, &m));
    *m = (bens_monitor){.problem = problem, .shards = shards};
    const bens_status s = fill(problem, m);
    if (s == BENS_OK)
        *out = m;
    else
        bens_monitor_destroy(m);
    return s;
}

void bens_monitor_destroy(bens_monitor *m)
{
    if (m == NULL) return;
    free(m->said);
    free(m->x);
    free(m->out);
    free(m);
}

size_t bens_monitor_bytes(const bens_problem *p)
{
    const bens_data *d = p->monitored;
    if (d == NULL) return 0;
    return (size_t)d->n_rows * answers_of(d) * sizeof(double) +
           BLOCK * (size_t)d->n_features * sizeof(float);
}

size_t bens_monitor_size(const bens_problem *p)
{
    const bens_data *d = p->monitored;
    return d == NULL ? 0 : bens_average_size((size_t)d->n_rows, (size_t)d->n_classes);
}

int64_t bens_monitor_next(const bens_problem *p, int64_t at)
{
    if (p->monitored == NULL) return INT64_MAX;
    return (at / p->monitor_every + 1) * p->monitor_every;
}

static bens_status answer_block(bens_monitor *m, const float *theta, int64_t first,
                                int64_t n)
{
    const bens_problem *p = m->problem;
    const bens_data *d = p->monitored;
    const bens_likelihood *l = p->config->likelihood;
    const int64_t K = d->n_classes > 0 ? d->n_classes : 1;
    double *const mean = m->said + d->n_rows + first * K;
    double *const variance = d->n_classes > 0 ? NULL : m->said + 2 * d->n_rows + first;
    const bens_rows rows = {.first = first, .n = n};
    const bens_y y = {.label = d->label == NULL ? NULL : d->label + first,
                      .value = d->y == NULL ? NULL : d->y + first};
    const bens_likelihood_at_theta at = {.be = p->be,
                                         .options = p->config->likelihood_options,
                                         .parameter =
                                             m->has_parameter ? theta[m->parameter] : 0};
    bens_data_gather(d, &rows, 0, n, m->x);
    BENS_TRY(p->model->forward(p->state, theta, m->x, n, m->out));
    l->each(&at, m->out, m->n_outputs, &y, n, m->said + first);
    l->predict(&at, m->out, m->n_outputs, n, K, mean, variance);
    return BENS_OK;
}

/* Local. The blocks of this shard; the others' rows stay 0. */
static bens_status answer(bens_monitor *m, const float *theta)
{
    const int64_t n = m->problem->monitored->n_rows, stride = bens_comm_size(m->shards);
    memset(m->said, 0, (size_t)m->n_said * sizeof *m->said);
    for (int64_t b = bens_comm_rank(m->shards); b * BLOCK < n; b += stride) {
        const int64_t left = n - b * BLOCK;
        BENS_TRY(answer_block(m, theta, b * BLOCK, left < BLOCK ? left : BLOCK));
    }
    return BENS_OK;
}

/* Collective over the shards. Each row has one number that is not 0, so that sums are
 * exact. */
static bens_status answer_all(bens_monitor *m, const bens_chain *chain)
{
    bens_status s = chain->work->failed;
    if (s == BENS_OK) s = answer(m, chain->theta);
    return bens_comm_sum(m->shards, m->said, m->n_said, s);
}

static void note(bens_chain *chain, bens_member_scores seen)
{
    chain->watch.step = chain->step;
    chain->watch.loss = seen.loss;
    chain->watch.score = seen.score;
}

bens_status bens_monitor_look(bens_monitor *m, bens_chain *chain)
{
    if (m == NULL) return BENS_OK;
    BENS_TRY(answer_all(m, chain));
    note(chain, bens_answers_score(&m->questions, &m->answers));
    return BENS_OK;
}

bens_status bens_monitor_draw(bens_monitor *m, bens_chain *chain, bool lost)
{
    bens_watch *w = &chain->watch;
    if (m == NULL) return BENS_OK;
    if (lost) {
        w->n_lost++;
        note(chain, (bens_member_scores){NAN, NAN});
        return BENS_OK;
    }
    BENS_TRY(answer_all(m, chain));
    bens_average all =
        bens_average_over(w->average, m->questions.n, m->questions.n_classes);
    note(chain, bens_average_add(&all, &m->questions, &m->answers));
    return BENS_OK;
}

bens_status bens_monitor_check(const bens_problem *p, const bens_chain *chain, int64_t n)
{
    for (int64_t i = 0; i < n && p->monitored != NULL; i++)
        if (chain[i].watch.data != p->monitored->hash)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "--resume: the rows of [monitor] data are not those that the draws "
                      "so far were judged by: wanted the hash %016llx, found %016llx",
                      (unsigned long long)chain[i].watch.data,
                      (unsigned long long)p->monitored->hash);
    return BENS_OK;
}
