/* convergence.h - do the chains agree, and how many independent draws are they worth?
 *
 * Vehtari, Gelman, Simpson, Carpenter and Buerkner, "Rank-normalization, folding, and
 * localization: an improved R-hat for assessing convergence of MCMC", Bayesian Analysis
 * 2021; Geyer's initial monotone sequence as in Stan. Everything equals ArviZ 0.23 on the
 * same draws, which tests/analysis/golden.py shows, to 1e-9.
 *
 *   x [n_chains][n_draws]   one quantity, draws in order of time
 *
 * Split: every chain is cut in two halves of n_draws / 2 (the middle draw of an odd
 * number is left out) and each half is a chain. All functions are Local and return NaN if
 * a draw is NaN or there are fewer than 4 draws a chain; R-hat wants 2 chains besides.
 * Values that differ by less than 1e-15 in all are constant: R-hat NaN, ESS the number of
 * draws, as in ArviZ. */
#ifndef BENS_ANALYSIS_CONVERGENCE_H
#define BENS_ANALYSIS_CONVERGENCE_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Room to work on quantities of one shape. One per thread;
 * nothing in it outlives a call. */
typedef struct bens_convergence bens_convergence;

/* Local. n_chains, n_draws >= 1. Errors: BENS_ERR_FAILURE (no memory, 2^31 draws or
 * more). */
bens_status bens_convergence_create(size_t n_chains, size_t n_draws,
                                    bens_convergence **out);
void bens_convergence_destroy(bens_convergence *w);

/* clang-format off */
typedef enum {           /* ArviZ's name                                             */
    BENS_R_HAT_RANK,     /* "rank": the larger of z_scale and folded; to be reported */
    BENS_R_HAT_Z_SCALE,  /* "z_scale": of normal scores of the ranks, split          */
    BENS_R_HAT_FOLDED,   /* "folded": of those of |x - median|, split: the scales    */
    BENS_R_HAT_SPLIT,    /* "split": of x itself, split                              */
    BENS_R_HAT_IDENTITY, /* "identity": of x itself, whole chains                    */
} bens_r_hat_kind;
/* clang-format on */

/* Of an odd number of draws the median for folding leaves the middle draws out, as
 * az.rhat does (az.summary does not). Infinite if chains are constant and differ. */
double bens_r_hat(bens_convergence *w, const double *x, bens_r_hat_kind kind);

/* clang-format off */
typedef enum {         /* ArviZ's name                                  */
    BENS_ESS_BULK,     /* "bulk": of normal scores of the ranks, split  */
    BENS_ESS_MEAN,     /* "mean": of x itself, split                    */
    BENS_ESS_SD,       /* "sd": of (x - mean)^2, split                  */
    BENS_ESS_IDENTITY, /* "identity": of x itself, whole chains         */
} bens_ess_kind;
/* clang-format on */

/* Effective sample size. May exceed the number of draws n (antithetic chains), up to n
 * log10 n. */
double bens_ess(bens_convergence *w, const double *x, bens_ess_kind kind);

/* For the quantile at `prob`: that of x <= quantile, split. */
double bens_ess_quantile(bens_convergence *w, const double *x, double prob);

/* The smaller of those at low and high: .05 and .95 in ArviZ 0.23, .11 and .89 in 1.3. */
double bens_ess_tail(bens_convergence *w, const double *x, double low, double high);

/* Draws of a chain that are worth one independent draw: n / ESS of the mean. */
double bens_autocorrelation_time(bens_convergence *w, const double *x);

/* Monte Carlo standard errors: of the mean, of the standard deviation, of the quantile at
 * prob (half the interval of 68 % that the beta distribution of its order statistics
 * gives). */
double bens_mcse_mean(bens_convergence *w, const double *x);
double bens_mcse_sd(bens_convergence *w, const double *x);
double bens_mcse_quantile(bens_convergence *w, const double *x, double prob);

/* The quantile of all draws at prob, R's type 7 (numpy's default). */
double bens_quantile(bens_convergence *w, const double *x, double prob);

/* Nested R-hat: chains in superchains that each share a starting point, for runs of many
 * short chains, down to one draw each. Margossian, Hoffman, Sountsov, Riou-Durand,
 * Vehtari and Gelman, "Nested R-hat: assessing the convergence of Markov chain Monte
 * Carlo when running many short chains", Bayesian Analysis 2024; with K superchains of M
 * chains of N draws:
 *
 *   sqrt(1 + B / W)   B = variance of the K means of superchains
 *                     W = mean over superchains of
 *                         variance of its M chain means (0 if M = 1)
 *                         + mean of its chains' variances (0 if N = 1)
 *
 * superchain [n_chains] is the number of each chain's superchain, never falling. Chains
 * that are missing (diverged) leave superchains of different sizes, which is allowed.
 * ranked: of normal scores of the ranks, for heavy tails, else of x itself. Neither
 * splits. NaN if a draw is NaN, K < 2 or W = B = 0. It sees only differences between
 * superchains: where all chains start from one point it says nothing. */
double bens_nested_r_hat(bens_convergence *w, const double *x, const int64_t *superchain,
                         bool ranked);

/* What nested R-hat must stay below: sqrt(1 + mean over superchains of 1 / M + tau).
 * Stationary chains have B / W near 1 / M; tau is what is tolerated besides. */
double bens_nested_threshold(const int64_t *superchain, size_t n_chains, double tau);

/* All of it for one quantity: 2 to 10 ms for 20,000 draws. */
typedef struct {
    double mean, sd; /* of all draws; sd with n - 1 */
    double r_hat, r_hat_folded;
    double ess_bulk, ess_tail, ess_mean; /* tail: .05, .95 */
    double autocorrelation_time;
    double mcse_mean, mcse_sd;
} bens_convergence_row;
bens_convergence_row bens_convergence_of(bens_convergence *w, const double *x);

#endif
