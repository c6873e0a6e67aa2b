#include "io/samples_layout.h"

#include <math.h>
#include <string.h>

static bens_status describe(hid_t set, const bens_samples_variable *v)
{
    if (bens_h5_is_float(v->type)) BENS_TRY(bens_h5_put_fill(set, v->type));
    if (v->type == BENS_H5_BOOL) BENS_TRY(bens_h5_put_attribute(set, "dtype", "bool"));
    if (v->doc != NULL) BENS_TRY(bens_h5_put_attribute(set, "long_name", v->doc));
    return BENS_OK;
}

bens_status bens_samples_put_variable(hid_t group, const bens_samples_variable *v,
                                      bens_samples_make make, const void *context,
                                      uint64_t *address)
{
    hsize_t shape[BENS_SAMPLES_RANK];
    const double nan = NAN;
    hid_t list, set = H5I_INVALID_HID;
    bens_samples_shape(v, shape);
    BENS_TRY(bens_h5_properties(&list));
    bens_status s = make != NULL ? make(context, v, list) : BENS_OK;
    const hid_t space = H5Screate_simple(v->rank, shape, NULL);
    if (s == BENS_OK && (!bens_h5_is_float(v->type) ||
                         H5Pset_fill_value(list, H5T_NATIVE_DOUBLE, &nan) >= 0))
        set = H5Dcreate2(group, v->name, bens_h5_native(v->type), space, H5P_DEFAULT,
                         list, H5P_DEFAULT);
    if (s == BENS_OK && set < 0)
        s = bens_h5_fail("cannot make '%s/%s'", v->group, v->name);
    H5Sclose(space);
    H5Pclose(list);
    if (s == BENS_OK) s = describe(set, v);
    if (s == BENS_OK) s = bens_samples_attach(group, set, v->axis, v->rank);
    if (s == BENS_OK && address != NULL) *address = (uint64_t)H5Dget_offset(set);
    H5Dclose(set);
    return s;
}

static bens_status put_draws(hid_t file, const bens_samples_spec *spec,
                             const bens_samples_layout *layout, bens_samples_make make,
                             const void *context, uint64_t *address)
{
    hid_t group = H5I_INVALID_HID;
    bens_status s = BENS_OK;
    for (int i = 0; i < layout->n && s == BENS_OK; i++) {
        const bens_samples_variable *v = &layout->variable[i];
        if (i == 0 || strcmp(v->group, layout->variable[i - 1].group) != 0) {
            if (i > 0) H5Gclose(group);
            BENS_TRY(bens_h5_group(file, v->group, &group));
            s = bens_samples_put_origin(group, spec);
        }
        if (s == BENS_OK)
            s = bens_samples_put_variable(group, v, make, context,
                                          address != NULL ? &address[i] : NULL);
    }
    H5Gclose(group);
    return s;
}

bens_status bens_samples_write(hid_t file, const bens_samples_spec *spec,
                               const bens_samples_layout *layout, bens_samples_make make,
                               const void *context, uint64_t *address)
{
    BENS_TRY(bens_h5_put_attribute(file, "schema", BENS_H5_SAMPLES));
    BENS_TRY(bens_samples_put_origin(file, spec));
    BENS_TRY(put_draws(file, spec, layout, make, context, address));
    return bens_samples_put_about(file, spec);
}
