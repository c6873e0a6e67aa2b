/* predict_score.c - scores of the mixture, and how much they would move with other
 * members.
 *
 * Replicate 0 is the mixture itself, every other one a bootstrap sample of the clusters
 * of units (Efron 1979): drawn with replacement, the mixture made again from their sums.
 * Ranks and threads share the replicates; each sums over all rows in their order, so
 * nothing depends on who does it. */
#include "run/predict_parts.h"

#include "analysis/bootstrap.h"
#include "analysis/mixture.h"
#include "analysis/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A standard error from 200 replicates is known to 5 %. */
enum { REPLICATES = 200, CHUNK = 64 /* rows between two turns of the replicates */ };

/* Sums over rows of one replicate, and its uncertainties row by row where ranks of rows
 * matter. */
typedef struct {
    double *weight; /* [n_units] how often the cluster of each was drawn             */
    bens_class_sums classes;
    bens_real_sums reals; /* classes and plug-ins: nll only                        */
    double n, total, noise, model;
    double *tu[BENS_N_SETS], *eu[BENS_N_SETS]; /* [n] of the set; NULL without --ood  */
    double *p;                                 /* [n_outputs] scratch                 */
} replicate;

typedef struct {
    bens_predictor *p;
    int first, stride, n; /* this rank's: first, first + stride, ...                  */
    replicate *own;       /* [n]                                                      */
    double *pairs;        /* [CHUNK][n_units][n_units] sums of E|Y - Y'|; or NULL     */
    double *selves;       /* [CHUNK][n_units] those of a member with itself           */
} scoring;

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

static bens_status create_replicate(const bens_predictor *p, int number, replicate *r)
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

/* One cluster cannot be resampled: then there is the mixture only. */
static int count_replicates(const bens_predictor *p)
{
    return p->members.n_clusters > 1 ? 1 + REPLICATES : 1;
}

static bens_status create(bens_predictor *p, scoring *s)
{
    const size_t n_units = (size_t)p->members.n_units;
    *s = (scoring){.p = p,
                   .first = bens_comm_rank(p->world),
                   .stride = bens_comm_size(p->world)};
    for (int i = s->first; i < count_replicates(p); i += s->stride) s->n++;
    BENS_TRY(bens_alloc((size_t)s->n, sizeof *s->own, &s->own));
    for (int i = 0; i < s->n; i++)
        BENS_TRY(create_replicate(p, s->first + i * s->stride, &s->own[i]));
    if (!pairs_matter(p)) return BENS_OK;
    BENS_TRY(bens_alloc(CHUNK * n_units * n_units, sizeof *s->pairs, &s->pairs));
    return bens_alloc(CHUNK * n_units, sizeof *s->selves, &s->selves);
}

static void release(scoring *s)
{
    for (int i = 0; i < s->n && s->own != NULL; i++) {
        replicate *r = &s->own[i];
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

/* Sums of E|Y - Y'| over the members of two units, at row i of n. */
static double pair_sum(const bens_unit *a, const bens_unit *b, int64_t n, int64_t i)
{
    double sum = 0;
    for (int64_t j = i; j < a->n_pairing * n; j += n)
        for (int64_t k = i; k < b->n_pairing * n; k += n)
            sum +=
                bens_normal_distance(a->mean[j] - b->mean[k], hypot(a->sd[j], b->sd[k]));
    return sum;
}

static void fill_pairs(scoring *s, const bens_unit *unit, int64_t n, int64_t first,
                       int64_t end)
{
    const int64_t U = s->p->members.n_units;
#pragma omp parallel for schedule(static) num_threads(s->p->n_workers)
    for (int64_t i = first; i < end; i++) {
        double *pairs = s->pairs + (i - first) * U * U,
               *self = s->selves + (i - first) * U;
        for (int64_t u = 0; u < U; u++) {
            for (int64_t v = 0; v <= u; v++)
                pairs[u * U + v] = pairs[v * U + u] = pair_sum(&unit[u], &unit[v], n, i);
            self[u] = 0;
            for (int64_t j = i; j < unit[u].n_pairing * n; j += n)
                self[u] += bens_normal_distance(0, sqrt(2) * unit[u].sd[j]);
        }
    }
}

/* E|Y - Y'| of two members drawn from all M by their weights, from Q that stand for them:
 * the pairs of two different ones are (1 - 1/M) of all. */
static double mean_pair(const scoring *s, const replicate *r, const bens_unit *unit,
                        int64_t at)
{
    const int64_t U = s->p->members.n_units;
    const double *pairs = s->pairs + at * U * U, *selves = s->selves + at * U;
    double M = 0, Q = 0, all = 0, self = 0;
    for (int64_t u = 0; u < U; u++) {
        double row = 0;
        if (r->weight[u] == 0) continue;
        for (int64_t v = 0; v < U; v++) row += r->weight[v] * pairs[u * U + v];
        all += r->weight[u] * row;
        self += r->weight[u] * selves[u];
        M += r->weight[u] * unit[u].n_members;
        Q += r->weight[u] * (double)unit[u].n_pairing;
    }
    const double different = Q > 1 ? (all - self) / (Q * (Q - 1)) : self / Q;
    return (1 - 1 / M) * different + self / Q / M;
}

static void note(replicate *r, int set, int64_t row, double total, double noise,
                 double model)
{
    if (r->tu[set] != NULL) {
        r->tu[set][row] = total;
        r->eu[set][row] = model;
    }
    if (set != BENS_SET_DATA) return;
    r->n++;
    r->total += total;
    r->noise += noise;
    r->model += model;
}

/* log of the mean density under the weights of a replicate. */
static double mean_density(const replicate *r, const bens_unit *unit, int64_t n_units,
                           double weight, int64_t i)
{
    double most = -INFINITY, sum = 0;
    for (int64_t u = 0; u < n_units; u++)
        if (r->weight[u] > 0 && !(unit[u].log_density[i] <= most))
            most = unit[u].log_density[i];
    if (!isfinite(most)) return most;
    for (int64_t u = 0; u < n_units; u++)
        if (r->weight[u] > 0) sum += r->weight[u] * exp(unit[u].log_density[i] - most);
    return most + log(sum / weight);
}

static void add_classes(const scoring *s, replicate *r, const bens_unit *unit, int set,
                        int64_t first, int64_t i)
{
    const bens_predictor *p = s->p;
    const size_t K = (size_t)p->n_outputs;
    double weight = 0, au = 0, tu = 0;
    for (size_t k = 0; k < K; k++) r->p[k] = 0;
    for (int64_t u = 0; u < p->members.n_units; u++) {
        const bens_uncertainty *c = &unit[u].classes;
        const double w = r->weight[u] * *c->weight;
        if (r->weight[u] == 0) continue;
        weight += w;
        au += r->weight[u] * c->entropy[i];
        for (size_t k = 0; k < K; k++) r->p[k] += w * c->p[(size_t)i * K + k];
    }
    for (size_t k = 0; k < K; k++) {
        r->p[k] /= weight;
        if (r->p[k] > 0) tu -= r->p[k] * log(r->p[k]);
    }
    au /= weight;
    note(r, set, first + i, tu, au, tu - au);
    const bens_forecast *f = &p->set[set];
    if (set != BENS_SET_DATA || !f->scored) return;
    bens_class_sums_add(&r->classes, r->p, &f->data->label[first + i], 1, K);
    r->reals.n++; /* from logs: p itself may be 0 where its log is -1000 */
    r->reals.nll -= mean_density(r, unit, p->members.n_units, weight, i);
}

static double total_weight(const replicate *r, const bens_unit *unit, int64_t n_units)
{
    double weight = 0;
    for (int64_t u = 0; u < n_units; u++) weight += r->weight[u] * unit[u].n_members;
    return weight;
}

/* A count is in the central interval unless P(Y <= y) or P(Y >= y) is too small: `below`
 * has half of P(Y = y). */
static void add_y(const scoring *s, replicate *r, const bens_unit *unit, double off,
                  double weight, int64_t i)
{
    const int64_t U = s->p->members.n_units;
    const double log_density = mean_density(r, unit, U, weight, i);
    const double half = s->p->counts ? 0.5 * exp(log_density) : 0;
    double below = 0, distance = 0;
    for (int64_t u = 0; u < U; u++) {
        below += r->weight[u] * unit[u].below[i];
        distance += r->weight[u] * unit[u].distance[i];
    }
    r->reals.n++;
    r->reals.nll -= log_density;
    r->reals.squares += off * off;
    r->reals.inside += fabs(below / weight - 0.5) <= BENS_COVERAGE_LEVEL / 2 + half;
    if (s->pairs == NULL) return;
    r->reals.crps += distance / weight - mean_pair(s, r, unit, i % CHUNK) / 2;
}

static void add_reals(const scoring *s, replicate *r, const bens_unit *unit, int set,
                      int64_t first, int64_t i)
{
    const int64_t U = s->p->members.n_units;
    const double weight = total_weight(r, unit, U);
    const bens_forecast *f = &s->p->set[set];
    double mean = 0, noise = 0, model = 0;
    for (int64_t u = 0; u < U; u++) {
        mean += r->weight[u] * unit[u].n_members * unit[u].reals.mean[i] / weight;
        noise += r->weight[u] * unit[u].reals.noise[i] / weight;
    }
    for (int64_t u = 0; u < U; u++) {
        const double off = unit[u].reals.mean[i] - mean;
        const double spread = unit[u].reals.spread[i] + unit[u].n_members * off * off;
        model += r->weight[u] * spread / weight;
    }
    note(r, set, first + i, noise + model, noise, model);
    if (set == BENS_SET_DATA && f->scored)
        add_y(s, r, unit, (double)f->data->y[first + i] - mean, weight, i);
}

static void add_row(const scoring *s, replicate *r, const bens_unit *unit, int set,
                    int64_t first, int64_t i)
{
    const int64_t U = s->p->members.n_units;
    if (s->p->kind == BENS_PREDICTS_CLASSES) {
        add_classes(s, r, unit, set, first, i);
    } else if (s->p->kind == BENS_PREDICTS_REALS) {
        add_reals(s, r, unit, set, first, i);
    } else {
        r->reals.n++;
        r->reals.nll -= mean_density(r, unit, U, total_weight(r, unit, U), i);
    }
}

static void add_block(scoring *s, const bens_unit *unit, int set, int64_t first,
                      int64_t n)
{
    for (int64_t at = 0; at < n; at += CHUNK) {
        const int64_t end = at + CHUNK < n ? at + CHUNK : n;
        if (s->pairs != NULL && set == BENS_SET_DATA) fill_pairs(s, unit, n, at, end);
#pragma omp parallel for schedule(static) num_threads(s->p->n_workers)
        for (int k = 0; k < s->n; k++)
            for (int64_t i = at; i < end; i++)
                add_row(s, &s->own[k], unit, set, first, i);
    }
}

/* The mixture's own uncertainties, from sums of divergences: nothing cancels there. */
static void take_forecast(const bens_predictor *p, replicate *r)
{
    const bens_forecast *d = &p->set[BENS_SET_DATA];
    if (p->kind == BENS_PREDICTS_DENSITY) return;
    r->n = r->total = r->noise = r->model = 0;
    for (int i = 0; i < BENS_N_SETS && r->tu[0] != NULL; i++) {
        memcpy(r->tu[i], p->set[i].total, (size_t)p->set[i].n * sizeof(double));
        memcpy(r->eu[i], p->set[i].model, (size_t)p->set[i].n * sizeof(double));
    }
    for (int64_t i = 0; i < d->n; i++) {
        r->n++;
        r->total += d->total[i];
        r->noise += d->noise[i];
        r->model += d->model[i];
    }
}

static void finish_replicate(const bens_predictor *p, replicate *r, double *value)
{
    const size_t n = (size_t)p->set[BENS_SET_DATA].n,
                 n_ood = (size_t)p->set[BENS_SET_OOD].n;
    const bens_class_scores c = bens_class_sums_finish(&r->classes);
    const bens_real_scores y = bens_real_sums_finish(&r->reals);
    value[BENS_NLL] = y.nll;
    value[BENS_ACCURACY] = c.accuracy;
    value[BENS_BRIER] = c.brier;
    value[BENS_ECE] = c.ece;
    value[BENS_RMSE] = y.rmse;
    value[BENS_CRPS] = y.crps;
    value[BENS_COVERAGE] = y.coverage;
    value[BENS_TOTAL] = r->total / r->n;
    value[BENS_NOISE] = r->noise / r->n;
    value[BENS_MODEL] = r->model / r->n;
    if (r->tu[0] == NULL) return;
    value[BENS_AUROC_TU] = bens_auroc(r->tu[0], n, r->tu[1], n_ood);
    value[BENS_AUROC_EU] = bens_auroc(r->eu[0], n, r->eu[1], n_ood);
    value[BENS_FPR95_TU] = bens_fpr95(r->tu[0], n, r->tu[1], n_ood);
    value[BENS_FPR95_EU] = bens_fpr95(r->eu[0], n, r->eu[1], n_ood);
}

/* Collective. What all ranks' replicates say of the scores. */
static bens_status finish(scoring *s, bens_scores *out)
{
    bens_predictor *p = s->p;
    const int n = count_replicates(p);
    double(*value)[BENS_N_METRICS], one[REPLICATES];
    bens_status status = bens_alloc((size_t)n, sizeof *value, &value);
    if (status == BENS_OK && s->first == 0) {
        out->sums = s->own[0].classes;
        take_forecast(p, &s->own[0]);
    }
    for (int k = 0; k < s->n && status == BENS_OK; k++)
        finish_replicate(p, &s->own[k], value[s->first + k * s->stride]);
    status = bens_comm_agree(p->world, status);
    for (int k = 0; k < n && status == BENS_OK; k++)
        status = bens_values_share(p->world, k % s->stride, value[k], BENS_N_METRICS);
    for (int m = 0; m < BENS_N_METRICS && status == BENS_OK; m++) {
        for (int k = 1; k < n; k++) one[k - 1] = value[k][m];
        out->value[m] = value[0][m];
        out->error[m] =
            bens_bootstrap_error(one, (size_t)n - 1, (size_t)p->members.n_clusters);
    }
    free(value);
    return status;
}

/* Collective. */
static bens_status score_set(scoring *s, int set, bool record)
{
    bens_predictor *p = s->p;
    const bens_forecast *f = &p->set[set];
    for (int64_t first = 0; first < f->n; first += p->block) {
        const int64_t n = f->n - first < p->block ? f->n - first : p->block;
        bens_unit *unit;
        bens_status status = bens_units_create(p, set, first, n, record, &unit);
        if (status == BENS_OK) add_block(s, unit, set, first, n);
        if (status == BENS_OK && bens_comm_rank(p->world) == 0)
            status = bens_units_merge(p, unit, set, first, n);
        bens_units_release(unit, p->members.n_units);
        BENS_TRY(bens_comm_agree(p->world, status));
    }
    return BENS_OK;
}

bens_status bens_predictor_score(bens_predictor *p, bool record, bens_scores *out)
{
    scoring s;
    bens_status status = bens_comm_agree(p->world, create(p, &s));
    for (int set = 0; set < BENS_N_SETS && status == BENS_OK; set++)
        status = score_set(&s, set, record);
    if (status == BENS_OK) status = finish(&s, out);
    release(&s);
    return status;
}

static const struct {
    const char *classes, *reals, *density; /* name in the file; NULL: does not apply */
    bool y, ood;                           /* it wants the target; it wants --ood */
    bool continuous;                       /* not of counts */
} metrics[BENS_N_METRICS] = {
    [BENS_NLL] = {"nll", "nll", "nll", .y = true},
    [BENS_ACCURACY] = {"accuracy", NULL, NULL, .y = true},
    [BENS_BRIER] = {"brier", NULL, NULL, .y = true},
    [BENS_ECE] = {"ece", NULL, NULL, .y = true},
    [BENS_RMSE] = {NULL, "rmse", NULL, .y = true},
    [BENS_CRPS] = {NULL, "crps", NULL, .y = true, .continuous = true},
    [BENS_COVERAGE] = {NULL, "coverage", NULL, .y = true},
    [BENS_TOTAL] = {"tu", "var_total", NULL, .y = false},
    [BENS_NOISE] = {"au", "var_noise", NULL, .y = false},
    [BENS_MODEL] = {"eu", "var_model", NULL, .y = false},
    [BENS_AUROC_TU] = {"auroc_tu", "auroc_tu", NULL, .ood = true},
    [BENS_AUROC_EU] = {"auroc_eu", "auroc_eu", NULL, .ood = true},
    [BENS_FPR95_TU] = {"fpr95_tu", "fpr95_tu", NULL, .ood = true},
    [BENS_FPR95_EU] = {"fpr95_eu", "fpr95_eu", NULL, .ood = true},
};

const char *bens_metric_name(const bens_predictor *p, bens_metric metric)
{
    return p->kind == BENS_PREDICTS_CLASSES ? metrics[metric].classes
           : p->kind == BENS_PREDICTS_REALS ? metrics[metric].reals
                                            : metrics[metric].density;
}

bool bens_metric_applies(const bens_predictor *p, bens_metric metric)
{
    return bens_metric_name(p, metric) != NULL &&
           (!metrics[metric].y || p->set[BENS_SET_DATA].scored) &&
           !(metrics[metric].continuous && p->counts) &&
           (!metrics[metric].ood || p->set[BENS_SET_OOD].n > 0);
}

bens_summed_score bens_scores_sum(const bens_scores *scores, int64_t n,
                                  bens_metric metric)
{
    bens_summed_score all = {0};
    double squares = 0, errors = 0;
    for (int64_t i = 0; i < n; i++) {
        all.mean += scores[i].value[metric] / (double)n;
        errors += scores[i].error[metric] * scores[i].error[metric] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        const double off = scores[i].value[metric] - all.mean;
        squares += off * off;
    }
    all.sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
    all.error = sqrt(errors);
    return all;
}
