/* layout.h - which files a run has. Its draws are a set of rectangles, chains x
 * draws, each one file; its checkpoints cover the same chains. A new run has
 * one rectangle per 16 groups of ranks; one that is made larger gets further
 * ones, and nothing is copied. */
#ifndef BENS_RUN_LAYOUT_H
#define BENS_RUN_LAYOUT_H

#include "comm/grid.h"
#include "io/checkpoint.h"
#include "io/samples.h"
#include "run/config.h"

enum { BENS_GROUPS_A_FILE = 16, BENS_FILE_NAME = 48 };

/* Rows are chains first_chain + row of the run. A checkpoint has no draws. */
typedef struct {
    char name[BENS_FILE_NAME]; /* in the run's folder */
    int64_t row, n_rows;
    int64_t draw, n_draws;
    int64_t is_new; /* to be made */
} bens_rectangle;

/* One rectangle: its file is samples.h5. More: samples.h5 is
 * a virtual index over them. */
typedef struct {
    bens_rectangle *samples, *checkpoint; /* [n_samples]; [n_checkpoints] by row; owned */
    int64_t n_samples, n_checkpoints;
    bool promote; /* samples.h5, the one rectangle so far, becomes samples.0000.h5 */
    int lock;     /* descriptor that keeps other runs out of the folder, or -1     */
} bens_layout;

/* Local. The files of a new run. */
bens_status bens_layout_create(int64_t n_chains, int64_t n_groups, int64_t n_draws,
                               bens_layout *out);
void bens_layout_release(bens_layout *layout);

/* Collective. The files that `folder` has, and those that it needs besides
 * for n_chains chains of n_draws draws; rank 0 looks. layout is zeroed but
 * for its lock. Errors: BENS_ERR_CONFIG: it has files for more of them. BENS_ERR_IO: among
 * them a checkpoint of a run with settings that make other draws than config, and two of
 * the same chains. */
bens_status bens_layout_extend(bens_comm *world, const char *folder,
                               const bens_config *config, uint64_t state_bytes,
                               int64_t n_chains, int64_t n_groups, int64_t n_draws,
                               bens_layout *layout);

/* Local. Takes the folder for this run until the layout is released; rank 0 only.
 * Errors: BENS_ERR_CONFIG: another run has it. */
bens_status bens_layout_lock(bens_layout *layout, const char *folder);

/* Collective. Makes the folder where it is new, all files that are to be made,
 * config.ini; then every rank may open its rectangles. `spec` describes the whole run,
 * `state_bytes` is the size of a chain's state. The folder is locked by rank 0. */
bens_status bens_layout_build(bens_layout *layout, bens_comm *world,
                              const bens_grid *grid, const bens_samples_spec *spec,
                              uint64_t state_bytes, const char *folder, bool overwrite);

#endif
