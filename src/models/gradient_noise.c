#include "models/gradient_noise.h"

#include <stdlib.h>

bens_status bens_gradient_noise_create(double sd, size_t n, bens_gradient_noise *out)
{
    *out = (bens_gradient_noise){.sd = sd, .n = n};
    return sd > 0 ? bens_alloc(n, sizeof *out->z, &out->z) : BENS_OK;
}

void bens_gradient_noise_release(bens_gradient_noise *noise)
{
    free(noise->z);
    *noise = (bens_gradient_noise){0};
}

void bens_gradient_noise_add(bens_gradient_noise *noise, const bens_backend *be,
                             const bens_batch *batch, size_t offset, float *grad)
{
    if (noise->z == NULL || batch->exact) return;
    bens_rng at = batch->at;
    at.stream = BENS_STREAM_GRADIENT;
    be->normals(&at, offset, noise->n, noise->z);
    for (size_t i = 0; i < noise->n; i++)
        grad[offset + i] += (float)noise->sd * noise->z[i];
}
