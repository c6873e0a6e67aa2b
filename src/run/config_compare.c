/* config_compare.c - the settings of two runs, key by key. */
#include "run/config_compare.h"

#include <stdio.h>
#include <string.h>

/* Keys that do not touch the law of a draw (another backend rounds otherwise). */
static const struct {
    const char *section, *key;
} free_keys[] = {
    {"run", "output"},      {"run", "backend"},    {"run", "threads"},
    {"run", "strict"},      {"run", "time_limit"}, {"grid", "chains"},
    {"grid", "shards"},     {"grid", "comm"},      {"grid", "timeout"},
    {"chain", "draws"},     {"checkpoint", NULL},  {"diagnose", NULL},
    {"monitor", NULL},      {"data", "train"},     {"data", "test"},
    {"schedule", "length"},
};

static bool is_free(const char *section, const char *key, bool other_chains)
{
    if (other_chains && strcmp(section, "grid") == 0 && strcmp(key, "first_chain") == 0)
        return true;
    for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++)
        if (strcmp(free_keys[i].section, section) == 0 &&
            (free_keys[i].key == NULL || strcmp(free_keys[i].key, key) == 0))
            return true;
    return false;
}

/* The lines of one config and of the other, which have the same sections and keys as long
 * as they choose the same entries of registries. */
typedef struct {
    char section[160], key[80];
    const char *value; /* in the line, not ended */
    int length;
} line;

static bool next_line(const char **text, line *out)
{
    for (const char *at = *text; *at != '\0';) {
        const char *end = at + strcspn(at, "\n");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        *text = *end == '\n' ? end + 1 : end;
        if (*at == '[') {
            snprintf(out->section, sizeof out->section, "%.*s", (int)(end - at - 2),
                     at + 1);
        } else if (equals != NULL) {
            snprintf(out->key, sizeof out->key, "%.*s", (int)strcspn(at, " ="), at);
            out->value = equals + 1 + strspn(equals + 1, " ");
            if (out->value > end) out->value = end;
            out->length = (int)(end - out->value);
            return true;
        }
        at = *text;
    }
    return false;
}

/* The value of a key in a config's text; false: it has none. */
static bool find_line(const char *text, const line *wanted, line *out)
{
    *out = (line){{0}, {0}, NULL, 0};
    while (next_line(&text, out))
        if (strcmp(out->section, wanted->section) == 0 &&
            strcmp(out->key, wanted->key) == 0)
            return true;
    return false;
}

/* The texts of two settings, and what a message calls them. */
typedef struct {
    const char *text, *word;
} side;

typedef struct {
    char *text;
    size_t size, used;
    bool other_chains;
} listing;

static void add(listing *to, const line *key, const side *a, const line *x, const side *b,
                const line *y)
{
    static const char none[] = "nothing";
    const int n = (int)sizeof none - 1;
    if (to->used >= to->size) return;
    to->used +=
        (size_t)snprintf(to->text + to->used, to->size - to->used,
                         "%s[%s] %s %s %.*s, %s %.*s", to->used > 0 ? "; " : "",
                         key->section, key->key, a->word, x != NULL ? x->length : n,
                         x != NULL ? x->value : none, b->word, y != NULL ? y->length : n,
                         y != NULL ? y->value : none);
}

/* The keys of a that b has with another value, or has not. */
static void list_changed(const side *a, const side *b, listing *to)
{
    const char *text = a->text;
    line x = {{0}, {0}, NULL, 0}, y;
    while (next_line(&text, &x)) {
        if (is_free(x.section, x.key, to->other_chains)) continue;
        const bool there = find_line(b->text, &x, &y);
        if (!there || x.length != y.length ||
            memcmp(x.value, y.value, (size_t)x.length) != 0)
            add(to, &x, a, &x, b, there ? &y : NULL);
    }
}

/* The keys of b that a has not. */
static void list_added(const side *a, const side *b, listing *to)
{
    const char *text = b->text;
    line x, y = {{0}, {0}, NULL, 0};
    while (next_line(&text, &y))
        if (!is_free(y.section, y.key, to->other_chains) && !find_line(a->text, &y, &x))
            add(to, &y, a, NULL, b, &y);
}

bens_status bens_config_compare(const bens_config *a, const char *word_a,
                                const bens_config *b, const char *word_b,
                                bool other_chains, char *list, size_t size)
{
    char *first, *second;
    listing to = {.text = list, .size = size, .other_chains = other_chains};
    BENS_TRY(bens_config_print(a, &first));
    BENS_TRY(bens_config_print(b, &second));
    const side x = {.text = first, .word = word_a}, y = {.text = second, .word = word_b};
    list[0] = '\0';
    list_changed(&x, &y, &to);
    list_added(&x, &y, &to);
    if (to.used >= size) memcpy(list + size - 4, "...", 4);
    return BENS_OK;
}
