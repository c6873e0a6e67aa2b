/* prior.h - the prior of a tensor: independent over its elements.
 *
 *   flat     0                             laplace  -|x - mean| / scale
 *   normal   -(x - mean)^2 / (2 scale^2)
 *
 * Constants that do not depend on x are dropped. A normal prior with mean 0 and one scale
 * is `fused`: the kernels of the backend add it as -(1 / scale^2 / N) theta; the others
 * add themselves to the gradient. */
#ifndef BENS_CORE_PRIOR_H
#define BENS_CORE_PRIOR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    BENS_PRIOR_FLAT,
    BENS_PRIOR_NORMAL,
    BENS_PRIOR_LAPLACE,
    BENS_PRIOR_NORMAL_FAN_IN, /* of rules only: becomes normal, scale / sqrt(fan_in) */
} bens_prior_kind;

typedef struct {
    bens_prior_kind kind;
    double mean, scale;          /* normal: the standard deviation                    */
    const float *means, *scales; /* [size] of the tensor, borrowed; NULL: mean, scale */
} bens_prior;

/* Local. 1 / scale^2 if the prior is fused, else 0. */
double bens_prior_precision(const bens_prior *prior);

/* Local. Something is left that bens_prior_gradient adds: not flat and not fused. */
bool bens_prior_is_apart(const bens_prior *prior);

/* Local. log p(x [n]) without its constant. */
double bens_prior_log(const bens_prior *prior, const float *x, size_t n);

/* Local. grad [n] += factor x its gradient (laplace: 0 at the
 * mean itself). Fused priors too. */
void bens_prior_gradient(const bens_prior *prior, const float *x, size_t n, double factor,
                         float *grad);

/* Local. x [n]: standard normals become draws from the prior. Not for a flat one. */
void bens_prior_from_normals(const bens_prior *prior, size_t n, float *x);

#endif
