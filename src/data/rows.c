#include "data/rows.h"
#include "data/classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bens_shape_text bens_shape_show(const int64_t *shape, int rank)
{
    bens_shape_text t;
    size_t used = 0;
    t.text[0] = '\0';
    for (int k = 0; k < rank && used < sizeof t.text; k++)
        used += (size_t)snprintf(t.text + used, sizeof t.text - used, "%s%lld",
                                 k == 0 ? "[" : ", ", (long long)shape[k]);
    if (used < sizeof t.text) snprintf(t.text + used, sizeof t.text - used, "]");
    return t;
}

bens_shape_text bens_rows_place(const bens_data *d, int64_t e)
{
    int64_t at[1 + BENS_ROW_RANK] = {e / d->n_features};
    int64_t left = e % d->n_features;
    for (int k = d->rank; k > 0; k--) {
        at[k] = left % d->dim[k - 1];
        left /= d->dim[k - 1];
    }
    return bens_shape_show(at, 1 + d->rank);
}

bens_status bens_rows_shape(const char *where, const int64_t *shape, int rank,
                            double asked, bens_data *d)
{
    if (rank < 2 || rank > 1 + BENS_ROW_RANK)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted rows and 1 to %d axes of inputs behind them, found the "
                  "shape %s",
                  where, BENS_ROW_RANK, bens_shape_show(shape, rank).text);
    d->n_rows = shape[0];
    d->rank = rank - 1;
    d->n_features = 1;
    for (int k = 0; k < d->rank; k++) {
        d->dim[k] = shape[1 + k];
        d->n_features *= shape[1 + k];
    }
    const bool image = d->cell == BENS_CELL_UINT8 && d->rank >= 2;
    d->scale = asked > 0 ? asked : image ? 1 / 255.0 : 1;
    return BENS_OK;
}

bens_status bens_rows_check_floats(const char *where, const bens_data *d)
{
    const int64_t n = d->n_rows * d->n_features;
    for (int64_t e = 0; e < n; e++)
        if (!isfinite(d->x[e]))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s'%s: wanted a finite number of at most 3.4e38 (float32), "
                      "found %g",
                      where, bens_rows_place(d, e).text, (double)d->x[e]);
    return BENS_OK;
}

bens_status bens_rows_check_like(const bens_data *like, const bens_data *d,
                                 const char *where)
{
    bool same = like->rank == d->rank;
    for (int k = 0; same && k < d->rank; k++) same = like->dim[k] == d->dim[k];
    if (like->rank == 0 || same) return BENS_OK; /* 0: nobody knows */
    BENS_FAIL(BENS_ERR_CONFIG,
              "'%s': wanted rows of the shape %s as in the training set, found %s", where,
              bens_shape_show(like->dim, like->rank).text,
              bens_shape_show(d->dim, d->rank).text);
}

static bens_status add_labels(const int64_t *value, bens_classes *classes, bens_data *d)
{
    char text[32];
    for (int64_t i = 0; i < d->n_rows; i++) {
        snprintf(text, sizeof text, "%lld", (long long)value[i]);
        BENS_TRY(bens_classes_add(classes, text, &d->label[i]));
    }
    return bens_classes_finish(classes, d);
}

bens_status bens_rows_label(const char *where, const int64_t *value, bens_data *d)
{
    bens_classes *classes;
    BENS_TRY(bens_classes_create(&classes));
    bens_status s = bens_alloc((size_t)d->n_rows, sizeof *d->label, &d->label);
    if (s == BENS_OK) {
        s = add_labels(value, classes, d);
        if (s != BENS_OK) bens_error_set(s, "'%s': %s", where, bens_error_text());
    }
    bens_classes_destroy(classes);
    return s;
}
