/* config_describe.c - `bens options`: the tables, for people. */
#include "core/text.h"
#include "run/config_sections.h"

#include <string.h>

enum { N_CELLS = 4, MOST_SECTIONS = 32 };
/* key, default, what it may be, meaning; with two spaces between them 90 columns in
 * all. */
static const int width[N_CELLS] = {18, 10, 22, 32};

/* How much of text stands on a line of w columns: whole words where there are any. *next
 * is what follows. */
static int take(const char *text, int w, const char **next)
{
    const size_t length = strlen(text), most = (size_t)w;
    size_t n = length;
    if (length > most) {
        n = most;
        while (n > 0 && text[n] != ' ') n--;
        if (n == 0) n = most;
    }
    *next = text + n + strspn(text + n, " ");
    return (int)n;
}

/* Each cell wraps within its column. */
static void print_row(FILE *f, const char *const text[N_CELLS])
{
    const char *rest[N_CELLS];
    memcpy(rest, text, sizeof rest);
    for (bool more = true; more;) {
        int column = 0, at = 0;
        more = false;
        for (int i = 0; i < N_CELLS; i++) {
            column += 2;
            const char *const cell = rest[i];
            const int n = take(cell, width[i], &rest[i]);
            if (n > 0) at = fprintf(f, "%*s%.*s", column - at, "", n, cell) + at;
            column += width[i];
            more = more || rest[i][0] != '\0';
        }
        fputc('\n', f);
    }
}

static void print_text(FILE *f, const char *text, int indent, int w)
{
    for (const char *next; *text != '\0'; text = next) {
        const int n = take(text, w, &next);
        fprintf(f, "%*s%.*s\n", indent, "", n, text);
    }
}

static void print_key(FILE *f, const bens_option *o, const char *of)
{
    char wanted[512], doc[700];
    bens_option_wanted(o, wanted, sizeof wanted);
    snprintf(doc, sizeof doc, "%s%s%s%s%s", o->doc, o->unit != NULL ? " [" : "",
             o->unit != NULL ? o->unit : "", o->unit != NULL ? "]" : "", of);
    const char *const preset = o->preset == NULL ? "required"
                               : *o->preset      ? o->preset
                                                 : "-";
    print_row(f, (const char *const[]){o->name, preset, wanted, doc});
}

static void print_registry(FILE *f, const bens_registry *r)
{
    char wanted[400] = "";
    bens_choice c;
    size_t used = 0;
    const char *const head = r->at(1, &c) ? "one of " : "";
    for (size_t i = 0; r->at(i, &c) && used < sizeof wanted; i++)
        used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s%s",
                                 i == 0 ? head : ", ", c.name);
    const char *const preset = r->preset == NULL ? "required" : r->preset;
    print_row(f, (const char *const[]){r->key, preset, wanted, r->doc});
}

static bool is_same(const bens_option *a, const bens_option *b)
{
    return a != NULL && a->kind == b->kind && a->min == b->min && a->max == b->max &&
           strcmp(a->doc, b->doc) == 0 &&
           strcmp(a->preset ? a->preset : "-", b->preset ? b->preset : "-") == 0;
}

/* The entries that have this very key: their number and, if not all do, their names. */
static int sharers(const bens_registry *r, const bens_option *o, char *names, size_t size)
{
    bens_choice c;
    int n = 0, all = 0;
    size_t used = (size_t)snprintf(names, size, " (");
    for (; r->at((size_t)all, &c); all++)
        if (is_same(bens_option_find(c.options, o->name), o) && used < size)
            used += (size_t)snprintf(names + used, size - used, "%s%s",
                                     n++ > 0 ? ", " : "", c.name);
    if (used < size) snprintf(names + used, size - used, ")");
    if (n == all) names[0] = '\0';
    return n;
}

/* What all entries have, or three and more, is shown once. */
static bool is_shared(const bens_registry *r, const bens_option *o)
{
    char names[256];
    const int n = sharers(r, o, names, sizeof names);
    return n > 2 || (n > 1 && names[0] == '\0');
}

/* Is the entry the first of those that have the key? */
static bool is_first(const bens_registry *r, size_t entry, const bens_option *o)
{
    bens_choice c;
    for (size_t i = 0; i < entry && r->at(i, &c); i++)
        if (is_same(bens_option_find(c.options, o->name), o)) return false;
    return true;
}

static void print_shared(FILE *f, const bens_registry *r)
{
    bens_choice c;
    char names[256];
    for (size_t i = 0; r->at(i, &c); i++)
        for (const bens_option *o = c.options; o != NULL && o->name != NULL; o++) {
            if (!is_shared(r, o) || !is_first(r, i, o)) continue;
            sharers(r, o, names, sizeof names);
            print_key(f, o, names);
        }
}

static void print_entry(FILE *f, const bens_registry *r, const bens_choice *c)
{
    char head[256];
    snprintf(head, sizeof head, "%s = %s: %s", r->key, c->name, c->doc);
    print_text(f, head, 2, 88);
    for (const bens_option *o = c->options; o != NULL && o->name != NULL; o++)
        if (!is_shared(r, o)) print_key(f, o, "");
}

static void describe(FILE *f, const bens_section *s)
{
    char head[256];
    bens_choice c;
    snprintf(head, sizeof head, "[%s]  %s", s->name, s->doc);
    print_text(f, head, 0, 90);
    if (s->registry != NULL) print_registry(f, s->registry);
    for (const bens_option *o = s->options; o != NULL && o->name != NULL; o++)
        print_key(f, o, "");
    if (s->registry == NULL) return;
    print_shared(f, s->registry);
    for (size_t i = 0; s->registry->at(i, &c); i++) print_entry(f, s->registry, &c);
}

static bens_status refuse(const char *name)
{
    const char *names[MOST_SECTIONS];
    char known[400] = "", hint[100] = "";
    const bens_section *s;
    size_t n = 0, used = 0;
    for (; n < MOST_SECTIONS && (s = bens_section_at(n)) != NULL; n++) {
        names[n] = s->name;
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     n > 0 ? ", " : "", s->name);
    }
    const int near = bens_text_nearest(name, names, n);
    if (near >= 0) snprintf(hint, sizeof hint, "; did you mean '%s'?", names[near]);
    BENS_FAIL(BENS_ERR_CONFIG, "wanted a section of %s, found '%.80s'%s", known, name,
              hint);
}

bens_status bens_config_describe(const char *section, FILE *out)
{
    const bens_section *s = section == NULL ? NULL : bens_section_find(section);
    if (section != NULL && s == NULL) return refuse(section);
    print_row(out, (const char *const[]){"key", "default", "wanted", "meaning [unit]"});
    if (s != NULL) {
        fputc('\n', out);
        describe(out, s);
        return BENS_OK;
    }
    for (size_t i = 0; (s = bens_section_at(i)) != NULL; i++) {
        fputc('\n', out);
        describe(out, s);
    }
    return BENS_OK;
}
