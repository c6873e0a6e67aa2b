/* layout_extend.c - the files of a run that is there, and those that it needs besides. */
#include "run/layout_parts.h"

#include "io/folder.h"
#include "run/config_compare.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
        bens_rectangle *r = bens_layout_append(&l->samples, &l->n_samples);
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

static bens_status add_checkpoint(const char *folder, const char *name,
                                  const bens_config *config, uint64_t state_bytes,
                                  bens_layout *l)
{
    char path[BENS_PATH_SIZE];
    int64_t first, n;
    BENS_TRY(bens_folder_join(folder, name, path));
    BENS_TRY(look_at_checkpoint(path, state_bytes, config, &first, &n));
    bens_rectangle *r = bens_layout_append(&l->checkpoint, &l->n_checkpoints);
    if (r == NULL || strlen(name) >= sizeof r->name)
        BENS_FAIL(BENS_ERR_FAILURE, "no room for '%s' in the list of files", path);
    *r = (bens_rectangle){.row = first - config->grid.first_chain,
                          .n_rows = n,
                          .n_draws = 1};
    strcpy(r->name, name);
    return BENS_OK;
}

/* checkpoint.h5, checkpoint.0001.h5, ...; not what somebody has put beside them. */
static bool is_checkpoint(const char *name)
{
    static const char begin[] = "checkpoint.";
    if (strncmp(name, begin, sizeof begin - 1) != 0) return false;
    const char *const rest = name + sizeof begin - 1;
    const size_t n = strspn(rest, "0123456789");
    return strcmp(rest, "h5") == 0 || (n >= 4 && strcmp(rest + n, ".h5") == 0);
}

static int by_row(const void *a, const void *b)
{
    const bens_rectangle *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

/* All that are there: some may have been lost, or not yet been made when a run that got
 * more chains was killed. */
static bens_status find_checkpoints(const char *folder, const bens_config *config,
                                    uint64_t state_bytes, bens_layout *l)
{
    bens_status s = BENS_OK;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        BENS_FAIL(BENS_ERR_IO, "cannot read the folder '%s': %s", folder,
                  strerror(errno));
    for (const struct dirent *e; s == BENS_OK && (e = readdir(dir)) != NULL;)
        if (is_checkpoint(e->d_name))
            s = add_checkpoint(folder, e->d_name, config, state_bytes, l);
    closedir(dir);
    return s;
}

/* New checkpoints for the chains of n_chains that have none. */
static bens_status cover_rows(const char *folder, int64_t n_chains, int64_t n_groups,
                              bens_layout *l)
{
    const int64_t n_had = l->n_checkpoints;
    int64_t row = 0;
    if (n_had > 0) qsort(l->checkpoint, (size_t)n_had, sizeof *l->checkpoint, by_row);
    for (int64_t i = 0; i < n_had; i++) {
        const bens_rectangle at = l->checkpoint[i];
        if (at.row < row)
            BENS_FAIL(BENS_ERR_IO,
                      "'%s/%s': wanted the states of chains that no other checkpoint of "
                      "the run has, found others: remove it, or the other one",
                      folder, at.name);
        if (row < n_chains)
            BENS_TRY(bens_layout_add_rows(n_chains, n_groups, row,
                                          at.row < n_chains ? at.row : n_chains, 0, 1,
                                          &l->checkpoint, &l->n_checkpoints));
        row = at.row + at.n_rows;
    }
    BENS_TRY(bens_layout_add_rows(n_chains, n_groups, row, n_chains, 0, 1, &l->checkpoint,
                                  &l->n_checkpoints));
    qsort(l->checkpoint, (size_t)l->n_checkpoints, sizeof *l->checkpoint, by_row);
    return BENS_OK;
}

/* A run that was killed while it was made larger has files that its config.ini does not
 * know of yet. */
static bens_status check_extent(const char *folder, int64_t had_chains, int64_t had_draws,
                                int64_t n_chains, int64_t n_draws)
{
    if (had_chains > n_chains || had_draws > n_draws)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: wanted at least the %lld chains and %lld draws that "
                  "'%s/samples.h5' is for (it was being made larger), found %lld and "
                  "%lld",
                  (long long)had_chains, (long long)had_draws, folder,
                  (long long)n_chains, (long long)n_draws);
    return BENS_OK;
}

static bens_status plan_more(const char *folder, const bens_config *config,
                             uint64_t state_bytes, int64_t n_chains, int64_t n_groups,
                             int64_t n_draws, bens_layout *l)
{
    int64_t had_chains, had_draws;
    BENS_TRY(find_samples(folder, l, &had_chains, &had_draws));
    BENS_TRY(check_extent(folder, had_chains, had_draws, n_chains, n_draws));
    const int64_t n_had = l->n_samples;
    BENS_TRY(find_checkpoints(folder, config, state_bytes, l));
    BENS_TRY(cover_rows(folder, n_chains, n_groups, l));
    BENS_TRY(bens_layout_add_rows(n_chains, n_groups, 0, had_chains, had_draws, n_draws,
                                  &l->samples, &l->n_samples));
    BENS_TRY(bens_layout_add_rows(n_chains, n_groups, had_chains, n_chains, 0, n_draws,
                                  &l->samples, &l->n_samples));
    l->promote =
        n_had == 1 && l->n_samples > 1 && strcmp(l->samples[0].name, "samples.h5") == 0;
    if (l->promote) strcpy(l->samples[0].name, "samples.0000.h5");
    bens_layout_name_new(l->samples, l->n_samples, "samples", false);
    bens_layout_name_new(l->checkpoint, l->n_checkpoints, "checkpoint", true);
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
