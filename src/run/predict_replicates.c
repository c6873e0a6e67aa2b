/* predict_replicates.c - which members each replicate has, and its way through the rows. */
#include "run/predict_replicates.h"

#include "analysis/bootstrap.h"

#include <stdlib.h>

static bool pairs_matter(const bens_predictor *p)
{
    return p->kind == BENS_PREDICTS_REALS && !p->counts && p->set[BENS_SET_DATA].scored;
}

/* Units of a cluster are drawn together. */
static void draw_weights(const bens_predictor *p, int number, double *weight)
{
    const bens_members *m = &p->members;
    double drawn[BENS_MOST_UNITS];
    if (number > 0)
        bens_bootstrap_weights(p->draws->seed, (uint64_t)number, (size_t)m->n_clusters,
                               drawn);
    for (int64_t u = 0; u < m->n_units; u++)
        weight[u] = number > 0 ? drawn[m->cluster[u]] : 1;
}

static bens_status create_replicate(const bens_predictor *p, int number,
                                    bens_replicate *r)
{
    const size_t n_units = (size_t)p->members.n_units;
    BENS_TRY(bens_alloc(n_units, sizeof *r->weight, &r->weight));
    BENS_TRY(bens_alloc((size_t)p->n_outputs, sizeof *r->p, &r->p));
    draw_weights(p, number, r->weight);
    for (int i = 0; i < BENS_N_SETS && p->set[BENS_SET_OOD].n > 0; i++) {
        BENS_TRY(bens_alloc((size_t)p->set[i].n, sizeof(double), &r->tu[i]));
        BENS_TRY(bens_alloc((size_t)p->set[i].n, sizeof(double), &r->eu[i]));
    }
    return BENS_OK;
}

int bens_replicates_count(const bens_predictor *p)
{
    return p->members.n_clusters > 1 ? 1 + BENS_REPLICATES : 1;
}

bens_status bens_scoring_create(bens_predictor *p, bens_scoring *s)
{
    const size_t n_units = (size_t)p->members.n_units;
    *s = (bens_scoring){.p = p,
                        .first = bens_comm_rank(p->world),
                        .stride = bens_comm_size(p->world)};
    for (int i = s->first; i < bens_replicates_count(p); i += s->stride) s->n++;
    BENS_TRY(bens_alloc((size_t)s->n, sizeof *s->own, &s->own));
    for (int i = 0; i < s->n; i++)
        BENS_TRY(create_replicate(p, s->first + i * s->stride, &s->own[i]));
    if (!pairs_matter(p)) return BENS_OK;
    BENS_TRY(
        bens_alloc(BENS_REPLICATE_ROWS * n_units * n_units, sizeof *s->pairs, &s->pairs));
    return bens_alloc(BENS_REPLICATE_ROWS * n_units, sizeof *s->selves, &s->selves);
}

void bens_scoring_release(bens_scoring *s)
{
    for (int i = 0; i < s->n && s->own != NULL; i++) {
        bens_replicate *r = &s->own[i];
        free(r->weight);
        free(r->p);
        for (int k = 0; k < BENS_N_SETS; k++) {
            free(r->tu[k]);
            free(r->eu[k]);
        }
    }
    free(s->own);
    free(s->pairs);
    free(s->selves);
}

void bens_scoring_add(bens_scoring *s, const bens_unit *unit, int set, int64_t first,
                      int64_t n)
{
    for (int64_t at = 0; at < n; at += BENS_REPLICATE_ROWS) {
        const int64_t end = at + BENS_REPLICATE_ROWS < n ? at + BENS_REPLICATE_ROWS : n;
        if (s->pairs != NULL && set == BENS_SET_DATA)
            bens_scoring_pair(s, unit, n, at, end);
#pragma omp parallel for schedule(static) num_threads(s->p->n_workers)
        for (int k = 0; k < s->n; k++)
            for (int64_t i = at; i < end; i++)
                bens_replicate_add(s, &s->own[k], unit, set, first, i);
    }
}
