/* group_create.c - the chains of a group where they begin, and their files. */
#include "run/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Local. */
static bens_status create_chains(bens_group *g)
{
    bens_session *s = g->session;
    const int64_t first = s->grid.first_chain + s->grid.begin;
    BENS_TRY(bens_alloc((size_t)g->n, sizeof *g->chain, &g->chain));
    BENS_TRY(bens_alloc((size_t)g->n, sizeof *g->step, &g->step));
    BENS_TRY(bens_alloc((size_t)g->n, sizeof *g->drawn, &g->drawn));
    for (int64_t i = 0; i < g->n; i++)
        BENS_TRY(bens_chain_create(&s->work, (uint32_t)(first + i), &g->chain[i]));
    return BENS_OK;
}

bens_status bens_group_metrics(const bens_session *s, char path[BENS_PATH_SIZE])
{
    char host[256] = "node", name[320] = "metrics.jsonl";
    gethostname(host, sizeof host - 1);
    if (bens_comm_node_size(s->world) < bens_comm_size(s->world))
        snprintf(name, sizeof name, "metrics.%s.jsonl", host);
    return bens_folder_join(s->config.run.output, name, path);
}

/* Local. Where the chains are, from their checkpoints; and
 * where their draws and states go. */
static bens_status open_files(bens_group *g)
{
    const bens_session *s = g->session;
    const char *folder = s->config.run.output;
    char metrics[BENS_PATH_SIZE];
    if (g->n == 0) return BENS_OK;
    BENS_TRY(bens_keeper_open(folder, &s->layout, &s->problem, s->grid.begin, g->n,
                              &g->keeper));
    for (int64_t i = 0; i < g->n; i++)
        g->drawn[i] = bens_session_done(s, s->grid.begin + i);
    if (s->old.model != NULL)
        BENS_TRY(bens_keeper_load(g->keeper, g->drawn, g->chain, &g->n_back));
    BENS_TRY(bens_monitor_check(&s->problem, g->chain, g->n));
    for (int64_t i = 0; i < g->n; i++) {
        g->step[i] = g->chain[i].step;
        g->drawn[i] = g->chain[i].drawn;
        g->n_diverged += g->chain[i].diverged;
    }
    if (s->grid.shard != 0) return BENS_OK;
    BENS_TRY(bens_group_metrics(s, metrics));
    const bens_record_spec spec = {.folder = folder,
                                   .metrics = metrics,
                                   .layout = &s->layout,
                                   .params = &s->problem.stored,
                                   .n_draws = s->problem.n_draws,
                                   .first_row = s->grid.begin,
                                   .first_chain = s->grid.first_chain + s->grid.begin,
                                   .n_chains = g->n,
                                   .drawn = g->drawn,
                                   .rank = bens_comm_rank(s->world)};
    return bens_record_open(&spec, &g->record);
}

/* Local. */
static bens_status start_progress(bens_group *g)
{
    const bens_session *s = g->session;
    char label[64];
    if (!bens_session_speaks(s) || s->request->quiet || g->n == 0) return BENS_OK;
    const long long first = (long long)(s->grid.first_chain + s->grid.begin);
    if (g->n == s->grid.n_chains)
        snprintf(label, sizeof label, "%lld chains", (long long)g->n);
    else if (g->n == 1)
        snprintf(label, sizeof label, "rank 0: chain %lld", first);
    else
        snprintf(label, sizeof label, "rank 0: chains %lld-%lld", first,
                 first + (long long)g->n - 1);
    const int64_t last = bens_problem_draw_step(&s->problem, s->problem.n_draws - 1);
    double done = 0;
    for (int64_t i = 0; i < g->n; i++) done += (double)g->step[i];
    return bens_progress_create(label, done, (double)g->n * (double)last, &g->progress);
}

bens_status bens_group_create(bens_session *s, bens_group *out)
{
    *out = (bens_group){.session = s, .n = bens_session_chains(s)};
    BENS_TRY(create_chains(out));
    BENS_TRY(bens_monitor_create(&s->problem, s->grid.shards, &out->monitor));
    BENS_TRY(open_files(out));
    return start_progress(out);
}

void bens_group_release(bens_group *g)
{
    for (int64_t i = 0; i < g->n && g->chain != NULL; i++)
        bens_chain_release(&g->chain[i]);
    free(g->chain);
    free(g->step);
    free(g->drawn);
    bens_record_close(g->record);
    bens_keeper_close(g->keeper);
    bens_monitor_destroy(g->monitor);
    bens_progress_destroy(g->progress);
}
