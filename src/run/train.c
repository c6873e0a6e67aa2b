#include "run/train.h"

#include "core/clock.h"
#include "io/draws.h"
#include "run/group.h"
#include "run/plan.h"
#include "run/provenance.h"
#include "run/resume.h"
#include "run/stop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Local. How far the run came and how it goes on. All is on disk: whether it can be read
 * back now does not matter to whoever waits for the exit code. */
static bens_status describe_stop(const bens_session *s)
{
    const char *const reason = bens_stop_asked() ? bens_stop_reason() : "another rank";
    bens_draws *draws;
    if (bens_draws_open(s->config.run.output, &draws) != BENS_OK)
        return bens_error_set(BENS_STOPPED,
                              "stopped by %s; the same command with --resume auto goes "
                              "on; how far it came is not known: %s",
                              reason, bens_error_text());
    const long long n = draws->n_complete, all = draws->n_draws;
    bens_draws_close(draws);
    char look[80] = "";
    if (n > 0)
        snprintf(look, sizeof look,
                 "; until then, in ArviZ: data.isel(draw=slice(0, %lld))", n);
    return bens_error_set(BENS_STOPPED,
                          "stopped by %s with %lld of %lld draws of every chain on disk; "
                          "the same command with --resume auto goes on%s",
                          reason, n, all, look);
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
static bens_status finish_monitor(bens_group *g)
{
    const bens_session *s = g->session;
    const bens_problem *p = &s->problem;
    bens_monitor_result result;
    char path[BENS_PATH_SIZE];
    if (p->monitored == NULL) return BENS_OK;
    BENS_TRY(bens_monitor_finish(p, &s->grid, s->world, g->chain, &result));
    if (!bens_session_speaks(s)) return BENS_OK;
    if (!s->request->quiet) bens_monitor_show(p, &result);
    if (bens_group_metrics(s, path) != BENS_OK ||
        bens_monitor_write(p, &result, path) != BENS_OK)
        fprintf(stderr, "bens train: warning: %s\n", bens_error_text());
    return BENS_OK;
}

static void warn_of_lost_lines(double n)
{
    if (n == 0) return;
    fprintf(stderr,
            "bens train: warning: metrics.jsonl lacks %.0f lines, which the disk did "
            "not take; the draws are complete\n",
            n);
}

/* Local, rank 0. All draws of the run are on disk: what do they say? */
static bens_status sum_up(const bens_session *s, double seconds, bool *trusted)
{
    bens_draws *draws;
    bens_summary summary;
    BENS_TRY(bens_draws_open(s->config.run.output, &draws));
    const bens_status status = bens_summary_read(draws, &summary);
    bens_draws_close(draws);
    if (status != BENS_OK) return status;
    if (!s->request->quiet) bens_summary_show(s, &summary, seconds);
    *trusted = bens_summary_judge(s, &summary);
    return BENS_OK;
}

/* Local. The error of a strict run that is done. */
static bens_status tell_trust(const bens_session *s, bool trusted)
{
    if (!trusted && s->config.run.strict)
        BENS_FAIL(BENS_ERR_TRUST, "the run is not to be trusted, for the reasons above, "
                                  "and [run] strict = true");
    return BENS_OK;
}

/* Collective. Chains do not wait for each other, but their ranks do so here; one that failed
 * does not keep it to itself until then. */
static bens_status meet(const bens_session *s, bens_status status)
{
    enum { SECONDS = 5 };
    bool all;
    BENS_TRY(bens_comm_meet(s->world, status == BENS_OK ? INFINITY : SECONDS, &all));
    if (all) return BENS_OK;
    fprintf(
        stderr,
        "bens train: warning: rank %d has failed and waits for the end of the others, "
        "which go on: %s\n",
        bens_comm_rank(s->world), bens_error_text());
    return bens_comm_meet(s->world, INFINITY, &all);
}

/* Collective, but for BENS_ERR_PEER, with which a rank leaves at once. */
static bens_status finish(bens_group *g, bens_status status, double start)
{
    const bens_session *s = g->session;
    double sum[2] = {g->stopped};
    if (g->record != NULL) sum[1] = (double)bens_record_unreported(g->record);
    bens_progress_clear(g->progress);
    if (status == BENS_ERR_PEER) return status;
    BENS_TRY(meet(s, status));
    BENS_TRY(bens_comm_sum(s->world, sum, 2, status));
    if (sum[0] > 0) return tell_stopped(s);
    bool trusted = true;
    if (bens_session_speaks(s)) {
        status = sum_up(s, bens_clock() - start, &trusted);
        if (status == BENS_OK) warn_of_lost_lines(sum[1]);
    }
    BENS_TRY(bens_comm_agree(s->world, status));
    BENS_TRY(finish_monitor(g));
    return bens_comm_agree(s->world, tell_trust(s, trusted));
}

/* Local, rank 0. */
static void warn_of_states(const bens_session *s, double n_back)
{
    if (n_back == 0) return;
    fprintf(
        stderr,
        "bens train: warning: the checkpoints of %.0f chain%s count draws that '%s' has "
        "not (lost by the file system, or an older copy): from an earlier state, or "
        "from step 0, they are made again, with the same bits\n",
        n_back, n_back == 1 ? "" : "s", s->config.run.output);
}

/* Collective, but for BENS_ERR_PEER. */
static bens_status sample(bens_session *s)
{
    bens_group g;
    bens_status status = bens_group_create(s, &g);
    double n_back = s->grid.shard == 0 ? (double)g.n_back : 0;
    status = bens_comm_sum(s->world, &n_back, 1, status);
    if (status == BENS_OK) {
        if (bens_session_speaks(s)) warn_of_states(s, n_back);
        if (bens_session_speaks(s)) bens_monitor_warn(&s->problem);
        const double start = bens_clock();
        status = finish(&g, bens_group_run(&g), start);
    }
    bens_group_release(&g);
    return status;
}

/* Local, rank 0. Are all files there, all draws done, and was everything told? */
static bens_status look_if_finished(const bens_session *s, bool *finished)
{
    *finished = s->draws->n_complete == s->draws->n_draws;
    for (int64_t i = 0; i < s->layout.n_samples; i++)
        if (s->layout.samples[i].is_new) *finished = false;
    if (!*finished || s->problem.monitored == NULL) return BENS_OK;
    return bens_metrics_have_average(s->config.run.output, s->grid.n_chains,
                                     s->problem.n_draws, finished);
}

/* Local, rank 0. Nothing is to be done; a strict run says again what it said at its end. */
static bens_status tell_finished(const bens_session *s)
{
    bens_summary summary;
    if (!s->request->quiet)
        printf("the run in '%s' is finished: %lld chains x %lld draws; nothing to do\n",
               s->config.run.output, (long long)s->grid.n_chains,
               (long long)s->problem.n_draws);
    if (!s->config.run.strict) return BENS_OK;
    BENS_TRY(bens_summary_read(s->draws, &summary));
    return tell_trust(s, bens_summary_judge(s, &summary));
}

/* Collective. */
static bens_status is_finished(bens_session *s, bool *finished)
{
    double done = 0;
    bens_status status = BENS_OK;
    if (bens_session_speaks(s)) {
        status = look_if_finished(s, finished);
        done = *finished;
        if (status == BENS_OK && *finished) status = tell_finished(s);
    }
    BENS_TRY(bens_comm_sum(s->world, &done, 1, status));
    *finished = done > 0;
    return BENS_OK;
}

/* Local, rank 0. The rows that the monitor knew, from the state of the first chain. */
static bens_status check_monitored(bens_session *s)
{
    bens_keeper *keeper = NULL;
    bens_chain chain;
    int64_t unused;
    const bens_layout *l = &s->layout;
    const bool any = l->n_checkpoints > 0 && !l->checkpoint[0].is_new;
    if (s->problem.monitored == NULL || !any) return BENS_OK;
    BENS_TRY(bens_chain_create(&s->work, (uint32_t)s->grid.first_chain, &chain));
    bens_status status =
        bens_keeper_open(s->config.run.output, l, &s->problem, 0, 1, &keeper);
    if (status == BENS_OK) status = bens_keeper_load(keeper, s->done, &chain, &unused);
    if (status == BENS_OK) status = bens_monitor_check(&s->problem, &chain, 1);
    bens_keeper_close(keeper);
    bens_chain_release(&chain);
    return status;
}

/* Local, rank 0. Are chains and model those of the run that is there? */
static bens_status check_chains(bens_session *s)
{
    const bool same_backend = strcmp(s->old.run.backend, s->config.run.backend) == 0;
    bens_resume_warn(s->config.run.output, &s->layout, s->draws);
    if (s->config.store.lp == BENS_LP_FULL && s->grid.n_shards == 1)
        BENS_TRY(bens_resume_check_model(s->draws, &s->work, same_backend));
    return check_monitored(s);
}

/* Collective. */
static bens_status run(bens_session *s)
{
    bool finished = false;
    if (s->request->dry_run) return bens_plan_show(s);
    if (s->old.model != NULL) BENS_TRY(is_finished(s, &finished));
    if (finished) return BENS_OK;
    if (s->old.model != NULL) {
        const bens_status status = bens_session_speaks(s) ? check_chains(s) : BENS_OK;
        BENS_TRY(bens_comm_agree(s->world, status));
    }
    bens_draws_close(s->draws); /* it has a byte for every draw */
    s->draws = NULL;
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
