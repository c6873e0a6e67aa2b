/* predict.h - `bens predict`: what the members of a run say together about new rows. */
#ifndef BENS_RUN_PREDICT_H
#define BENS_RUN_PREDICT_H

#include "comm/comm.h"
#include "run/predict_members.h"

typedef struct {
    const char *run;     /* a folder, or the path of its samples.h5       */
    const char *data;    /* rows; NULL: [data] test of the run            */
    const char *ood;     /* rows that are out of distribution; NULL: none */
    const char *output;  /* NULL: predictions.h5 beside samples.h5        */
    const char *plugin;  /* NULL: none is loaded                          */
    const char *argv;    /* the command line, kept in the file            */
    const char *version; /* of bens                                       */
    bens_member_choice members;
    int64_t repeats; /* of a random choice of members; 1 otherwise                   */
    int threads;     /* a rank; 0: this rank's share of OpenMP's. They change no bit */
    bool posterior_predictive, log_likelihood, quiet;
} bens_predict_request;

/* Collective. Writes the file. All ranks return the same status, but for BENS_ERR_PEER as
 * in train.h. Rank 0 speaks: warnings on stderr, a table of scores on stdout. The file
 * has the same bits for any number of ranks and threads, but for its dates. Errors: any;
 * BENS_ERR_TRUST: no draw yet, or every chain diverged. */
bens_status bens_predict(bens_comm *world, const bens_predict_request *request);

#endif
