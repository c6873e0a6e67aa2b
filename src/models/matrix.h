/* matrix.h - small symmetric positive definite matrices in double, for settings. */
#ifndef BENS_MODELS_MATRIX_H
#define BENS_MODELS_MATRIX_H

#include "core/status.h"

#include <stdbool.h>

/* Local. Checks that a [d][d] is symmetric (to 1e-6 of its diagonal: digits that a text
 * has lost) and positive definite, makes it exactly symmetric, and with `invert` replaces
 * it by its inverse. `key` serves the message: the [model] setting it comes from.
 * Errors: BENS_ERR_CONFIG, with the offending numbers; BENS_ERR_FAILURE. */
bens_status bens_matrix_spd(const char *key, size_t d, bool invert, double *a);

#endif
