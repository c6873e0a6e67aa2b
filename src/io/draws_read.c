#include "io/draws_file.h"

#include "core/half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void fill_nan(bens_h5_type type, size_t n, char *out)
{
    const uint16_t half = bens_half_from(NAN);
    const float single = NAN;
    const size_t size = bens_h5_size(type);
    const void *const nan = type == BENS_H5_FLOAT16 ? (const void *)&half : &single;
    for (size_t i = 0; i < n; i++) memcpy(out + i * size, nan, size);
}

/* Draws first ... first + n - 1 of a row of variable v, of the posterior, as they are
 * stored: out [n][v->n]. */
static bens_status read_stored(const bens_draws *d, int variable, int64_t row,
                               int64_t first, int64_t n, char *out)
{
    const bens_draws_variable *v = &d->file->variable[variable];
    const size_t size = v->n * bens_h5_size(v->type);
    for (int64_t k = 0; k < n;) {
        const bens_draws_part *p = bens_draws_part_of(d, row, first + k);
        if (p == NULL) {
            fill_nan(v->type, v->n, out + (size_t)k * size);
            k++;
            continue;
        }
        const int64_t left = p->draw + p->n_draws - (first + k);
        const int64_t m = left < n - k ? left : n - k;
        const uint64_t cell =
            (uint64_t)((row - p->row) * p->n_draws + (first + k - p->draw));
        BENS_TRY(bens_draws_read(d, p, p->address[variable] + cell * size,
                                 (size_t)m * size, out + (size_t)k * size));
        k += m;
    }
    return BENS_OK;
}

/* The same as floats. What is stored as float16 is read into the upper half of out and
 * widened from below, so that no number is overwritten before its turn. */
static bens_status read_draws(const bens_draws *d, int variable, int64_t row,
                              int64_t first, int64_t n, float *out)
{
    const bens_draws_variable *v = &d->file->variable[variable];
    const size_t all = (size_t)n * v->n;
    char *const stored =
        (char *)out + (v->type == BENS_H5_FLOAT16 ? all * sizeof(uint16_t) : 0);
    BENS_TRY(read_stored(d, variable, row, first, n, stored));
    for (size_t i = 0; i < all && v->type == BENS_H5_FLOAT16; i++) {
        uint16_t half;
        memcpy(&half, stored + i * sizeof half, sizeof half);
        out[i] = bens_half_to(half);
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

/* What was too large for float16 is infinite, and of no use to a model. */
static bens_status check_range(const bens_draws *d, const bens_tensor *t, int64_t row,
                               int64_t draw, const float *value)
{
    for (size_t e = 0; e < t->size; e++)
        if (isinf(value[e]))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s': draw %lld of chain %lld has a number in '%s' that float16 "
                      "could not hold (beyond %g): [store] dtype = float32 keeps it",
                      d->path, (long long)draw, (long long)(d->first_chain + row),
                      t->name, (double)BENS_HALF_MAX);
    return BENS_OK;
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
        if (d->params.half) BENS_TRY(check_range(d, t, row, draw, theta + t->offset));
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
    case BENS_H5_FLOAT16:
        return (double)bens_half_to(((const uint16_t *)elements)[i]);
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

static bens_status find_stat(const bens_draws *d, const char *name, int *out)
{
    *out = bens_draws_find_stat(d, name);
    if (*out < 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted the variable sample_stats/%s, found none", d->path, name);
    return BENS_OK;
}

bens_status bens_draws_stat(const bens_draws *d, const char *name, double *out)
{
    int variable;
    BENS_TRY(find_stat(d, name, &variable));
    return read_columns(d, variable, 0, 1, out);
}

/* What part p has of a row from draw `from` on; those that are not done are NaN. */
static bens_status read_row(const bens_draws *d, const bens_draws_part *p, int variable,
                            int64_t row, int64_t from, double *out)
{
    const bens_draws_variable *v = &d->file->variable[variable];
    const size_t n = (size_t)(p->draw + p->n_draws - from);
    const size_t size = v->n * bens_h5_size(v->type);
    const uint64_t cell = (uint64_t)((row - p->row) * p->n_draws + (from - p->draw));
    char *stored;
    BENS_TRY(bens_alloc(n, size, &stored));
    const bens_status s =
        bens_draws_read(d, p, p->address[variable] + cell * size, n * size, stored);
    for (size_t i = 0; i < n && s == BENS_OK; i++)
        if ((bens_draws_flags(d, row, from + (int64_t)i) & BENS_DRAW_DONE) != 0)
            out[i] = value_at(v->type, stored + i * size, 0);
    free(stored);
    return s;
}

bens_status bens_draws_stat_row(const bens_draws *d, const char *name, int64_t row,
                                double *out)
{
    int variable;
    BENS_ASSERT(row >= 0 && row < d->n_chains);
    BENS_TRY(find_stat(d, name, &variable));
    for (int64_t k = 0; k < d->n_draws; k++) out[k] = NAN;
    for (int64_t k = 0; k < d->n_draws;) {
        const bens_draws_part *p = bens_draws_part_of(d, row, k);
        if (p != NULL) BENS_TRY(read_row(d, p, variable, row, k, out + k));
        k = p != NULL ? p->draw + p->n_draws : k + 1;
    }
    return BENS_OK;
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
                             XXH64_state_t *hash, char *scratch, uint64_t *out)
{
    const size_t size = bens_h5_size(bens_samples_type(&d->params));
    XXH64_reset(hash, 0);
    for (int i = 0; i < d->params.n_tensors; i++) {
        BENS_TRY(read_stored(d, i, row, draw, 1, scratch));
        XXH64_update(hash, scratch, d->params.tensors[i].size * size);
    }
    *out = XXH64_digest(hash);
    return BENS_OK;
}

bens_status bens_draws_verify(const bens_draws *d, int64_t row, int64_t draw)
{
    uint64_t wanted = 0, found = 0;
    char *scratch;
    BENS_ASSERT(holds(d, row, draw, 1) &&
                (bens_draws_flags(d, row, draw) & BENS_DRAW_DONE) != 0);
    BENS_TRY(read_checksum(d, row, draw, &wanted));
    BENS_TRY(bens_alloc(d->params.n, sizeof(float), &scratch));
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
