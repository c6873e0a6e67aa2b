/* config_sections.h - the sections of a config file as data. What parses, checks, prints
 * and describes them (config*.c) goes over this one table; nothing else knows a key by
 * its name. */
#ifndef BENS_RUN_CONFIG_SECTIONS_H
#define BENS_RUN_CONFIG_SECTIONS_H

#include "run/config.h"

/* An entry of a registry, as far as settings are concerned. */
typedef struct {
    const void *entry; /* const bens_model *, const bens_sampler *, ... */
    const char *name, *doc;
    const bens_option *options; /* NULL: no keys of its own */
    size_t options_size;
} bens_choice;

/* The key of a section that chooses an entry, whose keys then stand in that section
 * too. */
typedef struct {
    const char *key;                        /* "name" */
    const char *noun;                       /* "sampler", for messages */
    const char *preset;                     /* NULL: the user must give it */
    const char *doc;                        /* one line */
    bool (*at)(size_t i, bens_choice *out); /* false behind the last */
} bens_registry;

typedef struct {
    const char *name, *doc;
    const bens_option *options;    /* keys that need no choice; NULL: none */
    size_t offset;                 /* of the struct they fill, in bens_config */
    const bens_registry *registry; /* NULL: none */
    size_t entry;                  /* offset of the pointer to the chosen entry */
    size_t entry_options;          /* ... and of the pointer to its options; 0: none */
    bool of_data;  /* refused beside a model that brings its own density */
    bool patterns; /* [prior PATTERN]: any number of them, as prior rules */
} bens_section;

/* The keys of [data] that a model with data of its own takes too; ended by NULL. */
extern const char *const bens_own_data_keys[];

/* Local. In the order of config.ini; NULL behind the last. */
const bens_section *bens_section_at(size_t i);
/* Local. NULL if there is none. */
const bens_section *bens_section_find(const char *name);

/* Local. The entry of that name; false if there is none. */
bool bens_choice_find(const bens_registry *registry, const char *name, bens_choice *out);
/* Local. The entry that is stored in the config; false if there is none. */
bool bens_choice_of(const bens_section *section, const bens_config *config,
                    bens_choice *out);
/* Local. The key among the section's own and those of `choice` (may be NULL); *common
 * says which. NULL if there is none. */
const bens_option *bens_section_key(const bens_section *section,
                                    const bens_choice *choice, const char *key,
                                    bool *common);

#endif
