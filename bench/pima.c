/* pima.c - chain-steps/s of Bayesian logistic regression on the Pima data: one chain and
 * many, full batch and batch 32, everything included (order, gradient, noise, update).
 *
 *   bench_pima examples/pima.ini [SECONDS]
 *
 * One core. The peers' figures for the same work are in docs/performance.md. */
#include "core/clock.h"
#include "core/text.h"
#include "io/ini.h"
#include "run/chain.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *name, *batch, *order;
    int n_chains;
} workload;

static bens_status create_problem(const char *path, const workload *w,
                                  bens_config *config, bens_problem *problem)
{
    char *text, batch[64], order[64];
    size_t size;
    snprintf(batch, sizeof batch, "data.batch=%s", w->batch);
    snprintf(order, sizeof order, "data.order=%s", w->order);
    const char *set[] = {batch, order};
    BENS_TRY(bens_ini_load(path, &text, &size));
    const bens_status s = bens_config_create(path, text, size, set, 2, config);
    free(text);
    if (s != BENS_OK) return s;
    const bens_backend *be = bens_backend_find("cpu");
    BENS_TRY(be->start(1));
    return bens_problem_create(config, be, NULL, 1, problem);
}

/* Chains take turns of 1,000 steps, as in a run with thin = 1,000. Best of 5. */
static bens_status measure(bens_workspace *work, int n_chains, double seconds,
                           double *rate)
{
    enum { TURN = 1000 };
    bens_chain *chain = calloc((size_t)n_chains, sizeof *chain);
    if (chain == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory");
    for (int i = 0; i < n_chains; i++)
        BENS_TRY(bens_chain_create(work, (uint32_t)i, &chain[i]));
    *rate = 0;
    for (int repeat = 0; repeat < 5; repeat++) {
        double start = bens_clock(), steps = 0;
        while (bens_clock() - start < seconds / 5)
            for (int i = 0; i < n_chains; i++, steps += TURN)
                BENS_TRY(bens_chain_run(&chain[i], chain[i].step + TURN));
        const double r = steps / (bens_clock() - start);
        if (r > *rate) *rate = r;
    }
    for (int i = 0; i < n_chains; i++) bens_chain_release(&chain[i]);
    free(chain);
    return BENS_OK;
}

static bens_status bench(const char *path, const workload *w, double seconds)
{
    bens_config config;
    bens_problem problem;
    bens_workspace space;
    bens_comm *self;
    double rate;
    char text[32];
    BENS_TRY(create_problem(path, w, &config, &problem));
    BENS_TRY(bens_comm_self(&self));
    BENS_TRY(bens_workspace_create(&problem, "none", self, &space));
    BENS_TRY(measure(&space, w->n_chains, seconds, &rate));
    bens_text_count(rate, text, sizeof text);
    printf("%-12s %-8s %6d  %10s  %8.0f ns\n", w->name, w->order, w->n_chains, text,
           1e9 / rate);
    bens_workspace_release(&space);
    bens_problem_release(&problem);
    bens_config_release(&config);
    bens_comm_destroy(self);
    return BENS_OK;
}

int main(int argc, char **argv)
{
    static const workload works[] = {
        {.name = "full batch", .batch = "full", .order = "shuffle", .n_chains = 1},
        {.name = "full batch", .batch = "full", .order = "shuffle", .n_chains = 256},
        {.name = "batch 32", .batch = "32", .order = "iid", .n_chains = 1},
        {.name = "batch 32", .batch = "32", .order = "iid", .n_chains = 256},
        {.name = "batch 32", .batch = "32", .order = "shuffle", .n_chains = 1},
        {.name = "batch 32", .batch = "32", .order = "shuffle", .n_chains = 256},
    };
    if (argc < 2) {
        fprintf(stderr, "usage: bench_pima examples/pima.ini [SECONDS]\n");
        return BENS_ERR_CONFIG;
    }
    const double seconds = argc > 2 ? atof(argv[2]) : 2;
    printf("%-12s %-8s %6s  %10s  %11s\n", "work", "order", "chains", "steps/s",
           "a step");
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        const bens_status s = bench(argv[1], &works[i], seconds);
        if (s != BENS_OK) {
            fprintf(stderr, "bench_pima: %s\n", bens_error_text());
            return s;
        }
    }
    return 0;
}
