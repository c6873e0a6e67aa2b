/* summary.h - the last word of a run: what was done, and whether to believe it. */
#ifndef BENS_RUN_SUMMARY_H
#define BENS_RUN_SUMMARY_H

#include "run/session.h"

/* Sums over the draws that have such a temperature. */
typedef struct {
    double n, sum, squares;
    double wanted; /* sum of the temperatures that were asked for at these draws */
} bens_thermometer;

/* Doubles only: all of it is one sum over the ranks. */
typedef struct {
    double n_diverged;   /* chains                                      */
    double n_unreported; /* lines of metrics.jsonl that found no room   */
    double n_stopped;    /* groups that were asked to stop              */
    double n_overflows;  /* numbers of draws that float16 did not hold  */
    double n_clamped;    /* steps with more gradient noise than noise to inject */
    bens_thermometer kinetic, configurational;
} bens_summary;

/* Local. A draw of a diverged chain counts for nothing. */
void bens_summary_add(bens_summary *summary, const bens_draw *draw);

/* Local. Chains, draws, time, rate, file and mean temperatures on stdout. */
void bens_summary_show(const bens_session *session, const bens_summary *summary,
                       double seconds);

/* Local. Warns on stderr where a chain diverged, where a thermometer is off by a factor
 * of two and by more than four errors of its mean, where lines of metrics are missing.
 * False if the draws are not to be trusted. */
bool bens_summary_judge(const bens_session *session, const bens_summary *summary);

#endif
