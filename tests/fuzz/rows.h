/* rows.h - what a source of arrays promises about the rows it has read. */
#ifndef TESTS_FUZZ_ROWS_H
#define TESTS_FUZZ_ROWS_H

#include "data/data.h"
#include "fuzz/fuzz.h"

/* All rows are finite as a model sees them, all labels are classes, and the targets are
 * there (but for a file without them, where a model is there). */
static inline void fuzz_check_rows(const bens_data *d, bens_target target, bool is_like)
{
    FUZZ_PROMISE(d->n_rows > 0 && d->n_features > 0 && d->rank >= 1 && d->rank <= 3);
    int64_t n = 1;
    for (int k = 0; k < d->rank; k++) n *= d->dim[k];
    FUZZ_PROMISE(n == d->n_features);
    float *const x = malloc((size_t)n * sizeof *x);
    FUZZ_PROMISE(x != NULL);
    for (int64_t i = 0; i < d->n_rows; i++) {
        const bens_rows one = {.first = i, .n = 1};
        bens_data_gather(d, &one, 0, 1, x);
        for (int64_t j = 0; j < n; j++) FUZZ_PROMISE(x[j] - x[j] == 0);
    }
    free(x);
    FUZZ_PROMISE(is_like || (d->label != NULL) == (target == BENS_TARGET_CLASS));
    FUZZ_PROMISE(is_like || (d->y != NULL) == (target == BENS_TARGET_REAL));
    for (int64_t i = 0; d->label != NULL && i < d->n_rows; i++)
        FUZZ_PROMISE(d->label[i] >= 0 && d->label[i] < d->n_classes);
    for (int64_t i = 0; d->y != NULL && i < d->n_rows; i++)
        FUZZ_PROMISE(d->y[i] - d->y[i] == 0);
}

/* Bit 0 of flags: a real target; bit 1: for a model that knows rows of [2][2]. */
static inline void fuzz_read_rows(const bens_source *source, const void *options,
                                  const char *path, int flags)
{
    const bens_target target = (flags & 1) != 0 ? BENS_TARGET_REAL : BENS_TARGET_CLASS;
    const bool is_like = (flags & 2) != 0;
    const bens_data like = {.n_features = 4, .rank = 2, .dim = {2, 2}};
    bens_data *d = NULL;
    const bens_status s =
        bens_source_read(source, options, path, target, is_like ? &like : NULL, &d);
    fuzz_check_error(s);
    if (s != BENS_OK) return;
    fuzz_check_rows(d, target, is_like);
    bens_data_destroy(d);
}

#endif
