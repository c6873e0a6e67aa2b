/* resume.h - a run that goes on where it was stopped or killed. */
#ifndef BENS_RUN_RESUME_H
#define BENS_RUN_RESUME_H

#include "io/draws.h"
#include "run/chain.h"
#include "run/config.h"
#include "run/layout.h"
#include "run/train.h"

/* Collective. Is there a run in the folder to go on with? *old (NULL if not) is
 * its settings as config.ini has them, or samples.h5 where that is lost; owned by the
 * caller (malloc). Rank 0 takes the folder first. resume = must: an error if there is
 * none. *remains = true: there is no run, and what may lie there is of a start that was
 * killed before samples.h5 was there; it may be removed.
 * Errors: BENS_ERR_CONFIG, BENS_ERR_IO: among them draws without a samples.h5. */
bens_status bens_resume_find(bens_comm *world, const char *folder,
                             bens_resume_choice resume, bens_layout *layout, char **old,
                             bool *remains);

/* Local. Settings that were left to the run (chains = auto) take the old values. */
void bens_resume_adopt(const bens_config *old, bens_config *config);

/* Local. Refuses what would change the draws: a list of keys with both values.
 * More chains and draws, other ranks, shards of the same slices, threads,
 * times and thresholds are fine.
 * Errors: BENS_ERR_CONFIG. */
bens_status bens_resume_check(const bens_draws *draws, const char *folder,
                              const bens_config *old, const bens_config *config,
                              uint64_t data_hash);

/* Local. A line on stderr if chains that have draws have lost their checkpoint. */
void bens_resume_warn(const char *folder, const bens_layout *layout,
                      const bens_draws *draws);

/* Collective over the shards. Does the model as it is now give the last draw of the first
 * chain the log posterior that it had? Settings and data do not show that the file
 * of a plug-in has another content. For runs with [store] lp = full; where draws were
 * rounded or are not whole there is one line on stderr instead.
 * Errors: BENS_ERR_CONFIG. */
bens_status bens_resume_check_model(const bens_draws *draws, bens_workspace *work,
                                    bool same_backend);

#endif
