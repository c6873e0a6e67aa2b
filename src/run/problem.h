/* problem.h - what is sampled: settings, data, model and sampler put together. */
#ifndef BENS_RUN_PROBLEM_H
#define BENS_RUN_PROBLEM_H

#include "core/schedule.h"
#include "run/config.h"
#include "run/warm.h"

/* Where the variance of the gradient noise comes from. */
typedef enum {
    BENS_NOISE_NONE,
    BENS_NOISE_GIVEN,  /* [sampler] gradient_noise                         */
    BENS_NOISE_TENSOR, /* estimated, one number a tensor                   */
    BENS_NOISE_EACH,   /* of every coordinate: arenas up to BENS_NOISE_FEW */
} bens_noise_kind;
enum { BENS_NOISE_FEW = 4096 };

typedef struct {
    const bens_config *config; /* borrowed */
    const bens_backend *be;
    bens_data *train, *test; /* NULL for a model with a density of its own */
    bens_params params;      /* with the priors written in                 */
    bens_params outputs;     /* of the model: computed from theta          */
    bens_params stored;      /* what of both a draw keeps; its stats       */
    size_t *origin; /* [stored.n_tensors] offset of each in theta or the outputs */
    const bens_model *model;
    void *state;      /* of the model                                          */
    bool has_more;    /* of the log posterior than likelihood and fused priors */
    bens_order order; /* of the mini-batches                                   */
    bens_order full;  /* of evaluations over all data: one batch of N          */
    bens_schedule step_size, heat; /* factors on eps and T                            */
    bool constant;                 /* both are 1 all the time                         */
    double temperature;            /* the user's                                      */
    double T;                      /* absolute: temperature / N                       */
    double eps;                    /* step size                                       */
    double sigma2;                 /* mass: momenta are N(0, sigma2 T); 0: no momenta */
    int64_t adapt;                 /* steps after which what is adapted stays         */
    bens_noise_kind noise;
    int n_scalars;      /* of the sampler                                   */
    int n_stats;        /* the last counts overflows where stored.half      */
    const char **stats; /* what is stored with a draw: names, ended by NULL */
    int64_t settled; /* steps before it are in no mean temperature: burn_in, or half of it
                           where the one draw ends it (thin = 0) */
    int64_t burn_in; /* steps                                            */
    int64_t thin, n_draws;
    const bens_data *monitored; /* what chains are judged by, borrowed; NULL: nothing */
    int64_t monitor_every;      /* steps                                              */
    bens_draws *warm;           /* [init] from = RUN; NULL    */
    bens_pool *pool;            /* means and scales of priors */
} bens_problem;

/* Reads the data, plans the model, resolves lengths in epochs. n_slices >= 1. The backend
 * must have been started. Local where node = NULL; else Collective over these ranks of one
 * node, whose first reads the data for all and which must live as long as *out: but only
 * that is agreed. Errors: BENS_ERR_CONFIG, BENS_ERR_IO. */
bens_status bens_problem_create(const bens_config *config, const bens_backend *be,
                                bens_comm *node, int64_t n_slices, bens_problem *out);
void bens_problem_release(bens_problem *problem);

/* Local. The step after which draw k (0 ... n_draws - 1) is taken. */
int64_t bens_problem_draw_step(const bens_problem *problem, int64_t k);

/* Local. Sets eps, before and T of step t. */
void bens_problem_schedule(const bens_problem *problem, int64_t t, bens_step *at);

/* Local. Writes the start of chain `chain` (global number): theta, and its momenta if
 * momenta is not NULL; both [params.n]. Errors: BENS_ERR_CONFIG (flat prior, from =
 * prior; a run of another model). */
bens_status bens_problem_start(const bens_problem *problem, uint32_t chain, float *theta,
                               float *momenta);

#endif
