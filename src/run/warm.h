/* warm.h - a run that begins where another ended. All functions are Local. */
#ifndef BENS_RUN_WARM_H
#define BENS_RUN_WARM_H

#include "io/draws.h"

/* theta [params->n]: the start of chain `chain` (global number), [init] from = RUN. Chain
 * c starts from a chain of the run with n chains: k = c - first_chain of the run (k = c
 * if c is below it) starts from row k mod n, at its last draw that is done and had not
 * diverged, and k div n good draws before that one. So no two chains start at one state
 * (of a run that begins with a chain > 0: unless they lie on both sides of it). The draw
 * is compared with its checksum.
 * Errors: BENS_ERR_CONFIG: another model (which tensors differ), not enough good draws;
 * BENS_ERR_IO: a damaged draw. */
bens_status bens_warm_start(const bens_draws *draws, const bens_params *params,
                            uint32_t chain, float *theta);

/* Could chains first ... first + n - 1 start so? Errors: BENS_ERR_CONFIG, as above. */
bens_status bens_warm_check(const bens_draws *draws, const bens_params *params,
                            uint32_t first, int64_t n);

/* Mean and standard deviation (over n - 1) of each element of a tensor over
 * all draws of all chains that are done and had not diverged: means, scales
 * [size], for [prior] from = RUN.
 * Errors: BENS_ERR_CONFIG: no such tensor, fewer than 2 draws, an element that
 * never moved or is not finite. */
bens_status bens_warm_prior(const bens_draws *draws, const bens_tensor *tensor,
                            float *means, float *scales);

#endif
