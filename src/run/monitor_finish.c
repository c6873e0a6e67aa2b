/* monitor_finish.c - what a monitor has to say, of a chain and of all together. */
#include "core/clock.h"
#include "run/monitor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 10000 }; /* looks at a chain, of which nobody reads each */

static const char *data_name(const bens_problem *p)
{
    return p->monitored == p->test ? "test" : "train";
}

static const char *score_name(const bens_problem *p)
{
    return p->monitored->n_classes > 0 ? "accuracy" : "rmse";
}

bens_monitored bens_monitor_report(const bens_problem *p, const bens_watch *watch)
{
    return (bens_monitored){.data = data_name(p),
                            .score = score_name(p),
                            .step = watch->step,
                            .loss = watch->loss,
                            .value = watch->score};
}

void bens_monitor_warn(const bens_problem *p)
{
    if (p->monitored == NULL) return;
    const int64_t last = bens_problem_draw_step(p, p->n_draws - 1);
    const long long looks = (long long)(last / p->monitor_every);
    if (looks > MANY)
        fprintf(stderr,
                "bens train: warning: [monitor] every = %lld step%s are %lld looks at "
                "each chain, with a line in metrics.jsonl for each; a larger `every` is "
                "cheaper\n",
                (long long)p->monitor_every, p->monitor_every == 1 ? "" : "s", looks);
}

void bens_monitor_describe(const bens_problem *p, const bens_chain *chain, int64_t n,
                           char *text, size_t size)
{
    double loss = 0, score = 0, seen = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < n; i++) {
        const bens_watch *w = &chain[i].watch;
        if (w->step == 0 || isnan(w->loss)) continue;
        loss += w->loss;
        score += w->score;
        seen++;
    }
    if (seen > 0)
        snprintf(text, size, "%s loss %.4g, %s %.4g", data_name(p), loss / seen,
                 score_name(p), score / seen);
}

/* The chains in their order, one at a time, on rank 0; the others send theirs. values
 * [1 + all->n_values]: what of a chain counts, its lost draws and its average. */
static bens_status join(const bens_problem *p, const bens_grid *grid, bens_comm *world,
                        const bens_chain *chain, double *values, bens_average *all,
                        int64_t *n_lost)
{
    const bens_questions q = bens_monitor_questions(p);
    const size_t n = all->n_values;
    const int rank = bens_comm_rank(world);
    int64_t begin, end;
    for (int group = 0; group < grid->n_groups; group++) {
        const int from = group * grid->n_shards;
        bens_grid_deal(grid->n_chains, grid->n_groups, group, &begin, &end);
        for (int64_t row = begin; row < end; row++) {
            if (rank == from) {
                const bens_watch *watch = &chain[row - begin].watch;
                values[0] = (double)watch->n_lost;
                memcpy(values + 1, watch->average, n * sizeof *values);
            }
            BENS_TRY(bens_comm_fetch(world, from, values, 1 + (int64_t)n));
            if (rank != 0) continue;
            const bens_average one = bens_average_over(values + 1, q.n, q.n_classes);
            *n_lost += values[0] > 0;
            if (values[0] == 0) bens_average_merge(all, &one);
        }
    }
    return BENS_OK;
}

bens_status bens_monitor_finish(const bens_problem *p, const bens_grid *grid,
                                bens_comm *world, const bens_chain *chain,
                                bens_monitor_result *out)
{
    const bens_questions q = bens_monitor_questions(p);
    const size_t n = bens_monitor_size(p);
    double *values = NULL; /* of all together, of one */
    bens_status s = bens_alloc(2 * n + 1, sizeof *values, &values);
    s = bens_comm_agree(world, s);
    if (s == BENS_OK) {
        bens_average all = bens_average_over(values, q.n, q.n_classes);
        *out = (bens_monitor_result){.n_lost = 0};
        s = join(p, grid, world, chain, values + n, &all, &out->n_lost);
        out->scores = bens_average_finish(&all, &q);
    }
    free(values);
    return s;
}

static void show_members(const bens_problem *p, const bens_monitor_result *r)
{
    const bens_average_scores *s = &r->scores;
    printf("%-5s data  members  loss %.5g", data_name(p), s->mean.loss);
    if (s->n_members > 1) printf(" +- %.2g", s->sd.loss);
    printf(", %s %.5g", score_name(p), s->mean.score);
    if (s->n_members > 1) printf(" +- %.2g", s->sd.score);
    printf(" (%.0f draw%s", s->n_members, s->n_members == 1 ? "" : "s");
    if (r->n_lost > 0)
        printf("; %lld diverged chain%s left out", (long long)r->n_lost,
               r->n_lost == 1 ? "" : "s");
    printf(")\n");
}

void bens_monitor_show(const bens_problem *p, const bens_monitor_result *r)
{
    const bens_average_scores *s = &r->scores;
    const bool classes = p->monitored->n_classes > 0;
    if (s->n_members == 0) {
        printf("%-5s data  no draw of a chain that has not diverged\n", data_name(p));
        return;
    }
    show_members(p, r);
    printf("            average  loss %.5g, %s %.5g; %s %.4g = %s %.4g + %s %.4g\n",
           s->all.loss, score_name(p), s->all.score, classes ? "tu" : "variance",
           s->total, classes ? "au" : "noise", s->noise, classes ? "eu" : "model",
           s->model);
    fflush(stdout);
}

bens_status bens_monitor_write(const bens_problem *p, const bens_monitor_result *r,
                               const char *path)
{
    const bens_average_scores *s = &r->scores;
    const bens_metric_average line = {.time = bens_clock_date(),
                                      .n_chains = p->config->grid.chains,
                                      .n_draws = p->n_draws,
                                      .data = data_name(p),
                                      .score = score_name(p),
                                      .n_members = s->n_members,
                                      .loss = s->mean.loss,
                                      .loss_sd = s->sd.loss,
                                      .value = s->mean.score,
                                      .value_sd = s->sd.score,
                                      .all_loss = s->all.loss,
                                      .all_value = s->all.score,
                                      .total = s->total,
                                      .noise = s->noise,
                                      .model = s->model};
    bens_metrics *metrics;
    BENS_TRY(bens_metrics_open(path, &metrics));
    const bens_status status = bens_metrics_put_average(metrics, &line);
    bens_metrics_close(metrics);
    return status;
}
