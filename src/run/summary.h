/* summary.h - the last word of a run: what was done, and whether to believe it. */
#ifndef BENS_RUN_SUMMARY_H
#define BENS_RUN_SUMMARY_H

#include "run/session.h"

/* Sums over the draws that have such a temperature. */
typedef struct {
    double n, sum, squares;
    double wanted; /* sum of the temperatures that were asked for at these draws */
} bens_thermometer;

typedef struct {
    int64_t n_diverged; /* chains                                              */
    double n_overflows; /* numbers of draws that float16 did not hold          */
    double n_clamped;   /* steps with more gradient noise than noise to inject */
    bens_thermometer kinetic, configurational; /* of draws that are numbers    */
} bens_summary;

/* Local. What all draws of a run that is done say together, as they are on disk: whoever
 * made them, and however often it was stopped. Errors: BENS_ERR_IO: draws are missing. */
bens_status bens_summary_read(const bens_draws *draws, bens_summary *out);

/* Local. Chains, draws, time, rate, file and mean temperatures on stdout. */
void bens_summary_show(const bens_session *session, const bens_summary *summary,
                       double seconds);

/* Local. Warns on stderr where a chain diverged, where a thermometer is off by a factor
 * of two and by more than four errors of its mean. False if the draws are not to be
 * trusted. */
bool bens_summary_judge(const bens_session *session, const bens_summary *summary);

#endif
