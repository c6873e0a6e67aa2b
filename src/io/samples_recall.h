/* samples_recall.h - what a samples file says besides its draws, read back, so that an
 * index over it and over others says the same. All functions are Local. */
#ifndef BENS_IO_SAMPLES_RECALL_H
#define BENS_IO_SAMPLES_RECALL_H

#include "core/option.h"
#include "io/draws.h"
#include "io/samples.h"

typedef struct {
    bens_samples_spec
        spec;           /* of the file, and with it it lives as long as the draws do */
    bens_params params; /* spec.params: those of the draws, with axes and statistics */
    bens_pool *pool;    /* owns the rest                                             */
} bens_samples_recalled;

/* Of the file that `draws` (borrowed) has open. Errors: BENS_ERR_IO: what it says is no
 * longer there, or not what bens writes; BENS_ERR_FAILURE. */
bens_status bens_samples_recall(const bens_draws *draws, bens_samples_recalled *out);
void bens_samples_forget(bens_samples_recalled *recalled);

#endif
