/* index_parts.h - what an index is made of: the runs or files that go into it, and the
 * rectangles they have. Private to run/index*.c; all Local. */
#ifndef BENS_RUN_INDEX_PARTS_H
#define BENS_RUN_INDEX_PARTS_H

#include "io/folder.h"
#include "io/samples_recall.h"
#include "run/config.h"

typedef enum {
    BENS_INDEX_NONE,    /* the folder is a run of one file: nothing to do   */
    BENS_INDEX_FILES,   /* its parts are samples.0000.h5, ... of one run    */
    BENS_INDEX_FOLDERS, /* its parts are sub-folders, a run each            */
} bens_index_kind;

typedef struct {
    char name[256]; /* "samples.0001.h5" or "0003"; in the folder     */
    bool there;     /* a sub-folder may have no samples.h5 yet        */
    int64_t first_chain, n_chains, first_draw, n_draws, n_done;
} bens_index_part;

typedef struct {
    const char *folder;
    bens_index_kind kind;
    bens_index_part *part; /* [n_parts] by name                               */
    int n_parts;
    bens_samples_part *rectangle; /* [n_rectangles], row: number of the chain */
    int n_rectangles;
    bens_pool *pool;   /* names of rectangles                                   */
    bens_draws *first; /* the first part that is there, open                  */
    bens_samples_recalled about; /* of it                                     */
    bens_config config;          /* of it                                     */
} bens_index;

/* What the folder holds: kind, the parts' names and whether they are there. */
bens_status bens_index_find(const char *folder, bens_index *out);
/* Opens every part that is there, compares it with the first, lists its rectangles. */
bens_status bens_index_look(bens_index *index);
void bens_index_release(bens_index *index);

#endif
