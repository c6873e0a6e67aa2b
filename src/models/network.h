/* network.h - models that are a graph of ops with a likelihood. A model's file is its
 * options, a function `build` and
 *
 *     const bens_model bens_model_NAME = {.name = ..., .options = ..., .build = build,
 *                                         BENS_NETWORK};
 *
 * Rows go through the graph in blocks of a fixed size (so that sums do not depend on who
 * works on what), one parameter of the likelihood (log_noise) stands behind the
 * network's. */
#ifndef BENS_MODELS_NETWORK_H
#define BENS_MODELS_NETWORK_H

#include "models/model.h"

bens_status bens_network_create(const bens_model_setup *setup, bens_params *params,
                                void **state);
void bens_network_destroy(void *state);
void bens_network_init(const void *state, const bens_params *params, const bens_rng *at,
                       float *theta);
bens_status bens_network_log_lik(void *state, const float *theta, const bens_batch *batch,
                                 double *value, float *grad);
bens_status bens_network_outputs(const void *state, bens_params *outputs);
void bens_network_output(void *state, const float *theta, float *out);
bens_status bens_network_forward(void *state, const float *theta, const float *x,
                                 int64_t n, float *out);

/* The key `outputs` of a model, whose settings have a field of that name. */
#define BENS_NETWORK_OUTPUTS(settings)                                                   \
    {                                                                                    \
        .name = "outputs", .kind = BENS_OPTION_INT, .preset = "auto", .min = 1,          \
        .max = 1e6, .word = "auto", .word_value = 0,                                     \
        .offset = offsetof(settings, outputs),                                           \
        .doc = "auto: as many as the likelihood needs"                                   \
    }

/* Local. The settings `outputs` of a model (0: as many as the likelihood needs) against
 * `needed`: refuses the graph if they differ. */
void bens_network_check_outputs(bens_graph *graph, int64_t given, int64_t needed);

/* Local. Refuses data that the model cannot take (bens_model.check), whatever the model.
 * Errors: BENS_ERR_CONFIG: the first such row. */
bens_status bens_network_check(const bens_model *model, const void *options,
                               const bens_data *data);

#define BENS_NETWORK                                                                     \
    .create = bens_network_create, .destroy = bens_network_destroy,                      \
    .init = bens_network_init, .log_lik = bens_network_log_lik,                          \
    .outputs = bens_network_outputs, .output = bens_network_output,                      \
    .forward = bens_network_forward

#endif
