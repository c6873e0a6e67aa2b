/* config_prior.c - the rules of [prior] meet the names of the tensors. */
#include "run/config.h"

#include "run/warm.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>

static bens_status refuse(const bens_prior_rule *rule, const bens_params *params)
{
    char names[400] = "";
    size_t used = 0;
    for (int i = 0; i < params->n_tensors && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 i > 0 ? ", " : "", params->tensors[i].name);
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s: [prior %s]: wanted a pattern that matches a tensor, found none; the "
              "tensors are: %s%s",
              rule->where, rule->pattern, names, used < sizeof names ? "" : "...");
}

static bens_status from_run(const bens_prior_rule *rule, bens_draws *draws,
                            bens_pool *pool, bens_tensor *t)
{
    float *means, *scales;
    BENS_TRY(bens_pool_bytes(pool, t->size * sizeof *means, &means));
    BENS_TRY(bens_pool_bytes(pool, t->size * sizeof *scales, &scales));
    const bens_status s = bens_warm_prior(draws, t, means, scales);
    if (s != BENS_OK)
        BENS_FAIL(s, "%s: [prior %s] from: %s", rule->where, rule->pattern,
                  bens_error_text());
    t->prior = (bens_prior){.kind = rule->kind, .means = means, .scales = scales};
    return BENS_OK;
}

static void set(const bens_prior_rule *rule, bens_tensor *t)
{
    t->prior = (bens_prior){.kind = rule->kind, .mean = rule->mean, .scale = rule->scale};
    if (rule->kind != BENS_PRIOR_NORMAL_FAN_IN) return;
    t->prior.kind = BENS_PRIOR_NORMAL;
    t->prior.scale /= sqrt((double)t->fan_in);
}

static bens_status apply(const bens_prior_rule *rule, bens_draws *draws, bens_pool *pool,
                         bens_params *params)
{
    bool matched = false;
    for (int i = 0; i < params->n_tensors; i++) {
        bens_tensor *t = &params->tensors[i];
        if (fnmatch(rule->pattern, t->name, 0) != 0) continue;
        matched = true;
        if (draws != NULL)
            BENS_TRY(from_run(rule, draws, pool, t));
        else
            set(rule, t);
    }
    return matched ? BENS_OK : refuse(rule, params);
}

static bens_status open_run(const bens_prior_rule *rule, bens_draws **draws)
{
    const bens_status s = bens_draws_open(rule->from, draws);
    if (s != BENS_OK)
        BENS_FAIL(s, "%s: [prior %s] from: %s", rule->where, rule->pattern,
                  bens_error_text());
    return BENS_OK;
}

bens_status bens_config_apply_priors(const bens_config *config, bens_pool *pool,
                                     bens_params *params)
{
    bens_status status = BENS_OK;
    for (int r = 0; r < config->n_priors && status == BENS_OK; r++) {
        const bens_prior_rule *const rule = &config->prior[r];
        bens_draws *draws = NULL;
        if (rule->from != NULL && rule->from[0] != '\0') BENS_TRY(open_run(rule, &draws));
        status = apply(rule, draws, pool, params);
        bens_draws_close(draws);
    }
    return status;
}
