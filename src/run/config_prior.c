/* config_prior.c - the rules of [prior] meet the names of the tensors. */
#include "run/config.h"

#include <fnmatch.h>
#include <stdio.h>

static bens_status refuse(const bens_prior_rule *rule, const bens_params *params)
{
    char names[400] = "";
    size_t used = 0;
    for (int i = 0; i < params->n_tensors && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 i > 0 ? ", " : "", params->tensors[i].name);
    BENS_FAIL(BENS_ERR_CONFIG,
              "%s: [prior %s]: wanted a pattern that matches a tensor, "
              "found none of: %s%s",
              rule->where, rule->pattern, names, used < sizeof names ? "" : "...");
}

bens_status bens_config_apply_priors(const bens_config *config, bens_params *params)
{
    for (int r = 0; r < config->n_priors; r++) {
        const bens_prior_rule *const rule = &config->prior[r];
        bool matched = false;
        for (int i = 0; i < params->n_tensors; i++) {
            if (fnmatch(rule->pattern, params->tensors[i].name, 0) != 0) continue;
            params->tensors[i].prior = rule->prior;
            matched = true;
        }
        if (!matched) return refuse(rule, params);
    }
    return BENS_OK;
}
