#include "io/samples_layout.h"

#include "io/folder.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PARTS = 1 << 16 };

static bool is_inside(int64_t n_chains, int64_t n_draws, const bens_samples_part *p)
{
    return p->row >= 0 && p->n_rows > 0 && p->row <= n_chains - p->n_rows &&
           p->draw >= 0 && p->n_draws > 0 && p->draw <= n_draws - p->n_draws;
}

static bool overlap(const bens_samples_part *a, const bens_samples_part *b)
{
    return a->row < b->row + b->n_rows && b->row < a->row + a->n_rows &&
           a->draw < b->draw + b->n_draws && b->draw < a->draw + a->n_draws;
}

bens_status bens_samples_check_parts(int64_t n_chains, int64_t n_draws,
                                     const bens_samples_part *part, int n_parts)
{
    if (n_parts < 1 || n_parts > MOST_PARTS)
        BENS_FAIL(BENS_ERR_IO, "wanted 1 to %d rectangles in an index, found %d",
                  MOST_PARTS, n_parts);
    for (int i = 0; i < n_parts; i++) {
        if (!is_inside(n_chains, n_draws, &part[i]))
            BENS_FAIL(BENS_ERR_IO,
                      "wanted rectangles within %lld chains x %lld draws, "
                      "found '%s' outside",
                      (long long)n_chains, (long long)n_draws, part[i].name);
        for (int k = 0; k < i; k++)
            if (overlap(&part[k], &part[i]))
                BENS_FAIL(BENS_ERR_IO,
                          "wanted rectangles of different chains or draws, found '%s' "
                          "and '%s' with the same",
                          part[k].name, part[i].name);
    }
    return BENS_OK;
}

/* A selection that is a box [rows][draws]. */
static bool is_box(hid_t space, bens_samples_part *out)
{
    hsize_t first[H5S_MAX_RANK], last[H5S_MAX_RANK];
    if (H5Sget_simple_extent_ndims(space) != 2 ||
        H5Sget_select_bounds(space, first, last) < 0)
        return false;
    for (int k = 0; k < 2; k++)
        if (last[k] >= (hsize_t)1 << 32) return false;
    *out = (bens_samples_part){.row = (int64_t)first[0],
                               .n_rows = (int64_t)(last[0] - first[0]) + 1,
                               .draw = (int64_t)first[1],
                               .n_draws = (int64_t)(last[1] - first[1]) + 1};
    return H5Sget_select_npoints(space) == out->n_rows * out->n_draws;
}

/* Entry i of a mapping: its box and, at `name`, the name of its file. */
static bens_status read_part(hid_t list, size_t i, char *name, size_t size,
                             bens_samples_part *out)
{
    const ssize_t length = H5Pget_virtual_filename(list, i, name, size);
    if (length < 0 || (size_t)length >= size)
        return bens_h5_fail("cannot read the name of rectangle %zu", i);
    if (!bens_folder_is_below(name))
        BENS_FAIL(BENS_ERR_IO,
                  "wanted rectangles in the folder of the index, found '%.200s'", name);
    const hid_t box = H5Pget_virtual_vspace(list, i);
    const bool good = is_box(box, out);
    H5Sclose(box);
    if (!good)
        BENS_FAIL(BENS_ERR_IO, "wanted rectangles of chains x draws in the index, "
                               "found something else");
    out->name = name;
    return BENS_OK;
}

/* Bytes of the names of all entries. */
static bens_status size_names(hid_t list, size_t n, size_t *size)
{
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        const ssize_t length = H5Pget_virtual_filename(list, i, NULL, 0);
        if (length < 0 || length >= BENS_PATH_SIZE)
            return bens_h5_fail("cannot read the name of rectangle %zu", i);
        *size += (size_t)length + 1;
    }
    return BENS_OK;
}

static bens_status read_parts(hid_t list, bens_samples_part **out, int *n_parts)
{
    bens_samples_part *part;
    size_t n = 0, left;
    if (H5Pget_virtual_count(list, &n) < 0) return bens_h5_fail("cannot read the index");
    if (n > MOST_PARTS)
        BENS_FAIL(BENS_ERR_IO, "wanted at most %d rectangles in the index, found %zu",
                  MOST_PARTS, n);
    BENS_TRY(size_names(list, n, &left));
    BENS_TRY(bens_alloc(n * sizeof *part + left, 1, &part)); /* the names lie behind */
    char *name = (char *)(part + n);
    bens_status s = BENS_OK;
    for (size_t i = 0; i < n && s == BENS_OK; i++) {
        s = read_part(list, i, name, left, &part[i]);
        const size_t used = s == BENS_OK ? strlen(name) + 1 : 0;
        name += used;
        left -= used;
    }
    if (s == BENS_OK) {
        *out = part;
        *n_parts = (int)n;
    } else {
        free(part);
    }
    return s;
}

bens_status bens_samples_mapped(hid_t file, int64_t n_chains, int64_t n_draws,
                                bens_samples_part **part, int *n_parts)
{
    bens_samples_part *found = NULL;
    int n = 0;
    hsize_t shape[2];
    hid_t set;
    BENS_TRY(bens_h5_find(file, "sample_stats", "done", BENS_H5_BOOL, 2, shape, &set));
    const hid_t list = H5Dget_create_plist(set);
    const bool index = H5Pget_layout(list) == H5D_VIRTUAL;
    bens_status s = index ? read_parts(list, &found, &n) : BENS_OK;
    H5Pclose(list);
    H5Dclose(set);
    if (s == BENS_OK && index) s = bens_samples_check_parts(n_chains, n_draws, found, n);
    if (s != BENS_OK) {
        free(found);
        return s;
    }
    *part = found;
    *n_parts = n;
    return BENS_OK;
}
