#include "models/likelihood.h"

/* Its name; NULL: there is none with these settings. */
static const char *name_of(const bens_likelihood *likelihood, const void *options)
{
    return likelihood->parameter == NULL ? NULL : likelihood->parameter(options);
}

bens_status bens_likelihood_add_parameter(const bens_likelihood *likelihood,
                                          const void *options, bens_params *params,
                                          bool *there, size_t *offset)
{
    const char *const name = name_of(likelihood, options);
    bens_tensor *t;
    *there = name != NULL;
    if (name == NULL) return BENS_OK;
    BENS_TRY(bens_params_add(params, name, 0, NULL, &t));
    *offset = t->offset;
    return BENS_OK;
}

void bens_likelihood_find_parameter(const bens_likelihood *likelihood,
                                    const void *options, const bens_params *params,
                                    bool *there, size_t *offset)
{
    const char *const name = name_of(likelihood, options);
    *there = name != NULL;
    if (name == NULL) return;
    const bens_tensor *const t = bens_params_find(params, name);
    BENS_ASSERT(t != NULL);
    *offset = t->offset;
}
