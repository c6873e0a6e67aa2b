/* resnet20.c - the residual network of 20 layers for small images (He, Zhang, Ren and
 * Sun, "Deep residual learning", CVPR 2016, section 4.2), with a filter response norm
 * instead of the batch norm, which would make a likelihood of one image depend on the
 * others of its batch, and with silu (swish) instead of relu.
 *
 * A 3 x 3 convolution with 16 filters; three stages of three blocks of two 3 x 3
 * convolutions with 16, 32 and 64 filters, the first of the second and third stage with
 * stride 2; the mean over the positions; a linear layer. Where a block changes the shape,
 * its input passes through a 1 x 1 convolution. Names: conv1, norm1, blocks.0.conv1, ...,
 * blocks.8.norm2, fc. Images are [height][width] or [height][width][channels]. */
#include "models/network.h"

#include <stdio.h>

typedef struct {
    int64_t outputs;
} resnet20_options;

static const bens_option options[] = {
    BENS_NETWORK_OUTPUTS(resnet20_options),
    {0},
};

/* `of` is the name of what a convolution and its norm belong to, "blocks.3.". */
static bens_node conv_norm(bens_graph *g, const char *of, int number, int64_t filters,
                           int64_t kernel, int64_t stride, bens_activation f, bens_node x)
{
    char name[32];
    snprintf(name, sizeof name, "%sconv%d", of, number);
    x = bens_graph_add(g, &bens_op_conv2d, name,
                       (bens_op_options){.units = filters,
                                         .kernel = kernel,
                                         .stride = stride,
                                         .padding = kernel / 2,
                                         .without_bias = true},
                       x);
    snprintf(name, sizeof name, "%snorm%d", of, number);
    return bens_graph_add(g, &bens_op_filter_response_norm, name,
                          (bens_op_options){.activation = f}, x);
}

static bens_node block(bens_graph *g, int number, int64_t filters, int64_t stride,
                       bens_node x)
{
    const bens_activation f = BENS_ACTIVATION_silu;
    char of[24], name[32];
    snprintf(of, sizeof of, "blocks.%d.", number);
    snprintf(name, sizeof name, "%sadd", of);
    bens_node y = conv_norm(g, of, 1, filters, 3, stride, f, x);
    y = conv_norm(g, of, 2, filters, 3, 1, BENS_IDENTITY, y);
    if (stride != 1) x = conv_norm(g, of, 3, filters, 1, stride, BENS_IDENTITY, x);
    return bens_graph_add2(g, &bens_op_add, name, (bens_op_options){.activation = f}, y,
                           x);
}

static bens_node build(bens_graph *g, const void *settings, bens_node x, int64_t outputs)
{
    enum { STAGES = 3, BLOCKS = 3 };
    const resnet20_options *o = settings;
    bens_network_check_outputs(g, o->outputs, outputs);
    x = conv_norm(g, "", 1, 16, 3, 1, BENS_ACTIVATION_silu, x);
    for (int i = 0; i < STAGES * BLOCKS; i++)
        x = block(g, i, 16 << i / BLOCKS, i > 0 && i % BLOCKS == 0 ? 2 : 1, x);
    x = bens_graph_add(g, &bens_op_mean_pool2d, "pool", (bens_op_options){0}, x);
    x = bens_graph_add(g, &bens_op_flatten, "flatten", (bens_op_options){0}, x);
    return bens_graph_add(g, &bens_op_dense, "fc", (bens_op_options){.units = outputs},
                          x);
}

const bens_model bens_model_resnet20 = {
    .name = "resnet20",
    .doc = "residual network for small images, filter response norm",
    .options = options,
    .options_size = sizeof(resnet20_options),
    .build = build,
    BENS_NETWORK,
};
