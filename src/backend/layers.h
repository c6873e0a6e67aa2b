/* layers.h - the arithmetic of networks: what ops are written on, besides gemm.
 *
 * Arrays are row-major and channels come last: [row][position][channel]. All functions
 * are Local and overwrite their outputs unless they say "+=". Their bits depend on the
 * arguments alone, not on the number of threads or the instruction set: sums run in fixed
 * lanes and fixed blocks. A kernel is the type of its function here, a line in
 * layers_list.h and its source in cpu_kernels_*.c. */
#ifndef BENS_BACKEND_LAYERS_H
#define BENS_BACKEND_LAYERS_H

#include "core/activation.h"

#include <stdint.h>

/* z [rows][columns] += bias [columns] (NULL: no bias), y = f(z). y may be z: then only y
 * is left. */
typedef void bens_layer_activate(int64_t rows, int64_t columns, const float *bias,
                                 bens_activation f, float *z, float *y);

/* dz = dy f'(z) [rows][columns]; dbias [columns] = its sum over the rows (NULL: no bias).
 * z is looked at only where bens_activation_at(f)->needs_input. dz may be dy. */
typedef void bens_layer_activate_back(int64_t rows, int64_t columns, bens_activation f,
                                      const float *z, const float *y, const float *dy,
                                      float *dz, float *dbias);

/* C [m][n] = A B, or += A B: for the products of networks that a BLAS is slow at or does
 * not take, of few rows, of operands that are used often and so laid out beforehand, of
 * rows that overlap.
 *     A(i, l) = a[i a_row + l a_column]
 *     B(l, j) = b[j / 32 b_panel + l b_row + j % 32]
 * A matrix [k][n] with rows b_row apart has b_panel = 32; in panels [n / 32][k][32] of
 * columns b_row is 32. The sum over k is one of equal blocks, of at most 512; in a block
 * it runs in order, by fmaf. */
enum { BENS_PANEL = 32 };
/* Floats that a matrix [k][n] takes in panels, and where its B(l, j) is. */
static inline int64_t bens_panels_size(int64_t k, int64_t n)
{
    return (n + BENS_PANEL - 1) / BENS_PANEL * BENS_PANEL * k;
}
static inline int64_t bens_panels_at(int64_t k, int64_t l, int64_t j)
{
    return (j / BENS_PANEL * k + l) * BENS_PANEL + j % BENS_PANEL;
}
typedef struct {
    int64_t m, n, k;
    const float *a;
    int64_t a_row, a_column;
    const float *b;
    int64_t b_row, b_panel;
    float *c;
    int64_t c_row;
    bool add;
} bens_product;
typedef void bens_layer_product(const bens_product *p);

/* One step of an LSTM with H units over n rows. gates [n][4 H] are its pre-activations f,
 * i, c~, o without their bias [4 H] (NULL: none), then their values:
 *     c' = sigmoid(f) c + sigmoid(i) tanh(c~)      h = sigmoid(o) tanh(c')
 * c0 [n][H] is c (NULL: 0), c1 [n][H] is c', h [n][stride_h], H of them. */
typedef void bens_layer_lstm(int64_t n, int64_t H, const float *bias, float *gates,
                             const float *c0, float *c1, float *h, int64_t stride_h);

/* From dh [n][H] and dc [n][H], the derivatives by h and (of what comes later) by c':
 * gates becomes that by the pre-activations, dc that by c. */
typedef void bens_layer_lstm_back(int64_t n, int64_t H, float *gates, const float *c0,
                                  const float *c1, const float *dh, float *dc);

/* Windows over rows of [height][width][channels], clipped at the border: of a height and
 * a width each. */
typedef struct {
    int64_t size[2], kernel[2], stride[2], padding[2], count[2];
    int64_t channels;
} bens_windows;

/* y [n][count][channels] = the largest in each window. A NaN in it passes through. */
typedef void bens_layer_max_pool(const bens_windows *w, int64_t n, const float *x,
                                 float *y);
/* dx from dy: to the first of the largest. */
typedef void bens_layer_max_pool_back(const bens_windows *w, int64_t n, const float *x,
                                      const float *y, const float *dy, float *dx);

/* y = the sum over each window / the product of kernel; beyond the border is 0. */
typedef void bens_layer_mean_pool(const bens_windows *w, int64_t n, const float *x,
                                  float *y);
typedef void bens_layer_mean_pool_back(const bens_windows *w, int64_t n, const float *dy,
                                       float *dx);

/* A convolution (a correlation, as in PyTorch) of n images with `filters` kernels, zeros
 * beyond the border: z [n][count][filters] = sum over each window of x weight, weight
 * [filters][channels][kernel]; y = f(z + bias) as in activate: y may be z, bias NULL. All
 * three use scratch [bens_conv_scratch]. */
typedef void bens_layer_conv(const bens_windows *w, int64_t filters, int64_t n,
                             const float *x, const float *weight, const float *bias,
                             bens_activation f, float *z, float *y, float *scratch);
/* The gradients by x and by weight from that by z. */
typedef void bens_layer_conv_input(const bens_windows *w, int64_t filters, int64_t n,
                                   const float *dz, const float *weight, float *dx,
                                   float *scratch);
typedef void bens_layer_conv_weight(const bens_windows *w, int64_t filters, int64_t n,
                                    const float *x, const float *dz, float *dweight,
                                    float *scratch);
size_t bens_conv_scratch(const bens_windows *w, int64_t filters);

/* y = f(x1 + x2), and dx1 = dx2 = dy f'(x1 + x2) (one may be NULL), of n elements. */
typedef void bens_layer_sum(int64_t n, const float *x1, const float *x2,
                            bens_activation f, float *y);
typedef void bens_layer_sum_back(int64_t n, const float *x1, const float *x2,
                                 bens_activation f, const float *y, const float *dy,
                                 float *dx1, float *dx2);

/* A norm of x [n][positions][channels] and its way back; weight, bias and their gradients
 * are [channels]. What stands behind y is for the way back. */
typedef struct {
    int64_t n, positions, channels;
    float epsilon;
    bens_activation f;
    const float *x, *weight, *bias;
    float *kept; /* from forward to back */
    float *y;
    float *dy, *dx, *dweight, *dbias; /* dy is destroyed; dx may be NULL */
    float *scratch;
} bens_norm;

/* y = f(x r weight + bias) with r = 1 / sqrt(mean of x^2 over the positions + epsilon),
 * of each image and channel: the filter response norm of Singh and Krishnan (CVPR 2020),
 * an activation instead of its threshold. kept [n][channels] = r; back wants scratch
 * [bens_response_norm_scratch + 2 n channels]. */
typedef void bens_layer_response_norm(const bens_norm *p);
typedef void bens_layer_response_norm_back(const bens_norm *p);
size_t bens_response_norm_scratch(int64_t positions, int64_t channels, bens_activation f);

/* y = (x - mean) r weight + bias with r = 1 / sqrt(variance + epsilon), mean and
 * variance over the channels of a position; f is not looked at. kept [n][positions][2] =
 * mean, r. */
typedef void bens_layer_layer_norm(const bens_norm *p);
typedef void bens_layer_layer_norm_back(const bens_norm *p);

/* The kernels of one instruction set. */
typedef struct {
#define X(name) bens_layer_##name *name;
#include "backend/layers_list.h"
#undef X
} bens_layers;

#endif
