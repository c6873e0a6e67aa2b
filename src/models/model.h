/* model.h - a model is a log density over named parameters.
 *
 *     log p(theta | y) = log_prior(theta) + sum over i < N of log_lik_i(theta)
 *
 * bens scales (1/N, T), batches, sums over shards, adds the prior and the noise. A model
 * without data has N = 1: its whole density is the log_lik of one row, and a slice of a batch
 * that has no row has none of it.
 *
 * To add one: write models/NAME.c with `bens_model_NAME`, add X(NAME) to list.h. */
#ifndef BENS_MODELS_MODEL_H
#define BENS_MODELS_MODEL_H

#include "models/likelihood.h"

typedef struct {
    const void *options;
    const bens_backend *be;
    const bens_data *data;             /* training data, borrowed for life; NULL: none   */
    const bens_likelihood *likelihood; /* its target is that of data; NULL: none         */
} bens_model_setup;

/* The rows of one evaluation (none is legal: value and gradient are 0), and its place in the
 * random numbers (for models that draw some, from a stream of their own). exact = true: no
 * noise of its own (lp at a stored draw). */
typedef struct {
    bens_rows rows;
    bens_rng at;
    bool exact;
} bens_batch;

typedef struct {
    const char *name, *doc;
    const bens_option *options; /* its keys in [model], ended by {0}             */
    size_t options_size;
    bool own_density;           /* [data], [likelihood], [prior] are refused     */

    /* Local. Adds its tensors to params; *state is what the other functions get.
     * Errors: BENS_ERR_CONFIG. */
    bens_status (*create)(const bens_model_setup *setup, bens_params *params, void **state);
    void (*destroy)(void *state); /* takes NULL */

    /* Local. The start of a chain ([init] from = model) at stream INIT. theta is zeroed.
     * NULL: start from zero. */
    void (*init)(const void *state, const bens_params *params, const bens_rng *at,
                 float *theta);

    /* Local. *value = sum over the rows of log_lik; grad [n] = its gradient (overwritten,
     * padding 0). Each may be NULL. A NaN in theta passes through. state holds scratch: one
     * call at a time. */
    bens_status (*log_lik)(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad);
} bens_model;

const bens_model *bens_model_at(size_t i);           /* NULL behind the last */
const bens_model *bens_model_find(const char *name); /* NULL if there is none */

#endif
