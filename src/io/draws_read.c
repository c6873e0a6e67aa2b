#include "io/draws_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Draws first ... first + n - 1 of a row of variable v: out [n][v->n]. */
static bens_status read_draws(const bens_draws *d, int variable, int64_t row,
                              int64_t first, int64_t n, float *out)
{
    const size_t size = d->file->variable[variable].n;
    for (int64_t k = 0; k < n;) {
        const bens_draws_part *p = bens_draws_part_of(d, row, first + k);
        if (p == NULL) {
            for (size_t e = 0; e < size; e++) out[(size_t)k * size + e] = NAN;
            k++;
            continue;
        }
        const int64_t left = p->draw + p->n_draws - (first + k);
        const int64_t m = left < n - k ? left : n - k;
        const uint64_t cell =
            (uint64_t)((row - p->row) * p->n_draws + (first + k - p->draw));
        BENS_TRY(bens_draws_read(d, p, p->address[variable] + cell * size * sizeof *out,
                                 (size_t)m * size * sizeof *out, out + (size_t)k * size));
        k += m;
    }
    return BENS_OK;
}

static bool holds(const bens_draws *d, int64_t row, int64_t first, int64_t n)
{
    return row >= 0 && row < d->n_chains && first >= 0 && n >= 0 &&
           first <= d->n_draws - n;
}

bens_status bens_draws_tensor(const bens_draws *d, const bens_tensor *tensor, int64_t row,
                              int64_t first, int64_t n, float *out)
{
    int variable;
    BENS_ASSERT(holds(d, row, first, n));
    BENS_TRY(bens_draws_find_tensor(d, tensor, 0, &variable));
    return read_draws(d, variable, row, first, n, out);
}

bens_status bens_draws_theta(const bens_draws *d, const bens_params *params, int64_t row,
                             int64_t draw, float *theta)
{
    BENS_ASSERT(holds(d, row, draw, 1));
    memset(theta, 0, params->n * sizeof *theta);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        int variable;
        if (t->output) continue;
        BENS_TRY(bens_draws_find_tensor(d, t, i, &variable));
        BENS_TRY(read_draws(d, variable, row, draw, 1, theta + t->offset));
    }
    return BENS_OK;
}

typedef struct {
    const bens_draws *draws;
    bens_h5_type type;
    size_t n;
    double *out; /* [n][n_chains][n_draws] */
} columns;

static double value_at(bens_h5_type type, const void *elements, size_t i)
{
    switch (type) {
    case BENS_H5_BOOL:
        return ((const int8_t *)elements)[i];
    case BENS_H5_INT32:
        return ((const int32_t *)elements)[i];
    case BENS_H5_INT64:
        return (double)((const int64_t *)elements)[i];
    case BENS_H5_UINT64:
        return (double)((const uint64_t *)elements)[i];
    case BENS_H5_FLOAT32:
        return (double)((const float *)elements)[i];
    case BENS_H5_FLOAT64:
        return ((const double *)elements)[i];
    }
    return NAN;
}

static void take_columns(void *context, int64_t cell, const void *elements)
{
    const columns *c = context;
    const int64_t n_cells = c->draws->n_chains * c->draws->n_draws;
    if ((c->draws->flags[cell] & BENS_DRAW_DONE) == 0) return;
    for (size_t i = 0; i < c->n; i++)
        c->out[(int64_t)i * n_cells + cell] = value_at(c->type, elements, i);
}

static bens_status read_columns(const bens_draws *d, int variable, size_t begin, size_t n,
                                double *out)
{
    const size_t n_cells = (size_t)(d->n_chains * d->n_draws);
    columns c = {.draws = d,
                 .type = d->file->variable[variable].type,
                 .n = n,
                 .out = out};
    for (size_t i = 0; i < n * n_cells; i++) out[i] = NAN;
    return bens_draws_scan(d, variable, begin, n, take_columns, &c);
}

bens_status bens_draws_elements(const bens_draws *d, const bens_tensor *tensor,
                                size_t begin, size_t n, double *out)
{
    int variable;
    BENS_TRY(bens_draws_find_tensor(d, tensor, 0, &variable));
    return read_columns(d, variable, begin, n, out);
}

bool bens_draws_has_stat(const bens_draws *d, const char *name)
{
    return bens_draws_find_stat(d, name) >= 0;
}

bens_status bens_draws_stat(const bens_draws *d, const char *name, double *out)
{
    const int variable = bens_draws_find_stat(d, name);
    if (variable < 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted the variable sample_stats/%s, found none", d->path, name);
    return read_columns(d, variable, 0, 1, out);
}

static bens_status read_checksum(const bens_draws *d, int64_t row, int64_t draw,
                                 uint64_t *out)
{
    const int variable = bens_draws_find_stat(d, "checksum");
    const bens_draws_part *p = bens_draws_part_of(d, row, draw);
    if (variable < 0 || d->file->variable[variable].type != BENS_H5_UINT64)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s': wanted sample_stats/checksum of type uint64, found none",
                  d->path);
    const uint64_t cell = (uint64_t)((row - p->row) * p->n_draws + (draw - p->draw));
    return bens_draws_read(d, p, p->address[variable] + cell * sizeof *out, sizeof *out,
                           out);
}

static bens_status hash_draw(const bens_draws *d, int64_t row, int64_t draw,
                             XXH64_state_t *hash, float *scratch, uint64_t *out)
{
    XXH64_reset(hash, 0);
    for (int i = 0; i < d->params.n_tensors; i++) {
        BENS_TRY(read_draws(d, i, row, draw, 1, scratch));
        XXH64_update(hash, scratch, d->params.tensors[i].size * sizeof *scratch);
    }
    *out = XXH64_digest(hash);
    return BENS_OK;
}

bens_status bens_draws_verify(const bens_draws *d, int64_t row, int64_t draw)
{
    uint64_t wanted = 0, found = 0;
    float *scratch;
    BENS_ASSERT(holds(d, row, draw, 1) &&
                (bens_draws_flags(d, row, draw) & BENS_DRAW_DONE) != 0);
    BENS_TRY(read_checksum(d, row, draw, &wanted));
    BENS_TRY(bens_alloc(d->params.n, sizeof *scratch, &scratch));
    XXH64_state_t *hash = XXH64_createState();
    bens_status s = hash != NULL
                        ? hash_draw(d, row, draw, hash, scratch, &found)
                        : bens_error_set(BENS_ERR_FAILURE, "no memory for a checksum");
    XXH64_freeState(hash);
    free(scratch);
    if (s == BENS_OK && wanted != found)
        s = bens_error_set(BENS_ERR_IO,
                           "draw %lld of chain %lld in '%s' was damaged: wanted the "
                           "checksum %016llx, found %016llx",
                           (long long)draw, (long long)(d->first_chain + row), d->path,
                           (unsigned long long)wanted, (unsigned long long)found);
    return s;
}
