#include "data/data.h"
#include "data/classes.h"
#include "data/prepare.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define X(name) extern const bens_source bens_source_##name;
#include "data/list.h"
#undef X

static const bens_source *const sources[] = {
#define X(name) &bens_source_##name,
#include "data/list.h"
#undef X
};

const bens_source *bens_source_at(size_t i)
{
    return i < sizeof sources / sizeof *sources ? sources[i] : NULL;
}

const bens_source *bens_source_find(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i]->name, name) == 0) return sources[i];
    return NULL;
}

bens_status bens_names_copy(const char *const *names, int64_t n, char ***out)
{
    size_t size = (size_t)n * sizeof(char *);
    char **copy;
    for (int64_t i = 0; i < n; i++) size += strlen(names[i]) + 1;
    BENS_TRY(bens_alloc(size, 1, &copy));
    char *text = (char *)(copy + n);
    for (int64_t i = 0; i < n; i++) {
        const size_t length = strlen(names[i]) + 1;
        copy[i] = memcpy(text, names[i], length);
        text += length;
    }
    *out = copy;
    return BENS_OK;
}

void bens_data_destroy(bens_data *data)
{
    if (data == NULL) return;
    if (data->map.base == NULL && !data->is_shared) {
        free(data->x);
        free(data->raw);
    }
    if (!data->is_shared) {
        free(data->label);
        free(data->y);
    }
    bens_map_close(&data->map);
    free(data->class_names);
    free(data->feature_names);
    free(data->x_mean);
    free(data->x_sd);
    free(data);
}

static bens_status check_names(const bens_data_request *request, const bens_data *train,
                               const bens_data *test)
{
    for (int64_t j = 0; j < train->n_features; j++)
        if (strcmp(train->feature_names[j], test->feature_names[j]) != 0)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s': wanted the features of '%s' in the same order, found "
                      "'%.80s' in the place of '%.80s'",
                      request->test, request->train, test->feature_names[j],
                      train->feature_names[j]);
    return BENS_OK;
}

static bens_status check_features(const bens_data_request *request,
                                  const bens_data *train, const bens_data *test)
{
    if (train->feature_names == NULL)
        return bens_rows_check_like(train, test, request->test);
    if (test->n_features != train->n_features)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted the %lld features of '%s', found %lld",
                  request->test, (long long)train->n_features, request->train,
                  (long long)test->n_features);
    return check_names(request, train, test);
}

static bens_status check_counts(const char *path, const bens_data *d)
{
    for (int64_t i = 0; i < d->n_rows && d->y != NULL; i++) {
        const double y = (double)d->y[i];
        if (y >= 0 && y <= BENS_MAX_COUNT && y == floor(y)) continue;
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted counts as the target (whole numbers from 0 to %d), found "
                  "%.9g in row %lld",
                  path, BENS_MAX_COUNT, y, (long long)i + 1);
    }
    return BENS_OK;
}

bens_status bens_source_read(const bens_source *source, const void *options,
                             const char *path, bens_target target, const bens_data *like,
                             bens_data **out)
{
    bens_data *d;
    BENS_TRY(bens_alloc(1, sizeof *d, &d));
    const bens_status s = source->read(options, path, target, like, d);
    if (s == BENS_OK)
        *out = d;
    else
        bens_data_destroy(d);
    return s;
}

/* A source knows classes and reals. */
static bens_status read_file(const bens_source *source, const void *options,
                             const char *path, bens_target target, const bens_data *like,
                             bens_data **out)
{
    const bool counts = target == BENS_TARGET_COUNT;
    BENS_TRY(bens_source_read(source, options, path, counts ? BENS_TARGET_REAL : target,
                              like, out));
    return counts ? check_counts(path, *out) : BENS_OK;
}

static bens_status read_test(const bens_source *source, const void *options,
                             const bens_data_request *request, bens_target target,
                             const bens_data *train, bens_data **test)
{
    BENS_TRY(read_file(source, options, request->test, target, NULL, test));
    BENS_TRY(check_features(request, train, *test));
    if (target != BENS_TARGET_CLASS) return BENS_OK;
    const bens_status s = bens_classes_adopt(train, *test);
    if (s != BENS_OK) BENS_FAIL(s, "'%s': %s", request->test, bens_error_text());
    return BENS_OK;
}

static bens_status check_classes(const bens_data_request *request, const bens_data *train)
{
    char *seen;
    int64_t k = 0;
    if (train->n_classes == 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted at least two classes, found one class only: all %lld "
                  "rows have class '%.80s'",
                  request->train, (long long)train->n_rows, train->class_names[0]);
    BENS_TRY(bens_alloc((size_t)train->n_classes, 1, &seen));
    for (int64_t i = 0; i < train->n_rows; i++) seen[train->label[i]] = 1;
    while (k < train->n_classes && seen[k]) k++;
    free(seen);
    if (k < train->n_classes)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted every class in the training set, "
                  "found class '%.80s' in the test set only ([data] test_fraction = %g); "
                  "take another seed or a smaller fraction",
                  request->train, train->class_names[k], request->test_fraction);
    return BENS_OK;
}

static bens_status hash(bens_data *d)
{
    const size_t n = (size_t)d->n_rows;
    XXH64_state_t *const state = XXH64_createState();
    if (state == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the hash of the data");
    XXH64_reset(state, 0);
    XXH64_update(state, d->x != NULL ? d->x : d->raw, n * bens_data_row_bytes(d));
    if (d->label != NULL) XXH64_update(state, d->label, n * sizeof *d->label);
    if (d->y != NULL) XXH64_update(state, d->y, n * sizeof *d->y);
    d->hash = XXH64_digest(state);
    XXH64_freeState(state);
    return BENS_OK;
}

static bens_status prepare(const bens_source *source, const void *options,
                           const bens_data_request *request, bens_target target,
                           uint64_t seed, bens_data **train, bens_data **test)
{
    BENS_TRY(read_file(source, options, request->train, target, NULL, train));
    if (request->test[0] != '\0')
        BENS_TRY(read_test(source, options, request, target, *train, test));
    else if (request->test_fraction > 0)
        BENS_TRY(bens_data_split(request, seed, *train, test));
    if (target == BENS_TARGET_CLASS) BENS_TRY(check_classes(request, *train));
    BENS_TRY(hash(*train));
    if (*test != NULL) BENS_TRY(hash(*test));
    const bool standardize = request->standardize == BENS_STANDARDIZE_AUTO
                                 ? source->standardize
                                 : request->standardize != 0;
    return standardize ? bens_data_standardize(*train, *test) : BENS_OK;
}

bens_status bens_data_open(const bens_source *source, const void *options,
                           const bens_data_request *request, bens_target target,
                           uint64_t seed, bens_data **train, bens_data **test)
{
    bens_data *a = NULL, *b = NULL;
    const bens_status s = prepare(source, options, request, target, seed, &a, &b);
    if (s != BENS_OK) {
        bens_data_destroy(a);
        bens_data_destroy(b);
        return s;
    }
    *train = a;
    *test = b;
    return BENS_OK;
}

static bens_status prepare_like(const bens_source *source, const void *options,
                                const char *path, bens_target target,
                                const bens_data *like, bens_data **out)
{
    BENS_TRY(read_file(source, options, path, target, like, out));
    if ((*out)->label != NULL) {
        const bens_status s = bens_classes_adopt(like, *out);
        if (s != BENS_OK) BENS_FAIL(s, "'%s': %s", path, bens_error_text());
    }
    BENS_TRY(hash(*out));
    return like->x_mean != NULL ? bens_data_standardize_like(like, *out) : BENS_OK;
}

bens_status bens_data_open_like(const bens_source *source, const void *options,
                                const char *path, bens_target target,
                                const bens_data *like, bens_data **out)
{
    bens_data *d = NULL;
    const bens_status s = prepare_like(source, options, path, target, like, &d);
    if (s == BENS_OK)
        *out = d;
    else
        bens_data_destroy(d);
    return s;
}
