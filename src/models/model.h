/* model.h - a model is a log density over named parameters.
 *
 *     log p(theta | y) = log_prior(theta) + sum over i < N of log_lik_i(theta)
 *
 * bens scales (1/N, T), batches, sums over shards, adds the priors of the settings and
 * the noise. A model without data has N = 1: its whole density is the log_lik of one row,
 * and a slice of a batch that has no row has none of it.
 *
 * To add one: write models/NAME.c with `bens_model_NAME`, add X(NAME) to list.h. */
#ifndef BENS_MODELS_MODEL_H
#define BENS_MODELS_MODEL_H

#include "models/likelihood.h"
#include "ops/graph.h"

typedef struct {
    const struct bens_model *model; /* whose create() is called */
    const void *options;
    const char *const *settings; /* any_key: key, value, ..., NULL; else NULL */
    const bens_backend *be;
    const bens_data *data;             /* training data, borrowed for life; NULL: none */
    const bens_likelihood *likelihood; /* its target is that of data; NULL: none */
    const void *likelihood_options;
    int64_t batch; /* rows of the evaluations that come most often */
} bens_model_setup;

/* The rows of one evaluation (none is legal: value and gradient are 0), and its place in
 * the random numbers (for models that draw some, from a stream of their own).
 * exact = true: no noise of its own (lp at a stored draw). */
typedef struct {
    bens_rows rows;
    bens_rng at;
    bool exact;
    bool grad_left; /* nobody has written into grad since the latest call with it */
} bens_batch;

typedef struct bens_model {
    const char *name, *doc;
    const bens_option *options; /* its keys in [model], ended by {0}             */
    size_t options_size;
    bool own_density; /* [likelihood] and [prior] are refused, [data] too ...    */
    bool own_data;    /* ... but for batch and order: the model has N rows itself */
    bool any_key;     /* further keys of [model] are handed over as they are     */

    /* A network (network.h, whose functions the others then are): its ops from x, the
     * input, to `outputs` numbers a row. NULL: no network. */
    bens_node (*build)(bens_graph *graph, const void *options, bens_node x,
                       int64_t outputs);

    /* Local. Of a network: refuses rows of x [n][features] that it cannot take (tokens
     * beyond the vocabulary); `first` is the number of the first, for the message. All
     * data are looked at when they are opened (bens_network_check). NULL: takes all.
     * Errors: BENS_ERR_CONFIG. */
    bens_status (*check)(const void *options, const float *x, int64_t first, int64_t n,
                         int64_t features);

    /* Local. Adds its tensors to params; *state is what the other functions get.
     * Errors: BENS_ERR_CONFIG. */
    bens_status (*create)(const bens_model_setup *setup, bens_params *params,
                          void **state);
    void (*destroy)(void *state); /* takes NULL */

    /* Local. own_data: N; 0: no data (then N = 1). NULL otherwise. */
    int64_t (*n_data)(const void *state);

    /* Local. The start of a chain ([init] from = model) at stream INIT. theta is zeroed.
     * NULL: start from zero. */
    void (*init)(const void *state, const bens_params *params, const bens_rng *at,
                 float *theta);

    /* Local. *value = sum over the rows of log_lik; grad [n] = its gradient (overwritten;
     * of its padding, what was 0 stays 0). Each may be NULL. A NaN in theta passes
     * through. state holds scratch: one call at a time. */
    bens_status (*log_lik)(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad);

    /* Local. A log prior of the model's own: *value += it; grad [n] += factor x its
     * gradient. Each may be NULL. NULL: it has none. */
    void (*log_prior)(void *state, const float *theta, double factor, double *value,
                      float *grad);

    /* Local. Quantities that are stored beside theta: their table, and their values out
     * [outputs->n] (zeroed) at theta. NULL: none. */
    bens_status (*outputs)(const void *state, bens_params *outputs);
    void (*output)(void *state, const float *theta, float *out);

    /* Local. out [n][outputs of the likelihood] at inputs x [n][features], on the scale
     * of the training data, for `predict`. NULL: it cannot. */
    bens_status (*forward)(void *state, const float *theta, const float *x, int64_t n,
                           float *out);
} bens_model;

const bens_model *bens_model_at(size_t i);           /* NULL behind the last */
const bens_model *bens_model_find(const char *name); /* NULL if there is none */

#endif
