/* convergence_work.h - the room inside bens_convergence and what its files share. */
#ifndef BENS_ANALYSIS_CONVERGENCE_WORK_H
#define BENS_ANALYSIS_CONVERGENCE_WORK_H

#include "analysis/convergence.h"

typedef struct {
    uint64_t key; /* in the order of the values */
    uint32_t at;  /* where the value was        */
} bens_sort_item;

struct bens_convergence {
    size_t n_chains, n_draws, n; /* n = n_chains n_draws                                */
    size_t n_fft;                /* power of two >= 2 n_draws; turn and z are made when */
                                 /* an autocovariance first wants them                  */
    double *y;                   /* [n] what is worked on                               */
    double *sorted;              /* [n] ascending                                       */
    double *rho;                 /* [n_draws] autocorrelations                          */
    double *mean;                /* [2 n_chains] of the chains or halves in y           */
    bens_sort_item *item[2];     /* [n] each                                            */
    double *turn, *z, *power;    /* [n_fft], [n_fft][2], [n_fft]                        */
};

/* Chains in y: rows of `len` draws. */
typedef struct {
    size_t n_rows, len;
} bens_rows_shape;

/* Are the draws such that something can be said about them? */
bool bens_draws_valid(const bens_convergence *w, const double *x, size_t min_draws,
                      size_t min_chains);

/* y = the halves of x, or x itself. */
bens_rows_shape bens_draws_split(bens_convergence *w, const double *x);
bens_rows_shape bens_draws_whole(bens_convergence *w, const double *x);

/* Mean of x [n], and variance with n - 1 about it. */
double bens_draws_mean(const double *x, size_t n);
double bens_draws_variance(const double *x, size_t n, double mean);

/* sorted [n] = x [n] ascending; item[0] its order. */
void bens_draws_sort(bens_convergence *w, const double *x, size_t n);
double bens_sorted_quantile(const double *sorted, size_t n, double prob);
double bens_sorted_median(const double *sorted, size_t n);

/* y [n] becomes the normal scores of its ranks, equal values taking their mean rank
 * (Blom's (rank - 3/8) / (n + 1/4)); sorted is what y was. */
void bens_draws_rank(bens_convergence *w, size_t n);
/* y [n] becomes |y - median|, the median being that of `sorted` [n]. */
void bens_draws_fold(bens_convergence *w, size_t n);

/* Of the rows in y. ESS overwrites y. */
double bens_rows_r_hat(bens_convergence *w, bens_rows_shape rows);
double bens_rows_ess(bens_convergence *w, bens_rows_shape rows);

/* ESS of the indicator x <= value, split. */
double bens_draws_ess_below(bens_convergence *w, const double *x, double value);

#endif
