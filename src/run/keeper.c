#include "run/keeper.h"

#include "io/folder.h"

#include <stdlib.h>

/* States that are written together, between two waits for the disk. */
enum { TOGETHER = 64 << 20 };

/* Rows of this rank in one file. */
typedef struct {
    bens_checkpoint *file;
    int64_t row;      /* the first in the file   */
    int64_t chain, n; /* the first of this rank's */
} target;

struct bens_keeper {
    uint64_t bytes; /* of a state */
    target *target; /* [n_targets] */
    int64_t n_targets;
    int64_t most; /* states together */
    char *states; /* [most][bytes] */
};

/* States of so many bytes that are written together. */
static int64_t count_together(uint64_t bytes, int64_t n_chains)
{
    const int64_t n = TOGETHER / (int64_t)bytes;
    return n < 1 ? 1 : n > n_chains ? n_chains : n;
}

uint64_t bens_keeper_bytes(const bens_problem *problem, int64_t n_chains)
{
    const uint64_t bytes = bens_state_bytes(problem);
    return (uint64_t)count_together(bytes, n_chains) * bytes;
}

static bens_status open_target(const char *folder, const bens_rectangle *r,
                               int64_t first_row, int64_t n_chains, bens_keeper *k)
{
    char path[BENS_PATH_SIZE];
    int64_t unused, rows;
    target *t = &k->target[k->n_targets];
    const int64_t last = first_row + n_chains, end = r->row + r->n_rows;
    const int64_t from = r->row > first_row ? r->row : first_row;
    const int64_t to = end < last ? end : last;
    if (from >= to) return BENS_OK;
    *t = (target){.row = from - r->row, .chain = from - first_row, .n = to - from};
    BENS_TRY(bens_folder_join(folder, r->name, path));
    BENS_TRY(bens_checkpoint_open(path, k->bytes, &unused, &rows, &t->file));
    k->n_targets++;
    return BENS_OK;
}

static bens_status open_all(const char *folder, const bens_layout *layout,
                            int64_t first_row, int64_t n_chains, bens_keeper *k)
{
    BENS_TRY(bens_alloc((size_t)layout->n_checkpoints, sizeof *k->target, &k->target));
    for (int64_t i = 0; i < layout->n_checkpoints; i++)
        BENS_TRY(open_target(folder, &layout->checkpoint[i], first_row, n_chains, k));
    k->most = count_together(k->bytes, n_chains);
    return bens_alloc((size_t)k->most, k->bytes, &k->states);
}

bens_status bens_keeper_open(const char *folder, const bens_layout *layout,
                             const bens_problem *problem, int64_t first_row,
                             int64_t n_chains, bens_keeper **out)
{
    bens_keeper *k;
    BENS_TRY(bens_alloc(1, sizeof *k, &k));
    k->bytes = bens_state_bytes(problem);
    const bens_status s = open_all(folder, layout, first_row, n_chains, k);
    if (s == BENS_OK)
        *out = k;
    else
        bens_keeper_close(k);
    return s;
}

void bens_keeper_close(bens_keeper *k)
{
    if (k == NULL) return;
    for (int64_t i = 0; i < k->n_targets; i++) bens_checkpoint_close(k->target[i].file);
    free(k->target);
    free(k->states);
    free(k);
}

static bens_status save_target(bens_keeper *k, const target *t, const bens_chain *chain)
{
    for (int64_t i = 0, n; i < t->n; i += n) {
        n = t->n - i < k->most ? t->n - i : k->most;
        for (int64_t j = 0; j < n; j++)
            bens_state_save(&chain[t->chain + i + j], k->states + (uint64_t)j * k->bytes);
        BENS_TRY(bens_checkpoint_put(t->file, t->row + i, n, k->states));
    }
    return BENS_OK;
}

bens_status bens_keeper_save(bens_keeper *k, const bens_chain *chain)
{
    for (int64_t i = 0; i < k->n_targets; i++)
        BENS_TRY(save_target(k, &k->target[i], chain));
    return BENS_OK;
}

static bens_status load_chain(bens_keeper *k, const target *t, int64_t j, int64_t done,
                              bens_chain *chain, int64_t *n_back)
{
    bool found;
    BENS_TRY(bens_checkpoint_get(t->file, t->row + j, k->states, &found));
    if (found && bens_state_drawn(k->states) > done) {
        ++*n_back;
        BENS_TRY(bens_checkpoint_back(t->file, t->row + j, k->states, &found));
    }
    if (found && bens_state_drawn(k->states) <= done) bens_state_load(k->states, chain);
    return BENS_OK;
}

bens_status bens_keeper_load(bens_keeper *k, const int64_t *done, bens_chain *chain,
                             int64_t *n_back)
{
    *n_back = 0;
    for (int64_t i = 0; i < k->n_targets; i++) {
        const target *t = &k->target[i];
        for (int64_t j = 0; j < t->n; j++) {
            const int64_t at = t->chain + j;
            BENS_TRY(load_chain(k, t, j, done[at], &chain[at], n_back));
        }
    }
    return BENS_OK;
}
