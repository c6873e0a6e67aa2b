/* predict_parts.h - what the files of `bens predict` share. */
#ifndef BENS_RUN_PREDICT_PARTS_H
#define BENS_RUN_PREDICT_PARTS_H

#include "analysis/scores.h"
#include "analysis/uncertainty.h"
#include "analysis/variances.h"
#include "io/predictions.h"
#include "run/config.h"
#include "run/predict.h"

/* ---- the model, and the rows it is asked about (predict_model.c) ---- */

/* A thread's own model, because its state holds scratch. */
typedef struct {
    bens_params params;
    void *state;
    float *theta;            /* [params.n]                                  */
    float *out;              /* [rows][n_raw] of the model                  */
    double *mean, *variance; /* [rows][n_outputs], [rows] of the likelihood */
    double *each;            /* [rows] log p(y)                             */
    float *row;              /* [rows] to be written                        */
} bens_predict_worker;

typedef struct {
    bens_data *data; /* NULL: a plug-in's own     */
    int64_t n;       /* rows; 0: none of this set */
    bool scored;     /* has y                     */
    /* the mixture of all members, on rank 0: */
    double *mean; /* [n][n_outputs]; plug-ins: NULL, and total = log_density */
    double *total, *noise, *model; /* [n] tu, au, eu or var_ */
} bens_forecast;

enum { BENS_SET_DATA, BENS_SET_OOD, BENS_N_SETS };

typedef struct {
    const bens_predict_request *request;
    bens_comm *world;
    bens_comm *node; /* the ranks on this node: they share the rows; owned */
    bens_draws *draws;
    bens_config config;
    bens_data *like; /* no rows: names and classes; NULL for a plug-in */
    bens_prediction_kind kind;
    bool counts;       /* reals that are Poisson about their mean, and not normal */
    int64_t n_outputs; /* classes; 1 otherwise */
    int64_t n_raw;     /* outputs of the model */
    bool has_parameter;
    size_t parameter; /* of the likelihood: its offset in the arena */
    int n_workers;
    bens_predict_worker *worker;
    bens_forecast set[BENS_N_SETS];
    bens_members members;
    int64_t block; /* rows at a time */

    bens_predictions *file;
    bens_rectangle cells; /* of posterior_predictive and log_likelihood */
    char path[BENS_PATH_SIZE], temporary[BENS_PATH_SIZE];
    double seconds;
} bens_predictor;

/* Local. The run and its model once a thread. Errors: BENS_ERR_CONFIG, BENS_ERR_IO. *out
 * must be released even then. */
bens_status bens_predictor_create(const bens_predict_request *request, bens_comm *world,
                                  bens_predictor *out);
void bens_predictor_release(bens_predictor *p); /* Collective */

/* Collective. The rows that it is asked about: one copy on a node. Errors: likewise. */
bens_status bens_predictor_open(bens_predictor *p);

/* Local. Rows at a time, and room for them; the members must be there. */
bens_status bens_predictor_allocate(bens_predictor *p);

/* ---- units of members (predict_unit.c) ---- */

/* Members whose pair distances stand for those of all in the CRPS; exact up to here. */
enum { BENS_CRPS_MEMBERS = 256 };

/* What a unit of members says about a block of rows: sums over its members in their
 * order. */
typedef struct {
    double n_members;
    bens_uncertainty classes;
    bens_variances reals;
    double *log_density; /* [rows] log sum p(y); plug-ins, and others with y     */
    double *below;       /* [rows] sum P(Y <= y); the rest of them: reals with y */
                         /* (counts: sum of P(Y < y) + P(Y = y) / 2)             */
    double *distance;    /* [rows] sum E|Y - y|; counts: 0                       */
    int64_t n_pairing;   /* members that stand for all in the CRPS; counts: 0    */
    double *mean, *sd;   /* [n_pairing][rows] of those                           */
    double *values;      /* all of these arrays, owned; n_values of them         */
    size_t n_values;
} bens_unit;

/* Collective. unit [n_units] for rows first ... first + n - 1 of a set, complete on all
 * ranks; each rank has made its part of them. Writes the groups of draws on the way, with
 * `record`. *out must be released even after a failure. */
bens_status bens_units_create(bens_predictor *p, int set, int64_t first, int64_t n,
                              bool record, bens_unit **out);
void bens_units_release(bens_unit *unit, int64_t n);

/* Collective. value [n] of rank `root` becomes that of all. */
bens_status bens_values_share(bens_comm *world, int root, double *value, size_t n);

/* Local. The mixture of all members, into the forecast of the set. */
bens_status bens_units_merge(bens_predictor *p, const bens_unit *unit, int set,
                             int64_t first, int64_t n);

/* ---- scores and their errors (predict_score.c) ---- */

typedef enum {
    BENS_NLL,
    BENS_ACCURACY,
    BENS_BRIER,
    BENS_ECE,
    BENS_RMSE,
    BENS_CRPS,
    BENS_COVERAGE,
    BENS_TOTAL,
    BENS_NOISE,
    BENS_MODEL, /* means over rows */
    BENS_AUROC_TU,
    BENS_AUROC_EU,
    BENS_FPR95_TU,
    BENS_FPR95_EU,
    BENS_N_METRICS,
} bens_metric;

/* The level of the central interval that `coverage` is about. */
#define BENS_COVERAGE_LEVEL 0.95

/* Values of all metrics; NaN for those that do not apply. */
typedef struct {
    double value[BENS_N_METRICS], error[BENS_N_METRICS];
    bens_class_sums sums; /* classes: of the estimate, for the reliability bins */
} bens_scores;

/* Local. Does it apply? Its name in the file. */
bool bens_metric_applies(const bens_predictor *p, bens_metric metric);
const char *bens_metric_name(const bens_predictor *p, bens_metric metric);

/* Collective. All rows of all sets: forecasts and scores with bootstrap errors. */
bens_status bens_predictor_score(bens_predictor *p, bool record, bens_scores *out);

/* ---- what comes of it (predict_write.c, predict_print.c) ---- */

/* Local. p->path; rank 0 looks whether it may be written. Errors: BENS_ERR_CONFIG: a file
 * that is no predictions file has that name; BENS_ERR_IO. */
bens_status bens_predictor_name_file(bens_predictor *p);
/* Collective. Makes the file, under its temporary name, and opens it everywhere. */
bens_status bens_predictor_open_file(bens_predictor *p);
/* Local, rank 0. scores [n_repeats]. */
bens_status bens_predictor_write(bens_predictor *p, const bens_scores *scores);
/* Local, rank 0. */
void bens_predictor_warn(const bens_predictor *p);
void bens_predictor_print(const bens_predictor *p, const bens_scores *scores);

/* Local. Mean and standard deviation of a metric over repeats, and its error (root mean
 * square). */
typedef struct {
    double mean, sd, error;
} bens_summed_score;
bens_summed_score bens_scores_sum(const bens_scores *scores, int64_t n,
                                  bens_metric metric);

#endif
