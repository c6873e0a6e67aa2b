#include "io/samples_recall.h"

#include "io/draws_file.h"
#include "io/h5.h"
#include "io/samples_layout.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char posterior[] = "/posterior/";

/* ---- axes with names ---- */

typedef struct {
    char name[BENS_NAME_SIZE + sizeof posterior];
} scale_name;

static herr_t take_name(hid_t set, unsigned axis, hid_t scale, void *context)
{
    scale_name *out = context;
    (void)set;
    (void)axis;
    const ssize_t length = H5Iget_name(scale, out->name, sizeof out->name);
    if (length < 0 || (size_t)length >= sizeof out->name) return -1;
    return 1; /* the first one is enough */
}

/* Texts of a data set with one axis, copied into the pool. */
static bens_status copy_texts(hid_t set, hid_t type, int64_t n, bens_pool *pool,
                              const char *const **out)
{
    const hid_t space = H5Dget_space(set);
    char **text = NULL, **copy = NULL;
    bens_status s = bens_alloc((size_t)n, sizeof *text, &text);
    if (s == BENS_OK) s = bens_pool_bytes(pool, (size_t)n * sizeof *copy, &copy);
    if (s == BENS_OK && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) < 0)
        s = bens_h5_fail("cannot read the labels of an axis");
    for (int64_t i = 0; i < n && s == BENS_OK; i++)
        s = bens_pool_text(pool, text[i] != NULL ? text[i] : "", &copy[i]);
    if (text != NULL) H5Dvlen_reclaim(type, space, H5P_DEFAULT, text);
    free(text);
    H5Sclose(space);
    *out = (const char *const *)copy;
    return s;
}

/* The labels of GROUP/NAME, where it has texts; numbers are what an axis without labels
 * gets anyway. */
static bens_status read_labels(hid_t file, const char *group, const char *name, int64_t n,
                               bens_pool *pool, const char *const **out)
{
    hid_t set;
    *out = NULL;
    BENS_TRY(bens_h5_open_set(file, group, name, &set));
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    uint64_t address;
    bens_status s = bens_h5_address(set, group, name, (uint64_t)n, H5Tget_size(type),
                                    UINT64_MAX, &address);
    if (s == BENS_OK && (H5Sget_simple_extent_ndims(space) != 1 ||
                         H5Sget_simple_extent_npoints(space) != n))
        s = bens_error_set(BENS_ERR_IO, "wanted %lld values in %s/%s, found others",
                           (long long)n, group, name);
    if (s == BENS_OK && H5Tis_variable_str(type) > 0)
        s = copy_texts(set, type, n, pool, out);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return s;
}

static bens_status read_axis(hid_t file, hid_t set, bens_tensor *t, int k,
                             bens_pool *pool)
{
    scale_name found = {0};
    char usual[2 * BENS_NAME_SIZE];
    bens_axis *axis;
    const size_t prefix = sizeof posterior - 1;
    snprintf(usual, sizeof usual, "%s_dim_%d", t->name, k);
    if (H5DSiterate_scales(set, (unsigned)k + 2, NULL, take_name, &found) <= 0 ||
        strncmp(found.name, posterior, prefix) != 0 ||
        strlen(found.name) - prefix >= BENS_NAME_SIZE)
        BENS_FAIL(BENS_ERR_IO, "wanted a coordinate for axis %d of posterior/%s", k + 2,
                  t->name);
    t->axis[k] = NULL;
    if (strcmp(found.name + prefix, usual) == 0) return BENS_OK;
    BENS_TRY(bens_pool_bytes(pool, sizeof *axis, &axis));
    *axis = (bens_axis){.n = t->shape[k]};
    strcpy(axis->name, found.name + prefix);
    t->axis[k] = axis;
    return read_labels(file, "posterior", axis->name, axis->n, pool, &axis->labels);
}

static bens_status read_axes(hid_t file, bens_tensor *t, bens_pool *pool)
{
    hid_t set;
    BENS_TRY(bens_h5_open_set(file, "posterior", t->name, &set));
    bens_status s = BENS_OK;
    for (int k = 0; k < t->rank && s == BENS_OK; k++)
        s = read_axis(file, set, t, k, pool);
    H5Dclose(set);
    return s;
}

/* ---- parameters and the further statistics ---- */

typedef struct {
    const char **name; /* [BENS_MAX_STATS + 1] */
    int n;
    bens_pool *pool;
} stats;

static bens_status take_stat(void *context, const bens_h5_set *set)
{
    stats *all = context;
    char *name;
    if (set->rank < 2 || bens_samples_has_stat(set->name)) return BENS_OK;
    if (all->n == BENS_MAX_STATS || set->type != BENS_H5_FLOAT64)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted at most %d further numbers of type %s in sample_stats, found "
                  "%s too",
                  BENS_MAX_STATS, bens_h5_name(BENS_H5_FLOAT64), set->name);
    BENS_TRY(bens_pool_text(all->pool, set->name, &name));
    all->name[all->n++] = name;
    return BENS_OK;
}

static bens_status read_params(hid_t file, const bens_draws *d, bens_samples_recalled *r)
{
    stats found = {.pool = r->pool};
    const size_t n = (size_t)d->params.n_tensors;
    r->params = d->params;
    BENS_TRY(bens_pool_bytes(r->pool, n * sizeof *r->params.tensors, &r->params.tensors));
    memcpy(r->params.tensors, d->params.tensors, n * sizeof *r->params.tensors);
    for (size_t i = 0; i < n; i++)
        BENS_TRY(read_axes(file, &r->params.tensors[i], r->pool));
    BENS_TRY(
        bens_pool_bytes(r->pool, (BENS_MAX_STATS + 1) * sizeof *found.name, &found.name));
    BENS_TRY(bens_h5_list(file, "sample_stats", take_stat, &found));
    found.name[found.n] = NULL;
    r->params.stats = found.name;
    return BENS_OK;
}

/* ---- data ---- */

static bens_status read_numbers(hid_t file, const char *group, const char *name,
                                bens_h5_type type, bens_pool *pool, int64_t *n,
                                void **out)
{
    hsize_t shape[1];
    uint64_t address;
    hid_t set;
    BENS_TRY(bens_h5_find(file, group, name, type, 1, shape, &set));
    bens_status s = bens_h5_address(set, group, name, shape[0], bens_h5_size(type),
                                    UINT64_MAX, &address);
    if (s == BENS_OK) s = bens_pool_bytes(pool, shape[0] * bens_h5_size(type), out);
    if (s == BENS_OK &&
        H5Dread(set, bens_h5_native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0)
        s = bens_h5_fail("cannot read %s/%s", group, name);
    H5Dclose(set);
    *n = (int64_t)shape[0];
    return s;
}

static bens_status parse_classes(const char *text, bens_samples_recalled *r)
{
    json_error_t where;
    json_t *const list = json_loads(text, 0, &where);
    const size_t n = json_array_size(list);
    char **name = NULL;
    bens_status s = bens_pool_bytes(r->pool, (n + 1) * sizeof *name, &name);
    for (size_t i = 0; i < n && s == BENS_OK; i++) {
        const char *const one = json_string_value(json_array_get(list, i));
        s = bens_pool_text(r->pool, one != NULL ? one : "?", &name[i]);
    }
    json_decref(list);
    r->spec.n_classes = (int64_t)n;
    r->spec.class_names = n > 0 ? (const char *const *)name : NULL;
    return s;
}

static bens_status read_classes(hid_t file, bens_samples_recalled *r)
{
    hid_t y;
    char *text;
    BENS_TRY(bens_h5_open_set(file, "observed_data", r->spec.obs_name, &y));
    const bool there = H5Aexists(y, "classes") > 0;
    bens_status s = there ? bens_h5_get_attribute(y, "classes", &text) : BENS_OK;
    H5Dclose(y);
    if (!there || s != BENS_OK) return s;
    s = parse_classes(text, r);
    free(text);
    return s;
}

static bens_status take_observed(void *context, const bens_h5_set *set)
{
    bens_samples_recalled *r = context;
    if (strcmp(set->name, "obs_id") == 0) return BENS_OK;
    char *name;
    BENS_TRY(bens_pool_text(r->pool, set->name, &name));
    r->spec.obs_name = name;
    r->spec.n_classes = set->known && set->type == BENS_H5_INT32; /* it has labels */
    return BENS_OK;
}

static bens_status read_observed(hid_t file, bens_samples_recalled *r)
{
    bens_samples_spec *spec = &r->spec;
    void *value = NULL;
    if (H5Lexists(file, "observed_data", H5P_DEFAULT) <= 0) return BENS_OK;
    BENS_TRY(bens_h5_list(file, "observed_data", take_observed, r));
    const bool label = spec->n_classes > 0;
    BENS_TRY(read_numbers(file, "observed_data", spec->obs_name,
                          label ? BENS_H5_INT32 : BENS_H5_FLOAT32, r->pool, &spec->n_obs,
                          &value));
    spec->n_classes = 0;
    if (label)
        spec->obs_label = value;
    else
        spec->obs_value = value;
    return label ? read_classes(file, r) : BENS_OK;
}

static bens_status read_constant(hid_t file, bens_samples_recalled *r)
{
    bens_samples_spec *spec = &r->spec;
    void *mean, *sd;
    int64_t n;
    if (H5Lexists(file, "constant_data", H5P_DEFAULT) <= 0) return BENS_OK;
    BENS_TRY(read_numbers(file, "constant_data", "x_mean", BENS_H5_FLOAT64, r->pool, &n,
                          &mean));
    BENS_TRY(read_numbers(file, "constant_data", "x_sd", BENS_H5_FLOAT64, r->pool,
                          &spec->n_features, &sd));
    if (n != spec->n_features)
        BENS_FAIL(BENS_ERR_IO, "wanted %lld numbers in constant_data/x_sd, found %lld",
                  (long long)n, (long long)spec->n_features);
    spec->x_mean = mean;
    spec->x_sd = sd;
    return read_labels(file, "constant_data", "feature", n, r->pool,
                       &spec->feature_names);
}

/* ---- texts ---- */

static bens_status read_texts(hid_t file, bens_samples_recalled *r)
{
    static const char *const names[] = {"argv", "environment", "hosts", "build"};
    const char **const out[] = {&r->spec.argv, &r->spec.environment, &r->spec.hosts,
                                &r->spec.build};
    char *text, *copy;
    BENS_TRY(bens_h5_get_attribute(file, "inference_library_version", &text));
    bens_status s = bens_pool_text(r->pool, text, &copy);
    free(text);
    r->spec.version = copy;
    for (size_t i = 0; i < sizeof names / sizeof *names && s == BENS_OK; i++) {
        BENS_TRY(bens_h5_get_text(file, "bens", names[i], &text));
        s = bens_pool_text(r->pool, text, &copy);
        free(text);
        *out[i] = copy;
    }
    return s;
}

/* Files of older versions have none. */
static bens_status read_inputs(hid_t file, bens_samples_recalled *r)
{
    char *text, *copy;
    if (H5Lexists(file, "bens/inputs", H5P_DEFAULT) <= 0) return BENS_OK;
    BENS_TRY(bens_h5_get_text(file, "bens", "inputs", &text));
    const bens_status s = bens_pool_text(r->pool, text, &copy);
    free(text);
    if (s == BENS_OK) r->spec.inputs = copy;
    return s;
}

static bens_status read_all(hid_t file, const bens_draws *d, bens_samples_recalled *r)
{
    r->spec = (bens_samples_spec){.first_chain = d->first_chain,
                                  .n_chains = d->n_chains,
                                  .n_draws = d->n_draws,
                                  .n_data = (double)d->n_data,
                                  .seed = d->seed,
                                  .data_hash = d->data_hash,
                                  .config = d->config,
                                  .layout = d->layout};
    BENS_TRY(bens_h5_get_first(file, "posterior", "draw", BENS_H5_INT64, 1,
                               &r->spec.first_draw));
    const int64_t last = ((int64_t)1 << 32) - d->n_draws;
    if (r->spec.first_draw < 0 || r->spec.first_draw > last)
        BENS_FAIL(BENS_ERR_IO, "wanted a first draw of 0 to %lld, found %lld",
                  (long long)last, (long long)r->spec.first_draw);
    BENS_TRY(read_params(file, d, r));
    BENS_TRY(read_observed(file, r));
    BENS_TRY(read_constant(file, r));
    BENS_TRY(read_inputs(file, r));
    return read_texts(file, r);
}

static bens_status read_file(const bens_draws *draws, bens_samples_recalled *out)
{
    hid_t file;
    BENS_TRY(bens_h5_open(draws->path, &file));
    const bens_status s = read_all(file, draws, out);
    H5Fclose(file);
    return s;
}

static bens_status read_apart(const void *path)
{
    bens_draws_file file = {0};
    bens_draws draws = {.path = path, .file = &file};
    bens_samples_recalled found = {0};
    BENS_TRY(bens_draws_read_file(&draws));
    BENS_TRY(bens_pool_create(&found.pool));
    return read_file(&draws, &found);
}

bens_status bens_samples_recall(const bens_draws *draws, bens_samples_recalled *out)
{
    bens_h5_start();
    *out = (bens_samples_recalled){0};
    BENS_TRY(bens_pool_create(&out->pool));
    bens_status s = bens_h5_try(draws->path, read_apart);
    if (s == BENS_OK) s = read_file(draws, out);
    if (s != BENS_OK) {
        bens_samples_forget(out);
        return bens_error_set(s, "'%s': %s", draws->path, bens_error_text());
    }
    return BENS_OK;
}

void bens_samples_forget(bens_samples_recalled *r)
{
    bens_pool_destroy(r->pool);
    *r = (bens_samples_recalled){0};
}
