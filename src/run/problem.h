/* problem.h - what is sampled: settings, data, model and sampler put together. */
#ifndef BENS_RUN_PROBLEM_H
#define BENS_RUN_PROBLEM_H

#include "run/config.h"

typedef struct {
    const bens_config *config; /* borrowed */
    const bens_backend *be;
    bens_data *train, *test; /* NULL for a model with a density of its own */
    bens_params params;      /* with the priors written in                 */
    const bens_model *model;
    void *state;        /* of the model                                     */
    bens_order order;   /* of the mini-batches                              */
    bens_order full;    /* of evaluations over all data: one batch of N     */
    double temperature; /* the user's                                       */
    double T;           /* absolute: temperature / N                       */
    double eps;         /* step size                                        */
    double sigma2;      /* mass: momenta are N(0, sigma2 T)                 */
    int64_t burn_in;    /* steps                                            */
    int64_t thin, n_draws;
} bens_problem;

/* Local. Reads the data, plans the model, resolves lengths in epochs. n_slices >= 1.
 * The backend must have been started. Errors: BENS_ERR_CONFIG, BENS_ERR_IO. */
bens_status bens_problem_create(const bens_config *config, const bens_backend *be,
                                int64_t n_slices, bens_problem *out);
void bens_problem_release(bens_problem *problem);

/* Local. The step after which draw k (0 ... n_draws - 1) is taken. */
int64_t bens_problem_draw_step(const bens_problem *problem, int64_t k);

/* Local. Writes the start of chain `chain` (global number): theta, and its momenta if
 * momenta is not NULL; both [params.n]. Errors: BENS_ERR_CONFIG (flat prior, from =
 * prior). */
bens_status bens_problem_start(const bens_problem *problem, uint32_t chain, float *theta,
                               float *momenta);

#endif
