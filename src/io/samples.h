/* samples.h - samples.h5: draws of all chains, opens in ArviZ, xarray and h5py.
 *
 * The file is created whole by one rank: complete, contiguous, early-allocated, NaN
 * where no draw is yet; closed, fsynced, renamed. Ranks then write with pwrite at the
 * addresses that HDF5 gave. No metadata changes after creation; nothing is
 * collective; HDF5 never opens it for writing again. docs/file-format.md has the
 * layout. All functions are Local. */
#ifndef BENS_IO_SAMPLES_H
#define BENS_IO_SAMPLES_H

#include "core/params.h"

/* What the file says besides the draws; everything is borrowed. Texts may be NULL: "". */
typedef struct {
    const bens_params *params; /* what a draw has                                     */
    const bens_params *all;    /* of the model; NULL: params has them                 */
    int64_t first_chain;       /* global number of row 0                              */
    int64_t n_chains;          /* rows of this file                                   */
    int64_t first_draw;        /* number of column 0: > 0 where a run was made longer */
    int64_t n_draws;           /* columns                                             */
    double n_data;             /* N                                                   */
    uint64_t seed, data_hash;
    const char *version; /* of bens */
    const char *config, *argv, *environment, *hosts, *build;
    const char *layout;       /* JSON list of the tensors; NULL: as params has them */
    int64_t n_obs;            /* 0: no observed_data                                */
    const char *obs_name;     /* the variable's name, "y"                           */
    const int32_t *obs_label; /* [n_obs] class index, or NULL                       */
    const float *obs_value;   /* [n_obs] or NULL                                    */
    int64_t n_classes;        /* of obs_label                                       */
    const char *const *class_names; /* [n_classes] or NULL  */
    const char *inputs;     /* JSON: shape and names of a row; NULL: of what follows   */
    int row_rank;           /* axes of a row; 0: nobody knows                          */
    const int64_t *row_dim; /* [row_rank]                                              */
    int64_t n_features;     /* 0: no constant_data  */
    const char *const *feature_names; /* [n_features] or NULL */
    const double *x_mean, *x_sd;      /* [n_features] or NULL */
} bens_samples_spec;

/* sample_stats of one draw, in the user's units. */
typedef struct {
    double lp, loss;
    int64_t step;
    double step_size, temperature, temperature_kinetic, temperature_configurational;
    bool diverging;
    double stat[BENS_MAX_STATS]; /* those that params->stats names */
} bens_draw;

/* Bytes of one file of this shape (a little more than it will have), and of
 * one draw of one chain in it. */
uint64_t bens_samples_bytes(const bens_samples_spec *spec);
uint64_t bens_samples_draw_bytes(const bens_params *params);

/* Creates FOLDER/NAME complete (through a temporary name). Errors: BENS_ERR_IO (disk
 * full: wanted and free bytes; exists), and then nothing is left behind; BENS_ERR_CONFIG
 * (a tensor has the name of a dimension). */
bens_status bens_samples_create(const char *folder, const char *name,
                                const bens_samples_spec *spec);

/* A rectangle of an index: a file in the same folder, and where its chains and draws
 * stand among those of the index. */
typedef struct {
    const char *name;
    int64_t row, n_rows;   /* rows row ... row + n_rows - 1       */
    int64_t draw, n_draws; /* columns draw ... draw + n_draws - 1 */
} bens_samples_part;

/* Creates FOLDER/NAME as a virtual index over rectangles part [n_parts], which do not
 * overlap; what none of them covers reads as NaN, 0 and not done. An existing
 * FOLDER/NAME is replaced at once (a reader sees the old or the new one). Errors:
 * BENS_ERR_IO (two of them do overlap). */
bens_status bens_samples_index(const char *folder, const char *name,
                               const bens_samples_spec *spec,
                               const bens_samples_part *part, int n_parts);

/* What a run's FOLDER/samples.h5 holds: itself, where it is a rectangle, or those
 * that it is an index over, in the order in which they were given to it; whether they
 * are there is not asked. part: owned, one free(), names and all. Errors:
 * BENS_ERR_IO: no such file, cut, not of bens, an index that leads out of its folder
 * or whose rectangles overlap. */
bens_status bens_samples_parts(const char *folder, bens_samples_part **part, int *n_parts,
                               int64_t *n_chains, int64_t *n_draws);

/* Gives FOLDER/samples.h5, a rectangle, the second name samples.0000.h5 (a hard link), so
 * that an index over it and others can replace samples.h5: at every instant that is one
 * of the two. Where an interrupted one has done so already, it is done. Errors:
 * BENS_ERR_IO: samples.0000.h5 is another file; a file system without hard links. */
bens_status bens_samples_promote(const char *folder);

/* Opened for pwrite: HDF5 opens it read-only to learn the addresses and closes
 * it again; the shape is checked against params (borrowed), n_chains and
 * n_draws. Errors: BENS_ERR_IO. */
typedef struct bens_samples bens_samples;
bens_status bens_samples_open(const char *path, const bens_params *params,
                              int64_t n_chains, int64_t n_draws, bens_samples **out);
void bens_samples_close(bens_samples *samples); /* takes NULL */

/* Writes draws first ... first + n - 1 of chain row `row`: theta [n][params->n] arenas
 * and draw [n]; computes the checksums. Does not set `done`. Errors: BENS_ERR_IO,
 * BENS_ERR_FAILURE. */
bens_status bens_samples_put(bens_samples *samples, int64_t row, int64_t first, int64_t n,
                             const float *theta, const bens_draw *draw);
/* fdatasync: what was put is on disk. */
bens_status bens_samples_sync(bens_samples *samples);
/* Sets done = 1 for draws first ... first + n - 1 of row `row`. */
bens_status bens_samples_done(bens_samples *samples, int64_t row, int64_t first,
                              int64_t n);

/* What `bens status` shows of a finished or running file (virtual or not), read-only.
 * Errors: BENS_ERR_IO: no such file, cut, not of bens. */
typedef struct {
    int64_t n_chains, n_draws, first_chain;
    int64_t n_done;     /* of n_chains x n_draws                          */
    int64_t *done;      /* [n_chains] draws done, owned                   */
    int64_t *diverging; /* [n_chains] draws done and flagged, owned       */
    char *config;       /* bens/config, owned                             */
    int64_t n_data;     /* bens/n_data                                    */
    double created;     /* created_at in seconds since 1970; NaN: unknown */
} bens_samples_summary;
bens_status bens_samples_summarize(const char *path, bens_samples_summary *out);
void bens_samples_summary_release(bens_samples_summary *summary);

/* Version of HDF5, one line. */
void bens_samples_describe(char *text, size_t size);

#endif
