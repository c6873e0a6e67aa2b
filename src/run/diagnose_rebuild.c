#include "run/diagnose_rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bens_status bens_rebuilt_config(const bens_draws *draws, const char *const *set,
                                size_t n_set, bens_config *out)
{
    const char **with = NULL;
    char name[256];
    BENS_TRY(bens_alloc(n_set + 1, sizeof *with, &with));
    for (size_t i = 0; i < n_set; i++) with[i] = set[i];
    with[n_set] = "run.backend=cpu"; /* the run may have had a GPU that is not here */
    snprintf(name, sizeof name, "settings in %.200s", draws->path);
    const bens_status s = bens_config_create(name, draws->config, strlen(draws->config),
                                             with, n_set + 1, out);
    free(with);
    return s;
}

/* --set model.path=FILE */
bens_status bens_rebuilt_config_with(const bens_draws *draws, const char *plugin,
                                     bens_config *out)
{
    char *path = NULL;
    if (plugin == NULL) return bens_rebuilt_config(draws, NULL, 0, out);
    const size_t size = strlen(plugin) + sizeof "model.path=";
    BENS_TRY(bens_alloc(size, 1, &path));
    snprintf(path, size, "model.path=%s", plugin);
    const char *const set[] = {path};
    const bens_status s = bens_rebuilt_config(draws, set, 1, out);
    free(path);
    return s;
}

static bens_status check_data(const bens_draws *draws, const bens_problem *p)
{
    const uint64_t hash = p->train != NULL ? p->train->hash : 0;
    if (p->order.n_data == draws->n_data && hash == draws->data_hash) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "the training data are others than the run's: wanted %lld rows with the "
              "hash %016llx, found %lld with %016llx",
              (long long)draws->n_data, (unsigned long long)draws->data_hash,
              (long long)p->order.n_data, (unsigned long long)hash);
}

bens_status bens_rebuilt_create(const bens_draws *draws, const char *plugin,
                                bens_rebuilt *out)
{
    *out = (bens_rebuilt){0};
    bens_config stored;
    BENS_TRY(bens_rebuilt_config(draws, NULL, 0, &stored));
    const bool own = strcmp(stored.model->name, "plugin") == 0;
    bens_config_release(&stored);
    if (own && plugin == NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "the density is a plug-in's, which is never loaded "
                                   "because a file says so: --plugin FILE does it");
    if (!own && plugin != NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--plugin: wanted a run of a plug-in, found one of another model");
    BENS_TRY(bens_rebuilt_config_with(draws, plugin, &out->config));
    const bens_config *c = &out->config;
    BENS_TRY(bens_problem_create(c, bens_backend_find(c->run.backend), NULL,
                                 c->grid.slices > 0 ? c->grid.slices : 1, &out->problem));
    BENS_TRY(bens_draws_match(draws, &out->problem.params));
    BENS_TRY(check_data(draws, &out->problem));
    BENS_TRY(bens_comm_self(&out->self));
    return bens_workspace_create(&out->problem, "none", out->self, &out->work);
}

void bens_rebuilt_release(bens_rebuilt *r)
{
    bens_workspace_release(&r->work);
    bens_problem_release(&r->problem);
    bens_comm_destroy(r->self);
    bens_config_release(&r->config);
    *r = (bens_rebuilt){0};
}
