/* option.h - a table of settings, written once: it is the parser, the default, the range
 * check, the help of `bens options` and what is stored with the run. */
#ifndef BENS_CORE_OPTION_H
#define BENS_CORE_OPTION_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* clang-format off */
typedef enum {              /* what the value is      type of the field it fills       */
    BENS_OPTION_BOOL = 1,   /* true | false           bool                             */
    BENS_OPTION_INT,        /* whole number           int64_t                          */
    BENS_OPTION_REAL,       /* finite number          double                           */
    BENS_OPTION_TEXT,       /* any text               char *   (owned by the pool)     */
    BENS_OPTION_PATH,       /* a path                 char *   (made absolute)         */
    BENS_OPTION_CHOICE,     /* one of `choices`       int      (0 for the first)       */
    BENS_OPTION_MATRIX,     /* 1 0.5 / 0.5 2          bens_matrix                      */
    BENS_OPTION_LENGTH,     /* 100 | 3 epochs         bens_length                      */
    BENS_OPTION_TIME,       /* 90 s | 10 min | 2 h    double, in seconds               */
} bens_option_kind;
/* clang-format on */

typedef struct {
    int64_t rows, columns; /* 0 x 0: not given */
    double *value;         /* [rows][columns], owned by the set of options */
} bens_matrix;

typedef enum { BENS_STEPS, BENS_EPOCHS } bens_length_unit;
typedef struct {
    double value; /* steps: a whole number of at most 2^48 - 1 */
    bens_length_unit unit;
} bens_length;

/* One key. A table is an array of these that ends with {0}. TEXT, PATH and MATRIX may be
 * left empty where the preset is "". */
/* clang-format off */
typedef struct {
    const char *name;      /* the INI key                                             */
    bens_option_kind kind;
    size_t offset;         /* of the field in the struct that the table fills         */
    const char *preset;    /* the default as text; NULL: the user must give it        */
    double min, max;       /* INT, REAL, LENGTH: the range; min == max: any; a max of */
                           /* 1e18 and more is no limit worth telling                 */
    bool above_min;        /* min itself is refused                                   */
    bool below_max;        /* max itself is refused                                   */
    const char *word;      /* INT, REAL: a word that stands for word_value: "auto"    */
    double word_value;
    const char *choices;   /* CHOICE: "a|b|c"; TEXT: the names that it may be, shown; */
                           /* PATH: words that are no path and stay as they are       */
    const char *unit;      /* shown by `bens options`; may be NULL                    */
    const char *doc;       /* one line                                                */
} bens_option;
/* clang-format on */

/* What a parsed set of options owns (texts, matrices); freed all at once. */
typedef struct bens_pool bens_pool;
bens_status bens_pool_create(bens_pool **out);
void bens_pool_destroy(bens_pool *pool); /* takes NULL */
/* *out = zeroed bytes on a 64-byte boundary. */
bens_status bens_pool_bytes(bens_pool *pool, size_t bytes, void *out);
bens_status bens_pool_text(bens_pool *pool, const char *text, char **out);

/* Local. Sets one field of `target` from text. `where` ("pima.ini:12", "--set",
 * "default") and `section` only serve the message; relative paths are taken from `folder`
 * ("": the working directory). The field is untouched on an error.
 * Errors: BENS_ERR_CONFIG: what was wanted, what was found, where. */
bens_status bens_option_set(const bens_option *option, void *target, bens_pool *pool,
                            const char *folder, const char *where, const char *section,
                            const char *value);

/* Local. The key of that name; NULL if the table has none. table may be NULL. */
const bens_option *bens_option_find(const bens_option *table, const char *name);

/* Local. The field as text that bens_option_set reads back to the same value. */
bens_status bens_option_print(const bens_option *option, const void *target,
                              bens_pool *pool, char **out);

/* Local. "a number > 0", "one of euler, symplectic", "a whole number from 1 to 64 or
 * auto". */
void bens_option_wanted(const bens_option *option, char *text, size_t size);

#endif
