/* step.h - one step of a chain once the gradient of its batch is there: priors that the
 * kernels do not add, masses, gradient noise, the sampler. Private to run/; all Local. */
#ifndef BENS_RUN_STEP_H
#define BENS_RUN_STEP_H

#include "run/chain.h"

/* Estimates of gradient noise and masses are made in every
 * BENS_ESTIMATE_EVERY-th step. */
enum { BENS_ESTIMATE_EVERY = 8 };

/* Is the gradient of this step wanted in two halves? */
bool bens_chain_wants_halves(const bens_chain *chain);

/* The noise of the batch's mean gradient from the sums over its halves, first [n] of
 * rows1 rows and second [n] of rows2: Var(g) = (g1 - g2)^2 / ((1/rows1 + 1/rows2) (rows1
 * + rows2)), exact in the mean for independent rows, wherever theta is. */
void bens_chain_noise(bens_chain *chain, const float *first, int64_t rows1,
                      const float *second, int64_t rows2);

/* Advances theta, aux and scalars; work->grad [n] is the sum over `rows` rows and
 * is changed. Sets `diverged`. */
void bens_chain_step(bens_chain *chain, int64_t rows);

#endif
