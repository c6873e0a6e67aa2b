/* option.c - from the text of a setting to its field. option_print.c is the way back. */
#include "core/option.h"
#include "core/path.h"
#include "core/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One value on its way into its field, and what a message about it needs. */
typedef struct {
    const bens_option *option;
    void *target;
    bens_pool *pool;
    const char *folder, *where, *section, *value;
} setting;

const bens_option *bens_option_find(const bens_option *table, const char *name)
{
    for (const bens_option *o = table; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, name) == 0) return o;
    return NULL;
}

static void store(const setting *s, const void *field, size_t size)
{
    memcpy((char *)s->target + s->option->offset, field, size);
}

/* `why` is a hint that follows what was found; may be "". */
static bens_status refuse(const setting *s, const char *why)
{
    char wanted[512];
    bens_option_wanted(s->option, wanted, sizeof wanted);
    if (s->value[0] == '\0')
        BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %s: wanted %s, found nothing", s->where,
                  s->section, s->option->name, wanted);
    BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %s: wanted %s, found '%.120s%s'%s", s->where,
              s->section, s->option->name, wanted, s->value,
              strlen(s->value) > 120 ? "..." : "", why);
}

static bool may_be_empty(const bens_option *option)
{
    return option->preset != NULL && option->preset[0] == '\0';
}

static bool in_range(const bens_option *o, double value)
{
    if (o->min == o->max) return true;
    if (o->above_min ? value <= o->min : value < o->min) return false;
    return o->below_max ? value < o->max : value <= o->max;
}

/* `wanted` does not show limits that nobody should meet; whoever does is told. */
static const char *too_large(const setting *s, double value)
{
    return value > s->option->max ? "; it is too large" : "";
}

/* The finite decimal number that text begins with; *end is behind it. strtod alone would
 * also take nan, inf, 0x1p3 and leading space. */
static bool read_real(const char *text, const char **end, double *out)
{
    char *stop;
    const double value = strtod(text, &stop);
    const size_t length = (size_t)(stop - text);
    if (length == 0 || strspn(text, "0123456789+-.eE") < length || !isfinite(value))
        return false;
    *end = stop;
    *out = value;
    return true;
}

static bens_status set_bool(const setting *s)
{
    const bool value = strcmp(s->value, "true") == 0;
    if (!value && strcmp(s->value, "false") != 0) return refuse(s, "");
    store(s, &value, sizeof value);
    return BENS_OK;
}

static bool is_word(const setting *s)
{
    return s->option->word != NULL && strcmp(s->value, s->option->word) == 0;
}

static bens_status set_int(const setting *s)
{
    int64_t value = (int64_t)s->option->word_value;
    if (!is_word(s)) {
        char *stop;
        if (strspn(s->value, "+-0123456789") != strlen(s->value)) return refuse(s, "");
        errno = 0;
        value = strtoll(s->value, &stop, 10);
        if (stop == s->value || *stop != '\0') return refuse(s, "");
        if (errno != 0) return refuse(s, "; no more than 18 digits fit");
        if (!in_range(s->option, (double)value))
            return refuse(s, too_large(s, (double)value));
    }
    store(s, &value, sizeof value);
    return BENS_OK;
}

static bens_status set_real(const setting *s)
{
    const char *stop;
    double value = s->option->word_value;
    if (!is_word(s)) {
        if (!read_real(s->value, &stop, &value) || *stop != '\0') return refuse(s, "");
        if (!in_range(s->option, value)) return refuse(s, too_large(s, value));
    }
    store(s, &value, sizeof value);
    return BENS_OK;
}

static bens_status set_text(const setting *s)
{
    char *copy;
    if (s->value[0] == '\0' && !may_be_empty(s->option)) return refuse(s, "");
    BENS_TRY(bens_pool_text(s->pool, s->value, &copy));
    store(s, &copy, sizeof copy);
    return BENS_OK;
}

/* Would an INI file read this text as a value with a comment behind it? */
static bool holds_comment(const char *text)
{
    for (; *text != '\0'; text++)
        if (strchr(" \t", *text) != NULL && (text[1] == '#' || text[1] == ';'))
            return true;
    return false;
}

/* The position of the value among the option's choices; -1: it is none of them. */
static int find_choice(const setting *s)
{
    const size_t length = strlen(s->value);
    const char *name = s->option->choices;
    for (int i = 0; name != NULL; i++) {
        const size_t size = strcspn(name, "|");
        if (size == length && memcmp(name, s->value, size) == 0) return i;
        name = name[size] == '|' ? name + size + 1 : NULL;
    }
    return -1;
}

static bens_status set_path(const setting *s)
{
    char path[PATH_MAX];
    if (s->value[0] == '\0' || find_choice(s) >= 0) return set_text(s);
    if (s->value[0] == '~')
        return refuse(s, " (~ is not expanded here: write the path out)");
    if (!bens_path_resolve(s->folder, s->value, path))
        return refuse(s, " (the whole path is too long)");
    if (holds_comment(s->value)) return refuse(s, " (' #' and ' ;' start a comment)");
    if (holds_comment(path)) return refuse(s, " in a folder whose name has ' #' or ' ;'");
    setting resolved = *s;
    resolved.value = path;
    return set_text(&resolved);
}

static bens_status refuse_choice(const setting *s)
{
    enum { MOST = 16 };
    char copy[256], why[80] = "";
    const char *names[MOST];
    size_t n = 0;
    snprintf(copy, sizeof copy, "%s", s->option->choices);
    for (char *name = copy, *next; name != NULL && n < MOST; name = next) {
        next = strchr(name, '|');
        if (next != NULL) *next++ = '\0';
        names[n++] = name;
    }
    const int near = bens_text_nearest(s->value, names, n);
    if (near >= 0) snprintf(why, sizeof why, "; did you mean '%.40s'?", names[near]);
    return refuse(s, why);
}

static bens_status set_choice(const setting *s)
{
    const int choice = find_choice(s);
    if (choice < 0) return refuse_choice(s);
    store(s, &choice, sizeof choice);
    return BENS_OK;
}

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t");
}

/* Counts rows and numbers; value [count of numbers] is filled if it is not NULL. */
static bool read_matrix(const char *text, int64_t *rows, int64_t *numbers, double *value)
{
    int64_t in_row = 0, columns = -1;
    *rows = *numbers = 0;
    for (;;) {
        text = skip_space(text);
        if (*text == '/' || *text == '\0') {
            if (in_row == 0 || (columns >= 0 && in_row != columns)) return false;
            columns = in_row;
            in_row = 0;
            (*rows)++;
            if (*text++ == '\0') return true;
            continue;
        }
        double number;
        if (!read_real(text, &text, &number) || strchr(" \t/", *text) == NULL)
            return false;
        if (value != NULL) value[*numbers] = number;
        (*numbers)++;
        in_row++;
    }
}

static bens_status set_matrix(const setting *s)
{
    bens_matrix m = {0};
    int64_t numbers = 0;
    if (s->value[0] != '\0' || !may_be_empty(s->option)) {
        if (!read_matrix(s->value, &m.rows, &numbers, NULL))
            return refuse(s, " (numbers parted by spaces, as many in each row)");
        BENS_TRY(bens_pool_bytes(s->pool, (size_t)numbers * sizeof *m.value, &m.value));
        read_matrix(s->value, &m.rows, &numbers, m.value);
        m.columns = numbers / m.rows;
    }
    store(s, &m, sizeof m);
    return BENS_OK;
}

static bool read_unit(const char *text, bens_length_unit *out)
{
    static const char *const steps[] = {"", "step", "steps"}, *const epochs[] =
                                                                  {"epoch", "epochs"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(text, steps[i]) == 0) return *out = BENS_STEPS, true;
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++)
        if (strcmp(text, epochs[i]) == 0) return *out = BENS_EPOCHS, true;
    return false;
}

static bens_status set_length(const setting *s)
{
    const double most = 281474976710655; /* 2^48 - 1: the step of the random numbers */
    bens_length length;
    const char *unit;
    if (!read_real(s->value, &unit, &length.value)) return refuse(s, "");
    if (!read_unit(skip_space(unit), &length.unit)) return refuse(s, "");
    if (!in_range(s->option, length.value) || fabs(length.value) > most)
        return refuse(s, "");
    if (length.unit == BENS_STEPS && length.value != floor(length.value))
        return refuse(s, " (steps are whole)");
    store(s, &length, sizeof length);
    return BENS_OK;
}

/* Seconds in a unit; 0: no such unit. */
static double seconds_of(const char *unit)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0) return units[i].seconds;
    return 0;
}

/* 0 needs no unit. */
static bens_status set_time(const setting *s)
{
    const char *unit;
    double value;
    if (!read_real(s->value, &unit, &value)) return refuse(s, "");
    const double seconds = seconds_of(skip_space(unit));
    if (seconds == 0 && (value != 0 || *skip_space(unit) != '\0'))
        return refuse(s, *skip_space(unit) == '\0' ? " (a unit is wanted)" : "");
    value *= seconds;
    if (!in_range(s->option, value)) return refuse(s, "");
    store(s, &value, sizeof value);
    return BENS_OK;
}

bens_status bens_option_set(const bens_option *option, void *target, bens_pool *pool,
                            const char *folder, const char *where, const char *section,
                            const char *value)
{
    static bens_status (*const set[])(const setting *) = {
        [BENS_OPTION_BOOL] = set_bool,     [BENS_OPTION_INT] = set_int,
        [BENS_OPTION_REAL] = set_real,     [BENS_OPTION_TEXT] = set_text,
        [BENS_OPTION_PATH] = set_path,     [BENS_OPTION_CHOICE] = set_choice,
        [BENS_OPTION_MATRIX] = set_matrix, [BENS_OPTION_LENGTH] = set_length,
        [BENS_OPTION_TIME] = set_time,
    };
    BENS_ASSERT(option->kind >= BENS_OPTION_BOOL && option->kind <= BENS_OPTION_TIME);
    return set[option->kind](
        &(setting){option, target, pool, folder, where, section, value});
}
