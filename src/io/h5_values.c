#include "io/h5.h"

#include "core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static hid_t text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 &&
        H5Tset_cset(type, H5T_CSET_UTF8) >= 0)
        return type;
    H5Tclose(type);
    return H5I_INVALID_HID;
}

/* *out by malloc. */
static bens_status clean(const char *text, char **out)
{
    if (text == NULL) text = "";
    const size_t size = strlen(text);
    char *copy;
    BENS_TRY(bens_alloc(size + 1, 1, &copy));
    for (size_t i = 0, k; i < size; i += k) {
        for (k = 1; k < 4 && i + k < size && !bens_text_is_utf8(text + i, k);) k++;
        if (bens_text_is_utf8(text + i, k)) {
            memcpy(copy + i, text + i, k);
        } else {
            copy[i] = '?';
            k = 1;
        }
    }
    *out = copy;
    return BENS_OK;
}

bens_status bens_h5_put_attribute(hid_t object, const char *name, const char *text)
{
    char *copy;
    BENS_TRY(clean(text, &copy));
    const hid_t type = text_type(), space = H5Screate(H5S_SCALAR);
    const hid_t at = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool good = at >= 0 && H5Awrite(at, type, &copy) >= 0;
    const bens_status s =
        good ? BENS_OK : bens_h5_fail("cannot write attribute '%s'", name);
    H5Aclose(at);
    H5Sclose(space);
    H5Tclose(type);
    free(copy);
    return s;
}

bens_status bens_h5_put_fill(hid_t set, bens_h5_type type)
{
    const hsize_t one = 1;
    const hid_t space = H5Screate_simple(1, &one, NULL), native = bens_h5_native(type);
    const hid_t at =
        H5Acreate2(set, "_FillValue", native, space, H5P_DEFAULT, H5P_DEFAULT);
    const double nan = NAN;
    const bool good = at >= 0 && H5Awrite(at, H5T_NATIVE_DOUBLE, &nan) >= 0;
    const bens_status s =
        good ? BENS_OK : bens_h5_fail("cannot write attribute '_FillValue'");
    H5Aclose(at);
    H5Sclose(space);
    return s;
}

/* n < 0: a scalar. */
static bens_status put(hid_t group, const char *name, hid_t type, const void *value,
                       int64_t n, hid_t *out)
{
    const hsize_t size = n < 0 ? 1 : (hsize_t)n;
    hid_t list;
    BENS_TRY(bens_h5_properties(&list));
    const hid_t space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, NULL);
    hid_t set = H5I_INVALID_HID;
    /* texts are references into the file: HDF5 wants those to start as nothing */
    const H5D_fill_time_t fill =
        H5Tis_variable_str(type) > 0 ? H5D_FILL_TIME_IFSET : H5D_FILL_TIME_NEVER;
    if (type >= 0 && space >= 0 && H5Pset_fill_time(list, fill) >= 0)
        set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    const bool good =
        set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0;
    const bens_status s = good ? BENS_OK : bens_h5_fail("cannot write '%s'", name);
    H5Sclose(space);
    H5Pclose(list);
    if (good && out != NULL)
        *out = set;
    else
        H5Dclose(set);
    return s;
}

bens_status bens_h5_put_text(hid_t group, const char *name, const char *text)
{
    char *copy;
    BENS_TRY(clean(text, &copy));
    const hid_t type = text_type();
    const bens_status s = put(group, name, type, &copy, -1, NULL);
    H5Tclose(type);
    free(copy);
    return s;
}

bens_status bens_h5_put_number(hid_t group, const char *name, bens_h5_type type,
                               const void *value)
{
    return put(group, name, bens_h5_native(type), value, -1, NULL);
}

bens_status bens_h5_put_numbers(hid_t group, const char *name, bens_h5_type type,
                                const void *value, int64_t n, hid_t *out)
{
    return put(group, name, bens_h5_native(type), value, n, out);
}

bens_status bens_h5_put_texts(hid_t group, const char *name, const char *const *text,
                              int64_t n, hid_t *out)
{
    char **copy;
    BENS_TRY(bens_alloc((size_t)n, sizeof *copy, &copy));
    bens_status s = BENS_OK;
    for (int64_t i = 0; i < n && s == BENS_OK; i++) s = clean(text[i], &copy[i]);
    const hid_t type = text_type();
    if (s == BENS_OK) s = put(group, name, type, copy, n, out);
    H5Tclose(type);
    for (int64_t i = 0; i < n; i++) free(copy[i]);
    free(copy);
    return s;
}
