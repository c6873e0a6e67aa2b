#include "run/config_fill.h"
#include "core/text.h"

#include <string.h>

enum { MOST_NAMES = 64 };

/* "gaussian, double_well, logistic" */
static void list_entries(const bens_registry *registry, char *text, size_t size)
{
    bens_choice c;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; registry->at(i, &c) && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", c.name);
}

static bens_status refuse_entry(const bens_setting *s)
{
    const bens_registry *const registry = s->section->registry;
    const char *names[MOST_NAMES];
    char known[400], hint[100] = "";
    bens_choice c;
    size_t n = 0;
    for (; n < MOST_NAMES && registry->at(n, &c); n++) names[n] = c.name;
    list_entries(registry, known, sizeof known);
    const int near = bens_text_nearest(s->value, names, n);
    if (near >= 0) snprintf(hint, sizeof hint, "; did you mean '%s'?", names[near]);
    BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %s: unknown %s '%.80s'; known: %s%s", s->where,
              s->title, s->key, registry->noun, s->value, known, hint);
}

bens_status bens_fill_choose(const bens_settings *settings, const bens_section *section,
                             const char *pattern, bens_choice *out)
{
    const bens_registry *const registry = section->registry;
    const bens_setting *const s =
        bens_settings_find(settings, section, pattern, registry->key);
    *out = (bens_choice){0};
    if (s != NULL)
        return bens_choice_find(registry, s->value, out) ? BENS_OK : refuse_entry(s);
    if (registry->preset != NULL)
        BENS_ASSERT(bens_choice_find(registry, registry->preset, out));
    return BENS_OK;
}

/* ---- unknown keys ---- */

/* Another entry of the section's registry that has the key; NULL: none. */
static const char *other_with(const bens_section *section, const char *key)
{
    bens_choice c;
    for (size_t i = 0; section->registry != NULL && section->registry->at(i, &c); i++)
        if (bens_option_find(c.options, key) != NULL) return c.name;
    return NULL;
}

/* Another section that has the key; NULL: none. */
static const char *section_with(const char *key)
{
    const bens_section *s;
    bool common;
    for (size_t i = 0; (s = bens_section_at(i)) != NULL; i++)
        if (bens_section_key(s, NULL, key, &common) != NULL || other_with(s, key) != NULL)
            return s->name;
    return NULL;
}

static size_t add_keys(const bens_option *table, const char **names, size_t n)
{
    for (; table != NULL && table->name != NULL && n < MOST_NAMES; table++)
        names[n++] = table->name;
    return n;
}

static const char *nearest_key(const bens_fill *f, const char *key)
{
    const char *names[MOST_NAMES];
    size_t n = add_keys(f->section->options, names, 0);
    n = add_keys(f->choice.options, names, n);
    if (f->section->registry != NULL && n < MOST_NAMES)
        names[n++] = f->section->registry->key;
    const int near = bens_text_nearest(key, names, n);
    return near < 0 ? NULL : names[near];
}

static bens_status refuse_key(const bens_fill *f, const bens_setting *s)
{
    const char *const other = other_with(f->section, s->key),
                      *near = nearest_key(f, s->key);
    if (other != NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [%s] %s: %s '%s' has no such key (%s has); "
                  "take it away or leave it empty",
                  s->where, s->title, s->key, f->section->registry->noun, f->choice.name,
                  other);
    if (near != NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %.80s: unknown key; did you mean '%s'?",
                  s->where, s->title, s->key, near);
    const char *const section = section_with(s->key);
    if (section != NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %.80s: unknown key; section [%s] has one",
                  s->where, s->title, s->key, section);
    BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %.80s: unknown key; `bens options %s` shows all",
              s->where, s->title, s->key, f->section->name);
}

/* ---- the parts of a section, in their order ---- */

static bens_status fill_presets(const bens_fill *f, const bens_option *table,
                                void *target)
{
    for (const bens_option *o = table; o != NULL && o->name != NULL; o++)
        if (o->preset != NULL)
            BENS_TRY(
                bens_option_set(o, target, f->pool, "/", "default", f->title, o->preset));
    return BENS_OK;
}

static bens_status apply(bens_fill *f, const bens_setting *s)
{
    const bens_registry *const registry = f->section->registry;
    if (registry != NULL && strcmp(s->key, registry->key) == 0) return BENS_OK;
    bool common;
    const bens_option *const o =
        bens_section_key(f->section, &f->choice, s->key, &common);
    /* an empty choice is the default: a file can serve several samplers */
    if (o != NULL && o->kind == BENS_OPTION_CHOICE && o->preset != NULL &&
        s->value[0] == '\0')
        return BENS_OK;
    if (o != NULL)
        return bens_option_set(o, common ? f->common : f->own, f->pool, s->folder,
                               s->where, f->title, s->value);
    if (f->extra != NULL) {
        f->extra[f->n_extra++] = s->key;
        f->extra[f->n_extra++] = s->value;
        return BENS_OK;
    }
    /* so is an empty key of another entry */
    if (s->value[0] == '\0' && other_with(f->section, s->key) != NULL) return BENS_OK;
    return refuse_key(f, s);
}

static bens_status apply_all(bens_fill *f)
{
    for (size_t i = 0; i < f->settings->n; i++) {
        const bens_setting *const s = &f->settings->item[i];
        if (s->section != f->section || s->key == NULL) continue;
        if (f->pattern != NULL && strcmp(s->pattern, f->pattern) != 0) continue;
        if (bens_settings_find(f->settings, f->section, f->pattern, s->key) != s)
            continue;
        BENS_TRY(apply(f, s));
    }
    return BENS_OK;
}

static bens_status find_missing(const bens_fill *f, const bens_option *table)
{
    char wanted[512];
    for (const bens_option *o = table; o != NULL && o->name != NULL; o++) {
        if (o->preset != NULL) continue;
        if (bens_settings_find(f->settings, f->section, f->pattern, o->name) != NULL)
            continue;
        bens_option_wanted(o, wanted, sizeof wanted);
        BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %s: wanted %s (%s), found no such key",
                  f->settings->name, f->title, o->name, wanted, o->doc);
    }
    return BENS_OK;
}

static bens_status require_choice(const bens_fill *f)
{
    const bens_registry *const registry = f->section->registry;
    char known[400];
    if (registry == NULL || f->choice.name != NULL) return BENS_OK;
    list_entries(registry, known, sizeof known);
    BENS_FAIL(BENS_ERR_CONFIG, "%s: [%s] %s: wanted one of %s, found no such key",
              f->settings->name, f->title, registry->key, known);
}

bens_status bens_fill_section(bens_fill *f)
{
    BENS_TRY(require_choice(f));
    BENS_TRY(fill_presets(f, f->section->options, f->common));
    BENS_TRY(fill_presets(f, f->choice.options, f->own));
    BENS_TRY(apply_all(f));
    BENS_TRY(find_missing(f, f->section->options));
    return find_missing(f, f->choice.options);
}
