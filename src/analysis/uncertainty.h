/* uncertainty.h - which part of a prediction's uncertainty is noise, and which is
 * ignorance.
 *
 * Members m of weight w_m (1, or a bootstrap count) predict p_m over K classes. With
 * p = sum w_m p_m / sum w_m and entropies H in nats
 *
 *   TU = H(p)                total
 *   AU = mean of H(p_m)      aleatoric: noise in the data
 *   EU = mean of KL(p_m | p) epistemic: disagreement of members; TU = AU + EU
 *
 * (Depeweg et al., ICML 2018). EU is summed as divergences, all terms >= 0: when a member
 * or a group B joins a group A, the sum grows by w_A KL(p_A | p) + w_B KL(p_B | p), so
 * nothing cancels, EU of one member is 0, and that of almost equal members keeps its
 * digits.
 *
 * An accumulator of `n_values` doubles, which may be sent; _merge joins two. The result
 * depends on the order of members and on which were joined as groups, on nothing else:
 * equal bits want the same groups in the same order. All functions are Local. */
#ifndef BENS_ANALYSIS_UNCERTAINTY_H
#define BENS_ANALYSIS_UNCERTAINTY_H

#include "core/status.h"

typedef struct {
    size_t n_inputs, n_classes, n_values;
    double *values;     /* all of the state, owned: the arrays below      */
    double *weight;     /* [1] sum of the weights                         */
    double *p;          /* [n_inputs][n_classes] weighted mean            */
    double *entropy;    /* [n_inputs] sum of w H(p_m)                     */
    double *divergence; /* [n_inputs] sum of w KL(p_m | p)                */
} bens_uncertainty;

/* Empty. n_inputs, n_classes >= 1. Errors: BENS_ERR_FAILURE. */
bens_status bens_uncertainty_create(size_t n_inputs, size_t n_classes,
                                    bens_uncertainty *out);
void bens_uncertainty_release(bens_uncertainty *u);
/* The accumulator whose state is values [bens_uncertainty_size()] (zeros: empty), which
 * stay the caller's: it is not released. */
size_t bens_uncertainty_size(size_t n_inputs, size_t n_classes);
bens_uncertainty bens_uncertainty_over(double *values, size_t n_inputs, size_t n_classes);
/* Empty again. */
void bens_uncertainty_clear(bens_uncertainty *u);

/* One member: p [n_inputs][n_classes] >= 0, divided here by its sum. Weight 0 changes
 * nothing; p with a NaN, or all 0, gives NaN for its input. */
void bens_uncertainty_add(bens_uncertainty *u, double weight, const double *p);

/* All members of `from`, which has the same shape, as one group behind those of u. */
void bens_uncertainty_merge(bens_uncertainty *u, const bens_uncertainty *from);

/* tu, au, eu [n_inputs]; tu = au + eu to rounding, at most log K. NaN without members.
 * The mean is u->p. */
void bens_uncertainty_finish(const bens_uncertainty *u, double *tu, double *au,
                             double *eu);

#endif
