/* config_print.c - the settings of a run as the INI text that gives them again. */
#include "run/config_sections.h"

#include <stdlib.h>
#include <string.h>

static void print_line(FILE *f, const char *key, const char *value)
{
    fprintf(f, "%-14s =%s%s\n", key, value[0] == '\0' ? "" : " ", value);
}

static bens_status print_keys(FILE *f, const bens_option *table, const void *target,
                              bens_pool *pool)
{
    char *value;
    for (const bens_option *o = table; o != NULL && o->name != NULL; o++) {
        BENS_TRY(bens_option_print(o, target, pool, &value));
        print_line(f, o->name, value);
    }
    return BENS_OK;
}

static bens_status print_section(FILE *f, const bens_section *section,
                                 const bens_config *config)
{
    const char *const base = (const char *)config;
    bens_choice choice = {0};
    const void *own = NULL;
    fprintf(f, "[%s]\n", section->name);
    if (section->registry != NULL) {
        BENS_ASSERT(bens_choice_of(section, config, &choice));
        print_line(f, section->registry->key, choice.name);
    }
    BENS_TRY(print_keys(f, section->options, base + section->offset, config->pool));
    if (section->entry_options == 0) return BENS_OK;
    memcpy(&own, base + section->entry_options, sizeof own);
    BENS_TRY(print_keys(f, choice.options, own, config->pool));
    if (section->entry == offsetof(bens_config, model))
        for (const char **s = config->model_settings; s != NULL && *s != NULL; s += 2)
            print_line(f, s[0], s[1]);
    return BENS_OK;
}

/* What a model with data of its own takes of [data]. */
static bens_status print_batches(FILE *f, const bens_section *data,
                                 const bens_config *config)
{
    char *value;
    bool common;
    fprintf(f, "[%s]\n", data->name);
    for (size_t i = 0; bens_own_data_keys[i] != NULL; i++) {
        const bens_option *const o =
            bens_section_key(data, NULL, bens_own_data_keys[i], &common);
        BENS_TRY(bens_option_print(o, &config->data, config->pool, &value));
        print_line(f, o->name, value);
    }
    return BENS_OK;
}

static bens_status print_prior(FILE *f, const bens_section *section,
                               const bens_prior_rule *rule, bool first, bens_pool *pool)
{
    bens_choice choice = {0};
    for (size_t i = 0; section->registry->at(i, &choice); i++)
        if (*(const bens_prior_kind *)choice.entry == rule->kind) break;
    fprintf(f, "[%s%s%s]\n", section->name, first ? "" : " ", first ? "" : rule->pattern);
    print_line(f, section->registry->key, choice.name);
    return print_keys(f, choice.options, rule, pool);
}

static bens_status print_all(FILE *f, const bens_config *config)
{
    const bens_section *section;
    for (size_t i = 0; (section = bens_section_at(i)) != NULL; i++) {
        if (section->of_data && config->model->own_density) {
            if (config->model->own_data && section->offset == offsetof(bens_config, data))
                BENS_TRY(print_batches(f, section, config));
            continue;
        }
        if (!section->patterns) BENS_TRY(print_section(f, section, config));
        for (int k = 0; section->patterns && k < config->n_priors; k++)
            BENS_TRY(print_prior(f, section, &config->prior[k], k == 0, config->pool));
    }
    return BENS_OK;
}

bens_status bens_config_print(const bens_config *config, char **out)
{
    char *text = NULL;
    size_t size;
    FILE *const f = open_memstream(&text, &size);
    if (f == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the text of the settings");
    bens_status status = print_all(f, config);
    const bool lost = ferror(f) != 0;
    if (fclose(f) != 0 || lost)
        status =
            bens_error_set(BENS_ERR_FAILURE, "no memory for the text of the settings");
    if (status == BENS_OK) status = bens_pool_text(config->pool, text, out);
    free(text);
    return status;
}
