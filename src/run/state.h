/* state.h - what a chain is at an instant, as bytes: with them, and the
 * settings, it goes on bit for bit. One list of parts is what is saved,
 * loaded and copied. All are Local. */
#ifndef BENS_RUN_STATE_H
#define BENS_RUN_STATE_H

#include "run/chain.h"

/* Bytes of the state of any chain of the problem. */
uint64_t bens_state_bytes(const bens_problem *problem);

/* state [bens_state_bytes]. Loading leaves what follows from the state
 * out of date, to be made again. */
void bens_state_save(const bens_chain *chain, void *state);
void bens_state_load(const void *state, bens_chain *chain);

/* Draws that the chain had taken. */
int64_t bens_state_drawn(const void *state);

#endif
