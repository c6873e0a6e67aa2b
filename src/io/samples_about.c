#include "io/samples_layout.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

bens_status bens_samples_put_origin(hid_t object, const bens_samples_spec *spec)
{
    char now[32];
    const time_t seconds = time(NULL);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL ||
        !strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc))
        BENS_FAIL(BENS_ERR_FAILURE, "the clock of this machine gives no date");
    BENS_TRY(bens_h5_put_attribute(object, "created_at", now));
    BENS_TRY(bens_h5_put_attribute(object, "creation_library", "bens"));
    BENS_TRY(bens_h5_put_attribute(object, "creation_library_version", spec->version));
    BENS_TRY(bens_h5_put_attribute(object, "creation_library_language", "C"));
    BENS_TRY(bens_h5_put_attribute(object, "inference_library", "bens"));
    return bens_h5_put_attribute(object, "inference_library_version", spec->version);
}

/* A variable with one dimension that is complete at once. */
static bens_status put_fixed(hid_t group, const char *name, bens_h5_type type,
                             const void *value, const bens_samples_axis *axis, hid_t *out)
{
    hid_t set;
    BENS_TRY(bens_h5_put_numbers(group, name, type, value, axis->n, &set));
    bens_status s = bens_h5_is_float(type) ? bens_h5_put_fill(set, type) : BENS_OK;
    if (s == BENS_OK) s = bens_samples_attach(group, set, axis, 1);
    if (out != NULL)
        *out = set;
    else
        H5Dclose(set);
    return s;
}

/* JSON is text: what is no UTF-8 becomes "?" as in bens_h5_put_text. */
static bens_status put_json(hid_t object, json_t *value, const char *name, bool attribute)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(value);
    if (text == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the text of '%s'", name);
    const bens_status s = attribute ? bens_h5_put_attribute(object, name, text)
                                    : bens_h5_put_text(object, name, text);
    free(text);
    return s;
}

static json_t *list_names(const char *const *names, int64_t n)
{
    json_t *const list = json_array();
    for (int64_t i = 0; i < n; i++) {
        json_t *const name = json_string(names[i]);
        json_array_append_new(list, name != NULL ? name : json_string("?"));
    }
    return list;
}

bens_status bens_samples_put_observed(hid_t file, const bens_samples_spec *spec)
{
    const bens_samples_axis axis = {.name = "obs_id", .n = spec->n_obs};
    const bool label = spec->obs_label != NULL;
    const void *value = label ? (const void *)spec->obs_label : spec->obs_value;
    hid_t group, y = H5I_INVALID_HID;
    if (spec->n_obs == 0 || value == NULL) return BENS_OK;
    BENS_TRY(bens_h5_group(file, "observed_data", &group));
    bens_status s = bens_samples_put_origin(group, spec);
    if (s == BENS_OK)
        s = put_fixed(group, spec->obs_name, label ? BENS_H5_INT32 : BENS_H5_FLOAT32,
                      value, &axis, &y);
    if (s == BENS_OK && label && spec->class_names != NULL) {
        json_t *const names = list_names(spec->class_names, spec->n_classes);
        s = put_json(y, names, "classes", true);
    }
    H5Dclose(y);
    H5Gclose(group);
    return s;
}

static bens_status put_constant(hid_t file, const bens_samples_spec *spec)
{
    const bens_samples_axis axis = {.name = "feature",
                                    .n = spec->n_features,
                                    .labels = spec->feature_names};
    hid_t group;
    if (spec->n_features == 0 || spec->x_mean == NULL || spec->x_sd == NULL)
        return BENS_OK;
    BENS_TRY(bens_h5_group(file, "constant_data", &group));
    bens_status s = bens_samples_put_origin(group, spec);
    if (s == BENS_OK)
        s = put_fixed(group, "x_mean", BENS_H5_FLOAT64, spec->x_mean, &axis, NULL);
    if (s == BENS_OK)
        s = put_fixed(group, "x_sd", BENS_H5_FLOAT64, spec->x_sd, &axis, NULL);
    H5Gclose(group);
    return s;
}

/* Means and scales of a run that came before are in that
 * run's file, which config names. */
static json_t *describe_prior(const bens_prior *p)
{
    const bool laplace = p->kind == BENS_PRIOR_LAPLACE;
    json_t *prior = json_object();
    json_object_set_new(prior, "name",
                        json_string(p->kind == BENS_PRIOR_FLAT ? "flat"
                                    : laplace                  ? "laplace"
                                                               : "normal"));
    if (p->kind == BENS_PRIOR_FLAT) return prior;
    if (p->means != NULL) {
        json_object_set_new(prior, "from", json_string("run"));
        return prior;
    }
    json_object_set_new(prior, "scale", json_real(p->scale));
    if (p->mean != 0) json_object_set_new(prior, "mean", json_real(p->mean));
    return prior;
}

/* One that is not stored has its place all the same. */
static json_t *describe_tensor(const bens_tensor *t, bool stored)
{
    json_t *shape = json_array(), *tensor = json_object();
    for (int k = 0; k < t->rank; k++)
        json_array_append_new(shape, json_integer((json_int_t)t->shape[k]));
    json_object_set_new(tensor, "tensor", json_string(t->name));
    json_object_set_new(tensor, "offset", json_integer((json_int_t)t->offset));
    json_object_set_new(tensor, "shape", shape);
    if (t->output)
        json_object_set_new(tensor, "output", json_true());
    else
        json_object_set_new(tensor, "prior", describe_prior(&t->prior));
    if (!stored) json_object_set_new(tensor, "stored", json_false());
    return tensor;
}

static bens_status put_layout(hid_t group, const bens_samples_spec *spec)
{
    if (spec->layout != NULL) return bens_h5_put_text(group, "layout", spec->layout);
    const bens_params *const p = spec->params, *const all = spec->all;
    json_t *layout = json_array();
    for (int i = 0; all != NULL && i < all->n_tensors; i++) {
        const bens_tensor *t = &all->tensors[i];
        const bool stored = bens_params_find(p, t->name) != NULL;
        json_array_append_new(layout, describe_tensor(t, stored));
    }
    for (int i = 0; i < p->n_tensors; i++)
        if (all == NULL || p->tensors[i].output)
            json_array_append_new(layout, describe_tensor(&p->tensors[i], true));
    return put_json(group, layout, "layout", false);
}

/* A network has no axis of its inputs in any tensor: `predict` finds them here. */
static bens_status put_inputs(hid_t group, const bens_samples_spec *spec)
{
    if (spec->inputs != NULL) return bens_h5_put_text(group, "inputs", spec->inputs);
    if (spec->row_rank == 0) return BENS_OK;
    json_t *const inputs = json_object(), *const shape = json_array();
    for (int k = 0; k < spec->row_rank; k++)
        json_array_append_new(shape, json_integer((json_int_t)spec->row_dim[k]));
    json_object_set_new(inputs, "shape", shape);
    if (spec->feature_names != NULL)
        json_object_set_new(inputs, "names",
                            list_names(spec->feature_names, spec->n_features));
    return put_json(group, inputs, "inputs", false);
}

static bens_status put_provenance(hid_t group, const bens_samples_spec *spec)
{
    const int64_t n_data = (int64_t)spec->n_data;
    BENS_TRY(bens_h5_put_text(group, "config", spec->config));
    BENS_TRY(bens_h5_put_text(group, "argv", spec->argv));
    BENS_TRY(bens_h5_put_text(group, "environment", spec->environment));
    BENS_TRY(bens_h5_put_text(group, "hosts", spec->hosts));
    BENS_TRY(bens_h5_put_text(group, "build", spec->build));
    BENS_TRY(put_layout(group, spec));
    BENS_TRY(put_inputs(group, spec));
    BENS_TRY(bens_h5_put_number(group, "n_data", BENS_H5_INT64, &n_data));
    BENS_TRY(bens_h5_put_number(group, "seed", BENS_H5_UINT64, &spec->seed));
    return bens_h5_put_number(group, "data_hash", BENS_H5_UINT64, &spec->data_hash);
}

bens_status bens_samples_put_about(hid_t file, const bens_samples_spec *spec)
{
    hid_t group;
    BENS_TRY(bens_samples_put_observed(file, spec));
    BENS_TRY(put_constant(file, spec));
    BENS_TRY(bens_h5_group(file, "bens", &group));
    const bens_status s = put_provenance(group, spec);
    H5Gclose(group);
    return s;
}
