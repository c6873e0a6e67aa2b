/* csv.c - a table with a header: one column is the target, all others are features. */
#include "data/classes.h"
#include "data/csv_reader.h"
#include "data/number.h"

#include <float.h>
#include <math.h>
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
    int64_t column; /* of the target */
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
    const size_t behind = (size_t)(t->data->n_features - t->column);
    memmove(csv->field + t->column, csv->field + t->column + 1,
            behind * sizeof *csv->field);
    return bens_names_copy(csv->field, t->data->n_features, &t->data->feature_names);
}

/* Every row takes at least one byte a column: a file cannot ask for more than it holds. */
static bens_status allocate(table *t)
{
    bens_data *d = t->data;
    const int64_t most = t->csv->n_bytes / t->n_columns + 1;
    t->room = t->csv->n_lines < most ? t->csv->n_lines : most;
    BENS_TRY(bens_alloc((size_t)t->room * (size_t)d->n_features, sizeof *d->x, &d->x));
    if (t->kind == BENS_TARGET_REAL)
        return bens_alloc((size_t)t->room, sizeof *d->y, &d->y);
    BENS_TRY(bens_classes_create(&t->classes));
    return bens_alloc((size_t)t->room, sizeof *d->label, &d->label);
}

static const char *name_of(const table *t, int64_t column)
{
    if (column == t->column) return t->target;
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

static bens_status read_row(const table *t, int64_t row)
{
    const bens_data *d = t->data;
    float *x = d->x + row * d->n_features;
    if (t->csv->n_fields != t->n_columns)
        BENS_FAIL(BENS_ERR_CONFIG, "%s:%lld: row: wanted %lld fields, found %lld",
                  t->csv->path, (long long)t->csv->line, (long long)t->n_columns,
                  (long long)t->csv->n_fields);
    if (row == t->room)
        BENS_FAIL(BENS_ERR_IO, "'%s' grew while it was read", t->csv->path);
    for (int64_t k = 0; k < t->n_columns; k++)
        if (k != t->column) BENS_TRY(read_number(t, k, x++));
    return d->y != NULL ? read_number(t, t->column, &d->y[row])
                        : read_class(t, &d->label[row]);
}

static bens_status read_table(table *t)
{
    bool found;
    BENS_TRY(read_header(t));
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
                            bens_data **out)
{
    const csv_options *o = settings;
    table t = {.target = o->target, .kind = kind};
    bens_status s = bens_alloc(1, sizeof *t.data, &t.data);
    if (s == BENS_OK) s = bens_csv_open(path, &t.csv);
    if (s == BENS_OK) s = read_table(&t);
    bens_csv_close(t.csv);
    bens_classes_destroy(t.classes);
    if (s == BENS_OK)
        *out = t.data;
    else
        bens_data_destroy(t.data);
    return s;
}

const bens_source bens_source_csv = {
    .name = "csv",
    .doc = "a table of numbers with a header, comma-separated",
    .options = options,
    .options_size = sizeof(csv_options),
    .read = read_csv,
};
