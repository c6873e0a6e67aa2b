#include "run/config_check.h"

#include "core/schedule.h"
#include "core/text.h"

#include <string.h>

/* Does the model take this setting of a section of data? */
static bool is_taken(const bens_setting *s, const bens_model *model)
{
    if (!model->own_data || strcmp(s->section->name, "data") != 0) return false;
    if (s->key == NULL) return true;
    for (size_t i = 0; bens_own_data_keys[i] != NULL; i++)
        if (strcmp(s->key, bens_own_data_keys[i]) == 0) return true;
    return false;
}

bens_status bens_config_check_sections(const bens_settings *settings,
                                       const bens_model *model)
{
    for (size_t i = 0; i < settings->n && model != NULL && model->own_density; i++) {
        const bens_setting *const s = &settings->item[i];
        if (!s->section->of_data || is_taken(s, model)) continue;
        if (model->own_data && s->key != NULL && strcmp(s->section->name, "data") == 0)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "%s: [data] %s: wanted batch or order only, for model '%s' brings "
                      "its own data; take it away",
                      s->where, s->key, model->name);
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [%s]: wanted no such section, for model '%s' brings its own "
                  "density; take it away",
                  s->where, s->title, model->name);
    }
    return BENS_OK;
}

static bens_status check_backend(const bens_settings *settings, bens_config *c)
{
    enum { MOST = 8 };
    const char *names[MOST + 1];
    const bens_backend *b;
    size_t n = 0;
    for (; n < MOST && (b = bens_backend_at(n)) != NULL; n++) names[n] = b->name;

    char *const wanted = c->run.backend;
    const char *const where = bens_settings_where(settings, "run", "backend");
    if (bens_backend_find(wanted) != NULL) return BENS_OK;
    if (strcmp(wanted, "auto") == 0)
        return bens_pool_text(c->pool, names[0], &c->run.backend);
    if (strcmp(wanted, "cuda") == 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [run] backend 'cuda' is known, "
                  "but this program was built without it",
                  where);
    names[n++] = "auto";
    const int near = bens_text_nearest(wanted, names, n);
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s: [run] backend: wanted auto, cpu or cuda, found '%.80s'%s%s%s", where,
              wanted, near < 0 ? "" : "; did you mean '", near < 0 ? "" : names[near],
              near < 0 ? "" : "'?");
}

static bens_status check_grid(const bens_settings *settings, const bens_config *c)
{
    const bens_grid_options *const g = &c->grid;
    const bool no_data = c->model->own_density && !c->model->own_data;
    if (g->slices % g->shards != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [grid] slices: wanted a multiple of shards = %lld, found %lld",
                  bens_settings_where(settings, "grid", "slices"), (long long)g->shards,
                  (long long)g->slices);
    if (no_data && (g->shards > 1 || g->slices > 1))
        BENS_FAIL(
            BENS_ERR_CONFIG,
            "%s: [grid]: wanted shards = 1 and slices = 1, for model '%s' has no data to "
            "share out, found %lld and %lld",
            bens_settings_where(settings, "grid", g->shards > 1 ? "shards" : "slices"),
            c->model->name, (long long)g->shards, (long long)g->slices);
    if (g->comm == BENS_COMM_NONE && g->shards > 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [grid] comm: wanted auto or mpi with shards = %lld, found 'none'",
                  bens_settings_where(settings, "grid", "comm"), (long long)g->shards);
    if (g->first_chain + g->chains > BENS_MAX_CHAIN + 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [grid] chains: wanted first_chain + chains <= %d, "
                  "found %lld + %lld",
                  bens_settings_where(settings, "grid", "chains"), BENS_MAX_CHAIN + 1,
                  (long long)g->first_chain, (long long)g->chains);
    return BENS_OK;
}

static bens_status check_chain(const bens_settings *settings, const bens_config *c)
{
    if (c->chain.thin == 0 && c->chain.draws != 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [chain] thin = 0 leaves one state to keep: wanted draws = 1, "
                  "found draws = %lld",
                  bens_settings_where(settings, "chain", "thin"),
                  (long long)c->chain.draws);
    if (c->grid.chains % c->init.superchain != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [init] superchain: wanted a divisor of [grid] chains = %lld, "
                  "found superchain = %lld",
                  bens_settings_where(settings, "init", "superchain"),
                  (long long)c->grid.chains, (long long)c->init.superchain);
    if (strcmp(c->init.from, "prior") == 0 && c->model->own_density)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [init] from: wanted model, zero or a run, "
                  "for model '%s' has no prior to draw from, found 'prior'",
                  bens_settings_where(settings, "init", "from"), c->model->name);
    return BENS_OK;
}

static bens_status check_data(const bens_settings *settings, const bens_config *c)
{
    const bens_data_request *const r = &c->data.request;
    if (c->source != NULL && r->test[0] != '\0' && r->test_fraction > 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [data]: wanted either test or test_fraction, found both",
                  bens_settings_where(settings, "data", "test_fraction"));
    return BENS_OK;
}

static bens_status check_monitor(const bens_settings *settings, const bens_config *c)
{
    const bens_data_request *const r = &c->data.request;
    const bens_section *const section = bens_section_find("monitor");
    if (bens_settings_find(settings, section, NULL, "every") != NULL &&
        bens_settings_find(settings, section, NULL, "data") == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [monitor] every: wanted data = train, test or none beside it, "
                  "found nothing to look at",
                  bens_settings_where(settings, "monitor", "every"));
    if (c->monitor.data != BENS_MONITOR_TEST || r->test[0] != '\0' ||
        r->test_fraction > 0)
        return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s: [monitor] data = test: wanted held-out rows ([data] test or "
              "test_fraction) beside it, found none",
              bens_settings_where(settings, "monitor", "data"));
}

static bens_status check_noise(const bens_settings *settings, const bens_config *c)
{
    const bens_sampler_common *const common = c->sampler_options;
    const bool own_noise = c->model->own_density && !c->model->own_data;
    if (common->gradient_noise == 0 || own_noise || c->data.order == BENS_ORDER_IID)
        return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s: [sampler] gradient_noise: wanted [data] order = iid with it, found "
              "shuffle: batches without replacement have less noise than their variance "
              "says, and the posterior would come out too narrow",
              bens_settings_where(settings, "sampler", "gradient_noise"));
}

/* The sampler's own check knows no file: its message gets the place. */
static bens_status check_sampler(const bens_settings *settings, const bens_config *c)
{
    const bens_sampler_common *const common = c->sampler_options;
    if (c->sampler->optimiser && common->temperature > 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [sampler] temperature: wanted 0, "
                  "for '%s' is an optimiser and draws from no posterior, found %g",
                  bens_settings_where(settings, "sampler", "temperature"),
                  c->sampler->name, common->temperature);
    if (common->adapt.value > 0 && common->mass == BENS_MASS_UNIT &&
        bens_option_find(c->sampler->options, "mass") != NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [sampler] adapt: wanted mass = tensor beside it, "
                  "found unit masses, which do not adapt",
                  bens_settings_where(settings, "sampler", "adapt"));
    if (c->sampler->check == NULL) return BENS_OK;
    const bens_status status = c->sampler->check(c->sampler_options);
    if (status != BENS_OK)
        BENS_FAIL(status, "%s: %s", bens_settings_where(settings, "sampler", NULL),
                  bens_error_text());
    return BENS_OK;
}

static bens_status check_schedule(const bens_settings *settings, const bens_config *c)
{
    const bens_schedule_options *const s = &c->schedule;
    const bool cyclical = s->step_size.kind == BENS_SCHEDULE_CYCLICAL ||
                          s->temperature.kind == BENS_SCHEDULE_CYCLICAL;
    const bool temperature =
        s->temperature.kind != BENS_SCHEDULE_CONSTANT || s->temperature.warmup.value > 0;
    if (cyclical && s->cycle.value <= 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [schedule] cycle: "
                  "wanted the length of a cycle with cyclical, found none",
                  bens_settings_where(settings, "schedule", "cycle"));
    if (cyclical && c->chain.thin == 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [chain] thin: wanted at least 1 with a cyclical schedule, "
                  "found 0: draw k comes after k thin steps of sampling phases",
                  bens_settings_where(settings, "chain", "thin"));
    if (temperature && c->sampler->scalars != NULL && c->sampler->advance != NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [schedule] temperature: wanted constant "
                  "with the thermostat of '%s', which needs a temperature to hold",
                  bens_settings_where(settings, "schedule", "temperature"),
                  c->sampler->name);
    return BENS_OK;
}

bens_status bens_config_check(const bens_settings *settings, bens_config *config)
{
    BENS_TRY(check_backend(settings, config));
    BENS_TRY(check_grid(settings, config));
    BENS_TRY(check_data(settings, config));
    BENS_TRY(check_monitor(settings, config));
    BENS_TRY(check_chain(settings, config));
    BENS_TRY(check_noise(settings, config));
    BENS_TRY(check_schedule(settings, config));
    return check_sampler(settings, config);
}
