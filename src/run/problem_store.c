/* problem_store.c - what of a draw is kept: [store] tensors, dtype. */
#include "run/problem_plan.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t";

/* The next pattern of a list of them; false: there are no more. */
static bool next_pattern(const char **list, char *out, size_t size)
{
    const char *const begin = *list + strspn(*list, blanks);
    const size_t length = strcspn(begin, blanks);
    *list = begin + length;
    snprintf(out, size, "%.*s", (int)length, begin);
    return length > 0;
}

static bool is_kept(const bens_config *config, const bens_tensor *t)
{
    char pattern[2 * BENS_NAME_SIZE];
    const char *list = config->store.tensors;
    while (next_pattern(&list, pattern, sizeof pattern))
        if (fnmatch(pattern, t->name, 0) == 0) return true;
    return false;
}

static bool matches(const char *pattern, const bens_params *params)
{
    for (int i = 0; i < params->n_tensors; i++)
        if (fnmatch(pattern, params->tensors[i].name, 0) == 0) return true;
    return false;
}

static size_t add_names(const bens_params *params, char *text, size_t size, size_t used)
{
    for (int i = 0; i < params->n_tensors && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "",
                                 params->tensors[i].name);
    return used;
}

static bens_status refuse(const bens_problem *p, const char *pattern)
{
    char names[400] = "";
    size_t used = add_names(&p->params, names, sizeof names, 0);
    used = add_names(&p->outputs, names, sizeof names, used);
    BENS_FAIL(BENS_ERR_CONFIG,
              "[store] tensors: wanted patterns that match a tensor each, found '%s'; "
              "the "
              "tensors are: %s%s",
              pattern, names, used < sizeof names ? "" : "...");
}

static bens_status check_patterns(const bens_config *config, const bens_problem *p)
{
    char pattern[2 * BENS_NAME_SIZE];
    const char *list = config->store.tensors;
    while (next_pattern(&list, pattern, sizeof pattern))
        if (!matches(pattern, &p->params) && !matches(pattern, &p->outputs))
            return refuse(p, pattern);
    return BENS_OK;
}

static bens_status add_stored(const bens_config *config, const bens_params *from,
                              bool output, bens_problem *p)
{
    for (int i = 0; i < from->n_tensors; i++) {
        const bens_tensor *t = &from->tensors[i];
        bens_tensor *added;
        if (!is_kept(config, t)) continue;
        BENS_TRY(bens_params_add(&p->stored, t->name, t->rank, t->shape, &added));
        const size_t offset = added->offset;
        *added = *t;
        added->offset = offset;
        added->output = output;
        p->origin[p->stored.n_tensors - 1] = t->offset;
    }
    return BENS_OK;
}

bens_status bens_problem_plan_stored(const bens_config *config, bens_problem *p)
{
    if (p->model->outputs != NULL) BENS_TRY(p->model->outputs(p->state, &p->outputs));
    const size_t n = (size_t)(p->params.n_tensors + p->outputs.n_tensors);
    BENS_TRY(bens_pool_bytes(p->pool, n * sizeof *p->origin, &p->origin));
    BENS_TRY(check_patterns(config, p));
    BENS_TRY(add_stored(config, &p->params, false, p));
    BENS_TRY(add_stored(config, &p->outputs, true, p));
    p->stored.n_data = p->params.n_data;
    p->stored.stats = p->stats;
    p->stored.half = config->store.dtype == BENS_DTYPE_FLOAT16;
    return BENS_OK;
}
