/* predict_write.c - predictions.h5 of a run. */
#include "run/predict_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the spec of the file points to. */
typedef struct {
    const char *metric[BENS_N_METRICS];
    int64_t *chain; /* [n_chains] numbers */
    char members[128];
} spec_texts;

/* --output, or predictions.h5 beside samples.h5. */
static bens_status choose_path(bens_predictor *p)
{
    static const char name[] = "predictions.h5";
    const char *const given = p->request->output, *const samples = p->draws->path;
    const char *const slash = strrchr(samples, '/');
    const size_t folder = slash == NULL ? 0 : (size_t)(slash - samples) + 1;
    const size_t length = given != NULL ? strlen(given) : folder + sizeof name;
    if (length >= sizeof p->path)
        BENS_FAIL(BENS_ERR_IO, "the path '%.100s...' is too long",
                  given != NULL ? given : samples);
    if (given != NULL) {
        memcpy(p->path, given, length + 1);
        return BENS_OK;
    }
    memcpy(p->path, samples, folder);
    memcpy(p->path + folder, name, sizeof name);
    return BENS_OK;
}

bens_status bens_predictor_name_file(bens_predictor *p)
{
    BENS_TRY(choose_path(p));
    return bens_comm_rank(p->world) == 0 ? bens_predictions_check(p->path) : BENS_OK;
}

static const char *path_of_data(const bens_predictor *p)
{
    const bens_data_request *r = &p->config.data.request;
    if (p->request->data != NULL) return p->request->data;
    if (p->kind == BENS_PREDICTS_DENSITY) return p->request->plugin;
    return r->test[0] != '\0' ? r->test : r->train;
}

static void fill_rows(const bens_predictor *p, bens_predictions_spec *spec)
{
    const bens_forecast *f = &p->set[BENS_SET_DATA];
    spec->n_obs = f->n;
    spec->n_ood = p->set[BENS_SET_OOD].n;
    spec->n_outputs = p->n_outputs;
    if (f->data != NULL) {
        spec->obs_label = f->data->label;
        spec->obs_value = f->data->y;
        spec->data_hash = f->data->hash;
    }
    if (p->kind == BENS_PREDICTS_CLASSES) {
        spec->class_names = (const char *const *)p->like->class_names;
        spec->n_bins = f->scored ? BENS_RELIABILITY_BINS : 0;
    }
}

static bens_predictions_spec make_spec(const bens_predictor *p, spec_texts *texts)
{
    const bens_predict_request *r = p->request;
    bens_predictions_spec spec = {.kind = p->kind,
                                  .metric = texts->metric,
                                  .n_repeats = r->repeats,
                                  .posterior_predictive = r->posterior_predictive,
                                  .log_likelihood = r->log_likelihood,
                                  .n_chains = p->cells.n_rows,
                                  .n_draws = p->cells.n_draws,
                                  .chain = texts->chain,
                                  .draw = p->cells.draw,
                                  .version = r->version,
                                  .config = p->draws->config,
                                  .argv = r->argv,
                                  .run = p->draws->path,
                                  .data = path_of_data(p),
                                  .ood = r->ood,
                                  .members = texts->members,
                                  .n_members = p->members.n,
                                  .seed = p->draws->seed};
    fill_rows(p, &spec);
    for (bens_metric m = 0; m < BENS_N_METRICS; m++)
        if (bens_metric_applies(p, m))
            texts->metric[spec.n_metrics++] = bens_metric_name(p, m);
    return spec;
}

static bens_status plan_cells(bens_predictor *p, spec_texts *texts)
{
    const bens_predict_request *r = p->request;
    bens_members_describe(&p->members, &r->members, texts->members,
                          sizeof texts->members);
    if (!r->posterior_predictive && !r->log_likelihood) return BENS_OK;
    BENS_TRY(bens_rectangle_create(&p->members, p->draws->n_draws, &p->cells));
    BENS_TRY(bens_alloc((size_t)p->cells.n_rows, sizeof *texts->chain, &texts->chain));
    for (int64_t i = 0; i < p->cells.n_rows; i++)
        texts->chain[i] = p->draws->first_chain + p->cells.row[i];
    return BENS_OK;
}

bens_status bens_predictor_open_file(bens_predictor *p)
{
    spec_texts texts = {0};
    bens_predictions_spec spec = {0};
    char *name = p->temporary;
    size_t size = sizeof p->temporary;
    bens_status s = plan_cells(p, &texts);
    if (s == BENS_OK) {
        spec = make_spec(p, &texts);
        if (bens_comm_rank(p->world) == 0)
            s = bens_predictions_create(p->path, &spec, p->temporary);
        if (s != BENS_OK) p->temporary[0] = '\0';
    }
    s = bens_comm_broadcast(p->world, 0, &name, &size, s);
    if (s == BENS_OK && name != p->temporary) {
        memcpy(p->temporary, name, sizeof p->temporary);
        free(name);
    }
    if (s == BENS_OK) s = bens_predictions_open(p->temporary, &spec, &p->file);
    free(texts.chain);
    return bens_comm_agree(p->world, s);
}

static bens_status put_forecast(bens_predictor *p, const char *group,
                                const bens_forecast *f)
{
    const size_t n = (size_t)f->n;
    bens_predictions *const to = p->file;
    if (n == 0) return BENS_OK;
    if (p->kind == BENS_PREDICTS_DENSITY)
        return bens_predictions_put(to, group, "log_density", 0, n, f->total);
    const bool classes = p->kind == BENS_PREDICTS_CLASSES;
    BENS_TRY(bens_predictions_put(to, group, classes ? "p" : "mean", 0,
                                  n * (size_t)p->n_outputs, f->mean));
    BENS_TRY(
        bens_predictions_put(to, group, classes ? "tu" : "var_total", 0, n, f->total));
    BENS_TRY(
        bens_predictions_put(to, group, classes ? "au" : "var_noise", 0, n, f->noise));
    BENS_TRY(
        bens_predictions_put(to, group, classes ? "eu" : "var_model", 0, n, f->model));
    for (size_t i = 0; i < n && !classes; i++) {
        const double sd = sqrt(f->total[i]);
        BENS_TRY(bens_predictions_put(to, group, "sd", i, 1, &sd));
    }
    return BENS_OK;
}

static bens_status put_scores(bens_predictor *p, const bens_scores *scores)
{
    const int64_t n_repeats = p->request->repeats;
    bens_predictions *const to = p->file;
    uint64_t n = 0, k = 0;
    for (bens_metric m = 0; m < BENS_N_METRICS; m++) n += bens_metric_applies(p, m);
    for (bens_metric m = 0; m < BENS_N_METRICS; m++) {
        if (!bens_metric_applies(p, m)) continue;
        const bens_summed_score all = bens_scores_sum(scores, n_repeats, m);
        BENS_TRY(bens_predictions_put(to, "scores", "value", k, 1, &all.mean));
        BENS_TRY(bens_predictions_put(to, "scores", "mcse", k, 1, &all.error));
        if (n_repeats > 1)
            BENS_TRY(bens_predictions_put(to, "scores", "sd", k, 1, &all.sd));
        for (int64_t i = 0; i < n_repeats && n_repeats > 1; i++)
            BENS_TRY(bens_predictions_put(to, "scores", "by_repeat", (uint64_t)i * n + k,
                                          1, &scores[i].value[m]));
        k++;
    }
    return BENS_OK;
}

/* A bin without data has neither confidence nor accuracy. */
static bens_status put_reliability(bens_predictor *p, const bens_class_sums *sums)
{
    for (uint64_t b = 0; b < BENS_RELIABILITY_BINS; b++) {
        const double n = sums->bin_n[b], confidence = sums->bin_confidence[b] / n,
                     accuracy = sums->bin_hits[b] / n;
        BENS_TRY(bens_predictions_put(p->file, "reliability", "confidence", b, 1,
                                      &confidence));
        BENS_TRY(
            bens_predictions_put(p->file, "reliability", "accuracy", b, 1, &accuracy));
        BENS_TRY(bens_predictions_put(p->file, "reliability", "count", b, 1, &n));
    }
    return BENS_OK;
}

bens_status bens_predictor_write(bens_predictor *p, const bens_scores *scores)
{
    const bens_forecast *f = p->set;
    BENS_TRY(put_forecast(p, "predictive", &f[BENS_SET_DATA]));
    BENS_TRY(put_forecast(p, "ood", &f[BENS_SET_OOD]));
    BENS_TRY(put_scores(p, scores));
    if (p->kind == BENS_PREDICTS_CLASSES && f[BENS_SET_DATA].scored)
        BENS_TRY(put_reliability(p, &scores[0].sums));
    BENS_TRY(bens_predictions_sync(p->file));
    return bens_predictions_publish(p->path, p->temporary);
}
