#include "analysis/ksd.h"

#include <math.h>
#include <stdlib.h>

/* Pairs are made in blocks of ROWS x ROWS draws, COLUMNS coordinates at a time, GROUP
 * vectors of LANES pairs at once. All are fixed, and each pair's sums run over the
 * coordinates in order, so the bits depend on neither threads nor instructions. Vectors
 * are those of every x86-64: gcc splits longer ones through memory, and AVX2 would gain a
 * quarter. */
enum { ROWS = 32, COLUMNS = 64, LANES = 2, GROUP = 2 };
typedef double vector __attribute__((vector_size(LANES * sizeof(double))));

typedef struct {
    const float *x, *score;
    const double *scale;
    int64_t n, d;
} sample;

/* Standardised draws of one block, by coordinate. */
typedef struct {
    _Alignas(64) double x[COLUMNS][ROWS], s[COLUMNS][ROWS];
} tile;

/* Sums over coordinates of each pair of two blocks. */
typedef struct {
    vector distance[ROWS][ROWS / LANES]; /* (x - y)^2            */
    vector cross[ROWS][ROWS / LANES];    /* (x - y) (s(x) - s(y)) */
    vector product[ROWS][ROWS / LANES];  /* s(x) s(y)            */
} pairs;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Rows behind the last stay 0 and are not looked at. */
static void load(const sample *of, int64_t block, int64_t column, int64_t n_columns,
                 tile *t)
{
    const int64_t n_rows = smaller(ROWS, of->n - block * ROWS);
    for (int64_t c = 0; c < n_columns; c++) {
        const double scale = of->scale == NULL ? 1 : of->scale[column + c];
        const double inverse = 1 / scale;
        for (int64_t i = 0; i < n_rows; i++) {
            const int64_t at = (block * ROWS + i) * of->d + column + c;
            t->x[c][i] = (double)of->x[at] * inverse;
            t->s[c][i] = (double)of->score[at] * scale;
        }
    }
}

static void add_columns(const tile *a, const tile *b, int64_t n_columns, pairs *sum)
{
    for (int i = 0; i < ROWS; i++)
        for (int first = 0; first < ROWS / LANES; first += GROUP) {
            vector distance[GROUP] = {0}, cross[GROUP] = {0}, product[GROUP] = {0};
            for (int64_t c = 0; c < n_columns; c++)
                for (int v = 0; v < GROUP; v++) {
                    const int at = (first + v) * LANES;
                    const vector y = *(const vector *)(const void *)&b->x[c][at];
                    const vector s = *(const vector *)(const void *)&b->s[c][at];
                    const vector off = a->x[c][i] - y;
                    distance[v] += off * off;
                    cross[v] += off * (a->s[c][i] - s);
                    product[v] += a->s[c][i] * s;
                }
            for (int v = 0; v < GROUP; v++) {
                sum->distance[i][first + v] += distance[v];
                sum->cross[i][first + v] += cross[v];
                sum->product[i][first + v] += product[v];
            }
        }
}

static double stein(double distance, double cross, double product, double d)
{
    const double q = 1 / (1 + distance), root = sqrt(q);
    return root * (product + q * (cross + d - 3 * distance * q));
}

/* The sum of u over the pairs of different draws of two blocks. */
static double block_sum(const sample *of, int64_t one, int64_t other)
{
    tile a = {0}, b = {0};
    pairs sum = {0};
    for (int64_t column = 0; column < of->d; column += COLUMNS) {
        const int64_t n_columns = smaller(COLUMNS, of->d - column);
        load(of, one, column, n_columns, &a);
        load(of, other, column, n_columns, &b);
        add_columns(&a, &b, n_columns, &sum);
    }
    double total = 0;
    for (int64_t i = 0; i < smaller(ROWS, of->n - one * ROWS); i++)
        for (int64_t j = 0; j < smaller(ROWS, of->n - other * ROWS); j++)
            if (one != other || i != j)
                total += stein(sum.distance[i][j / LANES][j % LANES],
                               sum.cross[i][j / LANES][j % LANES],
                               sum.product[i][j / LANES][j % LANES], (double)of->d);
    return total;
}

/* The sum of u over pairs of a draw with itself. */
static double own_sum(const sample *of)
{
    double total = 0;
    for (int64_t i = 0; i < of->n; i++) {
        double sum = (double)of->d;
        for (int64_t c = 0; c < of->d; c++) {
            const double scale = of->scale == NULL ? 1 : of->scale[c];
            const double s = (double)of->score[i * of->d + c] * scale;
            sum += s * s + 0 * (double)of->x[i * of->d + c]; /* a NaN is not overlooked */
        }
        total += sum;
    }
    return total;
}

static bens_status check(const sample *of)
{
    if (of->n < 1 || of->d < 1)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "a kernel Stein discrepancy wants at least 1 draw of 1 coordinate, "
                  "found %lld of %lld",
                  (long long)of->n, (long long)of->d);
    for (int64_t c = 0; of->scale != NULL && c < of->d; c++)
        if (!(of->scale[c] > 0 && isfinite(of->scale[c])))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "a kernel Stein discrepancy wants scales above 0, found %g at "
                      "coordinate %lld: leave out coordinates that do not move",
                      of->scale[c], (long long)c);
    return BENS_OK;
}

bens_status bens_ksd_compute(const float *x, const float *score, int64_t n, int64_t d,
                             const double *scale, bens_ksd *out)
{
    const sample of = {x, score, scale, n, d};
    const int64_t n_blocks = (n + ROWS - 1) / ROWS;
    double *row, total = 0;
    BENS_TRY(check(&of));
    BENS_TRY(bens_alloc((size_t)n_blocks, sizeof *row, &row));

#pragma omp parallel for schedule(dynamic)
    for (int64_t one = 0; one < n_blocks; one++) {
        row[one] = block_sum(&of, one, one);
        for (int64_t other = one + 1; other < n_blocks; other++)
            row[one] += 2 * block_sum(&of, one, other);
    }
    for (int64_t one = 0; one < n_blocks; one++) total += row[one];
    free(row);

    const double count = (double)n, own = own_sum(&of);
    *out = (bens_ksd){.ksd = sqrt(fmax(total + own, 0)) / count,
                      .expected = sqrt(own) / count,
                      .unbiased = total / count / (count - 1)};
    if (isnan(total + own)) out->ksd = NAN;
    return BENS_OK;
}
