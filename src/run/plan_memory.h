/* plan_memory.h - what a run needs of memory. Private to run/. */
#ifndef BENS_RUN_PLAN_MEMORY_H
#define BENS_RUN_PLAN_MEMORY_H

#include "run/session.h"

/* In bytes, of a rank with the most chains. `shared` is measured: the program with its
 * libraries, the data, what the model and the sums of gradients work on; what files
 * and the monitor need comes on top. `chain`: state, averages, draws that wait for
 * the disk. Of `shared` the ranks of a node have `together` once. */
typedef struct {
    double rank, chain, shared, together;
    int64_t n_chains;
} bens_memory;

/* Local, while there is one chain and it has run. */
bens_memory bens_plan_memory(const bens_session *session);

#endif
