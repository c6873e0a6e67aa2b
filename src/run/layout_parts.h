/* layout_parts.h - lists of rectangles. Private to run/layout*.c; all Local. */
#ifndef BENS_RUN_LAYOUT_PARTS_H
#define BENS_RUN_LAYOUT_PARTS_H

#include "run/layout.h"

/* One more, to be made, at the end of list [*n]; NULL: no memory. */
bens_rectangle *bens_layout_append(bens_rectangle **list, int64_t *n);

/* Those to be made for rows row ... end - 1, cut where 16 groups' chains end, and for draws
 * draw ... last - 1. Errors: BENS_ERR_FAILURE. */
bens_status bens_layout_add_rows(int64_t n_chains, int64_t n_groups, int64_t row,
                                 int64_t end, int64_t draw, int64_t last,
                                 bens_rectangle **list, int64_t *n);

/* Free names for those to be made: samples.0003.h5; the first checkpoint has no number. */
void bens_layout_name_new(bens_rectangle *list, int64_t n, const char *what,
                          bool plain_first);

#endif
