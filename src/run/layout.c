/* layout.c - the plan: which rectangles there are, and which are needed. */
#include "run/layout.h"

#include "io/folder.h"
#include "run/config_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bens_rectangle *append(bens_rectangle **list, int64_t *n)
{
    bens_rectangle *grown = realloc(*list, (size_t)(*n + 1) * sizeof *grown);
    if (grown == NULL) return NULL;
    *list = grown;
    grown[*n] = (bens_rectangle){.is_new = 1};
    return &grown[(*n)++];
}

/* Rows row ... end - 1, cut where 16 groups' chains end, for draws draw ... last - 1. */
static bens_status add_rows(int64_t n_chains, int64_t n_groups, int64_t row, int64_t end,
                            int64_t draw, int64_t last, bens_rectangle **list, int64_t *n)
{
    if (draw == last) return BENS_OK;
    for (int64_t g = 0; g < n_groups && row < end; g += BENS_GROUPS_A_FILE) {
        const int64_t to =
            g + BENS_GROUPS_A_FILE < n_groups ? g + BENS_GROUPS_A_FILE : n_groups;
        int64_t unused, stop;
        bens_grid_deal(n_chains, n_groups, to - 1, &unused, &stop);
        if (stop > end) stop = end;
        if (stop <= row) continue;
        bens_rectangle *r = append(list, n);
        if (r == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the list of files");
        r->row = row;
        r->n_rows = stop - row;
        r->draw = draw;
        r->n_draws = last - draw;
        row = stop;
    }
    return BENS_OK;
}

static bool has_name(const bens_rectangle *list, int64_t n, const char *name)
{
    for (int64_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return true;
    return false;
}

/* Free names for the new ones: samples.0003.h5; the first checkpoint has no number. */
static void name_new(bens_rectangle *list, int64_t n, const char *what, bool plain_first)
{
    for (int64_t i = 0, number = plain_first ? 1 : 0; i < n; i++) {
        bens_rectangle *r = &list[i];
        char name[BENS_FILE_NAME];
        if (!r->is_new) continue;
        snprintf(name, sizeof name, "%s.h5", what);
        while ((!plain_first || i > 0) &&
               (strcmp(name + strlen(what), ".h5") == 0 || has_name(list, n, name)))
            snprintf(name, sizeof name, "%s.%04lld.h5", what, (long long)number++);
        memcpy(r->name, name, sizeof name);
    }
}

static bens_status plan_new(int64_t n_chains, int64_t n_groups, int64_t n_draws,
                            bens_layout *l)
{
    BENS_TRY(add_rows(n_chains, n_groups, 0, n_chains, 0, n_draws, &l->samples,
                      &l->n_samples));
    BENS_TRY(add_rows(n_chains, n_groups, 0, n_chains, 0, 1, &l->checkpoint,
                      &l->n_checkpoints));
    name_new(l->samples, l->n_samples, "samples", l->n_samples == 1);
    name_new(l->checkpoint, l->n_checkpoints, "checkpoint", true);
    return BENS_OK;
}

bens_status bens_layout_create(int64_t n_chains, int64_t n_groups, int64_t n_draws,
                               bens_layout *out)
{
    *out = (bens_layout){.lock = -1};
    const bens_status s = plan_new(n_chains, n_groups, n_draws, out);
    if (s != BENS_OK) bens_layout_release(out);
    return s;
}

void bens_layout_release(bens_layout *layout)
{
    free(layout->samples);
    free(layout->checkpoint);
    if (layout->lock >= 0) close(layout->lock);
    *layout = (bens_layout){.lock = -1};
}

/* ---- a run that is there ---- */

static bens_status find_samples(const char *folder, bens_layout *l, int64_t *n_chains,
                                int64_t *n_draws)
{
    bens_samples_part *part;
    int n;
    BENS_TRY(bens_samples_parts(folder, &part, &n, n_chains, n_draws));
    bens_status s = BENS_OK;
    if (strchr(part[0].name, '/') != NULL)
        s = bens_error_set(BENS_ERR_CONFIG,
                           "'%s' is an index over the runs in its sub-folders (bens "
                           "index): those can go on, one by one",
                           folder);
    for (int i = 0; i < n && s == BENS_OK; i++) {
        bens_rectangle *r = append(&l->samples, &l->n_samples);
        if (r == NULL || strlen(part[i].name) >= sizeof r->name)
            s = bens_error_set(BENS_ERR_IO,
                               "'%s': no room for the name of a file of '%s'",
                               part[i].name, folder);
        if (s != BENS_OK) break;
        *r = (bens_rectangle){.row = part[i].row,
                              .n_rows = part[i].n_rows,
                              .draw = part[i].draw,
                              .n_draws = part[i].n_draws};
        strcpy(r->name, part[i].name);
    }
    free(part);
    return s;
}

/* Other random numbers, say, in states of the same size. */
static bens_status check_origin(const bens_checkpoint *c, const char *path,
                                const bens_config *config)
{
    char *text, list[500];
    bens_config made = {0};
    BENS_TRY(bens_checkpoint_config(c, &text));
    bens_status s = bens_config_create(path, text, strlen(text), NULL, 0, &made);
    if (s == BENS_OK)
        s = bens_config_compare(&made, "is", config, "the run's", false, list,
                                sizeof list);
    if (s == BENS_OK && list[0] != '\0')
        s = bens_error_set(BENS_ERR_IO, "'%s' is of another run: %s", path, list);
    free(text);
    bens_config_release(&made);
    return s;
}

/* A file that cannot be used is never passed over without a word: there may be
 * a better copy of it somewhere. */
static bens_status look_at_checkpoint(const char *path, uint64_t state_bytes,
                                      const bens_config *config, int64_t *first,
                                      int64_t *n)
{
    bens_checkpoint *c = NULL;
    bens_status s = bens_checkpoint_view(path, state_bytes, first, n, &c);
    if (s == BENS_OK) s = check_origin(c, path, config);
    bens_checkpoint_close(c);
    if (s != BENS_OK)
        bens_error_set(s,
                       "%s; bring back the right one, or remove it: then its chains "
                       "start again and the draws on disk stay",
                       bens_error_text());
    return s;
}

static bens_status find_checkpoints(const char *folder, const bens_config *config,
                                    uint64_t state_bytes, bens_layout *l, int64_t *rows)
{
    const int64_t first_chain = config->grid.first_chain;
    *rows = 0;
    for (int i = 0;; i++) {
        char name[BENS_FILE_NAME], path[BENS_PATH_SIZE];
        int64_t first, n;
        snprintf(name, sizeof name, i == 0 ? "checkpoint.h5" : "checkpoint.%04d.h5", i);
        BENS_TRY(bens_folder_join(folder, name, path));
        if (access(path, F_OK) != 0) return BENS_OK;
        BENS_TRY(look_at_checkpoint(path, state_bytes, config, &first, &n));
        bens_rectangle *r = append(&l->checkpoint, &l->n_checkpoints);
        if (r == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the list of files");
        *r = (bens_rectangle){.row = first - first_chain, .n_rows = n, .n_draws = 1};
        memcpy(r->name, name, sizeof name);
        if (r->row != *rows)
            BENS_FAIL(BENS_ERR_IO,
                      "'%s': wanted the states from chain %lld on, found chain %lld",
                      path, (long long)(first_chain + *rows), (long long)first);
        *rows += n;
    }
}

static bens_status plan_more(const char *folder, const bens_config *config,
                             uint64_t state_bytes, int64_t n_chains, int64_t n_groups,
                             int64_t n_draws, bens_layout *l)
{
    int64_t had_chains, had_draws, had_states;
    BENS_TRY(find_samples(folder, l, &had_chains, &had_draws));
    const int64_t n_had = l->n_samples;
    BENS_TRY(find_checkpoints(folder, config, state_bytes, l, &had_states));
    BENS_TRY(add_rows(n_chains, n_groups, 0, had_chains, had_draws, n_draws, &l->samples,
                      &l->n_samples));
    BENS_TRY(add_rows(n_chains, n_groups, had_chains, n_chains, 0, n_draws, &l->samples,
                      &l->n_samples));
    BENS_TRY(add_rows(n_chains, n_groups, had_states, n_chains, 0, 1, &l->checkpoint,
                      &l->n_checkpoints));
    l->promote =
        n_had == 1 && l->n_samples > 1 && strcmp(l->samples[0].name, "samples.h5") == 0;
    if (l->promote) strcpy(l->samples[0].name, "samples.0000.h5");
    name_new(l->samples, l->n_samples, "samples", false);
    name_new(l->checkpoint, l->n_checkpoints, "checkpoint", true);
    return BENS_OK;
}

/* Collective. A list of rank 0 on all ranks. */
static bens_status share(bens_comm *world, bens_rectangle **list, int64_t *n,
                         bens_status status)
{
    char *bytes = (char *)*list;
    size_t size = (size_t)*n * sizeof **list;
    status = bens_comm_broadcast(world, 0, &bytes, &size, status);
    if (status != BENS_OK) return status;
    *list = (bens_rectangle *)(void *)bytes;
    *n = (int64_t)(size / sizeof **list);
    return BENS_OK;
}

bens_status bens_layout_extend(bens_comm *world, const char *folder,
                               const bens_config *config, uint64_t state_bytes,
                               int64_t n_chains, int64_t n_groups, int64_t n_draws,
                               bens_layout *l)
{
    bens_status s = BENS_OK;
    if (bens_comm_rank(world) == 0)
        s = plan_more(folder, config, state_bytes, n_chains, n_groups, n_draws, l);
    BENS_TRY(share(world, &l->samples, &l->n_samples, s));
    return share(world, &l->checkpoint, &l->n_checkpoints, BENS_OK);
}
