#include "run/config_check.h"
#include "core/text.h"

#include <string.h>

bens_status bens_config_check_sections(const bens_settings *settings,
                                       const bens_model *model)
{
    for (size_t i = 0; i < settings->n && model != NULL && model->own_density; i++) {
        const bens_setting *const s = &settings->item[i];
        if (s->section->of_data)
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
    const bool own_density = c->model->own_density;
    if (g->slices % g->shards != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [grid] slices: wanted a multiple of shards = %lld, found %lld",
                  bens_settings_where(settings, "grid", "slices"), (long long)g->shards,
                  (long long)g->slices);
    if (own_density && (g->shards > 1 || g->slices > 1))
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
    if (c->init.from == BENS_FROM_PRIOR && c->model->own_density)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "%s: [init] from: wanted model or zero, for model '%s' has no prior "
                  "to draw from, found 'prior'",
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

/* The sampler's own check knows no file: its message gets the place. */
static bens_status check_sampler(const bens_settings *settings, const bens_config *c)
{
    if (c->sampler->check == NULL) return BENS_OK;
    const bens_status status = c->sampler->check(c->sampler_options);
    if (status != BENS_OK)
        BENS_FAIL(status, "%s: %s", bens_settings_where(settings, "sampler", NULL),
                  bens_error_text());
    return BENS_OK;
}

bens_status bens_config_check(const bens_settings *settings, bens_config *config)
{
    BENS_TRY(check_backend(settings, config));
    BENS_TRY(check_grid(settings, config));
    BENS_TRY(check_data(settings, config));
    BENS_TRY(check_chain(settings, config));
    return check_sampler(settings, config);
}
