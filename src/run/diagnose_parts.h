/* diagnose_parts.h - what the files of `bens diagnose` share. All functions are Local. */
#ifndef BENS_RUN_DIAGNOSE_PARTS_H
#define BENS_RUN_DIAGNOSE_PARTS_H

#include "run/diagnose.h"

/* The chains and draws that are used. superchain: [init] superchain. Errors:
 * BENS_ERR_TRUST (no draw is done, all chains diverged), BENS_ERR_CONFIG (skip leaves
 * none). */
bens_status bens_selection_create(const bens_draws *draws, int64_t skip,
                                  int64_t superchain, bens_selection *out);
void bens_selection_release(bens_selection *used);

/* Is every draw of the run used? */
bool bens_selection_is_all(const bens_selection *used, const bens_draws *draws);

/* The expression that makes the same selection of data opened by ArviZ or xarray. */
void bens_selection_describe(const bens_selection *used, const bens_draws *draws,
                             char *text, size_t size);

/* x [used->n_chains][used->n_draws] out of column [draws->n_chains][draws->n_draws]. */
void bens_selection_take(const bens_selection *used, const bens_draws *draws,
                         const double *column, double *x);

/* *x = a variable of sample_stats at the draws that are used, free() releases it. */
bens_status bens_selection_stat(const bens_diagnosis *d, const char *name, double **x);

/* d->nested_bound, d->nested_limit. */
void bens_diagnose_bounds(bens_diagnosis *d);

/* Whether nested R-hat can be judged: three superchains and more of several chains. */
bool bens_diagnose_nests(const bens_selection *used);

/* d->columns. */
bens_status bens_diagnose_look(bens_diagnosis *d);
void bens_diagnose_columns_release(bens_diagnose_columns *columns);

/* d->scores: the model built again, gradients at the draws, the discrepancy. Whatever
 * stands against it is told in d->scores and is no error, but for a --plugin that cannot
 * be used. */
bens_status bens_diagnose_score(bens_diagnosis *d);

/* d->kinetic, d->configurational as they are stored. */
bens_status bens_diagnose_heats(bens_diagnosis *d);
/* d->configurational from d->scores, where none is stored. */
bens_status bens_diagnose_heat_again(bens_diagnosis *d);

/* d->verdict and its reasons, from all the rest. */
void bens_diagnose_judge(bens_diagnosis *d);

/* "weight[preg]", "w[3, 0]", "lp". */
void bens_diagnose_name(const bens_diagnosis *d, int tensor, size_t element, char *text,
                        size_t size);

#endif
