/* least_squares.h - a linear regression of few columns as few rows.
 *
 * With the QR decomposition [X y] = Q [R z], sum over i of (y_i - x_i w)^2 = |z -
 * R w|^2 for every w: R and z are a data set of columns + 1 rows that has the
 * same sum of squares. All in double, and by rotations: unlike with X^T X no
 * digit of the residuals is lost. */
#ifndef BENS_MODELS_LEAST_SQUARES_H
#define BENS_MODELS_LEAST_SQUARES_H

#include "data/data.h"

enum { BENS_LEAST_SQUARES_WIDTH = 16 };
typedef struct {
    int n_columns; /* 1 ... BENS_LEAST_SQUARES_WIDTH, with the constant, which is last */
    double r[BENS_LEAST_SQUARES_WIDTH + 1]
            [BENS_LEAST_SQUARES_WIDTH + 1]; /* [R z], triangular */
} bens_least_squares;

/* Local. All rows of data with a real target, a constant column behind them if
 * `intercept`; features + intercept <= BENS_LEAST_SQUARES_WIDTH. */
void bens_least_squares_fill(const bens_data *data, bool intercept,
                             bens_least_squares *out);

/* Local. The sum of squares at w [n_columns]; slope [n_columns] (may be NULL) = the sum
 * over i of (y_i - x_i w) x_i, minus half of its gradient. */
double bens_least_squares_at(const bens_least_squares *s, const double *w, double *slope);

#endif
