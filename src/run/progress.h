/* progress.h - a bar with an ETA on a terminal, otherwise one plain line at intervals.
 * Local; all functions take NULL, which is silence. */
#ifndef BENS_RUN_PROGRESS_H
#define BENS_RUN_PROGRESS_H

#include "core/status.h"

#include <stdint.h>

typedef struct bens_progress bens_progress;

/* label: what is counted, "rank 0: chains 0-3"; total: steps of all of them, of which
 * `begin` were done before this run. Writes to stderr. */
bens_status bens_progress_create(const char *label, double begin, double total,
                                 bens_progress **out);
void bens_progress_destroy(bens_progress *progress);

/* `done` of `total`; n_diverged chains stand still. Draws at most 5 times a second, and
 * nothing up to `begin`. */
void bens_progress_show(bens_progress *progress, double done, int64_t n_diverged);
/* What is said behind it from now on, at most 79 bytes; "": nothing. */
void bens_progress_note(bens_progress *progress, const char *text);
/* Removes the bar, so that the next line begins on an empty one. */
void bens_progress_clear(bens_progress *progress);

#endif
