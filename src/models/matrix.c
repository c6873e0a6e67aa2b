#include "models/matrix.h"

#include <math.h>
#include <stdlib.h>

static bens_status make_symmetric(const char *key, size_t d, double *a)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++) {
            double *low = &a[i * d + j], *high = &a[j * d + i];
            const double scale = sqrt(fabs(a[i * d + i]) * fabs(a[j * d + j]));
            if (!(fabs(*low - *high) <= 1e-6 * scale))
                BENS_FAIL(BENS_ERR_CONFIG,
                          "[model] %s: wanted a symmetric matrix, found %.9g in row %zu, "
                          "column %zu and %.9g in row %zu, column %zu",
                          key, *low, i + 1, j + 1, *high, j + 1, i + 1);
            *low = *high = 0.5 * (*low + *high);
        }
    return BENS_OK;
}

/* L [d][d] with L L^T = a. */
static bens_status cholesky(const char *key, size_t d, const double *a, double *L)
{
    for (size_t j = 0; j < d; j++)
        for (size_t i = j; i < d; i++) {
            double sum = a[i * d + j];
            for (size_t k = 0; k < j; k++) sum -= L[i * d + k] * L[j * d + k];
            if (i == j && !(sum > 1e-14 * fabs(a[j * d + j])))
                BENS_FAIL(BENS_ERR_CONFIG,
                          "[model] %s: wanted a positive definite matrix, found pivot "
                          "%.3g in row %zu of its Cholesky factor (diagonal %g)",
                          key, sum, j + 1, a[j * d + j]);
            L[i * d + j] = i == j ? sqrt(sum) : sum / L[j * d + j];
        }
    return BENS_OK;
}

/* a = (L L^T)^-1, column by column: L y = e_c, then L^T x = y. */
static void invert_factor(size_t d, const double *L, double *a)
{
    for (size_t c = 0; c < d; c++) {
        double *x = a + c * d; /* the inverse is symmetric: its row c is its column c */
        for (size_t i = 0; i < d; i++) {
            double sum = i == c;
            for (size_t k = 0; k < i; k++) sum -= L[i * d + k] * x[k];
            x[i] = sum / L[i * d + i];
        }
        for (size_t i = d; i-- > 0;) {
            for (size_t k = i + 1; k < d; k++) x[i] -= L[k * d + i] * x[k];
            x[i] /= L[i * d + i];
        }
    }
}

bens_status bens_matrix_spd(const char *key, size_t d, bool invert, double *a)
{
    double *L;
    BENS_TRY(make_symmetric(key, d, a));
    BENS_TRY(bens_alloc(d * d, sizeof *L, &L));
    const bens_status s = cholesky(key, d, a, L);
    if (s == BENS_OK && invert) invert_factor(d, L, a);
    free(L);
    return s;
}
