/* config_settings.h - what the file and --set say, in one list: later settings win. */
#ifndef BENS_RUN_CONFIG_SETTINGS_H
#define BENS_RUN_CONFIG_SETTINGS_H

#include "run/config_sections.h"

typedef struct {
    const bens_section *section;
    const char *title;       /* as written, for messages: "prior embed.*"         */
    const char *pattern;     /* "*" for [prior]; NULL where there are no patterns */
    const char *key, *value; /* NULL: the line that begins the section            */
    const char *where;       /* "pima.ini:12", "--set"                            */
    const char *folder;      /* where relative paths start                        */
} bens_setting;

typedef struct {
    const char *name;   /* of the file, for messages */
    bens_setting *item; /* [n] */
    size_t n;
} bens_settings;

/* Local. All of it belongs to the pool. Errors: BENS_ERR_CONFIG: text that is no INI, an
 * unknown section (with the nearest name). */
bens_status bens_settings_read(const char *name, const char *text, size_t size,
                               const char *const *set, size_t n_set, bens_pool *pool,
                               bens_settings *out);

/* Local. The setting that counts; NULL if there is none. pattern: NULL but for
 * [prior]. */
const bens_setting *bens_settings_find(const bens_settings *settings,
                                       const bens_section *section, const char *pattern,
                                       const char *key);

/* Local. Where the section's key (NULL: the section) was set, else the file's name. */
const char *bens_settings_where(const bens_settings *settings, const char *section,
                                const char *key);

#endif
