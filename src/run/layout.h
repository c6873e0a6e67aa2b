/* layout.h - which files a run has: one rectangle of chains x draws per 16 groups of
 * ranks. */
#ifndef BENS_RUN_LAYOUT_H
#define BENS_RUN_LAYOUT_H

#include "comm/grid.h"
#include "io/samples.h"

enum { BENS_GROUPS_A_FILE = 16 };

/* The rectangles of a run. One: its file is samples.h5. More: they are samples.0000.h5,
 * ... and samples.h5 is a virtual index over them. */
typedef struct {
    int n_parts;
    int64_t *begin; /* [n_parts + 1]: part i has rows begin[i] ... begin[i + 1] - 1 */
    char **name;    /* [n_parts] file names */
    int lock;       /* descriptor that keeps other runs out of the folder, or -1 */
} bens_layout;

/* Local. Parts without chains are left out. */
bens_status bens_layout_create(int64_t n_chains, int64_t n_groups, bens_layout *out);
void bens_layout_release(bens_layout *layout);

/* Local. The part that holds row `row`. */
int bens_layout_part(const bens_layout *layout, int64_t row);

/* Collective. Makes the folder, all files of samples, config.ini; then every rank may
 * open its rectangle. `spec` describes the whole run. Rank 0 keeps the folder locked until
 * the layout is released. */
bens_status bens_layout_build(bens_layout *layout, bens_comm *world,
                              const bens_grid *grid, const bens_samples_spec *spec,
                              const char *folder, bool overwrite);

#endif
