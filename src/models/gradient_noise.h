/* gradient_noise.h - Gaussian noise on a gradient, to test samplers against: what a
 * mini-batch would do, with a variance that is known. */
#ifndef BENS_MODELS_GRADIENT_NOISE_H
#define BENS_MODELS_GRADIENT_NOISE_H

#include "models/model.h"

typedef struct {
    double sd; /* per coordinate; 0: none */
    size_t n;
    float *z; /* [n], owned; NULL if sd = 0 */
} bens_gradient_noise;

/* The key that switches it on; `field` is a double of `type`. */
#define BENS_GRADIENT_NOISE_OPTION(type, field)                                          \
    {                                                                                    \
        .name = "gradient_sd", .kind = BENS_OPTION_REAL, .preset = "0", .min = 0,        \
        .max = 1e15, .offset = offsetof(type, field),                                    \
        .doc =                                                                           \
            "sd of Gaussian noise on each coordinate of the gradient, new in every step" \
    }

/* Local. For a tensor of n elements. Errors: BENS_ERR_FAILURE. */
bens_status bens_gradient_noise_create(double sd, size_t n, bens_gradient_noise *out);
void bens_gradient_noise_release(bens_gradient_noise *noise);

/* Local. grad [offset ... offset + n - 1] += sd z, z the normals of these elements of
 * stream GRADIENT at the batch's place; nothing if the batch is exact. */
void bens_gradient_noise_add(bens_gradient_noise *noise, const bens_backend *be,
                             const bens_batch *batch, size_t offset, float *grad);

#endif
