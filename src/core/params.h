/* params.h - the table of named parameters over one flat float32 arena.
 *
 * Samplers, all-reduce and files see the arena theta [n]; models and users see the names.
 * Tensors lie one after another, each on a 64-byte boundary; the padding between them is
 * in no tensor, stays 0 and makes no noise. */
#ifndef BENS_CORE_PARAMS_H
#define BENS_CORE_PARAMS_H

#include "core/prior.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { BENS_MAX_RANK = 4, BENS_NAME_SIZE = 64, BENS_MAX_STATS = 4 };

/* A named axis with labels, e.g. "feature" with the names of the columns. */
typedef struct {
    char name[BENS_NAME_SIZE];
    int64_t n;
    const char *const *labels; /* [n], borrowed from the data; NULL: 0 ... n-1 */
} bens_axis;

/* Where a chain starts: independent over the elements. */
typedef enum {
    BENS_INIT_ZERO,
    BENS_INIT_ONE,
    BENS_INIT_NORMAL,  /* N(0, scale^2)                                         */
    BENS_INIT_UNIFORM, /* on (-scale, scale); PyTorch's default: 1/sqrt(fan_in) */
} bens_init_kind;
typedef struct {
    bens_init_kind kind;
    double scale;
} bens_init;

typedef struct {
    char name[BENS_NAME_SIZE]; /* [A-Za-z0-9_.]+, a variable of posterior */
    int rank;                  /* 0 = scalar                              */
    int64_t shape[BENS_MAX_RANK];
    const bens_axis *axis[BENS_MAX_RANK]; /* NULL: NAME_dim_k; the model's */
    size_t offset, size;                  /* elements of the arena         */
    /* Inputs of an output: the product of shape behind the first, 1 for less than two
     * axes; a model may say otherwise. */
    int64_t fan_in;
    bens_prior prior;
    bens_init init;
    bool output; /* no parameter: computed from them and stored beside them */
} bens_tensor;

typedef struct {
    int n_tensors;
    bens_tensor *tensors; /* owned                                                    */
    size_t n;             /* of the arena, padding included                           */
    size_t n_values;      /* of all tensors, without padding                          */
    double n_data;        /* N: the kernel adds -(1/scale^2/N) theta of a fused prior */
    /* Names of further numbers stored with a draw, borrowed, at most BENS_MAX_STATS,
     * ended by NULL; NULL: none. */
    const char *const *stats;
    bool half; /* draws are stored as float16, not as float32 */
} bens_params;

/* Local. Appends a tensor with a flat prior; n_data is set by the caller.
 * *out (may be NULL) is valid until the next call.
 * Errors: BENS_ERR_CONFIG (bad or repeated name, bad shape,
 * too large), BENS_ERR_FAILURE. */
bens_status bens_params_add(bens_params *params, const char *name, int rank,
                            const int64_t *shape, bens_tensor **out);

/* Local. NULL if there is none. */
const bens_tensor *bens_params_find(const bens_params *params, const char *name);

/* Local. The sum of all priors at theta [n], without constants. */
double bens_params_log_prior(const bens_params *params, const float *theta);

/* Local. grad [n] += factor x the gradient of the log prior; apart_only: of those that
 * the kernels do not add (bens_prior_is_apart). */
void bens_params_prior_gradient(const bens_params *params, const float *theta,
                                double factor, bool apart_only, float *grad);

void bens_params_release(bens_params *params);

#endif
