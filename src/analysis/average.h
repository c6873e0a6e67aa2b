/* average.h - the averaged prediction of members about the same data: how good they are
 * one by one, and together.
 *
 * A member m says of datum i: its density log p_m(y_i), and the probabilities of its
 * classes or, of a real target, mean and variance. The average of M members is their
 * mixture, with log p(y_i) = log (1/M sum of p_m(y_i)). Of one member or of the mixture
 *
 *   loss    mean over data of -log p(y_i), nats
 *   score   classes: the accuracy of the most probable one (the first of equals);
 *           a real target: the root mean square of y_i - mean
 *
 * An accumulator like bens_uncertainty, with its rules: one block of doubles, zeros are
 * empty, which may be kept and sent. All functions are Local. */
#ifndef BENS_ANALYSIS_AVERAGE_H
#define BENS_ANALYSIS_AVERAGE_H

#include "analysis/uncertainty.h"
#include "analysis/variances.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked about: n data of n_classes classes (0: a real target), and the truth, of
 * which one is NULL. */
typedef struct {
    size_t n, n_classes;
    const int32_t *label; /* [n] in [0, n_classes) */
    const float *y;       /* [n]                   */
} bens_questions;

/* One member's answers. */
typedef struct {
    const double *log_density; /* [n] log p(y_i)                              */
    const double *mean;        /* [n][n_classes] the probabilities; [n] of y  */
    const double *variance;    /* [n] of y; not looked at where classes count */
} bens_answers;

typedef struct {
    double loss, score;
} bens_member_scores;
bens_member_scores bens_answers_score(const bens_questions *q, const bens_answers *a);

typedef struct {
    size_t n_values;
    double *values;           /* the caller's, all of the state               */
    bens_variances members;   /* [2] loss and score of each member            */
    bens_uncertainty classes; /* the one that the target wants; the other's   */
    bens_variances reals;     /* values are NULL                              */
    double *log_density;      /* [n] log of the sum of p_m(y_i)               */
} bens_average;

size_t bens_average_size(size_t n, size_t n_classes);
/* values [bens_average_size()] stay the caller's. */
bens_average bens_average_over(double *values, size_t n, size_t n_classes);

/* One member. Returns its scores. */
bens_member_scores bens_average_add(bens_average *average, const bens_questions *q,
                                    const bens_answers *a);

/* All members of `from`, which has the same shape, as one group behind the others. */
void bens_average_merge(bens_average *average, const bens_average *from);

/* NaN without members. */
typedef struct {
    double n_members;
    bens_member_scores mean, sd; /* over members; sd with divisor M - 1, NaN of one  */
    bens_member_scores all;      /* of the mixture                                   */
    double total, noise, model;  /* means over data of tu, au, eu or the variances   */
} bens_average_scores;
bens_average_scores bens_average_finish(const bens_average *average,
                                        const bens_questions *q);

#endif
