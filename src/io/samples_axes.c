#include "io/samples_layout.h"

#include <stdlib.h>

static bens_status put_coordinate(hid_t group, const bens_samples_axis *axis, hid_t *out)
{
    hid_t set;
    if (axis->labels != NULL) {
        BENS_TRY(bens_h5_put_texts(group, axis->name, axis->labels, axis->n, &set));
    } else {
        int64_t *value;
        BENS_TRY(bens_alloc((size_t)axis->n, sizeof *value, &value));
        for (int64_t i = 0; i < axis->n; i++)
            value[i] = axis->value != NULL ? axis->value[i] : axis->first + i;
        const bens_status s =
            bens_h5_put_numbers(group, axis->name, BENS_H5_INT64, value, axis->n, &set);
        free(value);
        if (s != BENS_OK) return s;
    }
    *out = set;
    if (H5DSset_scale(set, axis->name) < 0)
        return bens_h5_fail("cannot make '%s' a dimension", axis->name);
    return BENS_OK;
}

/* Variables of a group share the coordinate of a name; it is
 * made with the first of them. */
static bens_status find_coordinate(hid_t group, const bens_samples_axis *axis, hid_t *out)
{
    if (H5Lexists(group, axis->name, H5P_DEFAULT) <= 0)
        return put_coordinate(group, axis, out);
    *out = H5Dopen2(group, axis->name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(*out);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (n != axis->n)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "dimension '%s': wanted %lld elements for all tensors, found %lld",
                  axis->name, (long long)n, (long long)axis->n);
    return BENS_OK;
}

bens_status bens_samples_attach(hid_t group, hid_t set, const bens_samples_axis *axis,
                                int n)
{
    for (int k = 0; k < n; k++) {
        hid_t scale = H5I_INVALID_HID;
        bens_status s = find_coordinate(group, &axis[k], &scale);
        if (s == BENS_OK && H5DSattach_scale(set, scale, (unsigned)k) < 0)
            s = bens_h5_fail("cannot attach dimension '%s'", axis[k].name);
        H5Dclose(scale);
        if (s != BENS_OK) return s;
    }
    return BENS_OK;
}
