/* diagnose.h - `bens diagnose`: may these draws be trusted?
 *
 * Everything is made from the files of a run, on one process: statistics of convergence
 * of every stored number and of lp, temperatures, and, where the run's model can be built
 * again from its stored settings, the kernel Stein discrepancy. docs/diagnose.md says
 * what each of them can see. All functions are Local. */
#ifndef BENS_RUN_DIAGNOSE_H
#define BENS_RUN_DIAGNOSE_H

#include "analysis/ksd.h"
#include "analysis/temperature.h"
#include "io/draws.h"
#include "run/diagnose_rebuild.h"

typedef struct {
    const char *run; /* its folder, or its samples.h5                             */
    const char *const *set; /* [n_set] "diagnose.key=value": stronger than the run's */
    size_t n_set;
    const char *plugin; /* the run's plug-in; NULL: none is loaded, whatever is stored */
    int64_t skip;       /* draws at the begin of each chain that are left out          */
    int threads;        /* 0: as many as OpenMP gives; they do not change a bit        */
    bool all;           /* keep the row of every number, however many there are        */
} bens_diagnose_request;

/* The draws that are looked at: n_draws of each chain, from draw `first` on, which all of
 * these chains have. */
typedef struct {
    int64_t n_chains, n_draws, first;
    int64_t *row;                  /* [n_chains] of the file                     */
    int64_t *superchain;           /* [n_chains] its number in the run           */
    int64_t n_superchains;         /* of these chains                            */
    int64_t n_diverged, n_without; /* chains left out: those that diverged, those */
                                   /* that have no such draw yet                 */
} bens_selection;

enum { BENS_DIAGNOSE_QUANTILES = 3 };
extern const double bens_diagnose_prob[BENS_DIAGNOSE_QUANTILES]; /* .05, .5, .95 */

/* One number: an element of a tensor, or lp. What does not apply is NaN. */
typedef struct {
    int tensor; /* of draws->params; -1: lp */
    size_t element;
    bens_convergence_row c;
    double nested, nested_rank; /* nested R-hat of the values, and of their ranks */
    double quantile[BENS_DIAGNOSE_QUANTILES], mcse_quantile[BENS_DIAGNOSE_QUANTILES];
    double excess; /* > 1: beyond a threshold, by that factor */
} bens_diagnose_row;

/* The worst of the numbers of a tensor (of lp: tensor = -1), NaN where there is none. */
typedef struct {
    int tensor;
    int64_t n, n_beyond, n_constant; /* numbers; beyond a threshold; that never moved */
    double r_hat, nested, ess_bulk, ess_tail, autocorrelation_time;
} bens_diagnose_group;

/* The worst of all numbers in one respect. n_beyond = how many are beyond its threshold;
 * tensor = -2: none has it. */
typedef struct {
    double value;
    int tensor;
    size_t element;
    int64_t n_beyond;
} bens_diagnose_extreme;

enum { BENS_DIAGNOSE_WORST = 20 };
typedef struct {
    int64_t n, n_constant, n_not_finite; /* numbers */
    bens_diagnose_extreme r_hat, nested, ess_bulk, ess_tail;
    double ess_mean; /* the least */
    int n_worst;
    bens_diagnose_row worst[BENS_DIAGNOSE_WORST]; /* by excess, falling */
    bens_diagnose_row *all; /* [n] in the order of the file, lp last; NULL: too many */
    bens_diagnose_group *group; /* [n_groups] tensors, lp last */
    int n_groups;
} bens_diagnose_columns;

/* A temperature of the draws against the one that was asked for. */
typedef struct {
    bool known;
    bool again; /* from gradients made again, not from what is stored */
    bens_temperature t;
    double low, high; /* where the mean lies with probability .95 if all is well */
} bens_diagnose_heat;

/* How the chains' starting points lie. */
typedef enum {
    BENS_STARTS_UNKNOWN,
    BENS_STARTS_APART,  /* superchains (chains, where they are of one) start apart */
    BENS_STARTS_COMMON, /* all start from one point */
} bens_starts;

enum { BENS_REASON_SIZE = 512, BENS_MOST_REASONS = 24 };

/* What the model, built again, says about the draws. */
typedef struct {
    char missing[BENS_REASON_SIZE]; /* why there are no scores; "": there are */
    char no_ksd[BENS_REASON_SIZE];  /* why there is no discrepancy; "": there is */
    int64_t n_chains, n_draws; /* the draws with gradients: so many of so many chains */
    double *heat;              /* [n_chains][n_draws] configurational temperatures    */
    int64_t n_moving;          /* coordinates that are not constant */
    bens_ksd ksd;
    double n_eff; /* independent draws that those of the discrepancy are worth */
    double exact; /* the discrepancy of n_eff exact draws; ksd.ksd / exact is judged */
    bens_starts starts;
} bens_diagnose_scores;

typedef enum { BENS_TRUST, BENS_TRUST_NOT, BENS_TRUST_OPEN } bens_verdict;
typedef enum { BENS_REASON_GOOD, BENS_REASON_BAD, BENS_REASON_NOTE } bens_reason_kind;
typedef struct {
    bens_reason_kind kind;
    char text[BENS_REASON_SIZE];
} bens_reason;

typedef struct {
    const bens_diagnose_request *request; /* borrowed */
    bens_draws *draws;
    bens_config config;   /* of the run, with the thresholds of the request */
    bens_rebuilt problem; /* the run's; all 0 if scores.missing says why not */
    bens_selection used;
    double temperature;  /* asked for: mean over the draws                         */
    bool heated;         /* it differs between draws                               */
    double nested_bound; /* sqrt(1 + 1/M + tau); NaN: no superchains to compare   */
    double nested_limit; /* the same with room for chance: what is judged          */
    bens_diagnose_columns columns;
    bens_diagnose_heat kinetic, configurational;
    bens_diagnose_scores scores;
    double loss_mean, loss_sd, loss_min, loss_max; /* of the last draws, over chains */
    bens_verdict verdict;
    bens_reason reason[BENS_MOST_REASONS];
    int n_reasons;
} bens_diagnosis;

/* out must be released even after a failure. Errors: BENS_ERR_TRUST: there is no draw to
 * look at (none is done, all chains diverged); BENS_ERR_CONFIG: --set, --skip, --plugin,
 * settings that this bens does not know; BENS_ERR_IO. */
bens_status bens_diagnosis_create(const bens_diagnose_request *request,
                                  bens_diagnosis *out);
void bens_diagnosis_release(bens_diagnosis *diagnosis);

/* For people: 90 columns, the worst numbers first and at most 20 of them, or all that are
 * kept. */
void bens_diagnosis_print(const bens_diagnosis *diagnosis, bool all, FILE *out);

/* One JSON object; what is not finite is null. docs/diagnose.md lists its keys. */
bens_status bens_diagnosis_print_json(const bens_diagnosis *diagnosis, FILE *out);

#endif
