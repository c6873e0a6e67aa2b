#include "core/params.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16 }; /* floats: 64 bytes */

static bool valid_name(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
    const size_t length = strlen(name);
    return length > 0 && length < BENS_NAME_SIZE && strspn(name, allowed) == length;
}

static bens_status count_elements(const char *name, int rank, const int64_t *shape,
                                  size_t *out)
{
    size_t size = 1;
    if (rank < 0 || rank > BENS_MAX_RANK)
        BENS_FAIL(BENS_ERR_CONFIG, "tensor '%s': wanted a rank from 0 to %d, found %d",
                  name, BENS_MAX_RANK, rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || (size_t)shape[i] > ((size_t)1 << 40) / size)
            BENS_FAIL(
                BENS_ERR_CONFIG,
                "tensor '%s': wanted at least 1 element along each axis and at most "
                "2^40 in all, found %lld along axis %d",
                name, (long long)shape[i], i);
        size *= (size_t)shape[i];
    }
    *out = size;
    return BENS_OK;
}

bens_status bens_params_add(bens_params *params, const char *name, int rank,
                            const int64_t *shape, bens_tensor **out)
{
    size_t size = 0;
    if (!valid_name(name))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "tensor '%s': wanted a name of at most %d letters, digits, _ and .",
                  name, BENS_NAME_SIZE - 1);
    if (bens_params_find(params, name) != NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "tensor '%s' is there twice", name);
    BENS_TRY(count_elements(name, rank, shape, &size));

    const size_t count = (size_t)params->n_tensors;
    bens_tensor *grown = realloc(params->tensors, (count + 1) * sizeof *grown);
    if (grown == NULL)
        BENS_FAIL(BENS_ERR_FAILURE, "no memory for a table of %zu tensors", count + 1);
    params->tensors = grown;

    bens_tensor *t = &grown[count];
    *t = (bens_tensor){.rank = rank, .offset = params->n, .size = size};
    memcpy(t->name, name, strlen(name) + 1);
    t->fan_in = 1;
    for (int i = 0; i < rank; i++) t->shape[i] = shape[i];
    for (int i = 1; i < rank; i++) t->fan_in *= shape[i];
    params->n_tensors++;
    params->n += (size + ALIGN - 1) / ALIGN * ALIGN;
    params->n_values += size;
    if (out != NULL) *out = t;
    return BENS_OK;
}

const bens_tensor *bens_params_find(const bens_params *params, const char *name)
{
    for (int i = 0; i < params->n_tensors; i++)
        if (strcmp(params->tensors[i].name, name) == 0) return &params->tensors[i];
    return NULL;
}

double bens_params_log_prior(const bens_params *params, const float *theta)
{
    double sum = 0;
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        sum += bens_prior_log(&t->prior, theta + t->offset, t->size);
    }
    return sum;
}

void bens_params_prior_gradient(const bens_params *params, const float *theta,
                                double factor, bool apart_only, float *grad)
{
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        if (apart_only && !bens_prior_is_apart(&t->prior)) continue;
        bens_prior_gradient(&t->prior, theta + t->offset, t->size, factor,
                            grad + t->offset);
    }
}

void bens_params_release(bens_params *params)
{
    free(params->tensors);
    *params = (bens_params){0};
}
