/* chain.h - one chain: a trajectory of tempered stochastic-gradient MCMC. */
#ifndef BENS_RUN_CHAIN_H
#define BENS_RUN_CHAIN_H

#include "comm/reduce.h"
#include "io/samples.h"
#include "run/problem.h"

/* What the chains of one rank share, one step at a time. */
typedef struct {
    const bens_problem *problem; /* borrowed */
    bens_reduce *reduce;         /* over the shards of the group, owned       */
    bens_langevin coefficients;  /* of (eps, T): they stay the same in a run  */
    float *grad;                 /* [n]                                       */
    bens_rows_ahead rows;        /* of the latest slice                       */
    bens_status failed;          /* of something Local; it rides in the next sum */
} bens_workspace;

/* Collective over `shards`. */
bens_status bens_workspace_create(const bens_problem *problem, const char *comm,
                                  bens_comm *shards, bens_workspace *out);
void bens_workspace_release(bens_workspace *work);

typedef struct {
    bens_workspace *work; /* borrowed */
    uint32_t number;      /* global; it alone decides the random numbers      */
    int64_t step;         /* steps done                                       */
    float *theta;         /* [n]                                              */
    float **aux;          /* [sampler->n_aux][n]; aux[0] = m                  */
    bens_noise noise;     /* work done ahead, no state                        */
    double batch_value;   /* sum of log-likelihood over the batch of the last */
    int64_t batch_rows;   /* step before a draw, if lp = batch                */
    double sum_m2;        /* sum over steps since the last draw of |m|^2 ...  */
    int64_t n_sum;        /* ... and their number                             */
    bool diverged;        /* theta is NaN from then on, step stays            */
} bens_chain;

/* Local. Chain `number` at its start. */
bens_status bens_chain_create(bens_workspace *work, uint32_t number, bens_chain *out);
void bens_chain_release(bens_chain *chain);

/* Collective over the shards, like bens_reduce_sum. THE LOOP: steps until `until`. A
 * chain that diverges is flagged and stands still; that is no error. */
bens_status bens_chain_run(bens_chain *chain, int64_t until);

/* Collective over the shards. *draw = the statistics of the present state, in the user's
 * units; starts a new interval of the kinetic temperature. */
bens_status bens_chain_draw(bens_chain *chain, bens_draw *draw);

/* Collective over the shards. grad [n] = gradient of the log posterior (sum over all N,
 * prior included, untempered) at theta [n]; *lp its value, *loss the mean negative
 * log-likelihood. */
bens_status bens_chain_log_posterior(bens_workspace *work, uint32_t number,
                                     const float *theta, float *grad, double *lp,
                                     double *loss);

#endif
