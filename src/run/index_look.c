/* index_look.c - are the parts of an index parts of one run? */
#include "core/schedule.h"
#include "run/config_compare.h"
#include "run/diagnose_rebuild.h"
#include "run/index_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the same as the first? ---- */

static bens_status check_variables(const bens_index *x, const bens_draws *d)
{
    const bens_params *wanted = &x->about.params;
    BENS_TRY(bens_draws_match(d, wanted));
    if (d->params.half != wanted->half)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted draws of %s as '%s' has them ([store] dtype), found %s",
                  d->path, wanted->half ? "float16" : "float32", x->first->path,
                  d->params.half ? "float16" : "float32");
    for (int i = 0; i < wanted->n_tensors; i++) {
        const bens_tensor *a = &wanted->tensors[i],
                          *b = bens_params_find(&d->params, a->name);
        if (a->output && (b == NULL || a->rank != b->rank || a->size != b->size))
            BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted the output %s as '%s' has it",
                      d->path, a->name, x->first->path);
    }
    for (int i = 0; wanted->stats[i] != NULL; i++)
        if (!bens_draws_has_stat(d, wanted->stats[i]))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "'%s': wanted sample_stats/%s as '%s' has it, found none", d->path,
                      wanted->stats[i], x->first->path);
    return BENS_OK;
}

static bens_status check_data(const bens_index *x, const bens_draws *d)
{
    if (d->data_hash == x->first->data_hash && d->n_data == x->first->n_data)
        return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "'%s' has other training data than '%s': wanted %" PRId64
              " rows with the hash %016" PRIx64 ", found %" PRId64 " with %016" PRIx64,
              d->path, x->first->path, x->first->n_data, x->first->data_hash, d->n_data,
              d->data_hash);
}

static bool is_cosine(const bens_config *c)
{
    return c->schedule.step_size.kind == BENS_SCHEDULE_COSINE ||
           c->schedule.temperature.kind == BENS_SCHEDULE_COSINE;
}

/* A schedule that ends with the run is another one for another number of draws. */
static bens_status check_schedule(const bens_index *x, const bens_draws *d,
                                  const bens_config *c)
{
    const bens_length a = x->config.schedule.length, b = c->schedule.length;
    const bool same = a.value == b.value && a.unit == b.unit &&
                      (a.value != 0 || x->config.chain.draws == c->chain.draws);
    if (same || !is_cosine(c)) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "'%s' has another schedule than '%s': its cosine ends elsewhere "
              "([schedule] "
              "length, [chain] draws)",
              d->path, x->first->path);
}

static bens_status check_settings(const bens_index *x, const bens_draws *d)
{
    char list[600];
    bens_config c;
    BENS_TRY(bens_rebuilt_config(d, NULL, 0, &c));
    bens_status s = bens_config_compare(&x->config, "wanted", &c, "found",
                                        x->kind == BENS_INDEX_FOLDERS, list, sizeof list);
    if (s == BENS_OK && list[0] != '\0')
        s = bens_error_set(BENS_ERR_CONFIG, "'%s' is another run than '%s': %s", d->path,
                           x->first->path, list);
    if (s == BENS_OK) s = check_schedule(x, d, &c);
    bens_config_release(&c);
    return s;
}

/* ---- its rectangles ---- */

static bens_status add_rectangle(bens_index *x, const char *folder,
                                 const bens_samples_part *from, int64_t chain,
                                 int64_t draw)
{
    char *name;
    const size_t size = strlen(folder) + strlen(from->name) + 2;
    bens_samples_part *grown =
        realloc(x->rectangle, ((size_t)x->n_rectangles + 1) * sizeof *grown);
    if (grown == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a list of files");
    x->rectangle = grown;
    BENS_TRY(bens_pool_bytes(x->pool, size, &name));
    snprintf(name, size, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", from->name);
    grown[x->n_rectangles] = *from;
    grown[x->n_rectangles].name = name;
    grown[x->n_rectangles].row += chain;
    grown[x->n_rectangles++].draw += draw;
    return BENS_OK;
}

static bens_status list_rectangles(bens_index *x, const bens_index_part *p)
{
    bens_samples_part *part;
    char path[BENS_PATH_SIZE];
    int64_t n_chains, n_draws;
    int n;
    if (x->kind == BENS_INDEX_FILES) {
        const bens_samples_part own = {.name = p->name,
                                       .n_rows = p->n_chains,
                                       .n_draws = p->n_draws};
        return add_rectangle(x, "", &own, p->first_chain, p->first_draw);
    }
    BENS_TRY(bens_folder_join(x->folder, p->name, path));
    BENS_TRY(bens_samples_parts(path, &part, &n, &n_chains, &n_draws));
    bens_status s = BENS_OK;
    for (int i = 0; i < n && s == BENS_OK; i++)
        s = add_rectangle(x, p->name, &part[i], p->first_chain, p->first_draw);
    free(part);
    return s;
}

/* ---- all parts ---- */

static void measure(const bens_draws *d, int64_t first_draw, bens_index_part *p)
{
    p->first_chain = d->first_chain;
    p->n_chains = d->n_chains;
    p->first_draw = first_draw;
    p->n_draws = d->n_draws;
    for (int64_t row = 0; row < d->n_chains; row++) p->n_done += d->n_done[row];
}

static bens_status take_first(bens_index *x, bens_draws *d, bens_index_part *p)
{
    x->first = d;
    BENS_TRY(bens_samples_recall(d, &x->about));
    BENS_TRY(bens_rebuilt_config(d, NULL, 0, &x->config));
    measure(d, x->about.spec.first_draw, p);
    return BENS_OK;
}

static bens_status take_other(const bens_index *x, const bens_draws *d,
                              bens_index_part *p)
{
    bens_samples_recalled about;
    BENS_TRY(check_variables(x, d));
    BENS_TRY(check_data(x, d));
    BENS_TRY(check_settings(x, d));
    BENS_TRY(bens_samples_recall(d, &about));
    measure(d, about.spec.first_draw, p);
    bens_samples_forget(&about);
    return BENS_OK;
}

static bens_status look(bens_index *x, bens_index_part *p)
{
    char path[BENS_PATH_SIZE];
    bens_draws *d;
    BENS_TRY(bens_folder_join(x->folder, p->name, path));
    BENS_TRY(bens_draws_open(path, &d));
    bens_status s;
    if (x->first == NULL) {
        s = take_first(x, d, p);
    } else {
        s = take_other(x, d, p);
        bens_draws_close(d);
    }
    return s == BENS_OK ? list_rectangles(x, p) : s;
}

bens_status bens_index_look(bens_index *x)
{
    BENS_TRY(bens_pool_create(&x->pool));
    for (int i = 0; i < x->n_parts; i++)
        if (x->part[i].there) BENS_TRY(look(x, &x->part[i]));
    return BENS_OK;
}

void bens_index_release(bens_index *x)
{
    bens_config_release(&x->config);
    bens_samples_forget(&x->about);
    bens_draws_close(x->first);
    bens_pool_destroy(x->pool);
    free(x->rectangle);
    free(x->part);
    *x = (bens_index){0};
}
