#include "io/draws_file.h"

#include "core/rng.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bens_status add_variable(bens_draws *d, const char *group, const bens_h5_set *set)
{
    bens_draws_file *f = d->file;
    bens_draws_variable v = {.group = group,
                             .type = set->type,
                             .rank = set->rank,
                             .n = 1};
    if (strlen(set->name) >= sizeof v.name || set->rank > BENS_SAMPLES_RANK)
        BENS_FAIL(BENS_ERR_IO, "wanted at most %d axes and a shorter name, found %s/%s",
                  BENS_SAMPLES_RANK, group, set->name);
    memcpy(v.name, set->name, strlen(set->name) + 1);
    memcpy(v.shape, set->shape, (size_t)set->rank * sizeof *v.shape);
    if (set->shape[0] != (hsize_t)d->n_chains || set->shape[1] != (hsize_t)d->n_draws)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted %s/%s of %lld chains x %lld draws, found %llu x %llu", group,
                  v.name, (long long)d->n_chains, (long long)d->n_draws,
                  (unsigned long long)set->shape[0], (unsigned long long)set->shape[1]);
    const size_t size = ((size_t)f->n_variables + 1) * sizeof v;
    bens_draws_variable *grown = realloc(f->variable, size);
    if (grown == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a table of variables");
    f->variable = grown;
    f->variable[f->n_variables++] = v;
    return BENS_OK;
}

/* What has one axis is a coordinate. */
static bens_status visit_posterior(void *context, const bens_h5_set *set)
{
    bens_draws *d = context;
    int64_t shape[BENS_MAX_RANK] = {0};
    if (set->rank < 2) return BENS_OK;
    const bool half = set->known && set->type == BENS_H5_FLOAT16;
    if (d->params.n_tensors == 0) d->params.half = half;
    if (!set->known || set->type != bens_samples_type(&d->params))
        BENS_FAIL(BENS_ERR_IO, "wanted posterior/%s of type %s, found another", set->name,
                  bens_h5_name(bens_samples_type(&d->params)));
    BENS_TRY(add_variable(d, "posterior", set));
    for (int k = 2; k < set->rank; k++) {
        if (set->shape[k] > INT64_MAX)
            BENS_FAIL(BENS_ERR_IO, "posterior/%s has too many elements", set->name);
        shape[k - 2] = (int64_t)set->shape[k];
    }
    bens_tensor *t;
    BENS_TRY(bens_params_add(&d->params, set->name, set->rank - 2, shape, &t));
    d->file->variable[d->file->n_variables - 1].n = t->size;
    return BENS_OK;
}

static bens_status visit_stats(void *context, const bens_h5_set *set)
{
    if (set->rank < 2) return BENS_OK;
    if (!set->known || set->rank != 2)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted numbers [chain, draw] in sample_stats/%s, found something else",
                  set->name);
    return add_variable(context, "sample_stats", set);
}

/* Days from 1970-01-01 in the Gregorian calendar: years begin in March, so that
 * the leap day is the last one. */
static double seconds_of(int year, int month, int day, int hour, int minute, int second)
{
    const long y = month > 2 ? year : year - 1L, m = (month + 9) % 12;
    const long days =
        365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
    return 86400.0 * (double)days + 3600.0 * hour + 60.0 * minute + second;
}

static double read_date(hid_t file)
{
    int y, m, d, h, min, s;
    char *text;
    double date = NAN;
    if (bens_h5_get_attribute(file, "created_at", &text) != BENS_OK) return NAN;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &y, &m, &d, &h, &min, &s) == 6 &&
        m >= 1 && m <= 12)
        date = seconds_of(y, m, d, h, min, s);
    free(text);
    return date;
}

static bens_status read_about(hid_t file, bens_draws *d)
{
    d->created = read_date(file);
    BENS_TRY(
        bens_h5_get_first(file, "posterior", "chain", BENS_H5_INT64, 1, &d->first_chain));
    if (d->first_chain < 0 || d->first_chain > BENS_MAX_CHAIN + 1 - d->n_chains)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted chains with numbers of 0 to %d, found %lld of them "
                  "from %lld on",
                  BENS_MAX_CHAIN, (long long)d->n_chains, (long long)d->first_chain);
    BENS_TRY(bens_h5_get_first(file, "bens", "n_data", BENS_H5_INT64, 0, &d->n_data));
    BENS_TRY(bens_h5_get_first(file, "bens", "seed", BENS_H5_UINT64, 0, &d->seed));
    BENS_TRY(
        bens_h5_get_first(file, "bens", "data_hash", BENS_H5_UINT64, 0, &d->data_hash));
    BENS_TRY(bens_h5_get_text(file, "bens", "config", &d->config));
    BENS_TRY(bens_h5_get_text(file, "bens", "layout", &d->layout));
    d->params.n_data = (double)d->n_data;
    return BENS_OK;
}

static void mark_output(bens_params *params, const char *name)
{
    for (int k = 0; k < params->n_tensors; k++)
        if (strcmp(params->tensors[k].name, name) == 0) params->tensors[k].output = true;
}

static bens_status add_left_out(bens_draws *d, const char *name, const json_t *shape)
{
    const size_t rank = json_array_size(shape);
    int64_t size[BENS_MAX_RANK] = {0};
    for (size_t k = 0; k < rank && k < BENS_MAX_RANK; k++)
        size[k] = json_integer_value(json_array_get(shape, k));
    if (!json_is_array(shape) || rank > BENS_MAX_RANK ||
        bens_params_find(&d->params, name) != NULL)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted bens/layout to describe tensors, found nonsense about '%.80s'",
                  name);
    return bens_params_add(&d->left_out, name, (int)rank, size, NULL);
}

/* Which tensors are outputs, and which are not stored, is written in the layout only. */
static bens_status read_layout(bens_draws *d)
{
    json_error_t where;
    json_t *layout = json_loads(d->layout, 0, &where), *entry;
    bens_status s = BENS_OK;
    size_t i;
    if (!json_is_array(layout))
        s = bens_error_set(BENS_ERR_IO,
                           "wanted a JSON list in bens/layout, found something else");
    json_array_foreach(layout, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "tensor"));
        if (name == NULL || s != BENS_OK) continue;
        if (json_is_true(json_object_get(entry, "output")))
            mark_output(&d->params, name);
        else if (json_is_false(json_object_get(entry, "stored")))
            s = add_left_out(d, name, json_object_get(entry, "shape"));
    }
    json_decref(layout);
    return s;
}

bens_status bens_draws_read_table(hid_t file, bens_draws *d)
{
    BENS_TRY(bens_samples_identify(file, &d->n_chains, &d->n_draws));
    BENS_TRY(bens_h5_list(file, "posterior", visit_posterior, d));
    BENS_TRY(bens_h5_list(file, "sample_stats", visit_stats, d));
    BENS_TRY(read_about(file, d));
    return read_layout(d);
}

int bens_draws_find_stat(const bens_draws *d, const char *name)
{
    for (int i = d->params.n_tensors; i < d->file->n_variables; i++)
        if (strcmp(d->file->variable[i].name, name) == 0) return i;
    return -1;
}
