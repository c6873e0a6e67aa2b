#include "data/prepare.h"
#include "core/permutation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bens_status bens_data_own(bens_data *d)
{
    const size_t bytes = (size_t)d->n_rows * bens_data_row_bytes(d);
    void *copy;
    if (d->map.base == NULL) return BENS_OK;
    BENS_TRY(bens_alloc(bytes, 1, &copy));
    memcpy(copy, d->map.bytes, bytes);
    if (d->x != NULL)
        d->x = copy;
    else
        d->raw = copy;
    bens_map_close(&d->map);
    return BENS_OK;
}

static void copy_row(const bens_data *from, int64_t i, bens_data *to, int64_t k)
{
    const size_t size = bens_data_row_bytes(from);
    const char *const source = from->x != NULL ? (char *)from->x : from->raw;
    char *const target = to->x != NULL ? (char *)to->x : to->raw;
    memmove(target + (size_t)k * size, source + (size_t)i * size, size);
    if (to->label != NULL) to->label[k] = from->label[i];
    if (to->y != NULL) to->y[k] = from->y[i];
}

static bens_status copy_names(char **names, int64_t n, char ***out)
{
    return names == NULL ? BENS_OK : bens_names_copy((const char *const *)names, n, out);
}

static bens_status allocate_like(const bens_data *data, int64_t n_rows, bens_data *d)
{
    const size_t n = (size_t)n_rows, bytes = n * bens_data_row_bytes(data);
    BENS_TRY(data->x != NULL ? bens_alloc(bytes, 1, &d->x)
                             : bens_alloc(bytes, 1, &d->raw));
    if (data->label != NULL) BENS_TRY(bens_alloc(n, sizeof *d->label, &d->label));
    if (data->y != NULL) BENS_TRY(bens_alloc(n, sizeof *d->y, &d->y));
    BENS_TRY(copy_names(data->feature_names, data->n_features, &d->feature_names));
    return copy_names(data->class_names, data->n_classes, &d->class_names);
}

/* Room for n_rows more of the same kind. */
static bens_status create_like(const bens_data *data, int64_t n_rows, bens_data **out)
{
    bens_data *d;
    BENS_TRY(bens_alloc(1, sizeof *d, &d));
    *d = (bens_data){.n_features = data->n_features,
                     .rank = data->rank,
                     .cell = data->cell,
                     .scale = data->scale,
                     .n_classes = data->n_classes};
    memcpy(d->dim, data->dim, sizeof d->dim);
    const bens_status s = allocate_like(data, n_rows, d);
    if (s == BENS_OK)
        *out = d;
    else
        bens_data_destroy(d);
    return s;
}

/* Moves the rows with a mark from train to test; both keep their order. */
static void deal(const char *marked, bens_data *train, bens_data *test)
{
    const int64_t n = train->n_rows;
    train->n_rows = test->n_rows = 0;
    for (int64_t i = 0; i < n; i++) {
        bens_data *const to = marked[i] ? test : train;
        copy_row(train, i, to, to->n_rows++);
    }
}

bens_status bens_data_split(const bens_data_request *request, uint64_t seed,
                            bens_data *train, bens_data **test)
{
    const int64_t n = train->n_rows, n_test = llround(request->test_fraction * (double)n);
    const bens_rng at = {.seed = seed, .stream = BENS_STREAM_SPLIT};
    char *marked;
    if (n_test < 1 || n_test >= n)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[data] test_fraction: wanted at least one row in the test set and one "
                  "in the training set, found %lld and %lld of the %lld rows of '%s'",
                  (long long)n_test, (long long)(n - n_test), (long long)n,
                  request->train);
    BENS_TRY(bens_data_own(train)); /* its rows move */
    const bens_permutation p = bens_permutation_make((uint64_t)n, &at);
    BENS_TRY(bens_alloc((size_t)n, 1, &marked));
    for (int64_t k = 0; k < n_test; k++) marked[bens_permutation_at(&p, (uint64_t)k)] = 1;
    const bens_status s = create_like(train, n_test, test);
    if (s == BENS_OK) deal(marked, train, *test);
    free(marked);
    return s;
}
