/* config_fill.h - one section: its defaults, what the settings say, what is missing. */
#ifndef BENS_RUN_CONFIG_FILL_H
#define BENS_RUN_CONFIG_FILL_H

#include "run/config_settings.h"

typedef struct {
    const bens_settings *settings;
    const bens_section *section;
    const char *pattern; /* NULL but for [prior]                             */
    const char *title;   /* as messages call it: "prior embed.*"             */
    bens_choice choice;  /* zero: the section has no registry                */
    void *common, *own;  /* the structs that section and choice fill, zeroed */
    bens_pool *pool;
    /* NULL: an unknown key is refused; else it is kept here: key, value, ...; room for
     * all settings. */
    const char **extra;
    size_t n_extra;
} bens_fill;

/* Local. The entry that the section's registry key names, or its preset; *out is zero if
 * there is neither. Errors: BENS_ERR_CONFIG: an unknown name (with the known and the
 * nearest). */
bens_status bens_fill_choose(const bens_settings *settings, const bens_section *section,
                             const char *pattern, bens_choice *out);

/* Local. Errors: BENS_ERR_CONFIG: an unknown key (with the nearest), a value that is
 * refused, something that must be given and is not. */
bens_status bens_fill_section(bens_fill *fill);

#endif
