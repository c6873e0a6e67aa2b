/* index.h - the virtual samples.h5 of a run in several files, or of several runs. */
#ifndef BENS_RUN_INDEX_H
#define BENS_RUN_INDEX_H

#include "core/status.h"

#include <stdio.h>

/* Local. FOLDER holds the rectangles samples.0000.h5, ... of one run, or runs in its
 * sub-folders, of one model, one data set and one set of settings, with chains of their
 * own. Writes FOLDER/samples.h5 over all of them, rows by number of the chain; over
 * sub-folders also config.ini, unless one is there that is not its own. A few lines on
 * `out` say what is in it and what is not there; rows and draws that are not there read
 * as NaN and not done. Goes beside runs in the sub-folders.
 * Errors: BENS_ERR_CONFIG: two runs have the same chains, or differ in what makes draws;
 * a run is going on in FOLDER itself. BENS_ERR_IO: there is nothing to be indexed, a file
 * is not whole or cannot be written. */
bens_status bens_index_make(const char *folder, FILE *out);

#endif
