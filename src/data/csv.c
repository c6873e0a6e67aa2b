/* csv.c - a table with a header: one column is the target, all others are features. For a
 * model that is there already, those of its features are. */
#include "core/text.h"
#include "data/classes.h"
#include "data/csv_reader.h"
#include "data/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
    char *target;
} csv_options;

static const bens_option options[] = {
    {.name = "target",
     .kind = BENS_OPTION_TEXT,
     .offset = offsetof(csv_options, target),
     .doc = "the column to predict; all others are features"},
    {0},
};

typedef struct {
    bens_csv *csv;
    const char *target;
    int64_t column;   /* of the target; -1: the file has none */
    int64_t *feature; /* [n_columns] of each column, -1: none, owned; NULL: in order */
    int64_t n_columns, room;
    bens_target kind;
    bens_classes *classes; /* NULL for a real target */
    bens_data *data;
} table;

static bens_status read_header(table *t)
{
    bens_csv *const csv = t->csv;
    BENS_TRY(bens_csv_header(csv, t->target, &t->column));
    t->n_columns = csv->n_fields;
    t->data->n_features = t->n_columns - 1;
    t->data->rank = 1;
    t->data->dim[0] = t->data->n_features;
    const size_t behind = (size_t)(t->data->n_features - t->column);
    memmove(csv->field + t->column, csv->field + t->column + 1,
            behind * sizeof *csv->field);
    return bens_names_copy(csv->field, t->data->n_features, &t->data->feature_names);
}

/* The nearest name that the file has, for one that it lacks. */
static bens_status refuse_feature(const table *t, int64_t j, const char *name)
{
    const bens_csv *const csv = t->csv;
    char hint[100] = "";
    const int near = bens_text_nearest(name, csv->field, (size_t)csv->n_fields);
    if (near >= 0)
        snprintf(hint, sizeof hint, "; did you mean '%s'?",
                 bens_csv_show(csv->field[near]).text);
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s:%lld: header: wanted all %lld features of the model, "
              "found no column '%s' (feature %lld)%s",
              csv->path, (long long)csv->line, (long long)t->data->n_features,
              bens_csv_show(name).text, (long long)j + 1, hint);
}

/* Features are found by name, and nothing else of the file is looked at. */
static bens_status read_header_like(table *t, const bens_data *like)
{
    bens_data *const d = t->data;
    BENS_TRY(bens_csv_names(t->csv));
    t->column = bens_csv_find(t->csv, t->target);
    t->n_columns = t->csv->n_fields;
    d->n_features = like->n_features;
    BENS_TRY(bens_alloc((size_t)t->n_columns, sizeof *t->feature, &t->feature));
    for (int64_t k = 0; k < t->n_columns; k++) t->feature[k] = -1;
    for (int64_t j = 0; j < like->n_features; j++) {
        const int64_t k = bens_csv_find(t->csv, like->feature_names[j]);
        if (k < 0) return refuse_feature(t, j, like->feature_names[j]);
        t->feature[k] = j;
    }
    return bens_names_copy((const char *const *)like->feature_names, d->n_features,
                           &d->feature_names);
}

/* Every row takes at least one byte a column: a file cannot
 * ask for more than it holds. */
static bens_status allocate(table *t)
{
    bens_data *d = t->data;
    const int64_t most = t->csv->n_bytes / t->n_columns + 1;
    d->rank = 1;
    d->dim[0] = d->n_features;
    t->room = t->csv->n_lines < most ? t->csv->n_lines : most;
    BENS_TRY(bens_alloc((size_t)t->room * (size_t)d->n_features, sizeof *d->x, &d->x));
    if (t->column < 0) return BENS_OK;
    if (t->kind == BENS_TARGET_REAL)
        return bens_alloc((size_t)t->room, sizeof *d->y, &d->y);
    BENS_TRY(bens_classes_create(&t->classes));
    return bens_alloc((size_t)t->room, sizeof *d->label, &d->label);
}

static const char *name_of(const table *t, int64_t column)
{
    if (column == t->column) return t->target;
    if (t->feature != NULL) return t->data->feature_names[t->feature[column]];
    return t->data->feature_names[column - (column > t->column)];
}

static bool is_missing(const char *text)
{
    return text[0] == '\0' || strcmp(text, "?") == 0 || strcasecmp(text, "na") == 0 ||
           strcasecmp(text, "n/a") == 0 || strcasecmp(text, "nan") == 0;
}

static bens_status refuse(const table *t, int64_t column, const char *wanted)
{
    const char *const text = t->csv->field[column];
    const long long line = t->csv->line;
    const bens_csv_excerpt name = bens_csv_show(name_of(t, column)),
                           found = bens_csv_show(text);
    if (is_missing(text))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s:%lld: column '%s': missing value: wanted %s, found '%s'; fill it "
                  "in or leave the row out",
                  t->csv->path, line, name.text, wanted, found.text);
    BENS_FAIL(BENS_ERR_CONFIG, "%s:%lld: column '%s': wanted %s, found '%s'",
              t->csv->path, line, name.text, wanted, found.text);
}

static bens_status read_number(const table *t, int64_t column, float *out)
{
    double value;
    if (!bens_number_read(t->csv->field[column], &value))
        return refuse(t, column, "a number");
    if (fabs(value) > FLT_MAX)
        return refuse(t, column, "a number of at most 3.4e38 (float32)");
    *out = (float)value;
    return BENS_OK;
}

static bens_status read_class(const table *t, int32_t *label)
{
    const char *const text = t->csv->field[t->column];
    if (is_missing(text)) return refuse(t, t->column, "a class");
    const bens_status s = bens_classes_add(t->classes, text, label);
    if (s != BENS_OK)
        BENS_FAIL(s, "%s:%lld: column '%s': %s", t->csv->path, (long long)t->csv->line,
                  bens_csv_show(t->target).text, bens_error_text());
    return BENS_OK;
}

/* The feature that a column is, -1 if it is none. */
static int64_t feature_of(const table *t, int64_t column)
{
    if (t->feature != NULL) return t->feature[column];
    return column == t->column ? -1 : column - (column > t->column);
}

static bens_status read_target(const table *t, int64_t row)
{
    const bens_data *d = t->data;
    if (t->column < 0) return BENS_OK;
    return d->y != NULL ? read_number(t, t->column, &d->y[row])
                        : read_class(t, &d->label[row]);
}

static bens_status read_row(const table *t, int64_t row)
{
    float *const x = t->data->x + row * t->data->n_features;
    if (t->csv->n_fields != t->n_columns)
        BENS_FAIL(BENS_ERR_CONFIG, "%s:%lld: row: wanted %lld fields, found %lld",
                  t->csv->path, (long long)t->csv->line, (long long)t->n_columns,
                  (long long)t->csv->n_fields);
    if (row == t->room)
        BENS_FAIL(BENS_ERR_IO, "'%s' grew while it was read", t->csv->path);
    for (int64_t k = 0; k < t->n_columns; k++) {
        const int64_t j = feature_of(t, k);
        if (j >= 0) BENS_TRY(read_number(t, k, &x[j]));
    }
    return read_target(t, row);
}

static bens_status read_table(table *t, const bens_data *like)
{
    bool found;
    BENS_TRY(like == NULL ? read_header(t) : read_header_like(t, like));
    BENS_TRY(allocate(t));
    for (;;) {
        BENS_TRY(bens_csv_next(t->csv, &found));
        if (!found) break;
        BENS_TRY(read_row(t, t->data->n_rows));
        t->data->n_rows++;
    }
    if (t->data->n_rows == 0)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted rows below the header, found none",
                  t->csv->path);
    return t->classes == NULL ? BENS_OK : bens_classes_finish(t->classes, t->data);
}

static bens_status read_csv(const void *settings, const char *path, bens_target kind,
                            const bens_data *like, bens_data *d)
{
    const csv_options *o = settings;
    table t = {.target = o->target, .kind = kind, .data = d};
    bens_status s = bens_csv_open(path, &t.csv);
    if (s == BENS_OK) s = read_table(&t, like);
    bens_csv_close(t.csv);
    bens_classes_destroy(t.classes);
    free(t.feature);
    return s;
}

const bens_source bens_source_csv = {
    .name = "csv",
    .doc = "a table of numbers with a header, comma-separated",
    .options = options,
    .options_size = sizeof(csv_options),
    .standardize = true,
    .read = read_csv,
};
