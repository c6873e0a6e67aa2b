/* roc.h - does a number (an uncertainty) tell positives (out of distribution, wrong
 * answers) from negatives? Larger means positive. Local; the arguments are sorted in
 * place, ascending. NaN if either is empty or has a NaN. */
#ifndef BENS_ANALYSIS_ROC_H
#define BENS_ANALYSIS_ROC_H

#include <stddef.h>

/* P(positive > negative) + P(equal) / 2. */
double bens_auroc(double *negative, size_t n_negative, double *positive,
                  size_t n_positive);

/* The share of negatives at or above the largest threshold that at least 95 % of the
 * positives reach. */
double bens_fpr95(double *negative, size_t n_negative, double *positive,
                  size_t n_positive);

#endif
