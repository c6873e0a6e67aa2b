#include "models/least_squares.h"

#include <math.h>

/* Rotates the row into the triangle: what is left of it is 0. */
static void absorb(bens_least_squares *s, double *row)
{
    for (int j = 0; j <= s->n_columns; j++) {
        double *const own = s->r[j];
        const double length = sqrt(own[j] * own[j] + row[j] * row[j]);
        if (length == 0) continue;
        const double c = own[j] / length, d = row[j] / length;
        for (int k = j; k <= s->n_columns; k++) {
            const double upper = own[k];
            own[k] = c * upper + d * row[k];
            row[k] = c * row[k] - d * upper;
        }
    }
}

void bens_least_squares_fill(const bens_data *data, bool intercept,
                             bens_least_squares *out)
{
    const int F = (int)data->n_features;
    BENS_ASSERT(F + intercept <= BENS_LEAST_SQUARES_WIDTH);
    *out = (bens_least_squares){.n_columns = F + intercept};
    for (int64_t i = 0; i < data->n_rows; i++) {
        const bens_rows one = {.first = i, .n = 1};
        float x[BENS_LEAST_SQUARES_WIDTH];
        double row[BENS_LEAST_SQUARES_WIDTH + 1];
        bens_data_gather(data, &one, 0, 1, x);
        for (int j = 0; j < F; j++) row[j] = (double)x[j];
        row[F] = 1;
        row[out->n_columns] = (double)data->y[i];
        absorb(out, row);
    }
}

double bens_least_squares_at(const bens_least_squares *s, const double *w, double *slope)
{
    const int n = s->n_columns;
    double squares = s->r[n][n] * s->r[n][n];
    for (int k = 0; slope != NULL && k < n; k++) slope[k] = 0;
    for (int j = 0; j < n; j++) {
        const double *r = s->r[j];
        double residual = r[n];
        for (int k = j; k < n; k++) residual -= r[k] * w[k];
        for (int k = j; slope != NULL && k < n; k++) slope[k] += residual * r[k];
        squares += residual * residual;
    }
    return squares;
}
