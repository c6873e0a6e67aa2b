#include "io/draws_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 5, TEXT = 800 };

/* "block.0.w [2, 2]" */
static void describe(const bens_tensor *t, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "%s [", t->name);
    for (int k = 0; k < t->rank && n < size; k++)
        n += (size_t)snprintf(text + n, size - n, "%s%lld", k > 0 ? ", " : "",
                              (long long)t->shape[k]);
    if (n < size) snprintf(text + n, size - n, "]");
}

static bool same(const bens_tensor *a, const bens_tensor *b)
{
    return strcmp(a->name, b->name) == 0 && a->rank == b->rank &&
           memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

static bool is_left_out(const bens_draws *d, const bens_tensor *t)
{
    const bens_tensor *found = bens_params_find(&d->left_out, t->name);
    return found != NULL && same(found, t);
}

/* What is wrong with what was found where `wanted` should be; found = NULL: nothing. */
static void complain(const bens_tensor *wanted, const bens_tensor *found, char *text,
                     size_t size)
{
    char a[2 * BENS_NAME_SIZE + 64], b[2 * BENS_NAME_SIZE + 64] = "none";
    describe(wanted, a, sizeof a);
    if (found != NULL && found->output && same(wanted, found))
        snprintf(b, sizeof b, "an output of that name");
    else if (found != NULL)
        describe(found, b, sizeof b);
    snprintf(text, size, "wanted %s, found %s", a, b);
}

bens_status bens_draws_find_tensor(const bens_draws *d, const bens_tensor *tensor,
                                   int hint, int *out)
{
    const bens_params *p = &d->params;
    char text[TEXT];
    if (hint < p->n_tensors && same(&p->tensors[hint], tensor)) {
        *out = hint;
        return BENS_OK;
    }
    const bens_tensor *found = bens_params_find(p, tensor->name);
    if (found != NULL && same(found, tensor)) {
        *out = (int)(found - p->tensors);
        return BENS_OK;
    }
    if (is_left_out(d, tensor))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s' does not have tensor '%s': [store] tensors left it out", d->path,
                  tensor->name);
    complain(tensor, found, text, sizeof text);
    BENS_FAIL(BENS_ERR_CONFIG, "'%s' is of another model: %s", d->path, text);
}

typedef struct {
    char text[TEXT];
    int n;
} listing;

static void add(listing *all, const char *between, const char *text)
{
    if (all->n++ >= MOST_NAMED) return;
    const size_t used = strlen(all->text);
    snprintf(all->text + used, sizeof all->text - used, "%s%s", used > 0 ? between : "",
             text);
}

static const char *and_more(const listing *all, const char *mark, char *text, size_t size)
{
    const int more = all->n - MOST_NAMED;
    text[0] = '\0';
    if (more > 0) snprintf(text, size, "%s and %d more", mark, more);
    return text;
}

bens_status bens_draws_match(const bens_draws *d, const bens_params *params)
{
    listing all = {0}, absent = {0};
    char text[TEXT], more[32];
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        const bens_tensor *found = bens_params_find(&d->params, t->name);
        if (t->output || (found != NULL && same(found, t) && !found->output)) continue;
        complain(t, found, text, sizeof text);
        if (is_left_out(d, t))
            add(&absent, ", ", t->name);
        else
            add(&all, "; ", text);
    }
    for (int i = 0; i < d->params.n_tensors; i++) {
        const bens_tensor *t = &d->params.tensors[i];
        if (t->output || bens_params_find(params, t->name) != NULL) continue;
        memcpy(text, "wanted no ", 11);
        describe(t, text + 10, sizeof text - 10);
        add(&all, "; ", text);
    }
    if (all.n > 0)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s' is of another model: %s%s", d->path, all.text,
                  and_more(&all, ";", more, sizeof more));
    if (absent.n > 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s' has no whole draws: [store] tensors left out %s%s", d->path,
                  absent.text, and_more(&absent, "", more, sizeof more));
    return BENS_OK;
}
