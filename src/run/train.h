/* train.h - `bens train`: from settings to draws on disk. */
#ifndef BENS_RUN_TRAIN_H
#define BENS_RUN_TRAIN_H

#include "comm/comm.h"

#include <stdbool.h>

typedef enum { BENS_RESUME_NEVER, BENS_RESUME_AUTO, BENS_RESUME_MUST } bens_resume_choice;

typedef struct {
    const char *config;     /* path of the INI file        */
    const char *const *set; /* [n_set] "section.key=value" */
    size_t n_set;
    const char *argv;    /* the command line, kept with the run */
    const char *version; /* of bens, kept with the run          */
    bool overwrite, dry_run, quiet;
    bens_resume_choice resume; /* go on with the run in the folder */
} bens_train_request;

/* Collective. All ranks return the same status, but for BENS_ERR_PEER: a rank that lost
 * another returns at once, and the caller must end the job (bens_comm_abort). Rank 0
 * speaks: progress and warnings on stderr, the plan (dry_run) and the summary on stdout.
 * Errors: any; BENS_ERR_TRUST if [run] strict and a chain diverged (all is on disk);
 * BENS_STOPPED: asked to stop, checkpointed. */
bens_status bens_train(bens_comm *world, const bens_train_request *request);

#endif
