/* likelihood.h - p(y | outputs of a model).
 *
 * To add one: write models/likelihood_NAME.c with `bens_likelihood_NAME`, add X(NAME) to
 * likelihoods.h. */
#ifndef BENS_MODELS_LIKELIHOOD_H
#define BENS_MODELS_LIKELIHOOD_H

#include "backend/backend.h"
#include "data/data.h"

/* y of some rows: [n]; the one that the likelihood's target is. */
typedef struct {
    const int32_t *label;
    const float *value;
} bens_y;

/* A likelihood with its settings and the scalar parameter of its own (0 if it has
 * none). */
typedef struct {
    const bens_backend *be;
    const void *options;
    float parameter;
} bens_likelihood_at_theta;

typedef struct {
    const char *name, *doc;
    const bens_option *options; /* its keys in [likelihood], ended by {0}; NULL: none  */
    size_t options_size;
    bens_target target; /* the kind of y it is about */

    /* Local. The number of outputs a model must have for these data.
     * Errors: BENS_ERR_CONFIG: the data do not fit (two classes wanted, found 3). */
    bens_status (*outputs)(const bens_data *data, int64_t *n);
    const char *const *output_names; /* [outputs], labels of their axis; NULL: none */

    /* Local. The outputs, out [outputs], of a model that knows of y the mean and the sd
     * alone: where chains start. NULL: one output, the mean. */
    void (*centre)(double mean, double sd, float *out);

    /* Local. The name of its parameter, a scalar tensor that the model adds
     * ("log_noise"); NULL: none with these settings. The function may be NULL. */
    const char *(*parameter)(const void *options);
    /* Local. Where chains start it, given the sd of y. With `parameter` only. */
    float (*start)(double sd);
    /* Local. What is stored beside it: its name ("noise") and value. With `parameter`
     * only. */
    const char *derived;
    float (*derive)(float parameter);

    /* Local. *value = sum over n rows of log p(y | out [n][outputs]); dout its gradient
     * (may be out itself); *dparameter += that by the parameter. Each may be NULL. */
    void (*log_lik)(const bens_likelihood_at_theta *at, const float *out, int64_t outputs,
                    const bens_y *y, int64_t n, double *value, float *dout,
                    double *dparameter);

    /* Local. each [n] = log p(y_i | out_i). */
    void (*each)(const bens_likelihood_at_theta *at, const float *out, int64_t outputs,
                 const bens_y *y, int64_t n, double *each);

    /* Local. Class targets: mean [n][n_classes] = the probabilities, variance NULL. Real
     * ones: mean [n] and variance [n] of y, which is normal; counts: Poisson. */
    void (*predict)(const bens_likelihood_at_theta *at, const float *out, int64_t outputs,
                    int64_t n, int64_t n_classes, double *mean, double *variance);
} bens_likelihood;

/* Local. The likelihood's own parameter among the tensors of a model: adds it to params,
 * or finds it there. *there = false, *offset untouched: it has none with these
 * settings. */
bens_status bens_likelihood_add_parameter(const bens_likelihood *likelihood,
                                          const void *options, bens_params *params,
                                          bool *there, size_t *offset);
void bens_likelihood_find_parameter(const bens_likelihood *likelihood,
                                    const void *options, const bens_params *params,
                                    bool *there, size_t *offset);

const bens_likelihood *bens_likelihood_at(size_t i);           /* NULL behind the last */
const bens_likelihood *bens_likelihood_find(const char *name); /* NULL if there is none */

#define X(name) extern const bens_likelihood bens_likelihood_##name;
#include "models/likelihoods.h"
#undef X

#endif
