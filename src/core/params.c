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
            BENS_FAIL(BENS_ERR_CONFIG, "tensor '%s': axis %d has %lld elements", name, i,
                      (long long)shape[i]);
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
                  "tensor '%s': wanted a name of letters, digits, _ and .", name);
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
    for (int i = 0; i < rank; i++) t->shape[i] = shape[i];
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

double bens_prior_precision(const bens_prior *prior)
{
    return prior->kind == BENS_PRIOR_NORMAL ? 1 / (prior->scale * prior->scale) : 0;
}

double bens_params_log_prior(const bens_params *params, const float *theta)
{
    double sum = 0;
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const double precision = bens_prior_precision(&t->prior);
        if (precision == 0) continue;
        double squares = 0;
        for (size_t e = t->offset; e < t->offset + t->size; e++)
            squares += (double)theta[e] * (double)theta[e];
        sum -= 0.5 * precision * squares;
    }
    return sum;
}

void bens_params_release(bens_params *params)
{
    free(params->tensors);
    *params = (bens_params){0};
}
