#include "models/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 256 }; /* of a block */

typedef struct {
    const bens_backend *be;
    const bens_data *data;
    const bens_likelihood *likelihood;
    bens_likelihood_at_theta at;
    bool has_parameter; /* the likelihood's own ... */
    size_t parameter;   /* ... its offset in the arena, behind the network */
    size_t n;           /* of the arena */
    bens_graph *graph;
    int64_t rows, F, K; /* of a block; features; outputs */
    float *x, *dout;    /* [rows][F]; [rows][K] */
    int32_t *label;     /* [rows], or NULL */
    float *y;           /* [rows], or NULL */
    float *part;        /* [n] the gradient of a block behind the first */
} network;

void bens_network_check_outputs(bens_graph *graph, int64_t given, int64_t needed)
{
    if (given != 0 && given != needed)
        bens_graph_refuse(graph,
                          "outputs: wanted %lld, as the likelihood needs for these data, "
                          "found %lld",
                          (long long)needed, (long long)given);
}

static bens_status build(const bens_model_setup *setup, bens_params *params, network *w)
{
    const bens_data *d = w->data;
    bens_shape shape = {.rank = d->rank};
    memcpy(shape.dim, d->dim, sizeof shape.dim);
    BENS_TRY(bens_graph_create(setup->be, params, &w->graph));
    const bens_node x = bens_graph_input(w->graph, shape);
    const bens_node out = setup->model->build(w->graph, setup->options, x, w->K);
    BENS_TRY(bens_likelihood_add_parameter(setup->likelihood, setup->likelihood_options,
                                           params, &w->has_parameter, &w->parameter));
    w->n = params->n;
    const bens_status s = bens_graph_plan(w->graph, out, w->rows);
    return s == BENS_OK ? s
                        : bens_error_set(s, "[model] %s: %s", setup->model->name,
                                         bens_error_text());
}

static bens_status allocate(network *w)
{
    const size_t rows = (size_t)w->rows;
    BENS_TRY(bens_alloc(rows * (size_t)w->F, sizeof *w->x, &w->x));
    BENS_TRY(bens_alloc(rows * (size_t)w->K, sizeof *w->dout, &w->dout));
    if (w->data->label != NULL) BENS_TRY(bens_alloc(rows, sizeof *w->label, &w->label));
    if (w->data->y != NULL) BENS_TRY(bens_alloc(rows, sizeof *w->y, &w->y));
    if (w->data->n_rows <= w->rows) return BENS_OK;
    return bens_alloc(w->n, sizeof *w->part, &w->part);
}

static bens_status check_rows(const bens_model *model, const void *options,
                              const bens_data *data, float *x)
{
    const bens_rows all = {.n = data->n_rows};
    for (int64_t first = 0; first < all.n; first += MOST_ROWS) {
        const int64_t n = all.n - first < MOST_ROWS ? all.n - first : MOST_ROWS;
        bens_data_gather(data, &all, first, n, x);
        BENS_TRY(model->check(options, x, first, n, data->n_features));
    }
    return BENS_OK;
}

bens_status bens_network_check(const bens_model *model, const void *options,
                               const bens_data *data)
{
    float *x = NULL;
    if (model->check == NULL || data == NULL) return BENS_OK;
    BENS_TRY(bens_alloc(MOST_ROWS * (size_t)data->n_features, sizeof *x, &x));
    const bens_status s = check_rows(model, options, data, x);
    free(x);
    return s;
}

static bens_status fill(const bens_model_setup *setup, bens_params *params, network *w)
{
    w->be = setup->be;
    w->data = setup->data;
    w->likelihood = setup->likelihood;
    w->at =
        (bens_likelihood_at_theta){.be = setup->be, .options = setup->likelihood_options};
    w->F = setup->data->n_features;
    w->rows = setup->batch < MOST_ROWS ? setup->batch : MOST_ROWS;
    BENS_TRY(setup->likelihood->outputs(setup->data, &w->K));
    BENS_TRY(build(setup, params, w));
    BENS_TRY(allocate(w));
    return bens_network_check(setup->model, setup->options, w->data);
}

bens_status bens_network_create(const bens_model_setup *setup, bens_params *params,
                                void **state)
{
    network *w;
    BENS_TRY(bens_alloc(1, sizeof *w, &w));
    const bens_status s = fill(setup, params, w);
    if (s == BENS_OK)
        *state = w;
    else
        bens_network_destroy(w);
    return s;
}

void bens_network_destroy(void *state)
{
    network *w = state;
    if (w == NULL) return;
    bens_graph_destroy(w->graph);
    free(w->x);
    free(w->dout);
    free(w->label);
    free(w->y);
    free(w->part);
    free(w);
}

static double sd_of_y(const bens_data *d)
{
    const double n = (double)d->n_rows;
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < d->n_rows; i++) mean += (double)d->y[i] / n;
    for (int64_t i = 0; i < d->n_rows; i++) {
        const double deviation = (double)d->y[i] - mean;
        squares += deviation * deviation;
    }
    return sqrt(squares / n);
}

void bens_network_init(const void *state, const bens_params *params, const bens_rng *at,
                       float *theta)
{
    const network *w = state;
    bens_graph_init(params, w->be, at, theta);
    if (w->has_parameter) theta[w->parameter] = w->likelihood->start(sd_of_y(w->data));
}

static bens_y gather(network *w, const bens_rows *rows, int64_t first, int64_t n)
{
    bens_data_gather(w->data, rows, first, n, w->x);
    bens_data_gather_targets(w->data, rows, first, n, w->label, w->y);
    return (bens_y){.label = w->label, .value = w->y};
}

static void add_block(network *w, const float *theta, const bens_batch *batch,
                      int64_t first, double *value, float *grad, double *dparameter)
{
    const bens_rows *rows = &batch->rows;
    const int64_t n = rows->n - first < w->rows ? rows->n - first : w->rows;
    const bens_y y = gather(w, rows, first, n);
    const float *out;
    double part = 0;

    bens_graph_forward(w->graph, theta, w->x, n, grad != NULL, &out);
    w->likelihood->log_lik(&w->at, out, w->K, &y, n, value == NULL ? NULL : &part,
                           grad == NULL ? NULL : w->dout, dparameter);
    if (value != NULL) *value += part;
    if (grad == NULL) return;
    bens_graph_backward(w->graph, theta, w->dout, first == 0 ? grad : w->part,
                        first > 0 || batch->grad_left, NULL, NULL);
    if (first > 0) w->be->add(w->part, w->n, grad);
}

bens_status bens_network_log_lik(void *state, const float *theta, const bens_batch *batch,
                                 double *value, float *grad)
{
    network *w = state;
    double dparameter = 0;

    if (w->has_parameter) w->at.parameter = theta[w->parameter];
    if (value != NULL) *value = 0;
    if (grad != NULL && batch->rows.n == 0) memset(grad, 0, w->n * sizeof *grad);
    for (int64_t first = 0; first < batch->rows.n; first += w->rows)
        add_block(w, theta, batch, first, value, grad, &dparameter);
    if (grad != NULL && w->has_parameter) grad[w->parameter] = (float)dparameter;
    return BENS_OK;
}

bens_status bens_network_outputs(const void *state, bens_params *table)
{
    const network *w = state;
    return w->has_parameter
               ? bens_params_add(table, w->likelihood->derived, 0, NULL, NULL)
               : BENS_OK;
}

void bens_network_output(void *state, const float *theta, float *out)
{
    const network *w = state;
    if (w->has_parameter) out[0] = w->likelihood->derive(theta[w->parameter]);
}

bens_status bens_network_forward(void *state, const float *theta, const float *x,
                                 int64_t n, float *out)
{
    network *w = state;
    for (int64_t first = 0; first < n; first += w->rows) {
        const int64_t rows = n - first < w->rows ? n - first : w->rows;
        const float *y;
        bens_graph_forward(w->graph, theta, x + first * w->F, rows, false, &y);
        memcpy(out + first * w->K, y, (size_t)(rows * w->K) * sizeof *out);
    }
    return BENS_OK;
}
