/* golden.h - what the files that make.py writes are made of, and how numbers are held
 * against PyTorch's.
 *
 * Parameters and inputs stand in no file: element i of array t is shift + scale u(t, i),
 * in float32, here and in make.py, so that networks of the full size fit. */
#ifndef BENS_TESTS_GOLDEN_H
#define BENS_TESTS_GOLDEN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ops/op.h"

/* A tensor and how it was filled. Behind that the derivative of the loss by it (of an
 * output: its values): some elements, evenly spread (of a small one all), and two sums
 * over all of it. */
typedef struct {
    const char *name;
    int rank;
    int64_t shape[4];
    double scale, shift;
    double largest; /* |element|                           */
    double norm;    /* root of the sum of squares          */
    double along;   /* sum of element i times u(ALONG, i) */
    int n_samples;
    const double *sample; /* [n_samples] element i size / n_samples */
} golden_tensor;

/* A network, a batch of it, and the mean negative log-likelihood of that. */
typedef struct {
    const char *name, *model, *settings; /* key=value;key=value */
    int64_t rows;
    int rank; /* of a row of the input */
    int64_t dim[3];
    uint64_t vocabulary, classes; /* vocabulary 0: the input is no tokens */
    double loss;
    golden_tensor logits;
    int n_tensors;
    const golden_tensor *tensor;
} golden_network;

/* An op, its output y, and the derivatives of the sum of y times u(DY). */
typedef struct {
    const char *name;
    const bens_op *op;
    bens_op_options options;
    int64_t rows;
    bens_shape in;
    golden_tensor y;
    int n_tensors;
    const golden_tensor *tensor; /* the inputs (of tokens: none), those of the op */
} golden_op;

/* Arrays that are no tensors; tensor k is GOLDEN_FIRST + k. */
enum { GOLDEN_X, GOLDEN_LABELS, GOLDEN_DY, GOLDEN_ALONG, GOLDEN_FIRST };

/* 24 random bits: splitmix64 (Steele, Lea and Flood 2014) as a function. */
static inline uint32_t golden_bits(int t, size_t i)
{
    uint64_t z = (((uint64_t)t << 40) + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 40);
}

/* Uniform on [-1, 1), in steps of 2^-23. */
static inline float golden_uniform(int t, size_t i)
{
    return (float)golden_bits(t, i) * 0x1p-23f - 1;
}

/* Whole numbers 0 ... n - 1. */
static inline int golden_whole(int t, size_t i, uint64_t n)
{
    return (int)(golden_bits(t, i) * n >> 24);
}

static inline void golden_fill(int number, const golden_tensor *t, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)t->shift + (float)t->scale * golden_uniform(number, i);
}

static inline size_t golden_size(const golden_tensor *t)
{
    int64_t n = 1;
    for (int k = 0; k < t->rank; k++) n *= t->shape[k];
    return (size_t)n;
}

/* One of the sums: every element may be off in its own way. */
static inline void golden_near(const char *where, const golden_tensor *t, double error,
                               const char *what, double seen, double wanted)
{
    const double room = t->largest * error * sqrt((double)golden_size(t));
    if (!(fabs(seen - wanted) < room))
        fail_msg("%s: the %s of %s is %.8g, PyTorch's %.8g", where, what, t->name, seen,
                 wanted);
}

/* factor x [size] is PyTorch's within `error` times the largest element. Returns the
 * largest difference on that scale. */
static inline double golden_compare(const char *where, const golden_tensor *t,
                                    double error, const float *x, double factor)
{
    const size_t n = golden_size(t);
    double widest = 0, squares = 0, along = 0;
    for (int k = 0; k < t->n_samples; k++) {
        const size_t i = (size_t)k * n / (size_t)t->n_samples;
        const double value = factor * (double)x[i];
        const double off = fabs(value - t->sample[k]) / t->largest;
        if (!(off < error))
            fail_msg("%s: element %zu of %s is %.8g, PyTorch's %.8g", where, i, t->name,
                     value, t->sample[k]);
        widest = fmax(widest, off);
    }
    for (size_t i = 0; i < n; i++) {
        const double value = factor * (double)x[i];
        squares += value * value;
        along += value * (double)golden_uniform(GOLDEN_ALONG, i);
    }
    golden_near(where, t, error, "norm", sqrt(squares), t->norm);
    golden_near(where, t, error, "sum along u", along, t->along);
    return widest;
}

#endif
