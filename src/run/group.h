/* group.h - the chains of this rank's group of shards on their way: steps, draws,
 * checkpoints, looks of a monitor. */
#ifndef BENS_RUN_GROUP_H
#define BENS_RUN_GROUP_H

#include "io/folder.h"
#include "run/keeper.h"
#include "run/monitor.h"
#include "run/progress.h"
#include "run/record.h"
#include "run/session.h"
#include "run/summary.h"

/* The chains, and where their draws go (shard 0 writes). */
typedef struct {
    bens_session *session;
    int64_t n;
    bens_chain *chain;   /* [n] */
    int64_t *step;       /* [n] where each chain is, for the record */
    int64_t *drawn;      /* [n] draws that it had when we began     */
    int64_t n_back;      /* chains whose latest state was of no use */
    bens_record *record; /* NULL on other shards */
    bens_keeper *keeper; /* of checkpoints       */
    double kept;         /* clock of the last checkpoint */
    bool stopped;        /* asked to, and all is on disk */
    bens_progress *progress;
    bens_monitor *monitor; /* NULL: nothing is monitored */
    int64_t n_diverged;
} bens_group;

/* Collective over the shards. Chains at their start, or where their checkpoints are; the
 * files of the session are there. *out must be released even after a failure. */
bens_status bens_group_create(bens_session *session, bens_group *out);
void bens_group_release(bens_group *g);

/* Collective over the shards; no communication between groups. Steps and draws until all
 * are done, or the run is asked to stop (g->stopped). */
bens_status bens_group_run(bens_group *g);

/* Local. The path of metrics.jsonl: one file a node, for appending is atomic only there. */
bens_status bens_group_metrics(const bens_session *session, char path[BENS_PATH_SIZE]);

#endif
