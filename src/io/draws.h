/* draws.h - the draws of a run, read back: of a finished run, of one that goes on, of one
 * that was killed; of one file or of an index over rectangles.
 *
 * Rows are chains (row r is chain first_chain + r), columns draws. What is open is a
 * snapshot: draws that are done later are not seen. Nothing but addresses is learnt
 * through HDF5; then draws are read where they lie, so one draw costs one read a tensor,
 * and a run that writes beside the reader is not disturbed.
 *
 * The file may be anybody's: hard links only, no external files, types, axes and
 * sizes as the schema says, all bytes within the file, rectangles of an index in or
 * below its folder. All functions are Local. Errors where nothing else is said:
 * BENS_ERR_IO, BENS_ERR_FAILURE. */
#ifndef BENS_IO_DRAWS_H
#define BENS_IO_DRAWS_H

#include "core/params.h"

enum { BENS_DRAW_DONE = 1, BENS_DRAW_DIVERGING = 2 };

typedef struct {
    const char *path;     /* of samples.h5                                         */
    bens_params params;   /* tensors in the file's order, outputs too; flat priors */
    bens_params left_out; /* names and shapes of the model's that are not stored */
    int64_t n_chains, n_draws, first_chain;
    uint8_t *flags;     /* [n_chains][n_draws] of BENS_DRAW_                      */
    int64_t *n_done;    /* [n_chains] draws 0 ... n_done[r] - 1 of row r are done */
    int64_t n_complete; /* the smallest of them: draws that every chain has       */
    int64_t n_data;     /* N                                                      */
    uint64_t seed, data_hash;
    char *config, *layout;        /* bens/config (INI) and bens/layout (JSON) */
    double created;               /* seconds since 1970; NaN: not known       */
    struct bens_draws_file *file; /* private to io/draws*.c                   */
} bens_draws;

/* run: the folder of a run, or the path of its file. Errors: no such file, cut, not of
 * bens: "'runs/a/samples.h5' is no whole samples file: ...". */
bens_status bens_draws_open(const char *run, bens_draws **out);
void bens_draws_close(bens_draws *draws); /* takes NULL */

static inline uint8_t bens_draws_flags(const bens_draws *d, int64_t row, int64_t draw)
{
    return d->flags[row * d->n_draws + draw];
}

/* Is the draw there, of a chain that had not diverged? */
static inline bool bens_draws_is_good(const bens_draws *d, int64_t row, int64_t draw)
{
    return bens_draws_flags(d, row, draw) == BENS_DRAW_DONE;
}

/* Are the parameters those of the run, by name and shape, and all of them stored?
 * Outputs, of either, do not matter.
 * Errors: BENS_ERR_CONFIG: "'...' is of another model: wanted weight [8], found weight
 * [9]; wanted bias [], found none; wanted no gain [3]"; "'...' has no whole draws: [store]
 * tensors left out bias []". */
bens_status bens_draws_match(const bens_draws *draws, const bens_params *params);

/* The parameters of one draw as an arena theta [params->n] in the layout of params (which
 * match; &draws->params is one of them): padding and outputs are 0. A draw that is not
 * done is NaN or half written. Errors: BENS_ERR_CONFIG: a tensor is not there; a number
 * was too large for float16. */
bens_status bens_draws_theta(const bens_draws *draws, const bens_params *params,
                             int64_t row, int64_t draw, float *theta);

/* Draws first ... first + n - 1 of a row, of one tensor (found by name and
 * shape; outputs too): out [n][size]; NaN where there
 * is no file. Errors: as above. */
bens_status bens_draws_tensor(const bens_draws *draws, const bens_tensor *tensor,
                              int64_t row, int64_t first, int64_t n, float *out);

/* Elements begin ... begin + n - 1 of a tensor over all draws: out
 * [n][n_chains][n_draws], NaN where a draw is not done. Errors: as above. */
bens_status bens_draws_elements(const bens_draws *draws, const bens_tensor *tensor,
                                size_t begin, size_t n, double *out);

/* A variable of sample_stats (lp, loss, step, ..., the scalars of a sampler):
 * out [n_chains][n_draws], NaN where a draw is not done. Errors: BENS_ERR_CONFIG:
 * the run has none of that name. */
bool bens_draws_has_stat(const bens_draws *draws, const char *name);
bens_status bens_draws_stat(const bens_draws *draws, const char *name, double *out);
/* The same of one row: out [n_draws]. */
bens_status bens_draws_stat_row(const bens_draws *draws, const char *name, int64_t row,
                                double *out);

/* Compares a draw that is done with its checksum. Errors: BENS_ERR_IO: it was damaged. */
bens_status bens_draws_verify(const bens_draws *draws, int64_t row, int64_t draw);

#endif
