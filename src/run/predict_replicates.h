/* predict_replicates.h - the mixture of all members and its bootstrap replicates, as sums
 * over rows. Private to run/predict_*.c; all Local.
 *
 * Replicate 0 is the mixture itself, every other one a bootstrap sample of the clusters
 * of units (Efron 1979): drawn with replacement, the mixture made again from their sums.
 * Ranks and threads share the replicates; each sums over all rows in their order, so
 * nothing depends on who does it. */
#ifndef BENS_RUN_PREDICT_REPLICATES_H
#define BENS_RUN_PREDICT_REPLICATES_H

#include "run/predict_parts.h"

/* A standard error from 200 replicates is known to 5 %; rows between two turns of the
 * replicates. */
enum { BENS_REPLICATES = 200, BENS_REPLICATE_ROWS = 64 };

/* Sums over rows of one replicate, and its uncertainties row by row where ranks of rows
 * matter. */
typedef struct {
    double *weight; /* [n_units] how often the cluster of each was drawn             */
    bens_class_sums classes;
    bens_real_sums reals; /* classes and plug-ins: nll only                        */
    double n, total, noise, model;
    double *tu[BENS_N_SETS], *eu[BENS_N_SETS]; /* [n] of the set; NULL without --ood  */
    double *p;                                 /* [n_outputs] scratch                 */
} bens_replicate;

typedef struct {
    bens_predictor *p;
    int first, stride, n; /* this rank's: first, first + stride, ...                  */
    bens_replicate *own;  /* [n]                                                      */
    double *pairs;        /* [rows][n_units][n_units] sums of E|Y - Y'|; or NULL     */
    double *selves;       /* [rows][n_units] those of a member with itself           */
} bens_scoring;

/* How many there are, replicate 0 among them: one cluster cannot be resampled. */
int bens_replicates_count(const bens_predictor *p);

/* This rank's. *s must be released even after a failure. */
bens_status bens_scoring_create(bens_predictor *p, bens_scoring *s);
void bens_scoring_release(bens_scoring *s);

/* Rows first ... first + n - 1 of a set, about which unit [n_units] says all, join the
 * sums of all replicates. */
void bens_scoring_add(bens_scoring *s, const bens_unit *unit, int set, int64_t first,
                      int64_t n);

/* ---- of these rows (predict_rows.c) ---- */

/* Fills pairs and selves of rows first ... end - 1 of the n of unit. */
void bens_scoring_pair(bens_scoring *s, const bens_unit *unit, int64_t n, int64_t first,
                       int64_t end);
/* Row i of unit, which is row first + i of the set, joins the sums of r. */
void bens_replicate_add(const bens_scoring *s, bens_replicate *r, const bens_unit *unit,
                        int set, int64_t first, int64_t i);

#endif
