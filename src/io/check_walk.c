#include "io/check_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, MOST_OBJECTS = 1000000, LARGEST_ATTRIBUTE = 1 << 20 };

/* On the way through the groups; a link that leads back up is as deep as we let it. */
typedef struct {
    bens_check_structure *structure;
    char where[BENS_PATH_SIZE];
    int depth;
    bens_status status;
} walk;

/* ---- attributes ---- */

/* Texts and lists of any length lie elsewhere in the file:
 * reading them is what finds out. */
static bens_status read_attribute(hid_t attribute, hid_t type, hid_t space,
                                  const char *where, const char *name)
{
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    void *value;
    if (n < 0 || size == 0 || (size_t)n > LARGEST_ATTRIBUTE / size)
        BENS_FAIL(BENS_ERR_IO, "wanted at most %d bytes in attribute '%.80s' of %s",
                  LARGEST_ATTRIBUTE, name, where);
    if (n == 0) return BENS_OK;
    BENS_TRY(bens_alloc((size_t)n, size, &value));
    const bens_status s =
        H5Aread(attribute, type, value) >= 0
            ? BENS_OK
            : bens_h5_fail("cannot read attribute '%.80s' of %s", name, where);
    if (s == BENS_OK && H5Tdetect_class(type, H5T_VLEN) + H5Tis_variable_str(type) > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, value);
    free(value);
    return s;
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info,
                              void *context)
{
    walk *w = context;
    (void)info;
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    w->structure->n_attributes++;
    w->status = attribute >= 0 && type >= 0 && space >= 0
                    ? read_attribute(attribute, type, space, w->where, name)
                    : bens_h5_fail("cannot open attribute '%.80s' of %s", name, w->where);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(attribute);
    return w->status == BENS_OK ? 0 : 1;
}

bens_status bens_check_attributes(hid_t object, const char *where,
                                  bens_check_structure *structure)
{
    walk w = {.structure = structure};
    snprintf(w.where, sizeof w.where, "%s", where);
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_attribute, &w) < 0)
        return bens_h5_fail("cannot list the attributes of %s", where);
    return w.status;
}

/* ---- objects ---- */

static bens_status walk_group(hid_t group, walk *w);

static bens_status check_object(hid_t object, walk *w)
{
    bens_check_structure *c = w->structure;
    if (++w->depth > DEEPEST || c->n_groups + c->n_sets >= MOST_OBJECTS)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted at most %d groups within each other and %d objects, found more "
                  "at %.200s...: does a link lead back?",
                  DEEPEST, MOST_OBJECTS, w->where);
    const H5I_type_t kind = H5Iget_type(object);
    if (kind != H5I_GROUP && kind != H5I_DATASET)
        BENS_FAIL(BENS_ERR_IO, "wanted groups and data sets, found another object at %s",
                  w->where);
    BENS_TRY(bens_check_attributes(object, w->where, c));
    BENS_TRY(kind == H5I_GROUP ? walk_group(object, w)
                               : bens_check_set(object, w->where, c));
    w->depth--;
    return BENS_OK;
}

static bens_status check_link(hid_t group, const char *name, const H5L_info_t *link,
                              walk *w)
{
    if (link->type != H5L_TYPE_HARD)
        BENS_FAIL(BENS_ERR_IO, "wanted hard links only, found %s link at %s",
                  link->type == H5L_TYPE_SOFT       ? "a soft"
                  : link->type == H5L_TYPE_EXTERNAL ? "an external"
                                                    : "a user-defined",
                  w->where);
    const hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0) return bens_h5_fail("cannot open %s", w->where);
    const bens_status s = check_object(object, w);
    H5Oclose(object);
    return s;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link,
                         void *context)
{
    walk *w = context;
    const size_t length = strlen(w->where), room = sizeof w->where - length;
    if ((size_t)snprintf(w->where + length, room, "%s%s", length > 1 ? "/" : "", name) >=
        room)
        w->status =
            bens_error_set(BENS_ERR_IO, "wanted a shorter path than %.200s...", w->where);
    else
        w->status = check_link(group, name, link, w);
    w->where[length] = '\0';
    return w->status == BENS_OK ? 0 : 1;
}

static bens_status walk_group(hid_t group, walk *w)
{
    w->structure->n_groups++;
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_link, w) < 0)
        return bens_h5_fail("cannot list the group %s", w->where);
    return w->status;
}

/* ---- the whole ---- */

static int compare_extents(const void *a, const void *b)
{
    const bens_check_extent *x = a, *y = b;
    if (x->address != y->address) return x->address < y->address ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

/* The same bytes twice are a data set with two names. */
static bens_status check_overlap(bens_check_structure *c)
{
    if (c->n_extents > 0)
        qsort(c->extent, c->n_extents, sizeof *c->extent, compare_extents);
    for (size_t i = 1; i < c->n_extents; i++) {
        const bens_check_extent *a = &c->extent[i - 1], *b = &c->extent[i];
        if (compare_extents(a, b) != 0 && b->address - a->address < a->size)
            BENS_FAIL(BENS_ERR_IO,
                      "wanted bytes of their own for all data sets, "
                      "found two that share byte %llu",
                      (unsigned long long)b->address);
    }
    return BENS_OK;
}

bens_status bens_check_walk(hid_t file, bens_check_structure *structure)
{
    walk w = {.structure = structure, .where = "/"};
    const hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0) return bens_h5_fail("cannot open the group /");
    const bens_status s = check_object(root, &w);
    H5Gclose(root);
    return s == BENS_OK ? check_overlap(structure) : s;
}

void bens_check_release(bens_check_structure *c)
{
    for (size_t i = 0; i < c->n_sources; i++) free(c->source[i]);
    free(c->source);
    free(c->extent);
    *c = (bens_check_structure){0};
}
