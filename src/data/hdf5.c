/* hdf5.c - inputs and targets as two data sets of a group, "FILE.h5:/GROUP". Integers
 * stay as they are and are converted when a model asks for them; what the file holds
 * contiguous and uncompressed is mapped. */
#include "data/rows.h"
#include "io/array.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *x, *y;
    double scale; /* 0: auto */
} hdf5_options;

static const bens_option options[] = {
    {.name = "x",
     .kind = BENS_OPTION_TEXT,
     .offset = offsetof(hdf5_options, x),
     .preset = "x",
     .doc = "the inputs: a data set [row, ...] of integers or floats, 2 to 4 axes"},
    {.name = "y",
     .kind = BENS_OPTION_TEXT,
     .offset = offsetof(hdf5_options, y),
     .preset = "y",
     .doc = "the targets: a data set [row], integers for classes"},
    BENS_ROWS_SCALE(hdf5_options),
    {0},
};

/* "FILE:/GROUP" in its parts; the root without one. */
typedef struct {
    char file[PATH_MAX], group[PATH_MAX];
    char where[2 * PATH_MAX + 256]; /* of the data set at hand, for messages */
} place;

static bens_status split_place(const char *path, place *p)
{
    const char *colon = strrchr(path, ':');
    if (strlen(path) >= sizeof p->file)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted a shorter path than '%.200s...'", path);
    if (colon == NULL || colon[1] != '/' || access(path, F_OK) == 0)
        colon = path + strlen(path);
    snprintf(p->file, sizeof p->file, "%.*s", (int)(colon - path), path);
    snprintf(p->group, sizeof p->group, "%s", *colon == '\0' ? "/" : colon + 1);
    return BENS_OK;
}

static void name_set(place *p, const char *name)
{
    const size_t n = strlen(p->group);
    snprintf(p->where, sizeof p->where, "%s:%s%s%.200s", p->file, p->group,
             p->group[n - 1] == '/' ? "" : "/", name);
}

/* The type in memory: wider integers are kept if they fit 32 bits. */
static bens_cell cell_of(const bens_array_about *about)
{
    if (about->is_float) return BENS_CELL_FLOAT32;
    if (about->width == 1) return about->is_signed ? BENS_CELL_INT8 : BENS_CELL_UINT8;
    if (about->width == 2) return about->is_signed ? BENS_CELL_INT16 : BENS_CELL_UINT16;
    return BENS_CELL_INT32;
}

/* Integers that did not fit stand at the limits. */
static bens_status check_narrowed(const place *p, const bens_data *d)
{
    const int32_t *const raw = d->raw;
    for (int64_t e = 0; e < d->n_rows * d->n_features; e++)
        if (raw[e] == INT32_MAX || raw[e] == INT32_MIN)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s'%s: wanted an integer between -2^31 and 2^31, found one at or "
                      "beyond these limits; store it as a float",
                      p->where, bens_rows_place(d, e).text);
    return BENS_OK;
}

static bens_status read_rows(const place *p, const bens_array *a, bens_data *d)
{
    const bens_array_about *const about = bens_array_look(a);
    const bool floats = d->cell == BENS_CELL_FLOAT32;
    void *values;
    if (!floats || d->scale == 1) BENS_TRY(bens_array_map(a, d->cell, &d->map));
    if (d->map.base != NULL) {
        values = (void *)(uintptr_t)d->map.bytes;
    } else {
        BENS_TRY(bens_alloc((size_t)about->n, bens_cell_size(d->cell), &values));
    }
    if (floats)
        d->x = values;
    else
        d->raw = values;
    if (d->map.base == NULL) BENS_TRY(bens_array_read(a, d->cell, values));
    if (floats) return bens_rows_check_floats(p->where, d);
    const bool narrow = about->width > 4 || (about->width == 4 && !about->is_signed);
    return narrow ? check_narrowed(p, d) : BENS_OK;
}

/* A product may be too large for float32: what a model would see is checked too. */
static bens_status scale_floats(const place *p, bens_data *d)
{
    if (d->x == NULL || d->scale == 1) return BENS_OK;
    for (int64_t e = 0; e < d->n_rows * d->n_features; e++)
        d->x[e] = (float)((double)d->x[e] * d->scale);
    return bens_rows_check_floats(p->where, d);
}

static bens_status read_x(const hdf5_options *o, place *p, bens_data *d)
{
    bens_array *a;
    name_set(p, o->x);
    BENS_TRY(bens_array_open(p->file, p->group, o->x, &a));
    const bens_array_about *const about = bens_array_look(a);
    d->cell = cell_of(about);
    bens_status s = bens_rows_shape(p->where, about->shape, about->rank, o->scale, d);
    if (s == BENS_OK) s = read_rows(p, a, d);
    if (s == BENS_OK) s = scale_floats(p, d);
    bens_array_close(a);
    return s;
}

static bens_status read_classes(const place *p, const bens_array *a, bens_data *d)
{
    int64_t *value;
    if (bens_array_look(a)->is_float)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted integers, which are classes, found floats; store it as "
                  "integers, or take a likelihood of real targets ([likelihood] normal)",
                  p->where);
    BENS_TRY(bens_alloc((size_t)d->n_rows, sizeof *value, &value));
    bens_status s = bens_array_read(a, BENS_CELL_INT64, value);
    if (s == BENS_OK) s = bens_rows_label(p->where, value, d);
    free(value);
    return s;
}

static bens_status read_reals(const place *p, const bens_array *a, bens_data *d)
{
    BENS_TRY(bens_alloc((size_t)d->n_rows, sizeof *d->y, &d->y));
    BENS_TRY(bens_array_read(a, BENS_CELL_FLOAT32, d->y));
    for (int64_t i = 0; i < d->n_rows; i++)
        if (!isfinite(d->y[i]))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s'[%lld]: wanted a finite number of at most 3.4e38 (float32), "
                      "found %g",
                      p->where, (long long)i, (double)d->y[i]);
    return BENS_OK;
}

static bens_status check_length(const place *p, const bens_array *a, const bens_data *d)
{
    const bens_array_about *const about = bens_array_look(a);
    if (about->rank == 1 && about->shape[0] == d->n_rows) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "'%s': wanted a target for each of the %lld rows, the shape [%lld], found "
              "%s",
              p->where, (long long)d->n_rows, (long long)d->n_rows,
              bens_shape_show(about->shape, about->rank).text);
}

static bens_status read_y(const hdf5_options *o, place *p, bens_target target,
                          bens_data *d)
{
    bens_array *a;
    name_set(p, o->y);
    BENS_TRY(bens_array_open(p->file, p->group, o->y, &a));
    bens_status s = check_length(p, a, d);
    if (s == BENS_OK)
        s = target == BENS_TARGET_CLASS ? read_classes(p, a, d) : read_reals(p, a, d);
    bens_array_close(a);
    return s;
}

/* like = NULL: the targets must be there. */
static bens_status read_hdf5(const void *settings, const char *path, bens_target target,
                             const bens_data *like, bens_data *d)
{
    const hdf5_options *o = settings;
    place p;
    bool found = true;
    BENS_TRY(split_place(path, &p));
    BENS_TRY(read_x(o, &p, d));
    if (like != NULL) {
        BENS_TRY(bens_rows_check_like(like, d, path));
        BENS_TRY(bens_array_exists(p.file, p.group, o->y, &found));
    }
    return found ? read_y(o, &p, target, d) : BENS_OK;
}

const bens_source bens_source_hdf5 = {
    .name = "hdf5",
    .doc = "arrays of integers or floats in an HDF5 file: FILE.h5:/GROUP",
    .options = options,
    .options_size = sizeof(hdf5_options),
    .read = read_hdf5,
};
