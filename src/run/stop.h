/* stop.h - a run that is asked to stop: by USR1, USR2, TERM or INT, or by its time limit.
 * It then finishes the step, writes checkpoints and exits with 75 ("run me again"). A
 * second one of the same kind ends the process at once. All are Local. */
#ifndef BENS_RUN_STOP_H
#define BENS_RUN_STOP_H

#include <stdbool.h>

/* From now on the signals are caught; first of all, so that none comes too early. */
void bens_stop_watch(void);

/* For what has nothing to save: the signals do again what they do to any process. */
void bens_stop_unwatch(void);

/* Asks by itself so many seconds after bens_stop_watch; 0: never. */
void bens_stop_after(double seconds);

bool bens_stop_asked(void);

/* "USR1", "the time limit"; "" if nobody asked. */
const char *bens_stop_reason(void);

#endif
