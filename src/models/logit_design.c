#include "models/logit_design.h"

#include <stdlib.h>

/* bens_logit_design borrows its arrays as const; this one owns them. */
typedef struct {
    bens_logit_design design; /* the first member: what is handed out */
    float *by_column, *by_row;
} owned_design;

static void fill(const bens_data *data, owned_design *o)
{
    const bens_logit_design *d = &o->design;
    for (int64_t i = 0; i < d->n_rows; i++) {
        const bens_rows one = {.first = i, .n = 1};
        float x[BENS_LOGIT_WIDTH + 1];
        bens_data_gather(data, &one, 0, 1, x);
        x[data->n_features] = 1; /* of the intercept */
        const float sign = data->label[i] == 1 ? 1.0f : -1.0f;
        for (int64_t j = 0; j < d->n_columns; j++)
            o->by_row[i * d->width + j] = o->by_column[j * d->stride + i] = sign * x[j];
    }
}

bens_status bens_logit_design_create(const bens_data *data, bool intercept,
                                     bens_logit_design **out)
{
    const int n_columns = (int)data->n_features + intercept;
    BENS_ASSERT(data->n_features < BENS_LOGIT_WIDTH + 1 && n_columns <= BENS_LOGIT_WIDTH);
    owned_design *o;
    BENS_TRY(bens_alloc(1, sizeof *o, &o));
    o->design = (bens_logit_design){.n_rows = data->n_rows,
                                    .n_columns = n_columns,
                                    .width = (n_columns + 7) / 8 * 8,
                                    .stride = (data->n_rows + 15) / 16 * 16 + 16};
    const size_t width = (size_t)o->design.width;
    bens_status s =
        bens_alloc(width * (size_t)o->design.stride, sizeof *o->by_column, &o->by_column);
    if (s == BENS_OK)
        s = bens_alloc(width * (size_t)data->n_rows, sizeof *o->by_row, &o->by_row);
    if (s == BENS_OK) {
        fill(data, o);
        o->design.by_column = o->by_column;
        o->design.by_row = o->by_row;
        *out = &o->design;
    } else {
        bens_logit_design_destroy(&o->design);
    }
    return s;
}

void bens_logit_design_destroy(bens_logit_design *design)
{
    owned_design *o = (owned_design *)design;
    if (o == NULL) return;
    free(o->by_column);
    free(o->by_row);
    free(o);
}
