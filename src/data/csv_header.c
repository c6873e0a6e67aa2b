#include "data/csv_reader.h"
#include "core/text.h"
#include "data/number.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first of the sorted names that stands there twice, NULL if there is none. */
static const char *find_twin(const char *const *sorted, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0) return sorted[i];
    return NULL;
}

static bens_status check_names(const bens_csv *csv)
{
    const size_t n = (size_t)csv->n_fields;
    const char **sorted;
    for (int64_t i = 0; i < csv->n_fields; i++)
        if (csv->field[i][0] == '\0')
            BENS_FAIL(BENS_ERR_CONFIG,
                      "%s:%lld: header: "
                      "wanted a name for every column, found none for column %lld%s",
                      csv->path, (long long)csv->line, (long long)i + 1,
                      i == 0 ? " (is it an index? pandas: to_csv(..., index=False))"
                             : "");
    BENS_TRY(bens_alloc(n, sizeof *sorted, &sorted));
    memcpy(sorted, csv->field, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_names);
    const char *const twin = find_twin(sorted, csv->n_fields);
    free(sorted);
    if (twin != NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s:%lld: header: wanted different names, found '%s' more than once",
                  csv->path, (long long)csv->line, bens_csv_show(twin).text);
    return BENS_OK;
}

/* What a header without the target suggests: the nearest name, or what it looks like. */
static void suggest(const bens_csv *csv, const char *target, char *text, size_t size)
{
    const int near = bens_text_nearest(target, csv->field, (size_t)csv->n_fields);
    const bens_csv_excerpt first = bens_csv_show(csv->field[0]),
                           last = bens_csv_show(csv->field[csv->n_fields - 1]);
    double value;
    if (near >= 0)
        snprintf(text, size, "; did you mean '%s'?",
                 bens_csv_show(csv->field[near]).text);
    else if (csv->n_fields == 1 && strpbrk(csv->field[0], ";\t|") != NULL)
        snprintf(text, size, ": its columns are not separated by commas");
    else if (bens_number_read(csv->field[0], &value))
        snprintf(text, size, ": its first line begins with a number: has it a header?");
    else
        snprintf(text, size, " (%lld columns, '%s' to '%s')", (long long)csv->n_fields,
                 first.text, last.text);
}

int64_t bens_csv_find(const bens_csv *csv, const char *name)
{
    for (int64_t i = 0; i < csv->n_fields; i++)
        if (strcmp(csv->field[i], name) == 0) return i;
    return -1;
}

static bens_status find_target(const bens_csv *csv, const char *target, int64_t *column)
{
    char hint[160];
    *column = bens_csv_find(csv, target);
    if (*column >= 0) return BENS_OK;
    suggest(csv, target, hint, sizeof hint);
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s:%lld: header: wanted the column '%s' that [data] target names, found "
              "no such column%s",
              csv->path, (long long)csv->line, bens_csv_show(target).text, hint);
}

bens_status bens_csv_names(bens_csv *csv)
{
    bool found;
    BENS_TRY(bens_csv_next(csv, &found));
    if (!found)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted a header with names, found an empty file", csv->path);
    return check_names(csv);
}

bens_status bens_csv_header(bens_csv *csv, const char *target, int64_t *column)
{
    BENS_TRY(bens_csv_names(csv));
    BENS_TRY(find_target(csv, target, column));
    if (csv->n_fields < 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s:%lld: header: wanted columns beside the target '%s', found none",
                  csv->path, (long long)csv->line, bens_csv_show(target).text);
    return BENS_OK;
}
