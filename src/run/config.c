#include "run/config.h"
#include "run/config_check.h"
#include "run/config_fill.h"

#include <string.h>

/* The model, where the section is about it. */
static const bens_model *model_of(const bens_section *section, const bens_choice *choice)
{
    return section->entry == offsetof(bens_config, model) ? choice->entry : NULL;
}

static bens_status fill(const bens_settings *settings, const bens_section *section,
                        bens_config *config)
{
    bens_fill f = {.settings = settings,
                   .section = section,
                   .title = section->name,
                   .common = (char *)config + section->offset,
                   .pool = config->pool};
    if (section->registry != NULL)
        BENS_TRY(bens_fill_choose(settings, section, NULL, &f.choice));
    if (section->entry_options != 0)
        BENS_TRY(bens_pool_bytes(config->pool, f.choice.options_size, &f.own));
    const bens_model *model = model_of(section, &f.choice);
    if (model != NULL && model->any_key) {
        const size_t most = 2 * settings->n + 1;
        BENS_TRY(bens_pool_bytes(config->pool, most * sizeof *f.extra, &f.extra));
        config->model_settings = f.extra;
    }
    BENS_TRY(bens_fill_section(&f));
    if (section->registry != NULL)
        memcpy((char *)config + section->entry, &f.choice.entry, sizeof f.choice.entry);
    if (section->entry_options != 0)
        memcpy((char *)config + section->entry_options, &f.own, sizeof f.own);
    return BENS_OK;
}

static bens_status fill_prior(const bens_settings *settings, const bens_section *section,
                              const char *title, bens_prior_rule *rule, bens_pool *pool)
{
    bens_fill f = {.settings = settings,
                   .section = section,
                   .title = title,
                   .pattern = rule->pattern,
                   .own = rule,
                   .pool = pool};
    BENS_TRY(bens_fill_choose(settings, section, rule->pattern, &f.choice));
    BENS_TRY(bens_fill_section(&f));
    rule->kind = *(const bens_prior_kind *)f.choice.entry;
    return BENS_OK;
}

static bool has_rule(const bens_config *config, const char *pattern)
{
    for (int i = 0; i < config->n_priors; i++)
        if (strcmp(config->prior[i].pattern, pattern) == 0) return true;
    return false;
}

/* The first line that says something about it. */
static const char *place(const bens_settings *settings, const bens_section *section,
                         const char *pattern)
{
    for (size_t i = 0; i < settings->n; i++) {
        const bens_setting *const s = &settings->item[i];
        if (s->section == section && strcmp(s->pattern, pattern) == 0) return s->where;
    }
    return "default";
}

/* The rule of [prior] is there and first in any case. */
static bens_status fill_priors(const bens_settings *settings, const bens_section *section,
                               bens_config *config)
{
    const size_t most = settings->n + 1;
    BENS_TRY(bens_pool_bytes(config->pool, most * sizeof *config->prior, &config->prior));
    config->prior[0] =
        (bens_prior_rule){.pattern = "*", .where = place(settings, section, "*")};
    BENS_TRY(
        fill_prior(settings, section, section->name, &config->prior[0], config->pool));
    config->n_priors = 1;
    for (size_t i = 0; i < settings->n; i++) {
        const bens_setting *const s = &settings->item[i];
        if (s->section != section) continue;
        if (has_rule(config, s->pattern)) continue;
        bens_prior_rule *const rule = &config->prior[config->n_priors];
        *rule = (bens_prior_rule){.pattern = s->pattern, .where = s->where};
        BENS_TRY(fill_prior(settings, section, s->title, rule, config->pool));
        config->n_priors++;
    }
    return BENS_OK;
}

/* Sections of data come last: whether they are wanted is the model's business. */
static bens_status fill_all(const bens_settings *settings, bool of_data,
                            bens_config *config)
{
    const bens_section *section;
    for (size_t i = 0; (section = bens_section_at(i)) != NULL; i++) {
        if (section->of_data != of_data) continue;
        BENS_TRY(section->patterns ? fill_priors(settings, section, config)
                                   : fill(settings, section, config));
    }
    return BENS_OK;
}

/* A model with data of its own takes two keys of [data] and nothing else of it. */
static bens_status fill_batches(const bens_settings *settings, bens_config *config)
{
    const bens_section *const data = bens_section_find("data");
    bool common;
    for (size_t i = 0; i < settings->n; i++) {
        const bens_setting *const s = &settings->item[i];
        if (s->section != data || s->key == NULL) continue;
        if (bens_settings_find(settings, data, NULL, s->key) != s) continue;
        BENS_TRY(bens_option_set(bens_section_key(data, NULL, s->key, &common),
                                 &config->data, config->pool, s->folder, s->where,
                                 s->title, s->value));
    }
    return BENS_OK;
}

/* What "auto" means is known with the source; the run's config.ini says it. */
static void resolve_standardize(bens_config *config)
{
    int *const standardize = &config->data.request.standardize;
    if (config->source != NULL && *standardize == BENS_STANDARDIZE_AUTO)
        *standardize = config->source->standardize;
}

static bens_status create(const char *name, const char *text, size_t size,
                          const char *const *set, size_t n_set, bens_config *config)
{
    bens_settings settings;
    bens_choice model;
    BENS_TRY(bens_settings_read(name, text, size, set, n_set, config->pool, &settings));
    BENS_TRY(bens_fill_choose(&settings, bens_section_find("model"), NULL, &model));
    BENS_TRY(bens_config_check_sections(&settings, model.entry));
    BENS_TRY(fill_all(&settings, false, config));
    if (!config->model->own_density) BENS_TRY(fill_all(&settings, true, config));
    if (config->model->own_data) BENS_TRY(fill_batches(&settings, config));
    resolve_standardize(config);
    return bens_config_check(&settings, config);
}

bens_status bens_config_create(const char *name, const char *text, size_t size,
                               const char *const *set, size_t n_set, bens_config *out)
{
    bens_config config = {0};
    *out = config;
    BENS_TRY(bens_pool_create(&config.pool));
    const bens_status status = create(name, text, size, set, n_set, &config);
    if (status != BENS_OK) bens_config_release(&config);
    *out = config;
    return status;
}

void bens_config_release(bens_config *config)
{
    bens_pool_destroy(config->pool);
    *config = (bens_config){0};
}
