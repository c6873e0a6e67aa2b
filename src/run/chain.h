/* chain.h - one chain: a trajectory of tempered stochastic-gradient MCMC. */
#ifndef BENS_RUN_CHAIN_H
#define BENS_RUN_CHAIN_H

#include "comm/reduce.h"
#include "io/samples.h"
#include "run/problem.h"

/* What the chains of one rank share, one step at a time. */
typedef struct {
    const bens_problem *problem; /* borrowed                                         */
    bens_reduce *reduce;         /* over the shards of the group, owned              */
    float *grad;                 /* [n]                                              */
    bool grad_left;              /* as the model's latest call wrote it              */
    float *half;                 /* [n] of half a batch; NULL: no noise is estimated */
    float *row;                  /* [stored.n] a draw as it is kept                  */
    float *outputs;              /* [outputs.n] of the model                         */
    double *square;              /* [n_tensors] scratch                              */
    bens_order halves;           /* the batches in twice the slices                  */
    bens_rows_ahead rows;        /* of the latest slice                              */
    bens_status failed;          /* of something Local; it rides in the next sum     */
} bens_workspace;

/* Collective over `shards`. */
bens_status bens_workspace_create(const bens_problem *problem, const char *comm,
                                  bens_comm *shards, bens_workspace *out);
void bens_workspace_release(bens_workspace *work);

/* The doubles that a chain carries from step to step; all are part of its state. */
typedef struct {
    double m2;        /* |m|^2 after the last step                              */
    double sum_m2;    /* sum of that over steps since the last draw ...         */
    double n_sum;     /* ... and their number                                   */
    double n_noise;   /* estimates of the gradient noise so far                 */
    double n_clamped; /* steps that inject too little noise to reduce           */
    double n_mass;    /* estimates of the masses so far                         */
    double taken;     /* mean taken off s^2 in the last step for gradient noise */
    double *sampler;  /* [problem->n_scalars] the sampler's own                 */
    double *noise;    /* [n_tensors] variance of scale grad per coordinate      */
    double *square;   /* [n_tensors] mean square of the gradient: the masses    */
} bens_scalars;

/* What the monitor has seen of a chain (monitor.h); part of its state, too. */
typedef struct {
    uint64_t data;      /* hash of the rows that it is about                        */
    int64_t step;       /* of the latest look, 0: none                              */
    double loss, score; /* then; NaN: it has diverged                               */
    int64_t n_lost;     /* draws that are no numbers                                */
    double *average;    /* [bens_monitor_size()] of the others; NULL: not monitored */
} bens_watch;

typedef struct {
    bens_workspace *work; /* borrowed                                    */
    uint32_t number;      /* global; it alone decides the random numbers */

    /* The state (state.h): with it a run goes on bit for bit. */
    int64_t step;      /* steps done                                         */
    int64_t drawn;     /* draws taken                                        */
    float *theta;      /* [n]                                                */
    float **aux;       /* [sampler->n_aux][n], ended by NULL; aux[0] = m     */
    float *noise_each; /* [n] as scalars.noise, of every coordinate; or NULL */
    bens_scalars scalars;
    double batch_value; /* sum of log-likelihood over the batch of the last */
    int64_t batch_rows; /* step before a draw, if lp = batch                */
    bool diverged;      /* theta is NaN from then on, step stays            */
    bens_watch watch;

    /* What follows from it. */
    bens_langevin *c;            /* [n_tensors] coefficients of ...              */
    double c_eps, c_before, c_T; /* ... these; NaN: out of date                  */
    bool clamped;                /* some of them would need negative noise       */
    float *s;                    /* [n] noise of each coordinate; NULL: c has it */
    bens_noise noise;            /* work done ahead                              */
} bens_chain;

/* Local. Chain `number` at its start. */
bens_status bens_chain_create(bens_workspace *work, uint32_t number, bens_chain *out);
void bens_chain_release(bens_chain *chain);

/* Collective over the shards, like bens_reduce_sum. THE LOOP: steps until `until`. A
 * chain that diverges is flagged and stands still; that is no error. */
bens_status bens_chain_run(bens_chain *chain, int64_t until);

/* Collective over the shards. *draw = the statistics of the present state, in the user's
 * units; starts a new interval of the kinetic temperature. *row = what is stored of theta
 * and the model's outputs [stored.n], borrowed until the next call. */
bens_status bens_chain_draw(bens_chain *chain, bens_draw *draw, const float **row);

/* Collective over the shards. grad [n] = gradient of the log posterior (sum over all N,
 * prior included, untempered) at theta [n]; *lp its value, *loss the mean negative
 * log-likelihood. */
bens_status bens_chain_log_posterior(bens_workspace *work, uint32_t number,
                                     const float *theta, float *grad, double *lp,
                                     double *loss);

#endif
