/* predict_unit.c - what units of members say about a block of rows.
 *
 * A unit is summed by one thread of one rank, its members in their order, and units are
 * joined in theirs: so nothing depends on who made which. */
#include "run/predict_parts.h"

#include "analysis/distributions.h"
#include "analysis/mixture.h"
#include "comm/grid.h"
#include "core/kernels.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* The rows at hand, and which draw they are about. */
typedef struct {
    bens_predictor *p;
    const bens_forecast *set;
    int64_t first, n; /* rows */
    bool record;
    const float *x;  /* [n][n_features] as the model sees them; NULL for a plug-in */
    float *gathered; /* the same, owned; NULL where the data have x                */
} block;

/* Member m of n stands for others in the CRPS if a new one of BENS_CRPS_MEMBERS equal
 * parts of the list ends with it. */
static bool is_pairing(int64_t m, int64_t n)
{
    const int64_t parts = n < BENS_CRPS_MEMBERS ? n : BENS_CRPS_MEMBERS;
    return (m + 1) * parts / n > m * parts / n;
}

static bens_status create_values(const block *b, bens_unit *u)
{
    const size_t n = (size_t)b->n;
    const bool reals = b->p->kind == BENS_PREDICTS_REALS;
    if (!b->set->scored) return BENS_OK;
    u->n_values = reals ? n * (3 + 2 * (size_t)u->n_pairing) : n;
    BENS_TRY(bens_alloc(u->n_values, sizeof *u->values, &u->values));
    u->log_density = u->values;
    for (size_t i = 0; i < n; i++) u->log_density[i] = -INFINITY;
    if (!reals) return BENS_OK;
    u->below = u->values + n;
    u->distance = u->below + n;
    u->mean = u->distance + n;
    u->sd = u->mean + n * (size_t)u->n_pairing;
    return BENS_OK;
}

static bens_status create_unit(const block *b, int64_t begin, int64_t end, bens_unit *u)
{
    const bens_predictor *p = b->p;
    u->n_members = (double)(end - begin);
    for (int64_t m = begin; m < end && !p->counts; m++)
        u->n_pairing += is_pairing(m, p->members.n);
    if (p->kind == BENS_PREDICTS_CLASSES)
        BENS_TRY(
            bens_uncertainty_create((size_t)b->n, (size_t)p->n_outputs, &u->classes));
    if (p->kind == BENS_PREDICTS_REALS)
        BENS_TRY(bens_variances_create((size_t)b->n, 1, &u->reals));
    return create_values(b, u);
}

void bens_units_release(bens_unit *unit, int64_t n)
{
    for (int64_t i = 0; i < n && unit != NULL; i++) {
        bens_uncertainty_release(&unit[i].classes);
        bens_variances_release(&unit[i].reals);
        free(unit[i].values);
    }
    free(unit);
}

/* A member joins the sums that y takes part in. */
static void add_counts(const block *b, const bens_predict_worker *w, bens_unit *u)
{
    const float *y = b->set->data->y + b->first;
    for (int64_t i = 0; i < b->n; i++)
        u->below[i] += bens_poisson_cdf((double)y[i], w->mean[i]) - 0.5 * exp(w->each[i]);
}

static void add_density(const block *b, const bens_predict_worker *w, bens_unit *u)
{
    const float *y = b->set->data->y + b->first;
    for (int64_t i = 0; i < b->n; i++) {
        const double sd = sqrt(w->variance[i]), at = (double)y[i];
        const bens_mixture one = {.n_members = 1, .mean = &w->mean[i], .sd = &sd};
        u->log_density[i] =
            bens_log_add(u->log_density[i], bens_mixture_log_density(&one, at));
        u->below[i] += bens_mixture_cdf(&one, at);
        u->distance[i] += bens_normal_distance(at - w->mean[i], sd);
    }
}

static void add_pairing(const block *b, const bens_predict_worker *w, int64_t k,
                        bens_unit *u)
{
    for (int64_t i = 0; i < b->n; i++) {
        u->mean[k * b->n + i] = w->mean[i];
        u->sd[k * b->n + i] = sqrt(w->variance[i]);
    }
}

static bens_status forward(const block *b, bens_predict_worker *w, bens_unit *u)
{
    const bens_predictor *p = b->p;
    const bens_config *c = &p->config;
    const bens_data *const d = b->set->data;
    const bens_likelihood_at_theta at = {.be = bens_backend_find(c->run.backend),
                                         .options = c->likelihood_options,
                                         .parameter = p->has_parameter
                                                          ? w->theta[p->parameter]
                                                          : 0};

    BENS_TRY(c->model->forward(w->state, w->theta, b->x, b->n, w->out));
    c->likelihood->predict(&at, w->out, p->n_raw, b->n, p->n_outputs, w->mean,
                           w->variance);
    if (p->kind == BENS_PREDICTS_CLASSES)
        bens_uncertainty_add(&u->classes, 1, w->mean);
    else
        bens_variances_add(&u->reals, 1, w->mean, w->variance);
    const bool discrete = p->kind == BENS_PREDICTS_CLASSES || p->counts;
    const bool recorded = b->record && p->request->log_likelihood;
    if (!(discrete && b->set->scored) && !recorded) return BENS_OK;
    const bens_y y = {.label = d->label == NULL ? NULL : d->label + b->first,
                      .value = d->y == NULL ? NULL : d->y + b->first};
    c->likelihood->each(&at, w->out, p->n_raw, &y, b->n, w->each);
    for (int64_t i = 0; i < b->n && discrete && b->set->scored; i++)
        u->log_density[i] = bens_log_add(u->log_density[i], w->each[i]);
    return BENS_OK;
}

/* A plug-in: one row after another. */
static bens_status each_row(const block *b, bens_predict_worker *w, bens_unit *u)
{
    for (int64_t i = 0; i < b->n; i++) {
        const bens_batch one = {.rows = {.first = b->first + i, .n = 1}, .exact = true};
        BENS_TRY(
            b->p->config.model->log_lik(w->state, w->theta, &one, &w->each[i], NULL));
        u->log_density[i] = bens_log_add(u->log_density[i], w->each[i]);
    }
    return BENS_OK;
}

/* By the middles of 2^52 parts of (0, 1). */
static void simulate_counts(const block *b, const bens_rng *at, bens_predict_worker *w)
{
    for (int64_t i = 0; i < b->n; i++) {
        const uint64_t word = bens_rng_word64(at, (uint64_t)(b->first + i));
        const double part = (double)(word >> 12) * 0x1p-52 + 0x1p-53;
        w->row[i] = (float)bens_poisson_quantile(part, w->mean[i]);
    }
}

/* y as a member makes it, of row i: word i of the member's own place in the random
 * numbers. */
static void simulate(const block *b, bens_member member, bens_predict_worker *w)
{
    const bens_predictor *p = b->p;
    const bens_rng at = {.seed = p->draws->seed,
                         .step = (uint64_t)member.draw,
                         .chain = (uint32_t)(p->draws->first_chain + member.row),
                         .stream = BENS_STREAM_PREDICT};
    const int64_t K = p->n_outputs;
    if (p->kind == BENS_PREDICTS_REALS && !p->counts) {
        bens_rng_normals(&at, (uint64_t)b->first, (size_t)b->n, w->row);
        for (int64_t i = 0; i < b->n; i++)
            w->row[i] = (float)(w->mean[i] + sqrt(w->variance[i]) * (double)w->row[i]);
        return;
    }
    if (p->counts) {
        simulate_counts(b, &at, w);
        return;
    }
    for (int64_t i = 0; i < b->n; i++) {
        const uint64_t word = bens_rng_word64(&at, (uint64_t)(b->first + i));
        double left = (double)(word >> 11) * 0x1p-53;
        int32_t k = 0;
        while (k < K - 1 && (left -= w->mean[i * K + k]) >= 0) k++;
        memcpy(&w->row[i], &k, sizeof k);
    }
}

static bens_status record_member(const block *b, bens_member member,
                                 bens_predict_worker *w)
{
    const bens_predictor *p = b->p;
    const int64_t cell = bens_rectangle_find(&p->cells, member);
    const uint64_t at = (uint64_t)(cell * b->set->n + b->first);
    if (cell < 0) return BENS_OK;
    if (p->request->posterior_predictive) {
        simulate(b, member, w);
        BENS_TRY(bens_predictions_put(p->file, "posterior_predictive", "y", at,
                                      (size_t)b->n, w->row));
    }
    if (!p->request->log_likelihood) return BENS_OK;
    for (int64_t i = 0; i < b->n; i++) w->row[i] = (float)w->each[i];
    return bens_predictions_put(p->file, "log_likelihood", "y", at, (size_t)b->n, w->row);
}

/* Files and the error record are for one thread at a time. */
static bens_status add_member(const block *b, int64_t m, int64_t *k,
                              bens_predict_worker *w, bens_unit *u)
{
    bens_predictor *p = b->p;
    const bens_member member = p->members.member[m];
    bens_status s;
#pragma omp critical(bens_predict_files)
    s = bens_draws_theta(p->draws, &w->params, member.row, member.draw, w->theta);
    BENS_TRY(s);
    BENS_TRY(p->kind == BENS_PREDICTS_DENSITY ? each_row(b, w, u) : forward(b, w, u));
    if (p->counts && b->set->scored) {
        add_counts(b, w, u);
    } else if (p->kind == BENS_PREDICTS_REALS && b->set->scored) {
        add_density(b, w, u);
        if (is_pairing(m, p->members.n)) add_pairing(b, w, (*k)++, u);
    }
    if (!b->record) return BENS_OK;
#pragma omp critical(bens_predict_files)
    s = record_member(b, member, w);
    return s;
}

static bens_status fill_unit(const block *b, int64_t i, bens_predict_worker *w,
                             bens_unit *u)
{
    const int64_t *begin = &b->p->members.begin[i];
    int64_t n_pairing = 0;
    for (int64_t m = begin[0]; m < begin[1]; m++)
        BENS_TRY(add_member(b, m, &n_pairing, w, u));
    return BENS_OK;
}

/* Local. The units that this rank makes. */
static bens_status fill_units(const block *b, bens_unit *unit)
{
    bens_predictor *p = b->p;
    bens_status s = BENS_OK;
    int64_t begin, end;
    bens_grid_deal(p->members.n_units, bens_comm_size(p->world), bens_comm_rank(p->world),
                   &begin, &end);
#pragma omp parallel for schedule(dynamic) num_threads(p->n_workers)
    for (int64_t i = begin; i < end; i++) {
        const bens_status mine =
            fill_unit(b, i, &p->worker[omp_get_thread_num()], &unit[i]);
#pragma omp critical(bens_predict_status)
        if (s == BENS_OK) s = mine;
    }
    return s;
}

bens_status bens_values_share(bens_comm *world, int root, double *value, size_t n)
{
    char *bytes = (char *)value;
    size_t size = n * sizeof *value;
    if (bens_comm_size(world) == 1 || n == 0) return BENS_OK;
    BENS_TRY(bens_comm_broadcast(world, root, &bytes, &size, BENS_OK));
    if (bens_comm_rank(world) == root) return BENS_OK;
    BENS_ASSERT(size == n * sizeof *value);
    memcpy(value, bytes, size);
    free(bytes);
    return BENS_OK;
}

static bens_status share_units(const bens_predictor *p, bens_unit *unit)
{
    const int n_ranks = bens_comm_size(p->world);
    for (int rank = 0; rank < n_ranks; rank++) {
        int64_t begin, end;
        bens_grid_deal(p->members.n_units, n_ranks, rank, &begin, &end);
        for (int64_t i = begin; i < end; i++) {
            bens_unit *u = &unit[i];
            BENS_TRY(bens_values_share(p->world, rank, u->classes.values,
                                       u->classes.n_values));
            BENS_TRY(
                bens_values_share(p->world, rank, u->reals.values, u->reals.n_values));
            BENS_TRY(bens_values_share(p->world, rank, u->values, u->n_values));
        }
    }
    return BENS_OK;
}

static bens_status gather(block *b)
{
    const bens_data *const d = b->set->data;
    const bens_rows all = {.first = b->first, .n = b->n};
    if (d == NULL) return BENS_OK;
    if (d->x != NULL) {
        b->x = d->x + b->first * d->n_features;
        return BENS_OK;
    }
    BENS_TRY(
        bens_alloc((size_t)(b->n * d->n_features), sizeof *b->gathered, &b->gathered));
    bens_data_gather(d, &all, 0, b->n, b->gathered);
    b->x = b->gathered;
    return BENS_OK;
}

bens_status bens_units_create(bens_predictor *p, int set, int64_t first, int64_t n,
                              bool record, bens_unit **out)
{
    block b = {.p = p,
               .set = &p->set[set],
               .first = first,
               .n = n,
               .record = record && set == BENS_SET_DATA && p->cells.n_rows > 0};
    const int64_t n_units = p->members.n_units, *begin = p->members.begin;
    bens_unit *unit = NULL;
    *out = NULL;
    bens_status s = bens_alloc((size_t)n_units, sizeof *unit, &unit);
    if (s == BENS_OK) *out = unit;
    for (int64_t i = 0; i < n_units && s == BENS_OK; i++)
        s = create_unit(&b, begin[i], begin[i + 1], &unit[i]);
    if (s == BENS_OK) s = gather(&b);
    if (s == BENS_OK) s = fill_units(&b, unit);
    free(b.gathered);
    BENS_TRY(bens_comm_agree(p->world, s));
    return share_units(p, unit);
}

static bens_status merge_classes(const bens_predictor *p, const bens_unit *unit,
                                 bens_forecast *f, int64_t first, int64_t n)
{
    bens_uncertainty all;
    const size_t K = (size_t)p->n_outputs;
    BENS_TRY(bens_uncertainty_create((size_t)n, K, &all));
    for (int64_t i = 0; i < p->members.n_units; i++)
        bens_uncertainty_merge(&all, &unit[i].classes);
    bens_uncertainty_finish(&all, f->total + first, f->noise + first, f->model + first);
    memcpy(f->mean + (size_t)first * K, all.p, (size_t)n * K * sizeof *all.p);
    bens_uncertainty_release(&all);
    return BENS_OK;
}

static bens_status merge_reals(const bens_predictor *p, const bens_unit *unit,
                               bens_forecast *f, int64_t first, int64_t n)
{
    bens_variances all;
    BENS_TRY(bens_variances_create((size_t)n, 1, &all));
    for (int64_t i = 0; i < p->members.n_units; i++)
        bens_variances_merge(&all, &unit[i].reals);
    bens_variances_finish(&all, f->total + first, f->noise + first, f->model + first);
    memcpy(f->mean + first, all.mean, (size_t)n * sizeof *all.mean);
    bens_variances_release(&all);
    return BENS_OK;
}

bens_status bens_units_merge(bens_predictor *p, const bens_unit *unit, int set,
                             int64_t first, int64_t n)
{
    bens_forecast *f = &p->set[set];
    if (p->kind == BENS_PREDICTS_CLASSES) return merge_classes(p, unit, f, first, n);
    if (p->kind == BENS_PREDICTS_REALS) return merge_reals(p, unit, f, first, n);
    for (int64_t i = 0; i < n; i++) {
        double sum = -INFINITY;
        for (int64_t u = 0; u < p->members.n_units; u++)
            sum = bens_log_add(sum, unit[u].log_density[i]);
        f->total[first + i] = sum - log((double)p->members.n);
    }
    return BENS_OK;
}
