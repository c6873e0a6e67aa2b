/* problem_plan.h - parts of bens_problem_create. Private to run/. */
#ifndef BENS_RUN_PROBLEM_PLAN_H
#define BENS_RUN_PROBLEM_PLAN_H

#include "run/problem.h"

/* Local. burn_in, thin, n_draws, the schedules and adapt; the
 * order of the batches is there.
 * Errors: BENS_ERR_CONFIG: no steps or too many, a cycle or
 * a burn-in that is too short. */
bens_status bens_problem_plan_lengths(const bens_config *config, bens_problem *problem);

/* Local. outputs, stored and origin; params and stats are there. Errors: BENS_ERR_CONFIG:
 * a pattern of [store] tensors that matches nothing. */
bens_status bens_problem_plan_stored(const bens_config *config, bens_problem *problem);

#endif
