#include "run/train.h"

#include "core/clock.h"
#include "io/folder.h"
#include "run/plan.h"
#include "run/progress.h"
#include "run/provenance.h"
#include "run/record.h"
#include "run/session.h"
#include "run/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The chains of this rank's group, and where their draws go (shard 0 writes). */
typedef struct {
    bens_session *session;
    int64_t n;
    bens_chain *chain;   /* [n] */
    int64_t *step;       /* [n] where each chain is, for the record */
    bens_record *record; /* NULL on other shards */
    bens_progress *progress;
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
    for (int64_t i = 0; i < g->n; i++)
        BENS_TRY(bens_chain_create(&s->work, (uint32_t)(first + i), &g->chain[i]));
    return BENS_OK;
}

/* One file a node: appending is atomic only there. */
static void name_metrics(const bens_comm *world, char *name, size_t size)
{
    char host[256] = "node";
    gethostname(host, sizeof host - 1);
    if (bens_comm_node_size(world) == bens_comm_size(world))
        snprintf(name, size, "metrics.jsonl");
    else
        snprintf(name, size, "metrics.%s.jsonl", host);
}

/* Local. */
static bens_status open_record(group *g)
{
    const bens_session *s = g->session;
    if (g->n == 0 || s->grid.shard != 0) return BENS_OK;
    const int part = bens_layout_part(&s->layout, s->grid.begin);
    const int64_t *begin = &s->layout.begin[part];
    const char *folder = s->config.run.output;
    char samples[BENS_PATH_SIZE], metrics[BENS_PATH_SIZE], name[320];
    name_metrics(s->world, name, sizeof name);
    BENS_TRY(bens_folder_join(folder, s->layout.name[part], samples));
    BENS_TRY(bens_folder_join(folder, name, metrics));
    const bens_record_spec spec = {.samples = samples,
                                   .metrics = metrics,
                                   .params = &s->problem.stored,
                                   .file_chains = begin[1] - begin[0],
                                   .n_draws = s->problem.n_draws,
                                   .first_row = s->grid.begin - begin[0],
                                   .first_chain = s->grid.first_chain + s->grid.begin,
                                   .n_chains = g->n,
                                   .rank = bens_comm_rank(s->world)};
    return bens_record_open(&spec, &g->record);
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
    bens_record_close(g->record);
    bens_progress_destroy(g->progress);
}

/* Local. A rank that cannot write must not leave its shards waiting: the failure rides in
 * their next sum, and all leave there together. */
static void note(group *g, bens_status status)
{
    bens_workspace *work = &g->session->work;
    if (work->failed == BENS_OK) work->failed = status;
}

/* Collective over the shards. All chains to step `until`, a visit each at a time. */
static bens_status advance(group *g, int64_t from, int64_t until)
{
    const int64_t visit = bens_session_visit(g->session);
    for (int64_t at = from, next; at < until; at = next) {
        next = until - at > visit ? at + visit : until;
        for (int64_t i = 0; i < g->n; i++) {
            BENS_TRY(bens_chain_run(&g->chain[i], next));
            g->step[i] = g->chain[i].step;
            const double done =
                (double)g->n * (double)at + (double)(i + 1) * (double)(next - at);
            bens_progress_show(g->progress, done, g->n_diverged);
        }
        if (g->record != NULL) note(g, bens_record_tick(g->record, g->step));
    }
    return BENS_OK;
}

/* Collective over the shards. */
static bens_status record_draws(group *g)
{
    g->n_diverged = 0;
    for (int64_t i = 0; i < g->n; i++) {
        bens_draw draw;
        const float *row;
        BENS_TRY(bens_chain_draw(&g->chain[i], &draw, &row));
        g->n_diverged += draw.diverging;
        bens_summary_add(&g->summary, &draw);
        if (g->record != NULL) note(g, bens_record_put(g->record, i, row, &draw));
    }
    return BENS_OK;
}

/* Collective over the shards; no communication between groups. */
static bens_status run_chains(group *g)
{
    const bens_problem *p = &g->session->problem;
    int64_t at = 0;
    if (p->thin > 0) {
        /* the first kinetic temperature is of the steps after the burn-in */
        BENS_TRY(advance(g, 0, p->burn_in));
        at = p->burn_in;
        for (int64_t i = 0; i < g->n; i++)
            g->chain[i].scalars.sum_m2 = g->chain[i].scalars.n_sum = 0;
    }
    for (int64_t k = 0; k < p->n_draws; k++) {
        const int64_t until = bens_problem_draw_step(p, k);
        BENS_TRY(advance(g, at, until));
        BENS_TRY(record_draws(g));
        at = until;
    }
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
                                   s->config.run.output, s->request->overwrite);
    free(hosts);
    free(build);
    free(environment);
    return status;
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
        for (int64_t i = 0; i < g->n; i++)
            summary.n_clamped += g->chain[i].scalars.n_clamped;
        summary.n_unreported = (double)bens_record_unreported(g->record);
    }
    double *const all = (double *)&summary;
    BENS_TRY(bens_comm_sum(s->world, all, sizeof summary / sizeof *all, status));

    bool trusted = true;
    if (bens_session_speaks(s)) {
        if (!s->request->quiet) bens_summary_show(s, &summary, bens_clock() - start);
        trusted = bens_summary_judge(s, &summary);
    }
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
    if (status == BENS_OK) status = open_record(&g);
    if (status == BENS_OK) status = start_progress(&g);
    status = bens_comm_agree(s->world, status);
    if (status == BENS_OK) {
        const double start = bens_clock();
        status = finish(&g, run_chains(&g), start);
    }
    release(&g);
    return status;
}

bens_status bens_train(bens_comm *world, const bens_train_request *request)
{
    bens_session s;
    bens_status status = bens_session_create(world, request, &s);
    if (status == BENS_OK && request->dry_run)
        status = bens_plan_show(&s);
    else if (status == BENS_OK) {
        status = build_files(&s);
        if (status == BENS_OK) status = sample(&s);
    }
    if (status != BENS_ERR_PEER) bens_session_release(&s); /* that is Collective */
    return status;
}
