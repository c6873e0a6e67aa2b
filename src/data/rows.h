/* rows.h - what the sources have in common whose rows are arrays of a shape: pixels,
 * tokens, measurements. All functions are Local; errors are BENS_ERR_CONFIG and name the
 * file in `where`. */
#ifndef BENS_DATA_ROWS_H
#define BENS_DATA_ROWS_H

#include "data/data.h"

enum { BENS_ROW_RANK = 3 };

/* The setting `scale` of such a source; auto is 0. Times any integer of 32 bits it is
 * still a float. */
#define BENS_ROWS_SCALE(type)                                                            \
    {                                                                                    \
        .name = "scale", .kind = BENS_OPTION_REAL, .offset = offsetof(type, scale),      \
        .preset = "auto", .max = 1e28, .above_min = true, .word = "auto",                \
        .word_value = 0,                                                                 \
        .doc = "factor on the inputs, before standardize; auto: 1/255 for images of "    \
               "bytes (two axes a row and more), else 1"                                 \
    }

/* n_rows, rank, dim, n_features from shape [rank], the rows first, and the scale that
 * `asked` stands for. Errors: too few or too many axes. */
bens_status bens_rows_shape(const char *where, const int64_t *shape, int rank,
                            double asked, bens_data *data);

/* Are all floats of x finite? Errors: the first that is not, by its place. */
bens_status bens_rows_check_floats(const char *where, const bens_data *data);

/* Are the rows of `data` of the shape that those of `like` have? */
bens_status bens_rows_check_like(const bens_data *like, const bens_data *data,
                                 const char *where);

/* label, n_classes and class_names from value [n_rows]: ascending, named by their
 * numbers. Errors: too many different ones. */
bens_status bens_rows_label(const char *where, const int64_t *value, bens_data *data);

/* "[28, 28]" of shape [rank]. */
typedef struct {
    char text[96];
} bens_shape_text;
bens_shape_text bens_shape_show(const int64_t *shape, int rank);

/* "[17, 3, 4]": where element e of the rows is, counted from 0. */
bens_shape_text bens_rows_place(const bens_data *data, int64_t e);

#endif
