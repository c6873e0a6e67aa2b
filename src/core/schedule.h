/* schedule.h - factors on the step size and on the temperature that change over a run.
 *
 *   constant    1
 *   polynomial  (1 + t / offset)^-power    Robbins and Monro 1951: for power in (1/2, 1]
 *               the sum of eps_t diverges and that of eps_t^2 does not
 *   cosine      (1 + cos(pi t / (length - warmup))) / 2, from step `length` on 0
 *   cyclical    a step size falls by (1 + cos(pi t / cycle)) / 2 in every cycle, to begin
 *               again with 1; a temperature is 0 for the first `explore` steps of a
 *               cycle, then 1 (Zhang et al., "Cyclical stochastic gradient MCMC",
 *               ICLR 2020)
 *
 * then floor + (1 - floor) x that. During warmup step i has the factor (i + 1) /
 * warmup, so that its last one has 1; t is 0 at the step behind it. Cycles are
 * counted from step 0 instead: there the warmup multiplies. A cyclical temperature
 * knows neither floor nor warmup. */
#ifndef BENS_CORE_SCHEDULE_H
#define BENS_CORE_SCHEDULE_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    BENS_SCHEDULE_CONSTANT,
    BENS_SCHEDULE_POLYNOMIAL,
    BENS_SCHEDULE_COSINE,
    BENS_SCHEDULE_CYCLICAL,
} bens_schedule_kind;

/* All lengths in steps. */
typedef struct {
    bens_schedule_kind kind;
    double power, floor;    /* power >= 0, 0 <= floor <= 1                   */
    int64_t warmup, offset; /* offset >= 1                                   */
    int64_t length;         /* cosine: where it ends, warmup included        */
    int64_t cycle, explore; /* 0 <= explore < cycle; cycle = 0: no cycles    */
    bool is_temperature;    /* cyclical means 0 or 1                         */
} bens_schedule;

/* Local. The factor of step t >= 0 (the one that leads from t to t + 1 steps done); in
 * [0, 1], bit for bit the same on every machine. */
double bens_schedule_at(const bens_schedule *schedule, int64_t t);

/* Local. The number of steps done at draw k >= 0: burn_in + (k + 1) thin. With cycles
 * draws are taken every `thin` steps of the sampling phases (the steps of a cycle behind
 * its first `explore`) of the cycles that begin at burn_in or later, the first of a phase
 * when it is `thin` steps old; 1 <= thin <= cycle - explore. */
int64_t bens_schedule_draw(const bens_schedule *schedule, int64_t burn_in, int64_t thin,
                           int64_t k);

/* Local. Is step t in the exploration of a cycle? Without cycles: false. */
bool bens_schedule_explores(const bens_schedule *schedule, int64_t t);

#endif
