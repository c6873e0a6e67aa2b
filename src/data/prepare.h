/* prepare.h - what happens to a data set between its file and the models. */
#ifndef BENS_DATA_PREPARE_H
#define BENS_DATA_PREPARE_H

#include "data/data.h"

/* Local. Bytes of a row in memory, as x or raw. */
size_t bens_data_row_bytes(const bens_data *data);

/* Local. Mapped rows become a copy of its own that may be changed. */
bens_status bens_data_own(bens_data *data);

/* Local. Takes round(test_fraction N) rows out of train and makes them *test: the first
 * images of the keyed permutation of stream SPLIT. Both keep the order of the file.
 * Errors: BENS_ERR_CONFIG (one of them would be empty). */
bens_status bens_data_split(const bens_data_request *request, uint64_t seed,
                            bens_data *train, bens_data **test);

/* Local. x = (x - mean) / sd of the training set, in both sets (test may be NULL), and
 * x_mean, x_sd. sd has the divisor n, and is 1 for a feature without variation. */
bens_status bens_data_standardize(bens_data *train, bens_data *test);

/* Local. x = (x - x_mean) / x_sd of `like`, which d gets a copy of. */
bens_status bens_data_standardize_like(const bens_data *like, bens_data *d);

#endif
