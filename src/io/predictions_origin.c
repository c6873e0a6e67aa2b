/* predictions_origin.c - what a samples file says about the inputs of its model, so that
 * nothing but the file is needed to predict. */
#include "io/h5.h"
#include "io/predictions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 1 << 24 };

static hid_t open_hard(hid_t where, const char *name)
{
    H5L_info_t info;
    if (H5Lget_info(where, name, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
        return H5I_INVALID_HID;
    return H5Oopen(where, name, H5P_DEFAULT);
}

/* GROUP/NAME, or an invalid identifier: the file has none. */
static hid_t open_member(hid_t file, const char *group, const char *name)
{
    const hid_t in = open_hard(file, group);
    const hid_t set = in >= 0 ? open_hard(in, name) : in;
    H5Oclose(in);
    return set;
}

static void release_names(char **names, int64_t n)
{
    for (int64_t i = 0; i < n && names != NULL; i++) free(names[i]);
    free(names);
}

/* *out [n] = copies. */
static bens_status copy_names(char *const *text, int64_t n, char ***out)
{
    char **names;
    BENS_TRY(bens_alloc((size_t)n, sizeof *names, &names));
    for (int64_t i = 0; i < n; i++) {
        names[i] = strdup(text[i] != NULL ? text[i] : "");
        if (names[i] != NULL) continue;
        release_names(names, i);
        BENS_FAIL(BENS_ERR_FAILURE, "no memory for names");
    }
    *out = names;
    return BENS_OK;
}

/* A list of texts whose bytes are in this file. */
static bool is_list(hid_t set, hid_t type, hid_t space)
{
    hsize_t n = 0;
    const hid_t list = H5Dget_create_plist(set);
    const H5D_layout_t layout = H5Pget_layout(list);
    const bool own = (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) &&
                     H5Pget_external_count(list) == 0;
    H5Pclose(list);
    return own && H5Tis_variable_str(type) > 0 &&
           H5Sget_simple_extent_ndims(space) == 1 &&
           H5Sget_simple_extent_dims(space, &n, NULL) == 1 && n >= 1 && n <= MOST_NAMES;
}

static bens_status read_names(hid_t set, const char *group, int64_t *n, char ***out)
{
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    char **text = NULL;
    bens_status s = BENS_ERR_IO;
    const bool list = is_list(set, type, space);
    if (list) {
        *n = (int64_t)H5Sget_simple_extent_npoints(space);
        s = bens_alloc((size_t)*n, sizeof *text, &text);
        if (s == BENS_OK && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) < 0)
            s = bens_h5_fail("cannot read %s/feature", group);
        if (s == BENS_OK) {
            s = copy_names(text, *n, out);
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, text);
        }
        free(text);
    } else {
        bens_error_set(s, "wanted a list of names in %s/feature, found something else",
                       group);
    }
    H5Tclose(type);
    H5Sclose(space);
    return s;
}

/* ---- bens/inputs ---- */

static bens_status parse_shape(const json_t *shape, bens_origin *o)
{
    const size_t rank = json_array_size(shape);
    bool good = rank >= 1 && rank <= sizeof o->dim / sizeof *o->dim;
    o->n_features = 1;
    for (size_t k = 0; good && k < rank; k++) {
        o->dim[k] = json_integer_value(json_array_get(shape, k));
        good = o->dim[k] >= 1 &&
               !__builtin_mul_overflow(o->n_features, o->dim[k], &o->n_features);
    }
    if (!good || o->n_features > INT32_MAX)
        BENS_FAIL(BENS_ERR_IO, "wanted the shape of a row in bens/inputs, found none");
    o->rank = (int)rank;
    return BENS_OK;
}

/* *out [n]: what is no text becomes "". */
static bens_status parse_names(const json_t *list, int64_t n, char ***out)
{
    char **names;
    if (n < 1 || n > MOST_NAMES || (int64_t)json_array_size(list) != n)
        BENS_FAIL(BENS_ERR_IO, "wanted a JSON list of %lld names, found %zu",
                  (long long)n, json_array_size(list));
    BENS_TRY(bens_alloc((size_t)n, sizeof *names, &names));
    for (int64_t i = 0; i < n; i++)
        names[i] = (char *)(uintptr_t)json_string_value(json_array_get(list, (size_t)i));
    const bens_status s = copy_names(names, n, out);
    free(names);
    return s;
}

static bens_status parse_inputs(const char *text, bens_origin *o)
{
    json_error_t where;
    json_t *const inputs = json_loads(text, 0, &where);
    const json_t *const names = json_object_get(inputs, "names");
    bens_status s = parse_shape(json_object_get(inputs, "shape"), o);
    if (s == BENS_OK && names != NULL)
        s = parse_names(names, o->n_features, &o->feature_names);
    json_decref(inputs);
    return s;
}

static bens_status read_inputs(hid_t file, bens_origin *o)
{
    char *text;
    BENS_TRY(bens_h5_get_text(file, "bens", "inputs", &text));
    const bens_status s = parse_inputs(text, o);
    free(text);
    return s;
}

/* ---- files of older versions ---- */

/* The axis `feature`: of the constants, or, without standardisation, of the weights. */
static bens_status read_features(hid_t file, bens_origin *o)
{
    static const char *const groups[] = {"constant_data", "posterior"};
    for (int i = 0; i < 2; i++) {
        const hid_t set = open_member(file, groups[i], "feature");
        if (set < 0) continue;
        const bens_status s =
            read_names(set, groups[i], &o->n_features, &o->feature_names);
        H5Oclose(set);
        return s;
    }
    BENS_FAIL(BENS_ERR_IO, "wanted the names of features, found none");
}

static bens_status read_doubles(hid_t file, const char *name, int64_t n, double **out)
{
    hsize_t shape[1];
    hid_t set;
    BENS_TRY(bens_h5_find(file, "constant_data", name, BENS_H5_FLOAT64, 1, shape, &set));
    bens_status s = bens_alloc((size_t)n, sizeof **out, out);
    if (s == BENS_OK && shape[0] != (hsize_t)n)
        s = bens_error_set(BENS_ERR_IO,
                           "wanted %lld numbers in constant_data/%s, found %llu",
                           (long long)n, name, (unsigned long long)shape[0]);
    uint64_t address;
    if (s == BENS_OK)
        s = bens_h5_address(set, "constant_data", name, (uint64_t)n, sizeof **out,
                            UINT64_MAX, &address);
    if (s == BENS_OK &&
        H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0)
        s = bens_h5_fail("cannot read constant_data/%s", name);
    H5Dclose(set);
    return s;
}

static bens_status read_scales(hid_t file, bens_origin *o)
{
    const hid_t there = open_member(file, "constant_data", "x_mean");
    if (there < 0) return BENS_OK;
    H5Oclose(there);
    BENS_TRY(read_doubles(file, "x_mean", o->n_features, &o->x_mean));
    return read_doubles(file, "x_sd", o->n_features, &o->x_sd);
}

static bens_status parse_classes(const char *text, bens_origin *o)
{
    json_error_t where;
    json_t *const list = json_loads(text, 0, &where);
    const int64_t n = (int64_t)json_array_size(list);
    const bens_status s = parse_names(list, n, &o->class_names);
    if (s == BENS_OK) o->n_classes = n;
    json_decref(list);
    return s == BENS_OK ? s : bens_error_set(s, "observed_data/y: %s", bens_error_text());
}

static bens_status read_classes(hid_t file, bens_origin *o)
{
    const hid_t y = open_member(file, "observed_data", "y");
    char *text;
    bens_status s = BENS_OK;
    if (y >= 0 && H5Aexists(y, "classes") > 0) {
        s = bens_h5_get_attribute(y, "classes", &text);
        if (s == BENS_OK) {
            s = parse_classes(text, o);
            free(text);
        }
    }
    H5Oclose(y);
    return s;
}

static bens_status read_apart(const void *path)
{
    bens_origin o;
    return bens_origin_read(path, &o);
}

bens_status bens_origin_read(const char *path, bens_origin *out)
{
    bens_origin o = {0};
    hid_t file;
    bens_h5_start();
    BENS_TRY(bens_h5_try(path, read_apart));
    BENS_TRY(bens_h5_open(path, &file));
    const hid_t inputs = open_member(file, "bens", "inputs");
    bens_status s = inputs >= 0 ? read_inputs(file, &o) : read_features(file, &o);
    H5Oclose(inputs);
    if (s == BENS_OK) s = read_scales(file, &o);
    if (s == BENS_OK) s = read_classes(file, &o);
    H5Fclose(file);
    if (s == BENS_OK) {
        *out = o;
        return BENS_OK;
    }
    bens_origin_release(&o);
    return bens_error_set(s, "'%s': %s", path, bens_error_text());
}

void bens_origin_release(bens_origin *o)
{
    release_names(o->feature_names, o->n_features);
    release_names(o->class_names, o->n_classes);
    free(o->x_mean);
    free(o->x_sd);
    *o = (bens_origin){0};
}
