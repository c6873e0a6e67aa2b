#include "io/check_parts.h"

#include <stdlib.h>
#include <string.h>

/* deflate makes at most 1,032 bytes of one. A data set
 * smaller than FREE may be emptier. */
enum { MOST_DEFLATED = 1100, FREE = 64 << 20, LARGEST_CHUNK = 1 << 30, TEXTS = 4096 };

/* A data set, open. */
typedef struct {
    hid_t set, type, space, list;
    const char *where;
    int rank;
    hsize_t shape[H5S_MAX_RANK];
    uint64_t n, size; /* elements; bytes of one */
} view;

static bens_status check_filters(const view *v, bens_check_structure *c)
{
    const int n = H5Pget_nfilters(v->list);
    for (int i = 0; i < n; i++) {
        unsigned flags;
        size_t n_values = 0;
        char name[64] = "";
        const H5Z_filter_t filter =
            H5Pget_filter2(v->list, (unsigned)i, &flags, &n_values, NULL, sizeof name,
                           name, NULL);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE)
            BENS_FAIL(BENS_ERR_IO,
                      "wanted no filters but deflate and shuffle, found number %d "
                      "'%.60s' on %s",
                      (int)filter, name, v->where);
    }
    if (n < 0) return bens_h5_fail("cannot read the filters of %s", v->where);
    c->n_filtered += n > 0;
    return BENS_OK;
}

static bens_status check_type(const view *v)
{
    static const char *const names[H5T_NCLASSES] =
        {[H5T_TIME] = "times",           [H5T_BITFIELD] = "bit fields",
         [H5T_OPAQUE] = "opaque bytes",  [H5T_COMPOUND] = "compounds",
         [H5T_REFERENCE] = "references", [H5T_VLEN] = "lists",
         [H5T_ARRAY] = "arrays"};
    const H5T_class_t class = H5Tget_class(v->type);
    if (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_STRING ||
        class == H5T_ENUM)
        return BENS_OK;
    const char *name = class >= 0 && class < H5T_NCLASSES ? names[class] : NULL;
    BENS_FAIL(BENS_ERR_IO, "wanted numbers or texts in %s, found %s", v->where,
              name != NULL ? name : "something else");
}

static bens_status check_size(view *v)
{
    const H5S_class_t class = H5Sget_simple_extent_type(v->space);
    v->rank = H5Sget_simple_extent_dims(v->space, v->shape, NULL);
    v->size = H5Tget_size(v->type);
    v->n = class == H5S_NULL ? 0 : 1;
    if (class == H5S_NO_CLASS || v->rank < 0 || v->size == 0)
        return bens_h5_fail("cannot read the shape of %s", v->where);
    for (int k = 0; k < v->rank; k++)
        if (__builtin_mul_overflow(v->n, (uint64_t)v->shape[k], &v->n)) v->n = UINT64_MAX;
    if (v->n > INT64_MAX / v->size)
        BENS_FAIL(BENS_ERR_IO, "wanted less than 2^63 bytes in %s, found more", v->where);
    return BENS_OK;
}

/* ---- where the bytes are ---- */

static bens_status check_contiguous(const view *v, bens_check_structure *c)
{
    const haddr_t address = H5Dget_offset(v->set);
    const uint64_t size = v->n * v->size;
    if (address == HADDR_UNDEF || size == 0) {
        c->n_empty++;
        return BENS_OK;
    }
    if (address > c->file_size || size > c->file_size - address)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted %llu bytes of %s, found the end of the file: it was cut",
                  (unsigned long long)size, v->where);
    bens_check_extent *grown = realloc(c->extent, (c->n_extents + 1) * sizeof *c->extent);
    if (grown == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a list of data sets");
    c->extent = grown;
    c->extent[c->n_extents++] = (bens_check_extent){address, size};
    return BENS_OK;
}

/* Reads the box [count] at start of a data set of numbers. */
static bens_status read_box(const view *v, const hsize_t *start, const hsize_t *count,
                            void *buffer)
{
    const hid_t memory = H5Screate_simple(v->rank, count, NULL);
    const bool good =
        (v->rank == 0 ||
         H5Sselect_hyperslab(v->space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0) &&
        H5Dread(v->set, v->type, memory, v->space, H5P_DEFAULT, buffer) >= 0;
    const bool texts = H5Tis_variable_str(v->type) > 0;
    if (good && texts) H5Dvlen_reclaim(v->type, memory, H5P_DEFAULT, buffer);
    H5Sclose(memory);
    return good ? BENS_OK : bens_h5_fail("cannot read %s", v->where);
}

/* The next box in row-major order; false: there is none. */
static bool next_box(const view *v, const hsize_t *box, hsize_t *start)
{
    for (int k = v->rank - 1; k >= 0; k--) {
        start[k] += box[k];
        if (start[k] < v->shape[k]) return true;
        start[k] = 0;
    }
    return false;
}

/* Reads all of it, in boxes of that shape. */
static bens_status read_boxes(const view *v, const hsize_t *box)
{
    hsize_t start[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK];
    uint64_t n = 1;
    void *buffer;
    for (int k = 0; k < v->rank; k++) n *= box[k];
    BENS_TRY(bens_alloc((size_t)n, (size_t)v->size, &buffer));
    bens_status s = BENS_OK;
    do {
        for (int k = 0; k < v->rank; k++) {
            const hsize_t left = v->shape[k] - start[k];
            count[k] = left < box[k] ? left : box[k];
        }
        s = read_box(v, start, count, buffer);
    } while (s == BENS_OK && next_box(v, box, start));
    free(buffer);
    return s;
}

/* A chunk that lies outside of the file, or is not what deflate made, cannot be read. */
static bens_status check_chunked(const view *v, bens_check_structure *c)
{
    hsize_t box[H5S_MAX_RANK];
    uint64_t bytes = v->size;
    const uint64_t stored = H5Dget_storage_size(v->set);
    if (H5Pget_chunk(v->list, H5S_MAX_RANK, box) != v->rank || v->rank == 0)
        return bens_h5_fail("cannot read the chunks of %s", v->where);
    for (int k = 0; k < v->rank; k++)
        if (box[k] == 0 || __builtin_mul_overflow(bytes, (uint64_t)box[k], &bytes))
            bytes = UINT64_MAX;
    if (bytes > LARGEST_CHUNK)
        BENS_FAIL(BENS_ERR_IO, "wanted chunks of at most 1 GiB in %s, found larger ones",
                  v->where);
    if (stored > c->file_size)
        BENS_FAIL(BENS_ERR_IO, "wanted %llu stored bytes of %s, found a smaller file",
                  (unsigned long long)stored, v->where);
    c->n_empty += stored == 0 || v->n == 0;
    if (stored == 0 || v->n == 0) return BENS_OK;
    if (v->n * v->size > FREE && (v->n * v->size - FREE) / MOST_DEFLATED > stored)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted at most %d bytes for each that is stored, found %llu bytes in "
                  "%s, of which %llu are stored",
                  MOST_DEFLATED, (unsigned long long)(v->n * v->size), v->where,
                  (unsigned long long)stored);
    return c->is_unread ? BENS_OK : read_boxes(v, box);
}

/* ---- virtual ---- */

/* A file is mapped by every data set in the same order: the
 * next one is looked at first. */
static bens_status add_source(bens_check_structure *c, const char *name)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        const size_t at = (c->hint + i) % c->n_sources;
        if (strcmp(c->source[at], name) != 0) continue;
        c->hint = at + 1;
        return BENS_OK;
    }
    char **grown = realloc(c->source, (c->n_sources + 1) * sizeof *grown);
    if (grown != NULL) c->source = grown;
    char *copy = grown != NULL ? strdup(name) : NULL;
    if (copy == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a list of files");
    c->source[c->n_sources++] = copy;
    return BENS_OK;
}

static bens_status check_virtual(const view *v, bens_check_structure *c)
{
    char name[BENS_PATH_SIZE];
    size_t n = 0;
    if (c->is_source)
        BENS_FAIL(BENS_ERR_IO, "wanted numbers in %s, found other files' again",
                  v->where);
    if (H5Pget_virtual_count(v->list, &n) < 0)
        return bens_h5_fail("cannot read the mapping of %s", v->where);
    for (size_t i = 0; i < n; i++) {
        const ssize_t length = H5Pget_virtual_filename(v->list, i, name, sizeof name);
        if (length < 0 || (size_t)length >= sizeof name)
            return bens_h5_fail("cannot read the mapping of %s", v->where);
        if (!bens_folder_is_below(name) || strchr(name, '%') != NULL)
            BENS_FAIL(BENS_ERR_IO,
                      "wanted virtual sources in or below the folder of the file, found "
                      "'%.200s' in %s",
                      name, v->where);
        BENS_TRY(add_source(c, name));
    }
    c->n_virtual++;
    return BENS_OK;
}

/* ---- the whole ---- */

static bens_status check_layout(const view *v, bens_check_structure *c)
{
    const H5D_layout_t layout = H5Pget_layout(v->list);
    hsize_t texts[H5S_MAX_RANK];
    if (layout == H5D_CHUNKED) return check_chunked(v, c);
    if (layout == H5D_CONTIGUOUS) BENS_TRY(check_contiguous(v, c));
    /* a length, an address and a number are stored of a text of any length */
    const uint64_t stored = H5Tis_variable_str(v->type) > 0 ? 16 : v->size;
    if (layout == H5D_COMPACT && v->n > H5Dget_storage_size(v->set) / stored)
        BENS_FAIL(BENS_ERR_IO, "wanted %llu x %llu bytes of %s, found %llu",
                  (unsigned long long)v->n, (unsigned long long)stored, v->where,
                  (unsigned long long)H5Dget_storage_size(v->set));
    if (H5Tis_variable_str(v->type) > 0 && v->n > 0 && !c->is_unread) {
        for (int k = 0; k < v->rank; k++) texts[k] = k < v->rank - 1 ? 1 : TEXTS;
        return read_boxes(v, texts);
    }
    return layout >= 0 ? BENS_OK : bens_h5_fail("cannot read the layout of %s", v->where);
}

/* The list of properties first: HDF5 opens the sources of a virtual data
 * set to tell the shape of it. */
static bens_status check_view(view *v, bens_check_structure *c)
{
    v->list = H5Dget_create_plist(v->set);
    const int n_external = v->list >= 0 ? H5Pget_external_count(v->list) : -1;
    if (n_external < 0) return bens_h5_fail("cannot read the properties of %s", v->where);
    if (n_external > 0)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted the bytes of %s in this file, found an external one", v->where);
    BENS_TRY(check_filters(v, c));
    const bool is_virtual = H5Pget_layout(v->list) == H5D_VIRTUAL;
    if (is_virtual) BENS_TRY(check_virtual(v, c));
    v->type = H5Dget_type(v->set);
    v->space = H5Dget_space(v->set);
    BENS_TRY(check_type(v));
    BENS_TRY(check_size(v));
    return is_virtual ? BENS_OK : check_layout(v, c);
}

bens_status bens_check_set(hid_t set, const char *where, bens_check_structure *structure)
{
    view v = {.set = set,
              .where = where,
              .type = H5I_INVALID_HID,
              .space = H5I_INVALID_HID};
    const bens_status s = check_view(&v, structure);
    H5Pclose(v.list);
    H5Tclose(v.type);
    H5Sclose(v.space);
    structure->n_sets++;
    return s;
}
