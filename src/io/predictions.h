/* predictions.h - predictions.h5: what a run says about new rows; opens in ArviZ, xarray,
 * h5py.
 *
 * Like samples.h5 it is created whole by one rank, complete and early-allocated, under a
 * temporary name; every rank then writes its part with pwrite; it gets its name when all
 * is there. docs/predict.md has the layout. All functions are Local. */
#ifndef BENS_IO_PREDICTIONS_H
#define BENS_IO_PREDICTIONS_H

#include "core/status.h"
#include "io/folder.h"

#include <stdbool.h>
#include <stdint.h>

/* What a samples file says about the inputs of its model. */
typedef struct {
    int rank;              /* of a row; 0: nobody knows                 */
    int64_t dim[3];        /* [rank]                                    */
    int64_t n_features;    /* 0: nobody knows                           */
    char **feature_names;  /* [n_features]; NULL: they have none        */
    double *x_mean, *x_sd; /* [n_features]; NULL: not standardised      */
    int64_t n_classes;     /* 0: a real target, or no data              */
    char **class_names;    /* [n_classes]                               */
} bens_origin;

/* Errors: BENS_ERR_IO: 'path' is no samples file of a model with features. */
bens_status bens_origin_read(const char *path, bens_origin *out);
void bens_origin_release(bens_origin *origin);

typedef enum {
    BENS_PREDICTS_CLASSES, /* p, tu, au, eu                             */
    BENS_PREDICTS_REALS,   /* mean, sd, var_total, var_noise, var_model */
    BENS_PREDICTS_DENSITY, /* log_density                               */
} bens_prediction_kind;

/* What the file holds; everything is borrowed. Texts may be NULL: "". */
typedef struct {
    bens_prediction_kind kind;
    int64_t n_obs, n_ood;           /* rows; n_ood = 0: no group ood              */
    int64_t n_outputs;              /* classes or outputs                         */
    const char *const *class_names; /* [n_outputs] or NULL              */
    const int32_t *obs_label;       /* [n_obs] or NULL                  */
    const float *obs_value;         /* [n_obs] or NULL                  */
    int n_metrics;                  /* 0: no group scores               */
    const char *const *metric;      /* [n_metrics] names                */
    int64_t n_repeats;              /* 1: no spread of repeats          */
    int64_t n_bins;                 /* 0: no group reliability          */

    bool posterior_predictive, log_likelihood;
    int64_t n_chains, n_draws; /* of these two                          */
    const int64_t *chain;      /* [n_chains] numbers                    */
    const int64_t *draw;       /* [n_draws]                             */

    const char *version; /* of bens */
    const char *config, *argv, *run, *data, *ood, *members;
    int64_t n_members;
    uint64_t seed, data_hash;
} bens_predictions_spec;

/* May `path` be written? Yes if nothing has that name, or a predictions file. Errors:
 * BENS_ERR_CONFIG: something else has it, which is not to be lost. */
bens_status bens_predictions_check(const char *path);

/* Creates a file for `path` (FOLDER/NAME, which may exist) under the name `temporary`.
 * Errors: BENS_ERR_IO: no such folder, disk full (wanted and free bytes). Nothing is left
 * behind then. */
bens_status bens_predictions_create(const char *path, const bens_predictions_spec *spec,
                                    char temporary[BENS_PATH_SIZE]);

/* Opens it for writing, on any rank. Errors: BENS_ERR_IO. */
typedef struct bens_predictions bens_predictions;
bens_status bens_predictions_open(const char *temporary,
                                  const bens_predictions_spec *spec,
                                  bens_predictions **out);
void bens_predictions_close(bens_predictions *file); /* takes NULL */

/* Writes elements first ... first + n - 1 of a variable: double, but float32 for
 * log_likelihood and posterior_predictive, there int32 for classes. Errors: BENS_ERR_IO.
 */
bens_status bens_predictions_put(bens_predictions *file, const char *group,
                                 const char *name, uint64_t first, size_t n,
                                 const void *value);

/* What was put is on disk. */
bens_status bens_predictions_sync(bens_predictions *file);

/* All is there: temporary becomes path, replacing what had that name. */
bens_status bens_predictions_publish(const char *path, const char *temporary);

#endif
