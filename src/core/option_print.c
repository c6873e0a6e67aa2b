/* option_print.c - from a field back to text, and a key's range in words. */
#include "core/option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NO_LIMIT = 1e18;

static void load(const bens_option *option, const void *target, void *field, size_t size)
{
    memcpy(field, (const char *)target + option->offset, size);
}

/* The shortest decimal that strtod reads back to the same bits. */
static void print_real(double value, char *text, size_t size)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) return;
    }
}

/* Whole numbers in full: 1000000 rather than 1e+06. */
static void print_number(double value, char *text, size_t size)
{
    if (fabs(value) < 1e15 && value == floor(value))
        snprintf(text, size, "%lld", (long long)value);
    else
        print_real(value, text, size);
}

static bens_status print_matrix(const bens_matrix *m, bens_pool *pool, char **out)
{
    enum { WIDEST = 32 };
    const size_t numbers = (size_t)(m->rows * m->columns);
    char *text;
    BENS_TRY(bens_pool_bytes(pool, numbers * WIDEST + 1, &text));
    char *end = text;
    for (size_t i = 0; i < numbers; i++) {
        const bool starts_row = i % (size_t)m->columns == 0;
        const char *const gap = i == 0 ? "" : starts_row ? " / " : " ";
        memcpy(end, gap, strlen(gap));
        end += strlen(gap);
        print_real(m->value[i], end, WIDEST - 3);
        end += strlen(end);
    }
    *out = text;
    return BENS_OK;
}

static bens_status print_choice(const bens_option *option, int choice, bens_pool *pool,
                                char **out)
{
    const char *name = option->choices;
    while (choice-- > 0) name = strchr(name, '|') + 1;
    char *text;
    BENS_TRY(bens_pool_text(pool, name, &text));
    text[strcspn(text, "|")] = '\0';
    *out = text;
    return BENS_OK;
}

static bens_status print_int(const bens_option *option, int64_t value, bens_pool *pool,
                             char **out)
{
    char text[32];
    if (option->word != NULL && (double)value == option->word_value)
        return bens_pool_text(pool, option->word, out);
    snprintf(text, sizeof text, "%lld", (long long)value);
    return bens_pool_text(pool, text, out);
}

static bens_status print_length(const bens_length *length, bens_pool *pool, char **out)
{
    char text[64];
    print_number(length->value, text, sizeof text - 8);
    if (length->unit == BENS_EPOCHS) strcat(text, " epochs");
    return bens_pool_text(pool, text, out);
}

static bens_status print_time(double seconds, bens_pool *pool, char **out)
{
    char text[64];
    print_real(seconds, text, sizeof text - 8);
    if (seconds != 0) strcat(text, " s");
    return bens_pool_text(pool, text, out);
}

bens_status bens_option_print(const bens_option *option, const void *target,
                              bens_pool *pool, char **out)
{
    union {
        bool boolean;
        int64_t whole;
        double real;
        char *text;
        int choice;
        bens_matrix matrix;
        bens_length length;
    } v;
    char number[32];
    switch (option->kind) {
    case BENS_OPTION_BOOL:
        load(option, target, &v.boolean, sizeof v.boolean);
        return bens_pool_text(pool, v.boolean ? "true" : "false", out);
    case BENS_OPTION_INT:
        load(option, target, &v.whole, sizeof v.whole);
        return print_int(option, v.whole, pool, out);
    case BENS_OPTION_REAL:
        load(option, target, &v.real, sizeof v.real);
        if (option->word != NULL && v.real == option->word_value)
            return bens_pool_text(pool, option->word, out);
        print_real(v.real, number, sizeof number);
        return bens_pool_text(pool, number, out);
    case BENS_OPTION_TIME:
        load(option, target, &v.real, sizeof v.real);
        return print_time(v.real, pool, out);
    case BENS_OPTION_CHOICE:
        load(option, target, &v.choice, sizeof v.choice);
        return print_choice(option, v.choice, pool, out);
    case BENS_OPTION_MATRIX:
        load(option, target, &v.matrix, sizeof v.matrix);
        return print_matrix(&v.matrix, pool, out);
    case BENS_OPTION_LENGTH:
        load(option, target, &v.length, sizeof v.length);
        return print_length(&v.length, pool, out);
    case BENS_OPTION_TEXT:
    case BENS_OPTION_PATH:
        break;
    }
    load(option, target, &v.text, sizeof v.text);
    return bens_pool_text(pool, v.text, out);
}

/* " > 0", " from 1 to 64", " >= 0 and < 1", "" */
static void range(const bens_option *o, char *text, size_t size)
{
    char min[32], max[32];
    text[0] = '\0';
    if (o->min == o->max) return;
    print_number(o->min, min, sizeof min);
    const bool lower = o->min > -NO_LIMIT, upper = o->max < NO_LIMIT;
    if (upper) print_number(o->max, max, sizeof max);
    if (lower && upper && !o->above_min && !o->below_max)
        snprintf(text, size, " from %s to %s", min, max);
    else if (lower && upper)
        snprintf(text, size, " %s %s and %s %s", o->above_min ? ">" : ">=", min,
                 o->below_max ? "<" : "<=", max);
    else if (lower)
        snprintf(text, size, " %s %s", o->above_min ? ">" : ">=", min);
    else if (upper)
        snprintf(text, size, " %s %s", o->below_max ? "<" : "<=", max);
}

/* "one of a, b"; a single choice stands alone. */
static void list(const char *choices, char *text, size_t size)
{
    const char *const head = strchr(choices, '|') != NULL ? "one of " : "";
    size_t used = (size_t)snprintf(text, size, "%s", head);
    for (const char *c = choices; *c != '\0' && used + 3 < size; c++) {
        text[used++] = *c == '|' ? ',' : *c;
        if (*c == '|') text[used++] = ' ';
        text[used] = '\0';
    }
}

/* "one of a, b or a path" */
static void path_wanted(const bens_option *option, const char *or_nothing, char *text,
                        size_t size)
{
    text[0] = '\0';
    if (option->choices != NULL) list(option->choices, text, size);
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%sa path%s", used > 0 ? " or " : "", or_nothing);
}

void bens_option_wanted(const bens_option *option, char *text, size_t size)
{
    const char *const or_nothing =
        option->preset && !*option->preset ? " or nothing" : "";
    char within[80];
    range(option, within, sizeof within);
    switch (option->kind) {
    case BENS_OPTION_BOOL:
        snprintf(text, size, "true or false");
        break;
    case BENS_OPTION_INT:
    case BENS_OPTION_REAL:
        snprintf(text, size, "a %snumber%s%s%s",
                 option->kind == BENS_OPTION_INT ? "whole " : "", within,
                 option->word != NULL ? " or " : "",
                 option->word != NULL ? option->word : "");
        break;
    case BENS_OPTION_TEXT:
        if (option->choices != NULL)
            list(option->choices, text, size);
        else
            snprintf(text, size, "a text%s", or_nothing);
        break;
    case BENS_OPTION_PATH:
        path_wanted(option, or_nothing, text, size);
        break;
    case BENS_OPTION_CHOICE:
        list(option->choices, text, size);
        break;
    case BENS_OPTION_MATRIX:
        snprintf(text, size, "numbers, rows parted by /%s", or_nothing);
        break;
    case BENS_OPTION_TIME:
        snprintf(text, size, "a time%s as '90 s', '10 min', '2 h'",
                 option->min == option->max || option->min > 0 || option->above_min
                     ? ""
                     : ", 0 or");
        break;
    case BENS_OPTION_LENGTH:
        snprintf(text, size, "a number%s of steps or, as '3 epochs', of epochs", within);
        break;
    }
}
