/* predict_model.c - the model of a run without its training data: the samples file knows
 * what is needed, and new rows are put on the scale that the training data had. */
#include "comm/share.h"
#include "models/network.h"
#include "run/diagnose_rebuild.h"
#include "run/predict_parts.h"

#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_BLOCK = 256, MOST_BLOCK = 4096, BLOCK_BYTES = 1 << 28 };

static bens_status check_plugin(const bens_config *c, const char *plugin)
{
    const bool own = strcmp(c->model->name, "plugin") == 0;
    if (own && plugin == NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "the density is a plug-in's, which is never loaded "
                                   "because a file says so: "
                                   "wanted --plugin FILE, found none");
    if (!own && plugin != NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--plugin: wanted a run of a plug-in, found one of model '%s'",
                  c->model->name);
    return BENS_OK;
}

static bens_status read_config(bens_predictor *p)
{
    const char *const plugin = p->request->plugin;
    BENS_TRY(bens_rebuilt_config(p->draws, NULL, 0, &p->config));
    BENS_TRY(check_plugin(&p->config, plugin));
    if (plugin == NULL) return BENS_OK;
    bens_config_release(&p->config);
    p->config = (bens_config){0};
    return bens_rebuilt_config_with(p->draws, plugin, &p->config);
}

static bens_status copy_doubles(const double *from, int64_t n, double **out)
{
    BENS_TRY(bens_alloc((size_t)n, sizeof **out, out));
    memcpy(*out, from, (size_t)n * sizeof **out);
    return BENS_OK;
}

/* A data set without rows that has the names of the run's. */
static bens_status fill_like(const bens_origin *o, bens_target target, bens_data *d)
{
    d->rank = o->rank;
    memcpy(d->dim, o->dim, sizeof d->dim);
    d->n_features = o->n_features;
    if (o->feature_names != NULL)
        BENS_TRY(bens_names_copy((const char *const *)o->feature_names, o->n_features,
                                 &d->feature_names));
    BENS_TRY(bens_alloc(0, sizeof *d->x, &d->x));
    if (o->x_mean != NULL) {
        BENS_TRY(copy_doubles(o->x_mean, o->n_features, &d->x_mean));
        BENS_TRY(copy_doubles(o->x_sd, o->n_features, &d->x_sd));
    }
    if (target != BENS_TARGET_CLASS) return bens_alloc(0, sizeof *d->y, &d->y);
    d->n_classes = o->n_classes;
    BENS_TRY(bens_names_copy((const char *const *)o->class_names, o->n_classes,
                             &d->class_names));
    return bens_alloc(0, sizeof *d->label, &d->label);
}

static bens_status create_like(bens_predictor *p)
{
    bens_origin origin;
    BENS_TRY(bens_origin_read(p->draws->path, &origin));
    bens_status s = bens_alloc(1, sizeof *p->like, &p->like);
    if (s == BENS_OK) s = fill_like(&origin, p->config.likelihood->target, p->like);
    bens_origin_release(&origin);
    return s;
}

static bens_status create_worker(const bens_predictor *p, bens_predict_worker *w)
{
    const bens_config *c = &p->config;
    const bens_model_setup setup = {.model = c->model,
                                    .options = c->model_options,
                                    .settings = c->model_settings,
                                    .be = bens_backend_find(c->run.backend),
                                    .data = p->like,
                                    .likelihood = c->likelihood,
                                    .likelihood_options = c->likelihood_options,
                                    .batch = 256};
    BENS_TRY(c->model->create(&setup, &w->params, &w->state));
    BENS_TRY(bens_draws_match(p->draws, &w->params));
    return bens_alloc(w->params.n, sizeof *w->theta, &w->theta);
}

/* A plug-in is promised one state and one call at a time. */
static bens_status create_workers(bens_predictor *p)
{
    const int node = bens_comm_node_size(p->world);
    int threads = p->request->threads;
    if (threads == 0) threads = omp_get_max_threads() / node;
    if (threads < 1) threads = 1;
    BENS_TRY(bens_backend_find(p->config.run.backend)->start(threads));
    p->n_workers = p->kind == BENS_PREDICTS_DENSITY ? 1 : threads;
    BENS_TRY(bens_alloc((size_t)p->n_workers, sizeof *p->worker, &p->worker));
    for (int i = 0; i < p->n_workers; i++) BENS_TRY(create_worker(p, &p->worker[i]));
    return BENS_OK;
}

static bens_status plan_model(bens_predictor *p)
{
    const bens_config *c = &p->config;
    p->n_outputs = 1;
    if (c->model->own_data) {
        p->kind = BENS_PREDICTS_DENSITY;
        return create_workers(p);
    }
    if (c->model->forward == NULL || c->likelihood == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted a model of data, "
                  "found model '%s', which predicts nothing",
                  p->draws->path, c->model->name);
    BENS_TRY(create_like(p));
    const bool classes = c->likelihood->target == BENS_TARGET_CLASS;
    p->kind = classes ? BENS_PREDICTS_CLASSES : BENS_PREDICTS_REALS;
    p->counts = c->likelihood->target == BENS_TARGET_COUNT;
    if (classes) p->n_outputs = p->like->n_classes;
    BENS_TRY(c->likelihood->outputs(p->like, &p->n_raw));
    BENS_TRY(create_workers(p));
    bens_likelihood_find_parameter(p->config.likelihood, p->config.likelihood_options,
                                   &p->worker[0].params, &p->has_parameter,
                                   &p->parameter);
    return BENS_OK;
}

/* The part of the training file that was kept for tests. */
static bens_status split_test(bens_predictor *p, bens_data **out)
{
    const bens_config *c = &p->config;
    bens_data *train = NULL;
    BENS_TRY(bens_data_open(c->source, c->source_options, &c->data.request,
                            c->likelihood->target, (uint64_t)c->run.seed, &train, out));
    const uint64_t found = train->hash;
    bens_data_destroy(train);
    if (found == p->draws->data_hash) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "'%s' has changed since the run: wanted training data with the hash "
              "%016" PRIx64 ", found %016" PRIx64 "; name the rows with --data FILE",
              c->data.request.train, p->draws->data_hash, found);
}

static bens_status open_rows(const bens_predictor *p, const char *path, bens_data **out)
{
    const bens_config *c = &p->config;
    return bens_data_open_like(c->source, c->source_options, path, c->likelihood->target,
                               p->like, out);
}

static bens_status open_data(bens_predictor *p, bens_data **out)
{
    const bens_data_request *r = &p->config.data.request;
    if (p->request->data != NULL) return open_rows(p, p->request->data, out);
    if (r->test[0] != '\0') return open_rows(p, r->test, out);
    if (r->test_fraction > 0) return split_test(p, out);
    BENS_FAIL(BENS_ERR_CONFIG, "wanted rows to predict (--data FILE), found none, "
                               "and the run has no [data] test either");
}

/* A plug-in has its own rows. */
static bens_status plan_density(bens_predictor *p)
{
    const bens_predict_request *r = p->request;
    const int64_t n = p->config.model->n_data(p->worker[0].state);
    if (r->data != NULL || r->ood != NULL || r->posterior_predictive)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: a plug-in predicts the data that it has itself: "
                  "wanted no such flag",
                  r->data != NULL  ? "--data"
                  : r->ood != NULL ? "--ood"
                                   : "--posterior-predictive");
    if (n < 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "the plug-in has no data (n_data = 0): wanted a density per datum");
    p->set[BENS_SET_DATA] = (bens_forecast){.n = n, .scored = true};
    return BENS_OK;
}

static bens_status check_rows(const bens_predictor *p, const char *what,
                              const bens_data *data)
{
    const bens_config *c = &p->config;
    const bens_status s = bens_network_check(c->model, c->model_options, data);
    return s == BENS_OK ? s : bens_error_set(s, "%s: %s", what, bens_error_text());
}

static bens_status read_rows(bens_predictor *p)
{
    bens_forecast *f = p->set;
    BENS_TRY(open_data(p, &f[BENS_SET_DATA].data));
    BENS_TRY(check_rows(p, "the rows to predict", f[BENS_SET_DATA].data));
    if (p->request->ood == NULL) return BENS_OK;
    BENS_TRY(open_rows(p, p->request->ood, &f[BENS_SET_OOD].data));
    return check_rows(p, "--ood", f[BENS_SET_OOD].data);
}

static bens_status plan_rows(bens_predictor *p)
{
    bens_forecast *f = p->set;
    for (int i = 0; i < BENS_N_SETS; i++)
        if (f[i].data != NULL) f[i].n = f[i].data->n_rows;
    const bens_data *d = f[BENS_SET_DATA].data;
    f[BENS_SET_DATA].scored = d->label != NULL || d->y != NULL;
    if (!f[BENS_SET_DATA].scored && p->request->log_likelihood)
        BENS_FAIL(BENS_ERR_CONFIG, "--log-likelihood: wanted rows with the target, found "
                                   "a file without it");
    return BENS_OK;
}

bens_status bens_predictor_create(const bens_predict_request *request, bens_comm *world,
                                  bens_predictor *out)
{
    *out = (bens_predictor){.request = request, .world = world};
    BENS_TRY(bens_draws_open(request->run, &out->draws));
    BENS_TRY(bens_predictor_name_file(out));
    BENS_TRY(read_config(out));
    return plan_model(out);
}

/* The first rank of a node reads for all of them. */
bens_status bens_predictor_open(bens_predictor *p)
{
    if (p->kind == BENS_PREDICTS_DENSITY)
        return bens_comm_agree(p->world, plan_density(p));
    BENS_TRY(bens_comm_node(p->world, &p->node, BENS_OK));
    bens_status s = bens_comm_rank(p->node) == 0 ? read_rows(p) : BENS_OK;
    for (int i = 0; i < BENS_N_SETS; i++)
        s = bens_data_share(p->node, &p->set[i].data, s);
    if (s == BENS_OK) s = plan_rows(p);
    return bens_comm_agree(p->world, s);
}

/* Doubles of one row in the units, about. */
static int64_t row_values(const bens_predictor *p)
{
    const int64_t n = p->members.n_units;
    if (p->kind == BENS_PREDICTS_CLASSES) return n * (p->n_outputs + 3);
    return n * 6 + 2 * BENS_CRPS_MEMBERS;
}

static bens_status allocate_worker(const bens_predictor *p, bens_predict_worker *w)
{
    const size_t n = (size_t)p->block;
    BENS_TRY(bens_alloc(n * (size_t)p->n_raw, sizeof *w->out, &w->out));
    BENS_TRY(bens_alloc(n * (size_t)p->n_outputs, sizeof *w->mean, &w->mean));
    BENS_TRY(bens_alloc(n, sizeof *w->variance, &w->variance));
    BENS_TRY(bens_alloc(n, sizeof *w->each, &w->each));
    return bens_alloc(n, sizeof *w->row, &w->row);
}

static bens_status allocate_forecast(const bens_predictor *p, bens_forecast *f)
{
    const size_t n = (size_t)f->n;
    BENS_TRY(bens_alloc(n * (size_t)p->n_outputs, sizeof *f->mean, &f->mean));
    BENS_TRY(bens_alloc(n, sizeof *f->total, &f->total));
    BENS_TRY(bens_alloc(n, sizeof *f->noise, &f->noise));
    return bens_alloc(n, sizeof *f->model, &f->model);
}

bens_status bens_predictor_allocate(bens_predictor *p)
{
    const int64_t fit = BLOCK_BYTES / ((int64_t)sizeof(double) * row_values(p));
    p->block = fit / LEAST_BLOCK * LEAST_BLOCK;
    if (p->block < LEAST_BLOCK) p->block = LEAST_BLOCK;
    if (p->block > MOST_BLOCK) p->block = MOST_BLOCK;
    for (int i = 0; i < p->n_workers; i++) BENS_TRY(allocate_worker(p, &p->worker[i]));
    for (int i = 0; i < BENS_N_SETS; i++)
        if (p->set[i].n > 0) BENS_TRY(allocate_forecast(p, &p->set[i]));
    return BENS_OK;
}

static void release_worker(const bens_model *model, bens_predict_worker *w)
{
    if (w->state != NULL) model->destroy(w->state);
    bens_params_release(&w->params);
    free(w->theta);
    free(w->out);
    free(w->mean);
    free(w->variance);
    free(w->each);
    free(w->row);
}

void bens_predictor_release(bens_predictor *p)
{
    for (int i = 0; i < p->n_workers && p->worker != NULL; i++)
        release_worker(p->config.model, &p->worker[i]);
    free(p->worker);
    for (int i = 0; i < BENS_N_SETS; i++) {
        bens_data_destroy(p->set[i].data);
        free(p->set[i].mean);
        free(p->set[i].total);
        free(p->set[i].noise);
        free(p->set[i].model);
    }
    bens_members_release(&p->members);
    bens_rectangle_release(&p->cells);
    bens_predictions_close(p->file);
    bens_comm_destroy(p->node);
    bens_data_destroy(p->like);
    bens_config_release(&p->config);
    bens_draws_close(p->draws);
    *p = (bens_predictor){0};
}
