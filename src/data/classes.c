#include "data/classes.h"
#include "data/number.h"

#include <stdlib.h>
#include <string.h>

bens_status bens_classes_create(bens_classes **out)
{
    return bens_alloc(1, sizeof **out, out);
}

void bens_classes_destroy(bens_classes *classes)
{
    if (classes == NULL) return;
    for (int32_t i = 0; i < classes->n; i++) free(classes->name[i]);
    free(classes);
}

/* The place of text in the sorted classes: the first that is not before it. */
static int32_t place(const bens_classes *c, const char *text)
{
    int32_t low = 0, high = c->n;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (strcmp(c->name[c->sorted[middle]], text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bens_status bens_classes_add(bens_classes *c, const char *text, int32_t *label)
{
    const int32_t at = place(c, text);
    if (at < c->n && strcmp(c->name[c->sorted[at]], text) == 0) {
        *label = c->sorted[at];
        return BENS_OK;
    }
    if (c->n == BENS_MAX_CLASSES)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted at most %d classes, found more different values: is it a "
                  "measurement, for a likelihood such as normal?",
                  BENS_MAX_CLASSES);
    const size_t size = strlen(text) + 1;
    BENS_TRY(bens_alloc(size, 1, &c->name[c->n]));
    memcpy(c->name[c->n], text, size);
    memmove(c->sorted + at + 1, c->sorted + at, (size_t)(c->n - at) * sizeof *c->sorted);
    c->sorted[at] = c->n;
    *label = c->n++;
    return BENS_OK;
}

/* A class on its way to its place. */
typedef struct {
    const char *name;
    double value;
    int32_t appears; /* its index in the order of appearance */
} entry;

static int compare(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return x->appears < y->appears ? -1 : x->appears > y->appears;
}

/* Too much for the stack of a thread. */
typedef struct {
    entry entry[BENS_MAX_CLASSES];
    int32_t final[BENS_MAX_CLASSES];
    const char *name[BENS_MAX_CLASSES];
} ordering;

/* The final index of every class in the order of appearance, and the names in theirs;
 * returns their number. */
static int32_t number(ordering *o, int32_t n, bool numbers)
{
    int32_t k = 0;
    if (numbers) qsort(o->entry, (size_t)n, sizeof *o->entry, compare);
    for (int32_t i = 0; i < n; i++) {
        const entry *e = &o->entry[i];
        const bool same = numbers && i > 0 && e->value == e[-1].value;
        if (!same) o->name[k++] = e->name;
        o->final[e->appears] = k - 1;
    }
    return k;
}

bens_status bens_classes_finish(const bens_classes *c, bens_data *data)
{
    ordering *o;
    bool numbers = true;
    BENS_TRY(bens_alloc(1, sizeof *o, &o));
    for (int32_t i = 0; i < c->n; i++) {
        entry *e = &o->entry[i];
        *e = (entry){.name = c->name[c->sorted[i]], .appears = c->sorted[i]};
        numbers = bens_number_read(e->name, &e->value) && numbers;
    }
    data->n_classes = number(o, c->n, numbers);
    for (int64_t i = 0; i < data->n_rows; i++) data->label[i] = o->final[data->label[i]];
    const bens_status s = bens_names_copy(o->name, data->n_classes, &data->class_names);
    free(o);
    return s;
}

static int by_text(const void *key, const void *name)
{
    return strcmp(key, *(char *const *)name);
}

static int by_value(const void *key, const void *name)
{
    double x, y;
    if (!bens_number_read(key, &x) || !bens_number_read(*(char *const *)name, &y))
        return by_text(key, name);
    return x < y ? -1 : x > y;
}

/* The index of a class of data, -1 if there is none of that name. */
static int32_t find(const bens_data *data, bool numbers, const char *name)
{
    double value;
    if (numbers && !bens_number_read(name, &value)) return -1;
    char *const *const found =
        bsearch(name, data->class_names, (size_t)data->n_classes,
                sizeof *data->class_names, numbers ? by_value : by_text);
    return found == NULL ? -1 : (int32_t)(found - data->class_names);
}

bens_status bens_classes_adopt(const bens_data *train, bens_data *test)
{
    int32_t final[BENS_MAX_CLASSES];
    char **names;
    double value;
    bool numbers = true;
    for (int64_t k = 0; k < train->n_classes; k++)
        numbers = numbers && bens_number_read(train->class_names[k], &value);
    for (int64_t k = 0; k < test->n_classes; k++) {
        final[k] = find(train, numbers, test->class_names[k]);
        if (final[k] < 0)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "wanted only classes of the training set, found '%.80s'",
                      test->class_names[k]);
    }
    BENS_TRY(bens_names_copy((const char *const *)train->class_names, train->n_classes,
                             &names));
    for (int64_t i = 0; i < test->n_rows; i++) test->label[i] = final[test->label[i]];
    free(test->class_names);
    test->class_names = names;
    test->n_classes = train->n_classes;
    return BENS_OK;
}
