/* diagnose_rebuild.h - the problem of a finished run once more, from the settings stored
 * in its file, for what needs the density itself. */
#ifndef BENS_RUN_DIAGNOSE_REBUILD_H
#define BENS_RUN_DIAGNOSE_REBUILD_H

#include "run/chain.h"

typedef struct {
    bens_config config;
    bens_comm *self;
    bens_problem problem;
    bens_workspace work;
} bens_rebuilt;

/* Local. The run's problem on this process alone: same data (compared by hash), same
 * tensors, same slices, backend cpu. A plug-in is loaded from `plugin` only; NULL, with a
 * run that has one: an error. *out must be released even after a failure. Errors:
 * BENS_ERR_CONFIG, BENS_ERR_IO: why it cannot be built again. */
bens_status bens_rebuilt_create(const bens_draws *draws, const char *plugin,
                                bens_rebuilt *out);
void bens_rebuilt_release(bens_rebuilt *rebuilt);

/* Local. The settings in the file, with `set` [n_set] on top, on backend cpu. Errors:
 * BENS_ERR_CONFIG. */
bens_status bens_rebuilt_config(const bens_draws *draws, const char *const *set,
                                size_t n_set, bens_config *out);

/* Local. The same with [model] path = plugin; NULL: as it is in the file. */
bens_status bens_rebuilt_config_with(const bens_draws *draws, const char *plugin,
                                     bens_config *out);

#endif
