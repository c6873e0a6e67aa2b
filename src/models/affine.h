/* affine.h - what linear and logistic regression share: outputs
 * that are affine in the features,
 *
 *     out_k = sum over j of weight_kj x_j + bias_k
 *
 * One output: weight [feature], bias []; K of them: weight [K, feature], bias [K], where
 * K is the axis `class` of the data or an axis `output`. */
#ifndef BENS_MODELS_AFFINE_H
#define BENS_MODELS_AFFINE_H

#include "models/model.h"

/* The keys of [model], and the struct that they fill. */
typedef struct {
    bool intercept;
} bens_affine_options;
extern const bens_option bens_affine_table[];

typedef struct {
    const bens_backend *be;
    const bens_data *data;
    const bens_likelihood *likelihood;
    int64_t F, K; /* features; outputs */
    bool intercept;
    bens_axis feature, output; /* the tensors point here: the struct must not move      */
    size_t weight, bias;       /* offsets in the arena; bias with an intercept only     */
    float *x, *out;            /* scratch: [256][F] gathered rows; [256][K]             */
    int32_t *label;            /* [256], or NULL                                        */
    float *y;                  /* [256], or NULL                                        */
    float *product;            /* [K][F] of one block                                   */
    double *sum;               /* [K][F] of weight, then [K] of bias                    */
} bens_affine;

/* Local. Adds the tensors weight and bias (a fan_in of F) to params. *out is
 * zeroed before and released in any case. Errors: BENS_ERR_CONFIG (data that
 * do not fit the likelihood). */
bens_status bens_affine_create(const bens_model_setup *setup, bool intercept,
                               bens_params *params, bens_affine *out);

/* Local. What bens_affine_log_lik needs besides. */
bens_status bens_affine_allocate(bens_affine *affine);

void bens_affine_release(bens_affine *affine);

/* Local. out [n][K] at inputs x [n][F]. */
void bens_affine_forward(const bens_affine *affine, const float *theta, const float *x,
                         int64_t n, float *out);

/* Local. *value = the log-likelihood of the rows, grad's weight and bias = its gradient
 * (the rest of grad is left alone), *dparameter = that by the parameter of the
 * likelihood. Each may be NULL. */
void bens_affine_log_lik(bens_affine *affine, const bens_likelihood_at_theta *at,
                         const float *theta, const bens_rows *rows, double *value,
                         float *grad, double *dparameter);

#endif
