#include "io/h5.h"

#include "io/apart.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [BENS_H5_BOOL] = {"int8", 1},       [BENS_H5_INT32] = {"int32", 4},
    [BENS_H5_INT64] = {"int64", 8},     [BENS_H5_UINT64] = {"uint64", 8},
    [BENS_H5_FLOAT16] = {"float16", 2}, [BENS_H5_FLOAT32] = {"float32", 4},
    [BENS_H5_FLOAT64] = {"float64", 8},
};

/* HDF5 has one from 1.14.4 on only, and types are objects of it. */
static hid_t half = H5I_INVALID_HID;

static hid_t make_half(void)
{
    const hid_t type = H5Tcopy(H5T_NATIVE_FLOAT);
    if (type >= 0 && H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 &&
        H5Tset_size(type, 2) >= 0 && H5Tset_ebias(type, 15) >= 0 && H5Tlock(type) >= 0)
        return type;
    H5Tclose(type);
    return H5I_INVALID_HID;
}

hid_t bens_h5_native(bens_h5_type type)
{
    switch (type) {
    case BENS_H5_BOOL:
        return H5T_NATIVE_INT8;
    case BENS_H5_INT32:
        return H5T_NATIVE_INT32;
    case BENS_H5_INT64:
        return H5T_NATIVE_INT64;
    case BENS_H5_UINT64:
        return H5T_NATIVE_UINT64;
    case BENS_H5_FLOAT16:
        return half;
    case BENS_H5_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case BENS_H5_FLOAT64:
        return H5T_NATIVE_DOUBLE;
    }
    return H5I_INVALID_HID;
}

size_t bens_h5_size(bens_h5_type type)
{
    return types[type].size;
}

const char *bens_h5_name(bens_h5_type type)
{
    return types[type].name;
}

bool bens_h5_is_float(bens_h5_type type)
{
    return type == BENS_H5_FLOAT16 || type == BENS_H5_FLOAT32 || type == BENS_H5_FLOAT64;
}

void bens_h5_start(void)
{
    /* After a failed H5Fclose (disk full) HDF5 would try again at exit, and complain.
     * Every file is closed by then, so there is nothing for it to do. */
    H5dont_atexit();
    H5open();
    if (half < 0) half = make_half();
    /* A file, or HDF5_PLUGIN_PATH, must not choose code for us to load. */
    H5PLset_loading_state(0);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* The first entry of an upward walk is the innermost. */
static herr_t keep_first(unsigned n, const H5E_error2_t *error, void *text)
{
    if (n == 0 && error->desc != NULL) snprintf(text, 512, "%s", error->desc);
    return 0;
}

/* The file drivers say "..., error message = 'No space left on device', buf = ...". */
static void shorten(char *text)
{
    static const char mark[] = "error message = '";
    char *begin = strstr(text, mark);
    if (begin == NULL) return;
    begin += sizeof mark - 1;
    const size_t length = strcspn(begin, "'");
    memmove(text, begin, length);
    text[length] = '\0';
}

bens_status bens_h5_fail(const char *format, ...)
{
    char what[512], why[512] = "HDF5 gives no reason";
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, why);
    shorten(why);
    return bens_error_set(BENS_ERR_IO, "%s: %s", what, why);
}

static hid_t access_list(H5F_libver_t high)
{
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    /* Bounds V18 give superblock 2: checksummed metadata and no open-for-write flag.
     * Large objects start on a page. Without a sieve H5Dwrite writes: it would hold back
     * small data until H5Dclose, and lose an error there. */
    bool good = list >= 0 && H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) >= 0 &&
                H5Pset_sieve_buf_size(list, 0) >= 0 &&
                H5Pset_libver_bounds(list, H5F_LIBVER_V18, high) >= 0 &&
                H5Pset_alignment(list, 65536, 4096) >= 0;
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
    good = good && H5Pset_file_locking(list, false, true) >= 0;
#endif
    if (good) return list;
    H5Pclose(list);
    return H5I_INVALID_HID;
}

bens_status bens_h5_create(const char *path, bool index, hid_t *out)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t make = H5Pcreate(H5P_FILE_CREATE);
    const hid_t access = access_list(index ? H5F_LIBVER_V110 : H5F_LIBVER_V18);
    hid_t file = H5I_INVALID_HID;
    if (make >= 0 && access >= 0 && H5Pset_link_creation_order(make, order) >= 0 &&
        H5Pset_attr_creation_order(make, order) >= 0)
        file = H5Fcreate(path, H5F_ACC_EXCL, make, access);
    const bens_status s = file >= 0 ? BENS_OK : bens_h5_fail("cannot create '%s'", path);
    H5Pclose(make);
    H5Pclose(access);
    if (s == BENS_OK) *out = file;
    return s;
}

/* A pipe would keep who opens it waiting for ever. */
static bens_status check_file(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': wanted a file, found something else",
                  path);
    return BENS_OK;
}

bens_status bens_h5_open(const char *path, hid_t *out)
{
    BENS_TRY(check_file(path));
    const hid_t access = access_list(H5F_LIBVER_LATEST);
    const hid_t file = access >= 0 ? H5Fopen(path, H5F_ACC_RDONLY, access) : access;
    const bens_status s = file >= 0 ? BENS_OK : bens_h5_fail("cannot open '%s'", path);
    H5Pclose(access);
    if (s == BENS_OK) *out = file;
    return s;
}

/* ---- of somebody else ---- */

typedef struct {
    bens_h5_work work;
    _Alignas(max_align_t) char context[];
} trial;

static bens_status do_trial(const void *context, char text[BENS_APART_TEXT])
{
    const trial *const t = context;
    (void)text;
    bens_h5_start();
    return t->work(t->context) == BENS_ERR_FAILURE ? BENS_ERR_CONFIG : BENS_OK;
}

/* A child that cannot be had is no fault of the file; one that has no memory is. */
bens_status bens_h5_try_with(const char *path, bens_h5_work work, const void *context,
                             size_t size)
{
    enum { LEAST = 3, GIB = 8 };
    char none[BENS_APART_TEXT];
    struct stat info;
    trial *t;
    if (bens_apart_is_here() || stat(path, &info) != 0) return BENS_OK;
    const bens_apart_limits limits = {.seconds = LEAST + (info.st_size >> 20),
                                      .gib = GIB};
    BENS_TRY(bens_alloc(1, sizeof *t + size, &t));
    t->work = work;
    memcpy(t->context, context, size);
    const bens_status s = bens_apart(do_trial, t, sizeof *t + size, path, &limits, none);
    free(t);
    if (s == BENS_ERR_CONFIG)
        return bens_error_set(BENS_ERR_IO,
                              "'%s': HDF5 wants more than %d GiB of memory for it: it is "
                              "damaged, or its chunks are columns (wanted: rows): %s",
                              path, GIB, bens_error_text());
    return s == BENS_ERR_FAILURE ? BENS_OK : s;
}

bens_status bens_h5_try(const char *path, bens_h5_work work)
{
    return bens_h5_try_with(path, work, path, strlen(path) + 1);
}

/* ---- to write ---- */

bens_status bens_h5_close(hid_t file, const char *path)
{
    return H5Fclose(file) >= 0 ? BENS_OK : bens_h5_fail("cannot write '%s'", path);
}

bens_status bens_h5_group(hid_t parent, const char *name, hid_t *out)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t make = H5Pcreate(H5P_GROUP_CREATE);
    hid_t group = H5I_INVALID_HID;
    if (make >= 0 && H5Pset_link_creation_order(make, order) >= 0 &&
        H5Pset_attr_creation_order(make, order) >= 0)
        group = H5Gcreate2(parent, name, H5P_DEFAULT, make, H5P_DEFAULT);
    const bens_status s =
        group >= 0 ? BENS_OK : bens_h5_fail("cannot make group '%s'", name);
    H5Pclose(make);
    if (s == BENS_OK) *out = group;
    return s;
}

bens_status bens_h5_properties(hid_t *out)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (list >= 0 && H5Pset_attr_creation_order(list, order) >= 0 &&
        H5Pset_obj_track_times(list, false) >= 0 &&
        H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) >= 0 &&
        H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) >= 0) {
        *out = list;
        return BENS_OK;
    }
    const bens_status s = bens_h5_fail("cannot set the properties of a data set");
    H5Pclose(list);
    return s;
}
