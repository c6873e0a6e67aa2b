/* standing.h - how far a run is: what samples.h5 and metrics*.jsonl tell, so also beside a
 * running job, after a kill and on another machine. All functions are Local. */
#ifndef BENS_RUN_STANDING_H
#define BENS_RUN_STANDING_H

#include "io/metrics.h"
#include "io/samples.h"

typedef struct {
    const char *folder;
    bens_samples_summary file;
    double steps;       /* of all chains */
    double steps_total; /* NaN: the settings are of another bens */
    double rate;        /* chain-steps a second; NaN: not known yet */
    double heard;       /* date of the latest line of metrics; 0: none */
    double silence;     /* seconds without a line that are too many */
    bool stopped;       /* no process has the folder; false: not known */
    bens_metric *chain; /* [n_chains] the latest lines, owned; time 0: none */
} bens_standing;

/* silence: seconds without a line that are too many. Errors: BENS_ERR_IO: no folder, no
 * run's, a damaged file. */
bens_status bens_standing_read(const char *folder, double silence, bens_standing *out);
void bens_standing_release(bens_standing *p);

bool bens_standing_is_finished(const bens_standing *p);

/* clang-format off */
typedef enum {
    BENS_RUN_FINISHED,
    BENS_RUN_STOPPED, /* no process has the folder            */
    BENS_RUN_WAITING, /* for the first report                 */
    BENS_RUN_SILENT,  /* nobody has reported for too long     */
    BENS_RUN_RUNNING,
} bens_run_state;
/* clang-format on */
bens_run_state bens_standing_state(const bens_standing *p);

/* Seconds since chain i was last heard of, in a run that others report from or did; 0: it
 * is done, or was heard of not long ago. */
double bens_standing_silence(const bens_standing *p, int64_t i);

/* NaN: not known, or nobody works on it. */
double bens_standing_seconds(const bens_standing *p);

/* What monitors saw last, the mean over chains; data = NULL: there are none. */
bens_monitored bens_standing_monitor(const bens_standing *p);

/* A few lines, or one JSON object, on stdout. Errors: BENS_ERR_FAILURE. */
void bens_standing_print(const bens_standing *p);
bens_status bens_standing_print_json(const bens_standing *p);

#endif
