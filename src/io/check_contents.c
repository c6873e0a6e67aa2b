#include "io/check_parts.h"

#include "io/checkpoint.h"
#include "io/draws.h"
#include "io/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was wrong first, and how often. */
typedef struct {
    int64_t n;
    char first[512];
} damages;

static void add_damage(damages *all)
{
    if (all->n++ == 0) snprintf(all->first, sizeof all->first, "%s", bens_error_text());
}

static bens_status fail(const damages *all, const char *what)
{
    BENS_FAIL(BENS_ERR_IO, "%lld %s; the first: %s", (long long)all->n, what, all->first);
}

/* ---- samples ---- */

/* Draws that were reported are done: the lines are read before the flags, for a run may
 * be going on. metrics.jsonl lies beside samples.h5 and is about no other file. */
static bens_status compare_lines(const bens_draws *before, const char *path,
                                 const bens_metric *latest, int64_t *n_reported)
{
    bens_draws *now;
    BENS_TRY(bens_draws_open(path, &now));
    bens_status s = BENS_OK;
    for (int64_t row = 0; row < before->n_chains && s == BENS_OK; row++) {
        const int64_t done = row < now->n_chains ? now->n_done[row] : 0;
        *n_reported += latest[row].draws;
        if (latest[row].draws > done)
            s = bens_error_set(BENS_ERR_IO,
                               "chain %lld has reported %lld draws in metrics.jsonl, of "
                               "which %lld are in the file: draws were lost",
                               (long long)(before->first_chain + row),
                               (long long)latest[row].draws, (long long)done);
    }
    bens_draws_close(now);
    return s;
}

static bens_status check_reported(const bens_draws *d, const char *path,
                                  bens_check_report *r)
{
    const char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
    char folder[BENS_PATH_SIZE];
    bens_metric *latest;
    int64_t n = 0;
    if (strcmp(name, "samples.h5") != 0) return BENS_OK;
    snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    BENS_TRY(bens_alloc((size_t)d->n_chains, sizeof *latest, &latest));
    bens_status s = bens_metrics_until(slash ? folder : ".", INFINITY, d->first_chain,
                                       d->n_chains, latest);
    if (s == BENS_OK) s = compare_lines(d, path, latest, &n);
    free(latest);
    if (s == BENS_OK)
        bens_check_say(r, "metrics    %lld draws were reported: all of them are done\n",
                       (long long)n);
    return s;
}

static bens_status verify_draws(const bens_draws *d, int64_t *n_done)
{
    damages all = {0};
    for (int64_t row = 0; row < d->n_chains; row++)
        for (int64_t draw = 0; draw < d->n_draws; draw++) {
            if ((bens_draws_flags(d, row, draw) & BENS_DRAW_DONE) == 0) continue;
            if (bens_draws_verify(d, row, draw) != BENS_OK) add_damage(&all);
            ++*n_done;
        }
    return all.n == 0 ? BENS_OK : fail(&all, "draws are damaged");
}

bens_status bens_check_samples(const char *path, bens_check_report *r)
{
    bens_draws *d;
    int64_t n_done = 0;
    BENS_TRY(bens_draws_open(path, &d));
    bens_check_say(r, "contents   draws of bens: chains %lld to %lld x %lld draws\n",
                   (long long)d->first_chain,
                   (long long)(d->first_chain + d->n_chains - 1), (long long)d->n_draws);
    bens_status s = verify_draws(d, &n_done);
    if (s == BENS_OK)
        bens_check_say(r, "draws      %lld of %lld are done: every checksum is right\n",
                       (long long)n_done, (long long)(d->n_chains * d->n_draws));
    if (s == BENS_OK) s = check_reported(d, path, r);
    bens_draws_close(d);
    return s;
}

/* ---- checkpoint ---- */

static bens_status verify_states(bens_checkpoint *c, int64_t n_chains, int64_t *n_found)
{
    damages all = {0};
    for (int64_t row = 0; row < n_chains; row++) {
        bool found = false;
        if (bens_checkpoint_get(c, row, NULL, &found) != BENS_OK) add_damage(&all);
        *n_found += found;
    }
    return all.n == 0 ? BENS_OK : fail(&all, "states are damaged");
}

bens_status bens_check_checkpoint(hid_t file, const char *path, bens_check_report *r)
{
    int64_t first_chain = 0, n_chains = 0, n_found = 0;
    uint64_t bytes;
    bens_checkpoint *c;
    BENS_TRY(bens_h5_get_first(file, "checkpoint", "bytes", BENS_H5_UINT64, 0, &bytes));
    BENS_TRY(bens_checkpoint_view(path, bytes, &first_chain, &n_chains, &c));
    bens_check_say(r,
                   "contents   checkpoint of bens: chains %lld to %lld, %llu bytes "
                   "each\n",
                   (long long)first_chain, (long long)(first_chain + n_chains - 1),
                   (unsigned long long)bytes);
    const bens_status s = verify_states(c, n_chains, &n_found);
    bens_checkpoint_close(c);
    if (s == BENS_OK)
        bens_check_say(r,
                       "states     %lld chains have one that is whole, %lld none yet\n",
                       (long long)n_found, (long long)(n_chains - n_found));
    return s;
}
