#include "run/config_settings.h"
#include "core/text.h"
#include "io/ini.h"

#include <string.h>

enum { MOST_SECTIONS = 32 };

static bens_status refuse_section(const char *where, const char *title)
{
    const char *names[MOST_SECTIONS];
    const bens_section *s;
    size_t n = 0;
    for (; n < MOST_SECTIONS && (s = bens_section_at(n)) != NULL; n++) names[n] = s->name;
    const int near = bens_text_nearest(title, names, n);
    if (near >= 0)
        BENS_FAIL(BENS_ERR_CONFIG, "%s: unknown section [%s]; did you mean [%s]?", where,
                  title, names[near]);
    BENS_FAIL(BENS_ERR_CONFIG, "%s: unknown section [%s]; `bens options` shows all",
              where, title);
}

/* "prior embed.*" is [prior] with a pattern. */
static bens_status find_section(bens_setting *s, bens_pool *pool)
{
    char *name;
    BENS_TRY(bens_pool_text(pool, s->title, &name));
    char *const space = name + strcspn(name, " \t");
    const char *const pattern = space + strspn(space, " \t");
    const bool has_pattern = *pattern != '\0';
    *space = '\0';
    s->section = bens_section_find(name);
    if (s->section == NULL || (has_pattern && !s->section->patterns))
        return refuse_section(s->where, s->title);
    if (s->section->patterns) s->pattern = has_pattern ? pattern : "*";
    return BENS_OK;
}

static bens_status copy(const char *text, bens_pool *pool, const char **out)
{
    char *to = NULL;
    if (text != NULL) BENS_TRY(bens_pool_text(pool, text, &to));
    *out = to;
    return BENS_OK;
}

static bens_status append(bens_settings *settings, const bens_ini_entry *e,
                          const char *folder, bens_pool *pool)
{
    bens_setting *const s = &settings->item[settings->n];
    char where[512];
    if (e->line > 0)
        snprintf(where, sizeof where, "%.400s:%d", settings->name, e->line);
    else
        snprintf(where, sizeof where, "--set");
    *s = (bens_setting){.folder = folder};
    BENS_TRY(copy(where, pool, &s->where));
    BENS_TRY(copy(e->section, pool, &s->title));
    BENS_TRY(copy(e->key, pool, &s->key));
    BENS_TRY(copy(e->value, pool, &s->value));
    BENS_TRY(find_section(s, pool));
    settings->n++;
    return BENS_OK;
}

static bens_status append_all(bens_settings *settings, const bens_ini *ini,
                              const char *folder, bens_pool *pool)
{
    for (size_t i = 0; i < ini->n; i++)
        BENS_TRY(append(settings, &ini->entry[i], folder, pool));
    return BENS_OK;
}

/* The folder of the file: "" for the working directory. */
static bens_status folder_of(const char *name, bens_pool *pool, char **out)
{
    BENS_TRY(bens_pool_text(pool, name, out));
    char *const slash = strrchr(*out, '/');
    if (slash == NULL)
        **out = '\0';
    else
        slash[slash == *out ? 1 : 0] = '\0';
    return BENS_OK;
}

bens_status bens_settings_read(const char *name, const char *text, size_t size,
                               const char *const *set, size_t n_set, bens_pool *pool,
                               bens_settings *out)
{
    char *folder;
    bens_ini ini;
    BENS_TRY(folder_of(name, pool, &folder));
    BENS_TRY(bens_ini_parse(name, text, size, &ini));
    *out = (bens_settings){.name = name};
    bens_status status =
        bens_pool_bytes(pool, (ini.n + 2 * n_set) * sizeof *out->item, &out->item);
    if (status == BENS_OK) status = append_all(out, &ini, folder, pool);
    bens_ini_release(&ini);
    for (size_t i = 0; i < n_set && status == BENS_OK; i++) {
        status = bens_ini_assign(set[i], &ini);
        if (status == BENS_OK) status = append_all(out, &ini, "", pool);
        bens_ini_release(&ini);
    }
    return status;
}

const bens_setting *bens_settings_find(const bens_settings *settings,
                                       const bens_section *section, const char *pattern,
                                       const char *key)
{
    for (size_t i = settings->n; i-- > 0;) {
        const bens_setting *const s = &settings->item[i];
        if (s->section == section && s->key != NULL && strcmp(s->key, key) == 0 &&
            (pattern == NULL || strcmp(s->pattern, pattern) == 0))
            return s;
    }
    return NULL;
}

const char *bens_settings_where(const bens_settings *settings, const char *section,
                                const char *key)
{
    for (size_t i = settings->n; i-- > 0;) {
        const bens_setting *const s = &settings->item[i];
        if (strcmp(s->section->name, section) == 0 &&
            (key == NULL || (s->key != NULL && strcmp(s->key, key) == 0)))
            return s->where;
    }
    return settings->name;
}
