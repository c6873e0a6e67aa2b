#include "io/h5.h"

#include "io/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool hard(hid_t where, const char *name)
{
    H5L_info_t info;
    return H5Lget_info(where, name, &info, H5P_DEFAULT) >= 0 &&
           info.type == H5L_TYPE_HARD;
}

static hid_t open_group(hid_t file, const char *name)
{
    return hard(file, name) ? H5Gopen2(file, name, H5P_DEFAULT) : H5I_INVALID_HID;
}

static hid_t open_in(hid_t group, const char *name)
{
    return hard(group, name) ? H5Dopen2(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
}

bens_status bens_h5_open_set(hid_t file, const char *group, const char *name, hid_t *out)
{
    const hid_t in = open_group(file, group);
    const hid_t set = in >= 0 ? open_in(in, name) : in;
    H5Gclose(in);
    if (set < 0)
        BENS_FAIL(BENS_ERR_IO, "wanted the data set %s/%s, found none", group, name);
    *out = set;
    return BENS_OK;
}

static void describe(hid_t set, bens_h5_set *out)
{
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    out->known = false;
    for (bens_h5_type t = BENS_H5_BOOL; t <= BENS_H5_FLOAT64 && !out->known; t++) {
        out->known = H5Tequal(type, bens_h5_native(t)) > 0;
        out->type = t;
    }
    out->rank = H5Sget_simple_extent_dims(space, out->shape, NULL);
    H5Tclose(type);
    H5Sclose(space);
}

static bens_status visit_one(hid_t in, const char *group, hsize_t i, bens_h5_visit visit,
                             void *context)
{
    bens_h5_set found = {0};
    const ssize_t length = H5Lget_name_by_idx(in, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i,
                                              found.name, sizeof found.name, H5P_DEFAULT);
    if (length < 0) return bens_h5_fail("cannot list the group %s", group);
    const hid_t set = open_in(in, found.name);
    if ((size_t)length >= sizeof found.name || set < 0) {
        H5Dclose(set);
        BENS_FAIL(BENS_ERR_IO, "wanted nothing but data sets in %s, found '%s'", group,
                  found.name);
    }
    describe(set, &found);
    H5Dclose(set);
    return visit(context, &found);
}

bens_status bens_h5_list(hid_t file, const char *group, bens_h5_visit visit,
                         void *context)
{
    H5G_info_t info;
    const hid_t in = open_group(file, group);
    if (in < 0) BENS_FAIL(BENS_ERR_IO, "wanted the group %s, found none", group);
    bens_status s = BENS_OK;
    if (H5Gget_info(in, &info) < 0) s = bens_h5_fail("cannot list the group %s", group);
    for (hsize_t i = 0; s == BENS_OK && i < info.nlinks; i++)
        s = visit_one(in, group, i, visit, context);
    H5Gclose(in);
    return s;
}

bens_status bens_h5_find(hid_t file, const char *group, const char *name,
                         bens_h5_type type, int rank, hsize_t *shape, hid_t *out)
{
    bens_h5_set found = {0};
    hid_t set;
    BENS_TRY(bens_h5_open_set(file, group, name, &set));
    describe(set, &found);
    bens_status s = BENS_OK;
    if (!found.known || found.type != type)
        s = bens_error_set(BENS_ERR_IO, "wanted %s/%s of type %s, found another", group,
                           name, bens_h5_name(type));
    else if (found.rank != rank)
        s = bens_error_set(BENS_ERR_IO, "wanted %s/%s with %d axes, found %d", group,
                           name, rank, found.rank);
    if (s != BENS_OK) {
        H5Dclose(set);
        return s;
    }
    memcpy(shape, found.shape, (size_t)rank * sizeof *shape);
    *out = set;
    return BENS_OK;
}

/* Its bytes are in this file, neither in an external one nor mapped from another. */
static bool is_own(hid_t set)
{
    const hid_t list = H5Dget_create_plist(set);
    const H5D_layout_t layout = H5Pget_layout(list);
    const bool own = (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) &&
                     H5Pget_external_count(list) == 0;
    H5Pclose(list);
    return own;
}

bens_status bens_h5_address(hid_t set, const char *group, const char *name, uint64_t n,
                            uint64_t size, uint64_t file_size, uint64_t *out)
{
    const haddr_t address = is_own(set) ? H5Dget_offset(set) : HADDR_UNDEF;
    if (address == HADDR_UNDEF)
        BENS_FAIL(BENS_ERR_IO, "wanted %s/%s contiguous in this file, found it elsewhere",
                  group, name);
    if (address > file_size || n > (file_size - address) / size)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted %llu x %llu bytes of %s/%s, found the end of the file: it was "
                  "cut",
                  (unsigned long long)n, (unsigned long long)size, group, name);
    *out = address;
    return BENS_OK;
}

/* ---- several at once ---- */

static bens_status refuse_extent(const bens_h5_place *p, int k, hsize_t found)
{
    char axis[BENS_H5_NAME_SIZE + 8];
    if (p->axis[k][0] != '\0')
        snprintf(axis, sizeof axis, "'%s'", p->axis[k]);
    else
        snprintf(axis, sizeof axis, "axis %d", k);
    BENS_FAIL(BENS_ERR_IO, "wanted %llu along %s of %s/%s, found %llu",
              (unsigned long long)p->shape[k], axis, p->group, p->name,
              (unsigned long long)found);
}

static bens_status find_place(hid_t file, uint64_t file_size, const bens_h5_place *p,
                              uint64_t *address)
{
    hsize_t found[BENS_H5_PLACE_RANK];
    uint64_t n = 1;
    hid_t set;
    BENS_TRY(bens_h5_find(file, p->group, p->name, p->type, p->rank, found, &set));
    bens_status s = BENS_OK;
    for (int k = 0; k < p->rank && s == BENS_OK; k++) {
        if (__builtin_mul_overflow(n, (uint64_t)p->shape[k], &n)) n = UINT64_MAX;
        if (p->shape[k] != found[k]) s = refuse_extent(p, k, found[k]);
    }
    if (s == BENS_OK)
        s = bens_h5_address(set, p->group, p->name, n, bens_h5_size(p->type), file_size,
                            address);
    H5Dclose(set);
    return s;
}

bens_status bens_h5_find_places(hid_t file, uint64_t file_size,
                                const bens_h5_place *place, size_t n, uint64_t *address)
{
    for (size_t i = 0; i < n; i++)
        BENS_TRY(find_place(file, file_size, &place[i], &address[i]));
    return BENS_OK;
}

/* Flat: it goes to another process. */
typedef struct {
    char path[BENS_PATH_SIZE];
    uint64_t file_size;
    size_t n;
    bens_h5_place place[];
} places;

static bens_status locate(const places *p, uint64_t *address)
{
    hid_t file;
    BENS_TRY(bens_h5_open(p->path, &file));
    const bens_status s =
        bens_h5_find_places(file, p->file_size, p->place, p->n, address);
    H5Fclose(file);
    return s;
}

static bens_status locate_apart(const void *context)
{
    const places *const p = context;
    uint64_t *address;
    BENS_TRY(bens_alloc(p->n, sizeof *address, &address));
    return locate(p, address);
}

bens_status bens_h5_locate(const char *path, uint64_t file_size,
                           const bens_h5_place *place, size_t n, uint64_t *address)
{
    const size_t size = sizeof(places) + n * sizeof *place;
    places *p;
    BENS_TRY(bens_alloc(1, size, &p));
    snprintf(p->path, sizeof p->path, "%s", path);
    p->file_size = file_size;
    p->n = n;
    memcpy(p->place, place, n * sizeof *place);
    bens_status s = bens_h5_try_with(path, locate_apart, p, size);
    if (s == BENS_OK) s = locate(p, address);
    free(p);
    return s;
}

/* ---- values ---- */

bens_status bens_h5_get_first(hid_t file, const char *group, const char *name,
                              bens_h5_type type, int rank, void *out)
{
    const hsize_t zero = 0, one = 1;
    hsize_t shape[1] = {1};
    hid_t set;
    BENS_ASSERT(rank == 0 || rank == 1);
    BENS_TRY(bens_h5_find(file, group, name, type, rank, shape, &set));
    const hid_t all = H5Dget_space(set), memory = H5Screate(H5S_SCALAR);
    if (rank > 0) H5Sselect_hyperslab(all, H5S_SELECT_SET, &zero, NULL, &one, NULL);
    bens_status s = BENS_OK;
    if (!is_own(set) || shape[0] < 1)
        s = bens_error_set(BENS_ERR_IO,
                           "wanted %s/%s in this file, found it empty or elsewhere",
                           group, name);
    else if (H5Dread(set, bens_h5_native(type), memory, all, H5P_DEFAULT, out) < 0)
        s = bens_h5_fail("cannot read %s/%s", group, name);
    H5Sclose(all);
    H5Sclose(memory);
    H5Dclose(set);
    return s;
}

/* *out by malloc, from what HDF5 gave. */
static bens_status copy_text(char *text, const char *name, char **out)
{
    char *const copy = strdup(text != NULL ? text : "");
    H5free_memory(text);
    if (copy == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the text of %s", name);
    *out = copy;
    return BENS_OK;
}

bens_status bens_h5_get_text(hid_t file, const char *group, const char *name, char **out)
{
    hid_t set;
    char *text = NULL;
    BENS_TRY(bens_h5_open_set(file, group, name, &set));
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    const bool good = H5Tis_variable_str(type) > 0 && is_own(set) &&
                      H5Sget_simple_extent_npoints(space) == 1 &&
                      H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0;
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    if (good) return copy_text(text, name, out);
    BENS_FAIL(BENS_ERR_IO, "wanted one text in %s/%s, found something else", group, name);
}

bens_status bens_h5_get_attribute(hid_t object, const char *name, char **out)
{
    char *text = NULL;
    const hid_t at = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT)
                                                 : H5I_INVALID_HID;
    const hid_t type = H5Aget_type(at), space = H5Aget_space(at);
    const bool good = H5Tis_variable_str(type) > 0 &&
                      H5Sget_simple_extent_npoints(space) == 1 &&
                      H5Aread(at, type, &text) >= 0;
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(at);
    if (good) return copy_text(text, name, out);
    BENS_FAIL(BENS_ERR_IO, "wanted a text in the attribute '%s', found none", name);
}

bens_status bens_h5_check_schema(hid_t file, const char *wanted)
{
    char *found;
    BENS_TRY(bens_h5_get_attribute(file, "schema", &found));
    const bens_status s =
        strcmp(found, wanted) == 0
            ? BENS_OK
            : bens_error_set(BENS_ERR_IO, "wanted the schema '%s', found '%.40s'", wanted,
                             found);
    free(found);
    return s;
}
