/* scores.h - how good predictions are. All functions are Local.
 *
 * The two accumulators are structs of doubles only, so that parts of the data are summed
 * field by field (in a fixed order, where bits matter). Zero-initialised is empty. Scores
 * of no data are NaN. */
#ifndef BENS_ANALYSIS_SCORES_H
#define BENS_ANALYSIS_SCORES_H

#include "analysis/mixture.h"

#include <stdint.h>

enum { BENS_RELIABILITY_BINS = 15 };

/* Sums over data. Bin b holds the confidences in (b / 15, (b + 1) / 15], 0 goes to the
 * first. */
typedef struct {
    double n, nll, hits, brier;
    double bin_n[BENS_RELIABILITY_BINS];
    double bin_confidence[BENS_RELIABILITY_BINS];
    double bin_hits[BENS_RELIABILITY_BINS];
} bens_class_sums;

typedef struct {
    double nll;      /* mean -log p[label], nats; infinite if one is 0                */
    double accuracy; /* of the most probable class, the first of equals               */
    double brier;    /* mean of sum over classes (p_k - [k = label])^2: 0 ... 2       */
    double ece;      /* sum over bins of (share of data) |accuracy - mean confidence| */
                     /* (Guo et al., ICML 2017); confidence is the largest p          */
} bens_class_scores;

/* p [n][n_classes], label [n] in [0, n_classes). A NaN in p makes nll and brier NaN; its
 * datum is no hit and in no bin. */
void bens_class_sums_add(bens_class_sums *sums, const double *p, const int32_t *label,
                         size_t n, size_t n_classes);
bens_class_scores bens_class_sums_finish(const bens_class_sums *sums);

/* Sums over data and outputs. */
typedef struct {
    double n, nll, squares, crps, inside;
} bens_real_sums;

typedef struct {
    double nll;      /* mean -log density of the mixture, nats          */
    double rmse;     /* of the mixture's mean                           */
    double crps;     /* mean, in the units of y                         */
    double coverage; /* share of y in the central interval of the level */
} bens_real_scores;

/* One datum of one output; level in (0, 1). */
void bens_real_sums_add(bens_real_sums *sums, const bens_mixture *mixture, double y,
                        double level);
bens_real_scores bens_real_sums_finish(const bens_real_sums *sums);

#endif
