/* draws_file.h - where the draws of a run lie: its variables, and the files that hold
 * them. Private to io/draws*.c; all Local. */
#ifndef BENS_IO_DRAWS_FILE_H
#define BENS_IO_DRAWS_FILE_H

#include "io/draws.h"
#include "io/folder.h"
#include "io/samples_layout.h"

/* A variable with chains and draws. */
typedef struct {
    const char *group;
    char name[BENS_NAME_SIZE];
    bens_h5_type type;
    int rank;
    hsize_t shape[BENS_SAMPLES_RANK];
    size_t n; /* elements of one draw */
} bens_draws_variable;

/* A rectangle of a run: rows row ... row + n_rows - 1, draws
 * draw ... draw + n_draws - 1. */
typedef struct {
    int fd;
    int64_t row, n_rows, draw, n_draws;
    uint64_t *address; /* [n_variables] of the first byte */
} bens_draws_part;

typedef struct bens_draws_file {
    char path[BENS_PATH_SIZE];
    int n_variables; /* the tensors of the table first, in its order, then */
    bens_draws_variable *variable; /* the statistics */
    int n_parts;
    bens_draws_part *part;
    int n_mapped; /* rectangles of an index, also those that are missing */
    bens_samples_part *mapped;
} bens_draws_file;

/* The table of tensors, the variables, and what the file says besides. */
bens_status bens_draws_read_table(hid_t file, bens_draws *draws);

/* Opens the file at draws->path and reads the table and the rectangles of it; nothing
 * of those that it maps. */
bens_status bens_draws_read_file(bens_draws *draws);

/* The rectangles: the file itself, or those that it maps, which are opened later. */
bens_status bens_draws_find_parts(hid_t file, bens_draws *draws);
/* One that is missing is none. */
bens_status bens_draws_open_parts(bens_draws *draws);

/* -1: none of that name; tensors: the place in the table. */
int bens_draws_find_stat(const bens_draws *draws, const char *name);

/* The place of a tensor of this name and shape; `hint` is tried first. Errors:
 * BENS_ERR_CONFIG. */
bens_status bens_draws_find_tensor(const bens_draws *draws, const bens_tensor *tensor,
                                   int hint, int *out);

/* The part that holds a draw; NULL: none does. */
const bens_draws_part *bens_draws_part_of(const bens_draws *draws, int64_t row,
                                          int64_t draw);

/* Reads `size` bytes. */
bens_status bens_draws_read(const bens_draws *draws, const bens_draws_part *part,
                            uint64_t address, size_t size, void *out);

/* Elements begin ... begin + n - 1 of a variable at every draw that a part holds: calls
 * take(context, row * n_draws + draw, those elements), in no promised order. */
typedef void (*bens_draws_take)(void *context, int64_t cell, const void *elements);
bens_status bens_draws_scan(const bens_draws *draws, int variable, size_t begin, size_t n,
                            bens_draws_take take, void *context);

#endif
