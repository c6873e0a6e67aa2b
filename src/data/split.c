#include "data/prepare.h"
#include "core/permutation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void copy_row(const bens_data *from, int64_t i, bens_data *to, int64_t k)
{
    const size_t F = (size_t)to->n_features;
    memmove(to->x + (size_t)k * F, from->x + (size_t)i * F, F * sizeof *to->x);
    if (to->label != NULL) to->label[k] = from->label[i];
    if (to->y != NULL) to->y[k] = from->y[i];
}

/* Room for n_rows more of the same kind. */
static bens_status create_like(const bens_data *data, int64_t n_rows, bens_data **out)
{
    bens_data *d;
    const size_t n = (size_t)n_rows, F = (size_t)data->n_features;
    BENS_TRY(bens_alloc(1, sizeof *d, &d));
    d->n_features = data->n_features;
    d->n_classes = data->n_classes;
    bens_status s = bens_alloc(n * F, sizeof *d->x, &d->x);
    if (s == BENS_OK && data->label != NULL)
        s = bens_alloc(n, sizeof *d->label, &d->label);
    if (s == BENS_OK && data->y != NULL) s = bens_alloc(n, sizeof *d->y, &d->y);
    if (s == BENS_OK)
        s = bens_names_copy((const char *const *)data->feature_names, data->n_features,
                            &d->feature_names);
    if (s == BENS_OK && data->class_names != NULL)
        s = bens_names_copy((const char *const *)data->class_names, data->n_classes,
                            &d->class_names);
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
    const bens_permutation p = bens_permutation_make((uint64_t)n, &at);
    BENS_TRY(bens_alloc((size_t)n, 1, &marked));
    for (int64_t k = 0; k < n_test; k++) marked[bens_permutation_at(&p, (uint64_t)k)] = 1;
    const bens_status s = create_like(train, n_test, test);
    if (s == BENS_OK) deal(marked, train, *test);
    free(marked);
    return s;
}
