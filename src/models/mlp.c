/* mlp.c - a multilayer perceptron: fc1, fc2, ..., each a weight [out, in] and a bias
 * [out]; the last is linear. Images are read as one long row. */
#include "models/network.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    bens_matrix hidden;
    int activation;
    int64_t outputs;
} mlp_options;

static const bens_option options[] = {
    {.name = "hidden",
     .kind = BENS_OPTION_MATRIX,
     .preset = "",
     .offset = offsetof(mlp_options, hidden),
     .doc = "widths of the hidden layers, e.g. 400 400; empty: none"},
    {.name = "activation",
     .kind = BENS_OPTION_CHOICE,
     .preset = "relu",
     .choices = bens_activation_choices,
     .offset = offsetof(mlp_options, activation),
     .doc = "of the hidden layers"},
    BENS_NETWORK_OUTPUTS(mlp_options),
    {0},
};

static bens_node build(bens_graph *g, const void *settings, bens_node x, int64_t outputs)
{
    const mlp_options *o = settings;
    const int64_t n_hidden = o->hidden.rows * o->hidden.columns;
    char name[32];
    bens_network_check_outputs(g, o->outputs, outputs);
    for (int64_t i = 0; i < n_hidden; i++)
        if (!(o->hidden.value[i] >= 1 && o->hidden.value[i] <= 1e9 &&
              o->hidden.value[i] == floor(o->hidden.value[i])))
            return bens_graph_refuse(
                g, "hidden: wanted whole numbers from 1 to 1e9, found %g",
                o->hidden.value[i]);
    x = bens_graph_add(g, &bens_op_flatten, "flatten", (bens_op_options){0}, x);
    for (int64_t i = 0; i <= n_hidden; i++) {
        const bool last = i == n_hidden;
        const bens_op_options layer = {.units =
                                           last ? outputs : (int64_t)o->hidden.value[i],
                                       .activation =
                                           last ? BENS_IDENTITY
                                                : (bens_activation)o->activation};
        snprintf(name, sizeof name, "fc%lld", (long long)i + 1);
        x = bens_graph_add(g, &bens_op_dense, name, layer, x);
    }
    return x;
}

const bens_model bens_model_mlp = {
    .name = "mlp",
    .doc = "multilayer perceptron",
    .options = options,
    .options_size = sizeof(mlp_options),
    .build = build,
    BENS_NETWORK,
};
