/* logistic.c - classes from a linear function of the features:
 *
 *     out_k = sum over j of weight_kj x_j + bias_k
 *
 * bernoulli: weight [feature], bias []; categorical: weight [class, feature], bias [class].
 * A Bernoulli regression of up to 16 columns is one fused kernel of the backend, all else
 * products of fixed blocks of rows. Chains start from zero. */
#include "models/logit_design.h"
#include "models/model.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 }; /* rows of a product: fixed, because sums run block by block */

typedef struct {
    bool intercept;
} logistic_options;

typedef struct {
    const bens_backend *be;
    const bens_data *data;
    const bens_likelihood *likelihood;
    int64_t F, K; /* features; outputs */
    bool intercept;
    bens_axis feature, class;
    size_t n, weight, bias;    /* of the arena; offsets in it                         */
    bens_logit_design *narrow; /* owned; NULL: the general path, which has the rest:  */
    float *x, *out;            /* [BLOCK][F] gathered rows; [BLOCK][K]                */
    int32_t *label;            /* [BLOCK]                                             */
    float *product;            /* [K][F] of one block                                 */
    double *sum;               /* [K][F] of weight, then [K] of bias                  */
} logistic;

static const bens_option options[] = {
    {.name = "intercept",
     .kind = BENS_OPTION_BOOL,
     .preset = "false",
     .offset = offsetof(logistic_options, intercept),
     .doc = "adds the tensor bias"},
    {0},
};

static void destroy(void *state)
{
    logistic *l = state;
    if (l == NULL) return;
    bens_logit_design_destroy(l->narrow);
    free(l->x);
    free(l->out);
    free(l->label);
    free(l->product);
    free(l->sum);
    free(l);
}

static void set_axis(bens_axis *axis, const char *name, int64_t n, char **labels)
{
    *axis = (bens_axis){.n = n, .labels = (const char *const *)labels};
    memcpy(axis->name, name, strlen(name) + 1);
}

/* One output is a vector of weights, several are a matrix. */
static bens_status add_tensors(logistic *l, bens_params *params)
{
    const int64_t shape[2] = {l->K, l->F};
    const int classes = l->K > 1;
    bens_tensor *t;

    BENS_TRY(bens_params_add(params, "weight", 1 + classes, shape + 1 - classes, &t));
    if (classes) t->axis[0] = &l->class;
    t->axis[classes] = &l->feature;
    l->weight = t->offset;
    if (l->intercept) {
        BENS_TRY(bens_params_add(params, "bias", classes, shape, &t));
        if (classes) t->axis[0] = &l->class;
        l->bias = t->offset;
    }
    l->n = params->n;
    return BENS_OK;
}

static bens_status add_scratch(logistic *l)
{
    const size_t F = (size_t)l->F, K = (size_t)l->K;
    if (l->likelihood == &bens_likelihood_bernoulli &&
        l->F + l->intercept <= BENS_LOGIT_WIDTH)
        return bens_logit_design_create(l->data, l->intercept, &l->narrow);
    BENS_TRY(bens_alloc(BLOCK * F, sizeof *l->x, &l->x));
    BENS_TRY(bens_alloc(BLOCK * K, sizeof *l->out, &l->out));
    BENS_TRY(bens_alloc(BLOCK, sizeof *l->label, &l->label));
    BENS_TRY(bens_alloc(K * F, sizeof *l->product, &l->product));
    return bens_alloc(K * F + K, sizeof *l->sum, &l->sum);
}

static bens_status fill(const bens_model_setup *setup, bens_params *params, logistic *l)
{
    const logistic_options *o = setup->options;
    l->be = setup->be;
    l->data = setup->data;
    l->likelihood = setup->likelihood;
    l->intercept = o->intercept;
    l->F = l->data->n_features;
    if (l->likelihood->target != BENS_TARGET_CLASS)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] logistic: wanted a likelihood of classes (bernoulli, "
                  "categorical), "
                  "found %s",
                  l->likelihood->name);
    BENS_TRY(l->likelihood->outputs(l->data, &l->K));
    set_axis(&l->feature, "feature", l->F, l->data->feature_names);
    set_axis(&l->class, "class", l->K, l->data->class_names);
    BENS_TRY(add_tensors(l, params));
    return add_scratch(l);
}

static bens_status create(const bens_model_setup *setup, bens_params *params,
                          void **state)
{
    logistic *l;
    BENS_TRY(bens_alloc(1, sizeof *l, &l));
    const bens_status s = fill(setup, params, l);
    if (s == BENS_OK)
        *state = l;
    else
        destroy(l);
    return s;
}

static void narrow_log_lik(logistic *l, const float *theta, const bens_rows *rows,
                           double *value, float *grad)
{
    const size_t F = (size_t)l->F;
    float w[BENS_LOGIT_WIDTH] = {0}, g[BENS_LOGIT_WIDTH] = {0};

    memcpy(w, theta + l->weight, F * sizeof *w);
    if (l->intercept) w[F] = theta[l->bias];
    l->be->logit(l->narrow, rows, w, value, grad == NULL ? NULL : g);
    if (grad == NULL) return;
    memcpy(grad + l->weight, g, F * sizeof *g);
    if (l->intercept) grad[l->bias] = g[F];
}

/* The rows first ... first + n - 1 of `rows`: where their features and labels are. */
static void view(logistic *l, const bens_rows *rows, int64_t first, int64_t n,
                 const float **x, const int32_t **label)
{
    if (rows->index == NULL) {
        *x = l->data->x + (rows->first + first) * l->F;
        *label = l->data->label + rows->first + first;
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = rows->index[first + i];
        memcpy(l->x + i * l->F, l->data->x + row * l->F, (size_t)l->F * sizeof *l->x);
        l->label[i] = l->data->label[row];
    }
    *x = l->x;
    *label = l->label;
}

/* out [n][K] = x weight^T + bias */
static void forward(logistic *l, const float *theta, const float *x, int64_t n)
{
    if (l->intercept)
        for (int64_t i = 0; i < n; i++)
            memcpy(l->out + i * l->K, theta + l->bias, (size_t)l->K * sizeof *l->out);
    l->be->gemm(false, true, n, l->K, l->F, 1, x, l->F, theta + l->weight, l->F,
                l->intercept ? 1.0f : 0.0f, l->out, l->K);
}

/* sum += the gradient of a block, whose out is d log-lik / d out by now. In double: the sum
 * over many rows of small terms is where float32 would lose digits. */
static void backward(logistic *l, const float *x, int64_t n)
{
    const int64_t n_weights = l->K * l->F;
    l->be->gemm(true, false, l->K, l->F, n, 1, l->out, l->K, x, l->F, 0, l->product,
                l->F);
    for (int64_t i = 0; i < n_weights; i++) l->sum[i] += (double)l->product[i];
    for (int64_t i = 0; l->intercept && i < n; i++)
        for (int64_t k = 0; k < l->K; k++)
            l->sum[n_weights + k] += (double)l->out[i * l->K + k];
}

static void general_log_lik(logistic *l, const float *theta, const bens_rows *rows,
                            double *value, float *grad)
{
    const size_t n_weights = (size_t)(l->K * l->F),
                 n_biases = l->intercept ? (size_t)l->K : 0;

    memset(l->sum, 0, (n_weights + (size_t)l->K) * sizeof *l->sum);
    if (value != NULL) *value = 0;
    for (int64_t first = 0; first < rows->n; first += BLOCK) {
        const int64_t n = rows->n - first < BLOCK ? rows->n - first : BLOCK;
        const float *x;
        const int32_t *label;
        double part = 0;
        view(l, rows, first, n, &x, &label);
        forward(l, theta, x, n);
        l->likelihood->log_lik(l->be, l->out, l->K, label, n,
                               value == NULL ? NULL : &part,
                               grad == NULL ? NULL : l->out);
        if (value != NULL) *value += part;
        if (grad != NULL) backward(l, x, n);
    }
    if (grad == NULL) return;
    for (size_t i = 0; i < n_weights; i++) grad[l->weight + i] = (float)l->sum[i];
    for (size_t k = 0; k < n_biases; k++)
        grad[l->bias + k] = (float)l->sum[n_weights + k];
}

static bens_status log_lik(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad)
{
    logistic *l = state;
    if (grad != NULL) memset(grad, 0, l->n * sizeof *grad);
    if (l->narrow != NULL)
        narrow_log_lik(l, theta, &batch->rows, value, grad);
    else
        general_log_lik(l, theta, &batch->rows, value, grad);
    return BENS_OK;
}

const bens_model bens_model_logistic = {
    .name = "logistic",
    .doc = "logistic regression, binary or softmax",
    .options = options,
    .options_size = sizeof(logistic_options),
    .create = create,
    .destroy = destroy,
    .log_lik = log_lik,
};
