/* keeper.h - the checkpoints of this rank's chains. All are Local. */
#ifndef BENS_RUN_KEEPER_H
#define BENS_RUN_KEEPER_H

#include "run/layout.h"
#include "run/state.h"

typedef struct bens_keeper bens_keeper;

/* The checkpoints that hold rows first_row ... first_row + n_chains - 1 of the run.
 * Errors: BENS_ERR_IO. */
bens_status bens_keeper_open(const char *folder, const bens_layout *layout,
                             const bens_problem *problem, int64_t first_row,
                             int64_t n_chains, bens_keeper **out);
void bens_keeper_close(bens_keeper *keeper); /* takes NULL */

/* Bytes that the keeper of n_chains needs while it works. */
uint64_t bens_keeper_bytes(const bens_problem *problem, int64_t n_chains);

/* The states of all chains [n_chains] to disk; each is there whole, or the one before it.
 * Errors: BENS_ERR_IO. */
bens_status bens_keeper_save(bens_keeper *keeper, const bens_chain *chain);

/* Chains that have a state take it; the others stay where they start. A state that knows
 * of more draws than the done [n_chains] that are on disk would leave a hole behind it:
 * such a chain takes the state before, or none, and *n_back counts it. */
bens_status bens_keeper_load(bens_keeper *keeper, const int64_t *done, bens_chain *chain,
                             int64_t *n_back);

#endif
