/* plugin_open.h - finds the table of a user's shared object and checks what it says. */
#ifndef BENS_MODELS_PLUGIN_OPEN_H
#define BENS_MODELS_PLUGIN_OPEN_H

#include "core/params.h"
#include "bens/plugin.h"

/* Local. *out = the table of the shared object at `path` (absolute), of this ABI, with
 * every function that is always wanted. It stays loaded until the program ends:
 * threads and exit handlers of its libraries may outlive every state of it. Errors:
 * BENS_ERR_CONFIG: no such file, no shared object, no table in it, another ABI. */
bens_status bens_plugin_open(const char *path, const bens_plugin **out);

/* Local. Makes the state and checks its shape; *n_data, and the tensors added to
 * params and outputs (both the caller's to release). destroy(*state) is the caller's.
 * settings as bens_plugin.create wants them. Errors: BENS_ERR_CONFIG, with what
 * create() said; BENS_ERR_FAILURE. *state is then NULL. */
bens_status bens_plugin_create(const bens_plugin *plugin, const char *path,
                               const char *const *settings, void **state, int64_t *n_data,
                               bens_params *params, bens_params *outputs);

#endif
