/* cnn_lstm.c - a classifier of texts: embedding, convolution with relu, max pooling,
 * LSTM, a linear layer on its last state. With the presets and 2 outputs it is the
 * network of 2,700,098 parameters of "Scalable Bayesian Learning with posteriors"
 * (Duffield et al., ICLR 2025), section 5.1. A row of the data is a text: tokens, whole
 * numbers from 0 to vocabulary - 1. */
#include "models/network.h"

#include <math.h>

typedef struct {
    int64_t vocabulary, embedding, filters, kernel, pool, hidden, outputs;
} cnn_lstm_options;

#define SIZE(key, value, text)                                                           \
    {                                                                                    \
        .name = #key, .kind = BENS_OPTION_INT, .preset = value, .min = 1, .max = 1e6,    \
        .offset = offsetof(cnn_lstm_options, key), .doc = text                           \
    }

static const bens_option options[] = {
    {.name = "vocabulary",
     .kind = BENS_OPTION_INT,
     .preset = "20000",
     .min = 1,
     .max = 1 << 24, /* beyond, not every whole number is a float */
     .offset = offsetof(cnn_lstm_options, vocabulary),
     .doc = "tokens are 0 ... vocabulary - 1"},
    SIZE(embedding, "128", "numbers that stand for a token"),
    SIZE(filters, "64", "of the convolution"),
    SIZE(kernel, "5", "tokens that a filter sees"),
    SIZE(pool, "4", "positions that max pooling makes one of"),
    SIZE(hidden, "128", "units of the LSTM"),
    BENS_NETWORK_OUTPUTS(cnn_lstm_options),
    {0},
};

static bens_node build(bens_graph *g, const void *settings, bens_node x, int64_t outputs)
{
    const cnn_lstm_options *o = settings;
    bens_network_check_outputs(g, o->outputs, outputs);
    x = bens_graph_add(g, &bens_op_embedding, "embedding",
                       (bens_op_options){.vocabulary = o->vocabulary,
                                         .units = o->embedding},
                       x);
    x = bens_graph_add(g, &bens_op_conv1d, "conv",
                       (bens_op_options){.units = o->filters,
                                         .kernel = o->kernel,
                                         .activation = BENS_ACTIVATION_relu},
                       x);
    x = bens_graph_add(g, &bens_op_max_pool1d, "pool",
                       (bens_op_options){.kernel = o->pool}, x);
    x = bens_graph_add(g, &bens_op_lstm, "lstm", (bens_op_options){.units = o->hidden},
                       x);
    return bens_graph_add(g, &bens_op_dense, "fc", (bens_op_options){.units = outputs},
                          x);
}

/* Tokens are looked up without a question later. */
static bens_status check(const void *settings, const float *x, int64_t first, int64_t n,
                         int64_t features)
{
    const int64_t vocabulary = ((const cnn_lstm_options *)settings)->vocabulary;
    for (int64_t i = 0; i < n * features; i++)
        if (!(x[i] >= 0 && x[i] < (float)vocabulary && x[i] == floorf(x[i])))
            BENS_FAIL(
                BENS_ERR_CONFIG,
                "[model] cnn_lstm: row %lld, position %lld: wanted a token, a whole "
                "number from 0 to %lld (vocabulary = %lld), found %g; rows and "
                "positions count from 0, and tokens want [data] standardize = false",
                (long long)(first + i / features), (long long)(i % features),
                (long long)vocabulary - 1, (long long)vocabulary, (double)x[i]);
    return BENS_OK;
}

const bens_model bens_model_cnn_lstm = {
    .name = "cnn_lstm",
    .doc = "classifier of texts: embedding, convolution, pooling, LSTM",
    .options = options,
    .options_size = sizeof(cnn_lstm_options),
    .build = build,
    .check = check,
    BENS_NETWORK,
};
