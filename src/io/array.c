#include "io/array.h"

#include "io/check_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct bens_array {
    char *path, *group, *name;
    char *folder, *where; /* PATH:GROUP, PATH:GROUP/NAME; all owned */
    uint64_t file_size;
    hid_t file, set;
    bool is_plain; /* contiguous: its bytes may be mapped */
    bens_array_about about;
};

static hid_t native(bens_cell type)
{
    switch (type) {
    case BENS_CELL_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case BENS_CELL_UINT8:
        return H5T_NATIVE_UINT8;
    case BENS_CELL_INT8:
        return H5T_NATIVE_INT8;
    case BENS_CELL_UINT16:
        return H5T_NATIVE_UINT16;
    case BENS_CELL_INT16:
        return H5T_NATIVE_INT16;
    case BENS_CELL_INT32:
        return H5T_NATIVE_INT32;
    case BENS_CELL_INT64:
        return H5T_NATIVE_INT64;
    }
    return H5I_INVALID_HID;
}

/* ---- the way to it ---- */

static bens_status open_file(const char *path, uint64_t *size, hid_t *out)
{
    struct stat about;
    bens_h5_start();
    if (stat(path, &about) != 0 && (errno == ENOENT || errno == ENOTDIR))
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted an HDF5 file, found no such file", path);
    if (stat(path, &about) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted an HDF5 file, found something that is no regular file",
                  path);
    *size = (uint64_t)about.st_size;
    if (H5Fis_hdf5(path) == 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted an HDF5 file, found another kind of file", path);
    return bens_h5_open(path, out);
}

/* The members of a group, as far as they fit. */
static void list_members(hid_t group, char *text, size_t size)
{
    H5G_info_t info;
    char name[64];
    size_t used = (size_t)snprintf(text, size, "; it has");
    if (H5Gget_info(group, &info) < 0 || info.nlinks == 0) {
        snprintf(text, size, "; it is empty");
        return;
    }
    for (hsize_t i = 0; i < info.nlinks && used + sizeof name + 8 < size; i++) {
        if (H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                               sizeof name, H5P_DEFAULT) < 0)
            break;
        used +=
            (size_t)snprintf(text + used, size - used, "%s '%s'", i > 0 ? "," : "", name);
    }
}

static bens_status check_link(hid_t group, const char *where, const char *name)
{
    H5L_info_t link;
    char members[300];
    if (strchr(name, '/') != NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted a name without '/', found '%.200s'",
                  where, name);
    if (H5Lexists(group, name, H5P_DEFAULT) <= 0) {
        list_members(group, members, sizeof members);
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted '%s' in it, found none%s", where, name,
                  members);
    }
    if (H5Lget_info(group, name, &link, H5P_DEFAULT) < 0)
        return bens_h5_fail("'%s': cannot look at '%s'", where, name);
    if (link.type != H5L_TYPE_HARD)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s': wanted hard links only, found that '%s' is a soft or external "
                  "link, which may lead anywhere",
                  where, name);
    return BENS_OK;
}

/* A member of a group, of this kind. *group is closed; *out is what was found. */
static bens_status open_member(const char *where, const char *name, H5I_type_t kind,
                               hid_t *group)
{
    hid_t object = H5I_INVALID_HID;
    bens_status s = check_link(*group, where, name);
    if (s == BENS_OK) {
        object = H5Oopen(*group, name, H5P_DEFAULT);
        if (object < 0)
            s = bens_h5_fail("'%s': cannot open '%s'", where, name);
        else if (H5Iget_type(object) != kind)
            s = bens_error_set(BENS_ERR_CONFIG, "'%s': wanted '%s' to be a %s, found %s",
                               where, name, kind == H5I_GROUP ? "group" : "data set",
                               kind == H5I_GROUP ? "a data set" : "a group");
    }
    H5Oclose(*group);
    *group = object;
    return s;
}

/* Every step of the way is a hard link, and *out a group even after a failure, or none. */
static bens_status open_group(hid_t file, const char *path, const char *group, hid_t *out)
{
    char part[256];
    *out = H5Gopen2(file, "/", H5P_DEFAULT);
    if (*out < 0) return bens_h5_fail("'%s': cannot open its root", path);
    while (*(group += strspn(group, "/")) != '\0') {
        const size_t n = strcspn(group, "/");
        if (n >= sizeof part)
            BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted a shorter name of a group than %s",
                      path, group);
        memcpy(part, group, n);
        part[n] = '\0';
        BENS_TRY(open_member(path, part, H5I_GROUP, out));
        group += n;
    }
    return BENS_OK;
}

/* ---- what it is ---- */

static bens_status look_at_type(hid_t set, const char *where, bens_array_about *about)
{
    const hid_t type = H5Dget_type(set);
    const H5T_class_t class = H5Tget_class(type);
    const hid_t number = class == H5T_ENUM ? H5Tget_super(type) : type;
    const size_t width = H5Tget_size(number);
    about->is_float = class == H5T_FLOAT;
    about->is_signed = !about->is_float && H5Tget_sign(number) == H5T_SGN_2;
    about->width = (int)width;
    if (class == H5T_ENUM) H5Tclose(number);
    H5Tclose(type);
    if (class != H5T_INTEGER && class != H5T_FLOAT && class != H5T_ENUM)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted numbers, found %s", where,
                  class == H5T_STRING     ? "texts"
                  : class == H5T_COMPOUND ? "compounds; give its fields data sets of "
                                            "their own"
                                          : "something else");
    if (width < 1 || width > 8)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted numbers of at most 8 bytes, found %zu bytes", where,
                  width);
    return BENS_OK;
}

static bens_status look_at_shape(hid_t set, const char *where, bens_array_about *about)
{
    const hid_t space = H5Dget_space(set);
    const bool simple = H5Sget_simple_extent_type(space) == H5S_SIMPLE;
    const int rank = simple ? H5Sget_simple_extent_ndims(space) : 0;
    hsize_t shape[H5S_MAX_RANK] = {0};
    if (rank > 0) H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    if (rank < 1 || rank > BENS_ARRAY_RANK)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted 1 to %d axes, found %d", where,
                  BENS_ARRAY_RANK, rank);
    about->rank = rank;
    about->n = 1;
    for (int k = 0; k < rank; k++) {
        if (shape[k] < 1)
            BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted numbers, found none: axis %d is 0",
                      where, k);
        about->shape[k] = (int64_t)shape[k];
        if (shape[k] > INT64_MAX ||
            __builtin_mul_overflow(about->n, about->shape[k], &about->n) ||
            about->n > INT64_MAX / 8)
            BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted less than 2^60 numbers, found more",
                      where);
    }
    return BENS_OK;
}

/* Before anything else is asked of it: HDF5 opens the other files of a virtual data set
 * to tell its shape. */
static bens_status refuse_virtual(const bens_array *a)
{
    const hid_t list = H5Dget_create_plist(a->set);
    const H5D_layout_t layout = H5Pget_layout(list);
    H5Pclose(list);
    if (layout == H5D_VIRTUAL)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s': wanted numbers in this file, found a virtual data set: those of "
                  "other files",
                  a->where);
    return BENS_OK;
}

/* Files of other programs may leave out what nobody wrote. */
static bens_status look_at_layout(bens_array *a)
{
    const hid_t list = H5Dget_create_plist(a->set);
    const H5D_layout_t layout = H5Pget_layout(list);
    H5Pclose(list);
    if (layout != H5D_COMPACT && H5Dget_storage_size(a->set) == 0)
        BENS_FAIL(BENS_ERR_IO, "'%s': wanted numbers, found that none were ever written",
                  a->where);
    a->is_plain = layout == H5D_CONTIGUOUS;
    return BENS_OK;
}

static bens_status check_set(const bens_array *a)
{
    bens_check_structure c = {.file_size = a->file_size, .is_unread = true};
    const bens_status s = bens_check_set(a->set, a->where, &c);
    bens_check_release(&c);
    return s;
}

/* ---- the whole ---- */

static bens_status name_place(const char *path, const char *group, const char *name,
                              bens_array *a)
{
    const size_t size = strlen(path) + strlen(group) + strlen(name) + 4;
    const char *const slash = group[strlen(group) - 1] == '/' ? "" : "/";
    BENS_TRY(bens_alloc(size, 1, &a->path));
    BENS_TRY(bens_alloc(size, 1, &a->group));
    BENS_TRY(bens_alloc(size, 1, &a->name));
    BENS_TRY(bens_alloc(size, 1, &a->folder));
    BENS_TRY(bens_alloc(size, 1, &a->where));
    snprintf(a->path, size, "%s", path);
    snprintf(a->group, size, "%s", group);
    snprintf(a->name, size, "%s", name);
    snprintf(a->folder, size, "%s:%s", path, group);
    snprintf(a->where, size, "%s%s%s", a->folder, slash, name);
    return BENS_OK;
}

/* External storage is refused before HDF5 is asked about its bytes. */
static bens_status open_array(const char *path, const char *group, const char *name,
                              bens_array *a)
{
    BENS_TRY(name_place(path, group, name, a));
    BENS_TRY(open_file(path, &a->file_size, &a->file));
    BENS_TRY(open_group(a->file, path, group, &a->set));
    BENS_TRY(open_member(a->folder, name, H5I_DATASET, &a->set));
    BENS_TRY(refuse_virtual(a));
    BENS_TRY(look_at_type(a->set, a->where, &a->about));
    BENS_TRY(look_at_shape(a->set, a->where, &a->about));
    BENS_TRY(check_set(a));
    return look_at_layout(a);
}

static bens_status open_here(const char *path, const char *group, const char *name,
                             bens_array **out)
{
    bens_array *a;
    BENS_TRY(bens_alloc(1, sizeof *a, &a));
    a->file = a->set = H5I_INVALID_HID;
    const bens_status s = open_array(path, group, name, a);
    if (s == BENS_OK)
        *out = a;
    else
        bens_array_close(a);
    return s;
}

void bens_array_close(bens_array *a)
{
    if (a == NULL) return;
    H5Oclose(a->set);
    H5Fclose(a->file);
    free(a->path);
    free(a->group);
    free(a->name);
    free(a->folder);
    free(a->where);
    free(a);
}

static bens_status exists_here(const char *path, const char *group, const char *name,
                               bool *out)
{
    uint64_t size;
    hid_t file, in = H5I_INVALID_HID;
    BENS_TRY(open_file(path, &size, &file));
    const bens_status s = open_group(file, path, group, &in);
    if (s == BENS_OK) *out = H5Lexists(in, name, H5P_DEFAULT) > 0;
    H5Oclose(in);
    H5Fclose(file);
    return s;
}

const bens_array_about *bens_array_look(const bens_array *array)
{
    return &array->about;
}

/* ---- values ---- */

/* Rows of a slab: about 64 MiB, and whole chunks. */
static hsize_t slab_rows(const bens_array *a, bens_cell type)
{
    const hsize_t n = (hsize_t)a->about.shape[0];
    const uint64_t row = (uint64_t)a->about.n / n * bens_cell_size(type);
    const hid_t list = H5Dget_create_plist(a->set);
    hsize_t chunk[BENS_ARRAY_RANK] = {1}, rows = 1 + (64 << 20) / row;
    if (H5Pget_layout(list) == H5D_CHUNKED) H5Pget_chunk(list, BENS_ARRAY_RANK, chunk);
    H5Pclose(list);
    rows += (chunk[0] - rows % chunk[0]) % chunk[0];
    return rows < n ? rows : n;
}

static bens_status read_slab(const bens_array *a, bens_cell type, hsize_t first,
                             hsize_t rows, void *out)
{
    hsize_t start[BENS_ARRAY_RANK] = {first}, count[BENS_ARRAY_RANK] = {rows};
    for (int k = 1; k < a->about.rank; k++) count[k] = (hsize_t)a->about.shape[k];
    const hid_t space = H5Dget_space(a->set);
    const hid_t memory = H5Screate_simple(a->about.rank, count, NULL);
    const bool good =
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
        H5Dread(a->set, native(type), memory, space, H5P_DEFAULT, out) >= 0;
    H5Sclose(space);
    H5Sclose(memory);
    return good ? BENS_OK : bens_h5_fail("cannot read '%s'", a->where);
}

/* The slabs go one behind the other, or, with is_trial, all to the place of the first. */
static bens_status read_slabs(const bens_array *a, bens_cell type, bool is_trial,
                              void *out)
{
    const hsize_t n = (hsize_t)a->about.shape[0], rows = slab_rows(a, type);
    const size_t row = (size_t)a->about.n / (size_t)n * bens_cell_size(type);
    for (hsize_t first = 0; first < n; first += rows) {
        char *const to = (char *)out + (is_trial ? 0 : first * row);
        const hsize_t left = n - first;
        BENS_TRY(read_slab(a, type, first, left < rows ? left : rows, to));
    }
    return BENS_OK;
}

/* ---- the same in a process of its own ---- */

/* Flat. */
typedef struct {
    bens_cell type;
    size_t group, name; /* where they begin in text */
    char text[];        /* the path first           */
} request;

static bens_status try_work(const char *path, const char *group, const char *name,
                            bens_cell type, bens_h5_work work)
{
    const size_t n_path = strlen(path) + 1, n_group = strlen(group) + 1;
    const size_t size = sizeof(request) + n_path + n_group + strlen(name) + 1;
    request *r;
    BENS_TRY(bens_alloc(1, size, &r));
    *r = (request){.type = type, .group = n_path, .name = n_path + n_group};
    strcpy(r->text, path);
    strcpy(r->text + r->group, group);
    strcpy(r->text + r->name, name);
    const bens_status s = bens_h5_try_with(path, work, r, size);
    free(r);
    return s;
}

static bens_status open_apart(const void *context)
{
    const request *const r = context;
    bens_array *a;
    return open_here(r->text, r->text + r->group, r->text + r->name, &a);
}

static bens_status exists_apart(const void *context)
{
    const request *const r = context;
    bool found;
    return exists_here(r->text, r->text + r->group, r->text + r->name, &found);
}

static bens_status read_apart(const void *context)
{
    const request *const r = context;
    bens_array *a;
    void *slab;
    BENS_TRY(open_here(r->text, r->text + r->group, r->text + r->name, &a));
    const size_t row = (size_t)a->about.n / (size_t)a->about.shape[0];
    BENS_TRY(
        bens_alloc((size_t)slab_rows(a, r->type) * row, bens_cell_size(r->type), &slab));
    return read_slabs(a, r->type, true, slab);
}

bens_status bens_array_open(const char *path, const char *group, const char *name,
                            bens_array **out)
{
    BENS_ASSERT(group[0] == '/');
    BENS_TRY(try_work(path, group, name, BENS_CELL_FLOAT32, open_apart));
    return open_here(path, group, name, out);
}

bens_status bens_array_exists(const char *path, const char *group, const char *name,
                              bool *out)
{
    BENS_TRY(try_work(path, group, name, BENS_CELL_FLOAT32, exists_apart));
    return exists_here(path, group, name, out);
}

bens_status bens_array_read(const bens_array *a, bens_cell type, void *out)
{
    BENS_TRY(try_work(a->path, a->group, a->name, type, read_apart));
    return read_slabs(a, type, false, out);
}

bens_status bens_array_map(const bens_array *a, bens_cell type, bens_map *out)
{
    const hid_t own = H5Dget_type(a->set);
    const bool same = H5Tequal(own, native(type)) > 0;
    const haddr_t address = a->is_plain && same ? H5Dget_offset(a->set) : HADDR_UNDEF;
    const uint64_t size = (uint64_t)a->about.n * bens_cell_size(type);
    H5Tclose(own);
    *out = (bens_map){0};
    if (address == HADDR_UNDEF || address % bens_cell_size(type) != 0) return BENS_OK;
    return bens_map_open(a->path, address, size, out);
}
