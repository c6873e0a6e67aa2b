/* data.h - a data set in memory: views of x and y, and a length.
 *
 * To add a source: write data/NAME.c with `bens_source_NAME`, add X(NAME) to list.h. */
#ifndef BENS_DATA_DATA_H
#define BENS_DATA_DATA_H

#include "backend/backend.h"
#include "comm/comm.h"
#include "core/cell.h"
#include "core/option.h"
#include "core/params.h"
#include "io/map.h"

/* Counts are real ones that are whole numbers from 0 to BENS_MAX_COUNT, up to which a
 * float holds each of them. */
typedef enum { BENS_TARGET_CLASS, BENS_TARGET_REAL, BENS_TARGET_COUNT } bens_target;
enum { BENS_MAX_COUNT = (1 << 24) - 1 };

typedef struct {
    int64_t n_rows, n_features;
    int rank;       /* of a row: 1 for a table, 2 or 3 for images, channels last */
    int64_t dim[3]; /* [rank] of a row; their product is n_features               */
    float *x;  /* [n_rows][n_features], scaled, standardised if asked; NULL: the rows */
    void *raw; /* are kept as they were read, [n_rows][n_features] of the type        */
    bens_cell cell;       /* cell, and bens_data_gather does the rest                   */
    double scale;         /* factor on raw                                              */
    int32_t *label;       /* [n_rows] class index; NULL for a real target               */
    float *y;             /* [n_rows] real target; NULL for classes                     */
    int64_t n_classes;    /* 0 for a real target                                        */
    char **class_names;   /* [n_classes] as in the file, in ascending order (numbers by */
                          /* value, texts by strcmp); owned as bens_names_copy makes it */
    char **feature_names; /* [n_features], the same                                     */
    double *x_mean, *x_sd; /* [n_features]; NULL if not standardised          */
    uint64_t hash;         /* xxh64 of these rows as read: x or raw, then label or y */
    bens_map map;   /* what x or raw lies in, read-only; zeroed: it is owned ...      */
    bool is_shared; /* ... or, with label and y, of the ranks of a node together      */
} bens_data;
void bens_data_destroy(bens_data *data); /* takes NULL */

/* Collective over the ranks of one node. *data of rank 0, which may be NULL, becomes that
 * of all: one copy of the rows, or the same mapped file. It goes before `node` does.
 * Errors: BENS_ERR_FAILURE (no memory), BENS_ERR_IO (a mapped file is gone); *data of
 * rank 0 is destroyed then. */
bens_status bens_data_share(bens_comm *node, bens_data **data, bens_status mine);

/* Local. *out = a copy of names [n], one block: free() releases all of it. */
bens_status bens_names_copy(const char *const *names, int64_t n, char ***out);

/* Local. x [n][n_features] = the rows first ... first + n - 1 of `rows`, as a model sees
 * them: bit for bit the same whether they are kept as x or raw. */
void bens_data_gather(const bens_data *data, const bens_rows *rows, int64_t first,
                      int64_t n, float *x);
/* Local. label [n] and y [n] of the same rows; NULL: not wanted. */
void bens_data_gather_targets(const bens_data *data, const bens_rows *rows, int64_t first,
                              int64_t n, int32_t *label, float *y);

/* A source reads one file whole, unstandardised. Its keys stand in [data] beside the
 * common ones; `options` is the struct that they fill. It is asked for classes or reals:
 * that reals are counts is the caller's to see. */
typedef struct {
    const char *name, *doc;
    const bens_option *options;
    size_t options_size;
    bool standardize; /* what [data] standardize = auto means */
    /* Local. Fills *data, which is all zero; the hash, and what is there when it fails,
     * are left to the caller. like = NULL: a file to learn from. Otherwise rows for a
     * model that is there: the features of `like`, found by name and in its order;
     * further ones are not looked at, and a file without the target leaves label and y
     * NULL. Errors: BENS_ERR_CONFIG (what was wanted and found, file, row and column; a
     * feature of `like` that the file lacks), BENS_ERR_IO. */
    bens_status (*read)(const void *options, const char *path, bens_target target,
                        const bens_data *like, bens_data *data);
} bens_source;
const bens_source *bens_source_at(size_t i);           /* NULL behind the last  */
const bens_source *bens_source_find(const char *name); /* NULL if there is none */

/* Local. source->read into a data set of its own; *out is set on success only. */
bens_status bens_source_read(const bens_source *source, const void *options,
                             const char *path, bens_target target, const bens_data *like,
                             bens_data **out);

/* What [data] says, apart from the source's own keys. */
typedef struct {
    char *train, *test;   /* paths; test may be ""               */
    double test_fraction; /* of the rows of train, if test is "" */
    int standardize;      /* 0 or 1, or 2: as source->standardize says */
} bens_data_request;
enum { BENS_STANDARDIZE_AUTO = 2 };

/* Local. Reads, splits (a keyed permutation of stream SPLIT: the first round(f N)
 * images are the test set, both sets keep the order of the file), standardises with the
 * mean and the sd (divisor n, as NumPy) of the training set. A feature without
 * variation gets sd 1. *test is NULL if there is none; a test file has the features of
 * the training file in the same order. Classes come from the training set; a class seen
 * only in the test set is an error, and so is a training set of one class. *train and
 * *test are set on success only.
 * Errors: BENS_ERR_CONFIG, BENS_ERR_IO. */
bens_status bens_data_open(const bens_source *source, const void *options,
                           const bens_data_request *request, bens_target target,
                           uint64_t seed, bens_data **train, bens_data **test);

/* Local. Rows to predict: those of one file, as a model trained on `like` (of which
 * nothing but names, classes, x_mean and x_sd is used) sees them: its features found by
 * name, its classes, standardised by its x_mean and x_sd (NULL: not). label and y are
 * NULL if the file has no target. Errors: BENS_ERR_CONFIG (a feature that the file lacks,
 * a class that `like` lacks), BENS_ERR_IO. */
bens_status bens_data_open_like(const bens_source *source, const void *options,
                                const char *path, bens_target target,
                                const bens_data *like, bens_data **out);

#endif
