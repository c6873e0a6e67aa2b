#include "models/affine.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 }; /* rows of a product: fixed, because sums run block by block */

const bens_option bens_affine_table[] = {
    {.name = "intercept",
     .kind = BENS_OPTION_BOOL,
     .preset = "false",
     .offset = offsetof(bens_affine_options, intercept),
     .doc = "adds the tensor bias"},
    {0},
};

static void set_axis(bens_axis *axis, const char *name, int64_t n,
                     const char *const *labels)
{
    *axis = (bens_axis){.n = n, .labels = labels};
    memcpy(axis->name, name, strlen(name) + 1);
}

/* One output is a vector of weights, several are a matrix. */
static bens_status add_tensors(bens_affine *a, bens_params *params)
{
    const int64_t shape[2] = {a->K, a->F};
    const int several = a->K > 1;
    bens_tensor *t;

    BENS_TRY(bens_params_add(params, "weight", 1 + several, shape + 1 - several, &t));
    if (several) t->axis[0] = &a->output;
    t->axis[several] = &a->feature;
    t->fan_in = a->F;
    a->weight = t->offset;
    if (!a->intercept) return BENS_OK;
    BENS_TRY(bens_params_add(params, "bias", several, shape, &t));
    if (several) t->axis[0] = &a->output;
    t->fan_in = a->F;
    a->bias = t->offset;
    return BENS_OK;
}

bens_status bens_affine_create(const bens_model_setup *setup, bool intercept,
                               bens_params *params, bens_affine *out)
{
    bens_affine *const a = out;
    a->be = setup->be;
    a->data = setup->data;
    a->likelihood = setup->likelihood;
    a->intercept = intercept;
    a->F = a->data->n_features;
    BENS_TRY(a->likelihood->outputs(a->data, &a->K));
    const bool classes = a->likelihood->target == BENS_TARGET_CLASS;
    set_axis(&a->feature, "feature", a->F, (const char *const *)a->data->feature_names);
    set_axis(&a->output, classes ? "class" : "output", a->K,
             classes ? (const char *const *)a->data->class_names
                     : a->likelihood->output_names);
    return add_tensors(a, params);
}

bens_status bens_affine_allocate(bens_affine *a)
{
    const size_t F = (size_t)a->F, K = (size_t)a->K;
    BENS_TRY(bens_alloc(BLOCK * F, sizeof *a->x, &a->x));
    BENS_TRY(bens_alloc(BLOCK * K, sizeof *a->out, &a->out));
    if (a->data->label != NULL) BENS_TRY(bens_alloc(BLOCK, sizeof *a->label, &a->label));
    if (a->data->y != NULL) BENS_TRY(bens_alloc(BLOCK, sizeof *a->y, &a->y));
    BENS_TRY(bens_alloc(K * F, sizeof *a->product, &a->product));
    return bens_alloc(K * F + K, sizeof *a->sum, &a->sum);
}

void bens_affine_release(bens_affine *a)
{
    free(a->x);
    free(a->out);
    free(a->label);
    free(a->y);
    free(a->product);
    free(a->sum);
}

/* out [n][K] of at most BLOCK rows. */
static void forward(const bens_affine *a, const float *theta, const float *x, int64_t n,
                    float *out)
{
    if (a->intercept)
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * a->K, theta + a->bias, (size_t)a->K * sizeof *out);
    a->be->gemm(false, true, n, a->K, a->F, 1, x, a->F, theta + a->weight, a->F,
                a->intercept ? 1.0f : 0.0f, out, a->K);
}

static int64_t block_at(int64_t n, int64_t first)
{
    return n - first < BLOCK ? n - first : BLOCK;
}

void bens_affine_forward(const bens_affine *a, const float *theta, const float *x,
                         int64_t n, float *out)
{
    for (int64_t first = 0; first < n; first += BLOCK)
        forward(a, theta, x + first * a->F, block_at(n, first), out + first * a->K);
}

/* The rows first ... first + n - 1 of `rows`: where their features are, and their y. */
static const float *view(bens_affine *a, const bens_rows *rows, int64_t first, int64_t n,
                         bens_y *y)
{
    const bens_data *d = a->data;
    if (rows->index == NULL) {
        const int64_t row = rows->first + first;
        *y = (bens_y){.label = d->label == NULL ? NULL : d->label + row,
                      .value = d->y == NULL ? NULL : d->y + row};
        if (d->x != NULL) return d->x + row * a->F;
        bens_data_gather(d, rows, first, n, a->x);
        return a->x;
    }
    bens_data_gather(d, rows, first, n, a->x);
    bens_data_gather_targets(d, rows, first, n, a->label, a->y);
    *y = (bens_y){.label = a->label, .value = a->y};
    return a->x;
}

/* sum += the gradient of a block, whose out is d log-lik / d out by now. In double: the
 * sum over many rows of small terms is where float32 would lose digits. */
static void backward(bens_affine *a, const float *x, int64_t n)
{
    const int64_t n_weights = a->K * a->F;
    a->be->gemm(true, false, a->K, a->F, n, 1, a->out, a->K, x, a->F, 0, a->product,
                a->F);
    for (int64_t i = 0; i < n_weights; i++) a->sum[i] += (double)a->product[i];
    for (int64_t i = 0; a->intercept && i < n; i++)
        for (int64_t k = 0; k < a->K; k++)
            a->sum[n_weights + k] += (double)a->out[i * a->K + k];
}

static void put_gradient(const bens_affine *a, float *grad)
{
    const size_t K = (size_t)a->K, n_weights = K * (size_t)a->F;
    for (size_t i = 0; i < n_weights; i++) grad[a->weight + i] = (float)a->sum[i];
    for (size_t k = 0; a->intercept && k < K; k++)
        grad[a->bias + k] = (float)a->sum[n_weights + k];
}

void bens_affine_log_lik(bens_affine *a, const bens_likelihood_at_theta *at,
                         const float *theta, const bens_rows *rows, double *value,
                         float *grad, double *dparameter)
{
    memset(a->sum, 0, (size_t)(a->K * a->F + a->K) * sizeof *a->sum);
    if (value != NULL) *value = 0;
    if (dparameter != NULL) *dparameter = 0;
    for (int64_t first = 0; first < rows->n; first += BLOCK) {
        const int64_t n = block_at(rows->n, first);
        double part = 0;
        bens_y y;
        const float *x = view(a, rows, first, n, &y);
        forward(a, theta, x, n, a->out);
        a->likelihood->log_lik(at, a->out, a->K, &y, n, value == NULL ? NULL : &part,
                               grad == NULL ? NULL : a->out, dparameter);
        if (value != NULL) *value += part;
        if (grad != NULL) backward(a, x, n);
    }
    if (grad != NULL) put_gradient(a, grad);
}
