/* metrics.h - metrics.jsonl: one JSON object a line, each by a single write(). Local. */
#ifndef BENS_IO_METRICS_H
#define BENS_IO_METRICS_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a monitor adds: how good the chain was at its latest look. */
typedef struct {
    const char *data;  /* the rows that it is about: "train", "test"; NULL: none */
    const char *score; /* what the score is: "accuracy", "rmse"                  */
    int64_t step;
    double loss, value; /* of the score; NaN is written as null */
} bens_monitored;

typedef struct {
    double time; /* seconds since 1970 */
    int rank;
    int64_t chain; /* global number */
    int64_t step;
    int64_t draws; /* on disk, flushed: this is what "reported" means                */
    double loss;   /* mean negative log-likelihood per datum; NaN is written as null */
    double temperature_kinetic;
    bool diverging;
    bens_monitored monitor;
} bens_metric;

/* All draws of all chains together, when a run with a monitor is done. */
typedef struct {
    double time;
    int64_t n_chains, n_draws; /* of the run                                      */
    const char *data, *score;  /* as above                                        */
    double n_members, loss, loss_sd, value, value_sd; /* of draws, one by one     */
    double all_loss, all_value;                       /* of their mean prediction */
    double total, noise, model;                       /* tu, au, eu; variances    */
} bens_metric_average;

typedef struct bens_metrics bens_metrics;

/* path: RUN/metrics.jsonl, opened O_APPEND (made if it is not
 * there), and shared with the other ranks: as long as one of them has it no other run gets
 * the folder (bens_folder_lock). Errors: BENS_ERR_IO. */
bens_status bens_metrics_open(const char *path, bens_metrics **out);
void bens_metrics_close(bens_metrics *metrics); /* takes NULL */
bens_status bens_metrics_put(bens_metrics *metrics, const bens_metric *metric);
bens_status bens_metrics_put_average(bens_metrics *metrics,
                                     const bens_metric_average *average);

/* Reads all metrics*.jsonl of a run's folder (none is no error) and gives each
 * chain's latest line in latest [n_chains] (chain number first_chain + i; time = 0
 * where there is none), as it was at the time `until` (seconds since 1970; INFINITY:
 * now). A cut last line is passed over.
 * Errors: BENS_ERR_IO. */
bens_status bens_metrics_until(const char *folder, double until, int64_t first_chain,
                               int64_t n_chains, bens_metric *latest);

/* *found: the average of a run of so many chains and draws has been told.
 * Errors: BENS_ERR_IO. */
bens_status bens_metrics_have_average(const char *folder, int64_t n_chains,
                                      int64_t n_draws, bool *found);

#endif
