#include "run/train.h"

#include "core/clock.h"
#include "io/folder.h"
#include "io/draws.h"
#include "run/keeper.h"
#include "run/monitor.h"
#include "run/plan.h"
#include "run/progress.h"
#include "run/provenance.h"
#include "run/record.h"
#include "run/resume.h"
#include "run/session.h"
#include "run/stop.h"
#include "run/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The chains of this rank's group, and where their draws go (shard 0 writes). */
typedef struct {
    bens_session *session;
    int64_t n;
    bens_chain *chain;   /* [n] */
    int64_t *step;       /* [n] where each chain is, for the record */
    int64_t *drawn;      /* [n] draws that it had when we began     */
    bens_record *record; /* NULL on other shards */
    bens_keeper *keeper; /* of checkpoints       */
    double kept;         /* clock of the last checkpoint */
    bool stopped;        /* asked to, and all is on disk */
    bens_progress *progress;
    bens_monitor *monitor; /* NULL: nothing is monitored */
    int64_t n_diverged;
    bens_summary summary; /* of the draws of this group's chains */
} group;

/* Local. */
static bens_status create_chains(group *g)
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

/* One file a node: appending is atomic only there. */
static bens_status name_metrics(const bens_session *s, char *path)
{
    char host[256] = "node", name[320] = "metrics.jsonl";
    gethostname(host, sizeof host - 1);
    if (bens_comm_node_size(s->world) < bens_comm_size(s->world))
        snprintf(name, sizeof name, "metrics.%s.jsonl", host);
    return bens_folder_join(s->config.run.output, name, path);
}

/* Local. What was seen of chain i goes to metrics.jsonl: in a line of its own if it was
 * time for one. */
static void report(group *g, int64_t i, bool line)
{
    const bens_problem *p = &g->session->problem;
    const bens_watch *watch = &g->chain[i].watch;
    if (g->record == NULL || g->monitor == NULL || watch->step == 0) return;
    const bens_monitored seen = bens_monitor_report(p, watch);
    const bool due = watch->step == bens_monitor_next(p, watch->step - 1);
    bens_record_look(g->record, i, &seen, line && due && !g->chain[i].diverged);
}

/* Local. */
static void describe(group *g)
{
    char text[80];
    if (g->monitor == NULL || g->progress == NULL) return;
    bens_monitor_describe(&g->session->problem, g->chain, g->n, text, sizeof text);
    bens_progress_note(g->progress, text);
}

/* Local. Where the chains are, from their checkpoints; and
 * where their draws and states go. */
static bens_status open_files(group *g)
{
    const bens_session *s = g->session;
    const char *folder = s->config.run.output;
    char metrics[BENS_PATH_SIZE];
    if (g->n == 0) return BENS_OK;
    BENS_TRY(bens_keeper_open(folder, &s->layout, &s->problem, s->grid.begin, g->n,
                              &g->keeper));
    if (s->old.model != NULL) BENS_TRY(bens_keeper_load(g->keeper, g->chain));
    BENS_TRY(bens_monitor_check(&s->problem, g->chain, g->n));
    for (int64_t i = 0; i < g->n; i++) {
        g->step[i] = g->chain[i].step;
        g->drawn[i] = g->chain[i].drawn;
        g->n_diverged += g->chain[i].diverged;
    }
    if (s->grid.shard != 0) return BENS_OK;
    BENS_TRY(name_metrics(s, metrics));
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
    BENS_TRY(bens_record_open(&spec, &g->record));
    for (int64_t i = 0; i < g->n; i++) report(g, i, false);
    return BENS_OK;
}

/* Local. */
static bens_status start_progress(group *g)
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
    return bens_progress_create(label, (double)g->n * (double)last, &g->progress);
}

static void release(group *g)
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

/* Local. A rank that cannot write must not leave its shards waiting: the failure rides in
 * their next sum, and all leave there together. */
static void note(group *g, bens_status status)
{
    bens_workspace *work = &g->session->work;
    if (work->failed == BENS_OK) work->failed = status;
}

/* Local. Draws first: a checkpoint never knows of a draw that is not on disk. */
static bens_status keep(group *g)
{
    g->kept = bens_clock();
    if (g->record == NULL) return BENS_OK;
    BENS_TRY(bens_record_flush(g->record));
    return bens_keeper_save(g->keeper, g->chain);
}

/* Collective over the shards. Checkpoints when it is time, and when the run is asked to
 * stop; all shards must agree at which step that is. */
static bens_status keep_or_stop(group *g)
{
    const bens_session *s = g->session;
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
static bens_status visit(group *g, int64_t i, int64_t next, bool look)
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
static bens_status advance(group *g, int64_t from, int64_t until)
{
    const int64_t most = bens_session_visit(g->session);
    for (int64_t at = from, next; at < until && !g->stopped; at = next) {
        const int64_t look = bens_monitor_next(&g->session->problem, at);
        next = until - at > most ? at + most : until;
        if (next > look) next = look;
        for (int64_t i = 0; i < g->n; i++) {
            BENS_TRY(visit(g, i, next, next == look && next < until));
            const double done =
                (double)g->n * (double)at + (double)(i + 1) * (double)(next - at);
            bens_progress_show(g->progress, done, g->n_diverged);
        }
        if (next == look) describe(g);
        if (g->record != NULL) note(g, bens_record_tick(g->record, g->step));
        BENS_TRY(keep_or_stop(g));
    }
    return BENS_OK;
}

/* Collective over the shards. Draw k of all chains that have not taken it. */
static bens_status record_draws(group *g, int64_t k)
{
    g->n_diverged = 0;
    for (int64_t i = 0; i < g->n; i++) {
        bens_draw draw;
        const float *row;
        if (g->chain[i].drawn <= k) {
            BENS_TRY(bens_chain_draw(&g->chain[i], &draw, &row));
            bens_summary_add(&g->summary, &draw);
            if (g->record != NULL) note(g, bens_record_put(g->record, i, row, &draw));
            BENS_TRY(bens_monitor_draw(g->monitor, &g->chain[i], draw.diverging));
            report(g, i, true);
        }
        g->n_diverged += g->chain[i].diverged;
    }
    describe(g);
    return BENS_OK;
}

/* The steps and draws that all chains have; one that diverged holds nobody up. */
static void find_start(const group *g, int64_t *step, int64_t *drawn)
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

/* Collective over the shards; no communication between groups. */
static bens_status run_chains(group *g)
{
    const bens_problem *p = &g->session->problem;
    int64_t at, first;
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

/* Collective. */
static bens_status build_files(bens_session *s)
{
    char *hosts = NULL, *build = NULL, *environment = NULL;
    bens_status status =
        bens_provenance_gather(s->world, s->problem.be, s->request->version, &hosts,
                               &build, &environment);
    const bens_samples_spec spec = bens_session_spec(s, hosts, build, environment);
    if (status == BENS_OK)
        status = bens_layout_build(&s->layout, s->world, &s->grid, &spec,
                                   bens_state_bytes(&s->problem), s->config.run.output,
                                   s->request->overwrite || s->remains);
    free(hosts);
    free(build);
    free(environment);
    return status;
}

/* Local. How far the run came and how it goes on. */
static bens_status describe_stop(const bens_session *s)
{
    const char *folder = s->config.run.output;
    bens_draws *draws;
    BENS_TRY(bens_draws_open(folder, &draws));
    const long long n = draws->n_complete, all = draws->n_draws;
    bens_draws_close(draws);
    char look[80] = "";
    if (n > 0)
        snprintf(look, sizeof look,
                 "; until then, in ArviZ: data.isel(draw=slice(0, %lld))", n);
    return bens_error_set(BENS_STOPPED,
                          "stopped by %s with %lld of %lld draws of every chain on disk; "
                          "the same command with --resume auto goes on%s",
                          bens_stop_asked() ? bens_stop_reason() : "another rank", n, all,
                          look);
}

/* Collective. */
static bens_status tell_stopped(const bens_session *s)
{
    bens_status status = BENS_OK;
    if (bens_session_speaks(s)) status = describe_stop(s);
    return bens_comm_agree(s->world, status);
}

/* Collective. What the monitor says of all chains together. A disk that is too full for
 * a line is no reason to fail. */
static bens_status finish_monitor(group *g)
{
    const bens_session *s = g->session;
    const bens_problem *p = &s->problem;
    bens_monitor_result result;
    char path[BENS_PATH_SIZE];
    if (p->monitored == NULL) return BENS_OK;
    BENS_TRY(bens_monitor_finish(p, &s->grid, s->world, g->chain, &result));
    if (!bens_session_speaks(s)) return BENS_OK;
    if (!s->request->quiet) bens_monitor_show(p, &result);
    if (name_metrics(s, path) != BENS_OK ||
        bens_monitor_write(p, &result, path) != BENS_OK)
        fprintf(stderr, "bens train: warning: %s\n", bens_error_text());
    return BENS_OK;
}

/* Collective, but for BENS_ERR_PEER, with which a rank leaves at once. */
static bens_status finish(group *g, bens_status status, double start)
{
    const bens_session *s = g->session;
    if (g->record != NULL) {
        const bens_status flushed = bens_record_flush(g->record);
        if (status == BENS_OK) status = flushed;
    }
    bens_progress_clear(g->progress);
    if (status == BENS_ERR_PEER) return status;

    bens_summary summary = {0};
    if (g->record != NULL) { /* one rank speaks for its shards */
        summary = g->summary;
        summary.n_diverged = (double)g->n_diverged;
        summary.n_stopped = g->stopped;
        for (int64_t i = 0; i < g->n; i++) summary.n_overflows += g->chain[i].n_overflows;
        for (int64_t i = 0; i < g->n; i++)
            summary.n_clamped += g->chain[i].scalars.n_clamped;
        summary.n_unreported = (double)bens_record_unreported(g->record);
    }
    double *const all = (double *)&summary;
    BENS_TRY(bens_comm_sum(s->world, all, sizeof summary / sizeof *all, status));

    if (summary.n_stopped > 0) return tell_stopped(s);
    bool trusted = true;
    if (bens_session_speaks(s)) {
        if (!s->request->quiet) bens_summary_show(s, &summary, bens_clock() - start);
        trusted = bens_summary_judge(s, &summary);
    }
    BENS_TRY(finish_monitor(g));
    if (!trusted && s->config.run.strict)
        status = bens_error_set(BENS_ERR_TRUST,
                                "the run is not to be trusted, for the reasons above, "
                                "and [run] strict = true");
    return bens_comm_agree(s->world, status);
}

/* Collective, but for BENS_ERR_PEER. */
static bens_status sample(bens_session *s)
{
    group g = {.session = s, .n = bens_session_chains(s)};
    bens_status status = create_chains(&g);
    if (status == BENS_OK)
        status = bens_monitor_create(&s->problem, s->grid.shards, &g.monitor);
    if (status == BENS_OK) status = open_files(&g);
    if (status == BENS_OK) status = start_progress(&g);
    status = bens_comm_agree(s->world, status);
    if (status == BENS_OK) {
        if (bens_session_speaks(s)) bens_monitor_warn(&s->problem);
        const double start = bens_clock();
        status = finish(&g, run_chains(&g), start);
    }
    release(&g);
    return status;
}

/* Collective. A run whose files are all there and whose draws are all done. */
static bens_status is_finished(bens_session *s, bool *finished)
{
    double more = 0;
    bens_status status = BENS_OK;
    if (bens_session_speaks(s)) {
        bens_draws *draws = NULL;
        for (int64_t i = 0; i < s->layout.n_samples; i++)
            more += (double)s->layout.samples[i].is_new;
        status = bens_draws_open(s->config.run.output, &draws);
        if (status == BENS_OK) more += (double)(draws->n_complete < draws->n_draws);
        bool averaged = true; /* or killed before that was told */
        if (status == BENS_OK && s->problem.monitored != NULL)
            status = bens_metrics_have_average(s->config.run.output, &averaged);
        more += !averaged;
        bens_draws_close(draws);
        if (status == BENS_OK && more == 0 && !s->request->quiet)
            printf("the run in '%s' is finished: %lld chains x %lld draws; nothing to "
                   "do\n",
                   s->config.run.output, (long long)s->grid.n_chains,
                   (long long)s->problem.n_draws);
    }
    BENS_TRY(bens_comm_sum(s->world, &more, 1, status));
    *finished = more == 0;
    return BENS_OK;
}

/* Local, rank 0. The rows that the monitor knew, from the state of the first chain. */
static bens_status check_monitored(bens_session *s)
{
    bens_keeper *keeper = NULL;
    bens_chain chain;
    const bens_layout *l = &s->layout;
    const bool any = l->n_checkpoints > 0 && !l->checkpoint[0].is_new;
    if (s->problem.monitored == NULL || !any) return BENS_OK;
    BENS_TRY(bens_chain_create(&s->work, (uint32_t)s->grid.first_chain, &chain));
    bens_status status =
        bens_keeper_open(s->config.run.output, l, &s->problem, 0, 1, &keeper);
    if (status == BENS_OK) status = bens_keeper_load(keeper, &chain);
    if (status == BENS_OK) status = bens_monitor_check(&s->problem, &chain, 1);
    bens_keeper_close(keeper);
    bens_chain_release(&chain);
    return status;
}

/* Local, rank 0. What is wrong with a run that can go on. */
static bens_status check_old(bens_session *s)
{
    bens_draws *draws;
    bens_status status = BENS_OK;
    BENS_TRY(bens_draws_open(s->config.run.output, &draws));
    bens_resume_warn(s->config.run.output, &s->layout, draws);
    if (s->config.store.lp == BENS_LP_FULL && s->grid.n_shards == 1)
        status = bens_resume_check_model(draws, &s->work,
                                         strcmp(s->old.run.backend,
                                                s->config.run.backend) == 0);
    bens_draws_close(draws);
    return status == BENS_OK ? check_monitored(s) : status;
}

/* Collective. */
static bens_status run(bens_session *s)
{
    bool finished = false;
    if (s->request->dry_run) return bens_plan_show(s);
    if (s->old.model != NULL) BENS_TRY(is_finished(s, &finished));
    if (finished) return BENS_OK;
    if (s->old.model != NULL) {
        const bens_status status = bens_session_speaks(s) ? check_old(s) : BENS_OK;
        BENS_TRY(bens_comm_agree(s->world, status));
    }
    BENS_TRY(build_files(s));
    return sample(s);
}

bens_status bens_train(bens_comm *world, const bens_train_request *request)
{
    bens_session s;
    bens_status status = bens_session_create(world, request, &s);
    if (status == BENS_OK) {
        bens_stop_after(s.config.run.time_limit);
        status = run(&s);
    }
    if (status != BENS_ERR_PEER) bens_session_release(&s); /* that is Collective */
    return status;
}
