/* likelihood.h - p(y | outputs of a model).
 *
 * To add one: write models/likelihood_NAME.c with `bens_likelihood_NAME`, add X(NAME) to
 * likelihoods.h. */
#ifndef BENS_MODELS_LIKELIHOOD_H
#define BENS_MODELS_LIKELIHOOD_H

#include "backend/backend.h"
#include "data/data.h"

typedef struct {
    const char *name, *doc;
    bens_target target; /* the kind of y it is about */

    /* Local. The number of outputs a model must have for these data.
     * Errors: BENS_ERR_CONFIG: the data do not fit (two classes wanted, found 3). */
    bens_status (*outputs)(const bens_data *data, int64_t *n);

    /* Local. *value = sum over n rows of log p(y | out [n][outputs]); dout its gradient (may
     * be out itself). Each may be NULL. */
    void (*log_lik)(const bens_backend *be, const float *out, int64_t outputs,
                    const int32_t *label, int64_t n, double *value, float *dout);
} bens_likelihood;

const bens_likelihood *bens_likelihood_at(size_t i);           /* NULL behind the last */
const bens_likelihood *bens_likelihood_find(const char *name); /* NULL if there is none */

#define X(name) extern const bens_likelihood bens_likelihood_##name;
#include "models/likelihoods.h"
#undef X

#endif
