/* predict_score.c - scores of the mixture, and how much they would move with other
 * members. */
#include "run/predict_replicates.h"

#include "analysis/bootstrap.h"
#include "analysis/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The mixture's own uncertainties, from sums of divergences: nothing cancels there. */
static void take_forecast(const bens_predictor *p, bens_replicate *r)
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

static void finish_replicate(const bens_predictor *p, bens_replicate *r, double *value)
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
static bens_status finish(bens_scoring *s, bens_scores *out)
{
    bens_predictor *p = s->p;
    const int n = bens_replicates_count(p);
    double(*value)[BENS_N_METRICS], one[BENS_REPLICATES];
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
static bens_status score_set(bens_scoring *s, int set, bool record)
{
    bens_predictor *p = s->p;
    const bens_forecast *f = &p->set[set];
    for (int64_t first = 0; first < f->n; first += p->block) {
        const int64_t n = f->n - first < p->block ? f->n - first : p->block;
        bens_unit *unit;
        bens_status status = bens_units_create(p, set, first, n, record, &unit);
        if (status == BENS_OK) bens_scoring_add(s, unit, set, first, n);
        if (status == BENS_OK && bens_comm_rank(p->world) == 0)
            status = bens_units_merge(p, unit, set, first, n);
        bens_units_release(unit, p->members.n_units);
        BENS_TRY(bens_comm_agree(p->world, status));
    }
    return BENS_OK;
}

bens_status bens_predictor_score(bens_predictor *p, bool record, bens_scores *out)
{
    bens_scoring s;
    bens_status status = bens_comm_agree(p->world, bens_scoring_create(p, &s));
    for (int set = 0; set < BENS_N_SETS && status == BENS_OK; set++)
        status = score_set(&s, set, record);
    if (status == BENS_OK) status = finish(&s, out);
    bens_scoring_release(&s);
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
