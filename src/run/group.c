/* group.c - the way of a group's chains from draw to draw. */
#include "run/group.h"

#include "core/clock.h"
#include "run/stop.h"

#include <stdio.h>

/* Local. What was seen of chain i goes to metrics.jsonl: in a line of its own if it was
 * time for one. */
static void report(bens_group *g, int64_t i, bool line)
{
    const bens_problem *p = &g->session->problem;
    const bens_watch *watch = &g->chain[i].watch;
    if (g->record == NULL || g->monitor == NULL || watch->step == 0) return;
    const bens_monitored seen = bens_monitor_report(p, watch);
    const bool due = watch->step == bens_monitor_next(p, watch->step - 1);
    bens_record_look(g->record, i, &seen, line && due && !g->chain[i].diverged);
}

/* Local. */
static void describe(bens_group *g)
{
    char text[80];
    if (g->monitor == NULL || g->progress == NULL) return;
    bens_monitor_describe(&g->session->problem, g->chain, g->n, text, sizeof text);
    bens_progress_note(g->progress, text);
}

/* Local. A rank that cannot write must not leave its shards waiting: the failure rides in
 * their next sum, and all leave there together. */
static void note(bens_group *g, bens_status status)
{
    bens_workspace *work = &g->session->work;
    if (work->failed == BENS_OK) work->failed = status;
}

/* Local. Draws first: a checkpoint never knows of a draw that is not on disk. Where one
 * found no place there, the state of the last checkpoint stays. */
static bens_status keep(bens_group *g)
{
    g->kept = bens_clock();
    if (g->record == NULL || g->session->work.failed != BENS_OK) return BENS_OK;
    BENS_TRY(bens_record_flush(g->record));
    return bens_keeper_save(g->keeper, g->chain);
}

/* Collective over the shards. Reports and checkpoints when it is time, and checkpoints when
 * the run is asked to stop; all shards must agree at which step that is. Goes between chains,
 * too: a pass over the data for the draw of each may take hours together. */
static bens_status keep_or_stop(bens_group *g)
{
    const bens_session *s = g->session;
    if (g->record != NULL && s->work.failed == BENS_OK)
        note(g, bens_record_tick(g->record, g->step));
    double asked[2] = {bens_stop_asked(),
                       bens_clock() - g->kept >= s->config.checkpoint.every};
    if (s->grid.n_shards > 1) BENS_TRY(bens_comm_sum(s->grid.shards, asked, 2, BENS_OK));
    if (asked[0] == 0 && asked[1] == 0) return BENS_OK;
    g->stopped = asked[0] > 0;
    note(g, keep(g));
    return BENS_OK;
}

/* Collective over the shards. Chain i to step `next`, and a look at it if it is time for
 * one and it was not there before. */
static bens_status visit(bens_group *g, int64_t i, int64_t next, bool look)
{
    bens_chain *c = &g->chain[i];
    const bool moves = c->step < next;
    BENS_TRY(bens_chain_run(c, next));
    g->step[i] = c->step;
    if (!look || !moves || c->step < next) return BENS_OK;
    BENS_TRY(bens_monitor_look(g->monitor, c));
    report(g, i, true);
    return BENS_OK;
}

/* Collective over the shards. All chains to step `until`, a visit each at a time; the
 * draw that is taken there has a look of its own. */
static bens_status advance(bens_group *g, int64_t from, int64_t until)
{
    const int64_t most = bens_session_visit(g->session);
    for (int64_t at = from, next; at < until && !g->stopped; at = next) {
        const int64_t look = bens_monitor_next(&g->session->problem, at);
        next = until - at > most ? at + most : until;
        if (next > look) next = look;
        for (int64_t i = 0; i < g->n && !g->stopped; i++) {
            BENS_TRY(visit(g, i, next, next == look && next < until));
            const double done =
                (double)g->n * (double)at + (double)(i + 1) * (double)(next - at);
            bens_progress_show(g->progress, done, g->n_diverged);
            BENS_TRY(keep_or_stop(g));
        }
        if (next == look) describe(g);
    }
    return BENS_OK;
}

/* Local. Behind a draw that found no place none has one. */
static void put(bens_group *g, int64_t i, const float *row, const bens_draw *draw)
{
    if (g->record != NULL && g->session->work.failed == BENS_OK)
        note(g, bens_record_put(g->record, i, row, draw));
}

/* Collective over the shards. */
static bens_status record_draw(bens_group *g, int64_t i)
{
    bens_draw draw;
    const float *row;
    BENS_TRY(bens_chain_draw(&g->chain[i], &draw, &row));
    put(g, i, row, &draw);
    BENS_TRY(bens_monitor_draw(g->monitor, &g->chain[i], draw.diverging));
    report(g, i, true);
    return BENS_OK;
}

/* Collective over the shards. Draw k of all chains that have not taken it. Behind the last
 * one nobody asks: a run that is done is not stopped. */
static bens_status record_draws(bens_group *g, int64_t k)
{
    g->n_diverged = 0;
    for (int64_t i = 0; i < g->n; i++) {
        const bool wanted = g->chain[i].drawn <= k;
        if (wanted && i > 0) BENS_TRY(keep_or_stop(g));
        if (g->stopped) return BENS_OK;
        if (wanted) BENS_TRY(record_draw(g, i));
        g->n_diverged += g->chain[i].diverged;
    }
    describe(g);
    return BENS_OK;
}

/* The steps and draws that all chains have; one that diverged holds nobody up. */
static void find_start(const bens_group *g, int64_t *step, int64_t *drawn)
{
    const bens_problem *p = &g->session->problem;
    *drawn = p->n_draws;
    *step = bens_problem_draw_step(p, p->n_draws - 1);
    for (int64_t i = 0; i < g->n; i++) {
        const bens_chain *c = &g->chain[i];
        if (c->drawn < *drawn) *drawn = c->drawn;
        if (c->step < *step && !c->diverged) *step = c->step;
    }
}

bens_status bens_group_run(bens_group *g)
{
    const bens_problem *p = &g->session->problem;
    int64_t at, first;
    for (int64_t i = 0; i < g->n; i++) report(g, i, false);
    find_start(g, &at, &first);
    g->kept = bens_clock();
    for (int64_t k = first; k < p->n_draws && !g->stopped; k++) {
        const int64_t until = bens_problem_draw_step(p, k);
        BENS_TRY(advance(g, at, until));
        if (!g->stopped) BENS_TRY(record_draws(g, k));
        at = until;
    }
    if (!g->stopped) note(g, keep(g));
    return g->session->work.failed;
}
