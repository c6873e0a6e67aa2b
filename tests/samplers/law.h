/* law.h - the stationary law of a linear sampler on a Gaussian, from its six numbers
 * alone: the discrete Lyapunov equation of
 *     m'     = a m + b (n - h theta) + s z
 *     theta' = theta + p m + q (n - h theta) + r m'
 * with gradient noise n of variance B. */
#ifndef BENS_TESTS_LAW_H
#define BENS_TESTS_LAW_H

#include "samplers/sampler.h"

#include <math.h>

typedef struct {
    double tt, tm, mm; /* Var(theta), Cov(theta, m), Var(m) */
} covariance;

/* Solves x = A x + b for three unknowns, by elimination with pivots. */
static inline covariance law_solve(double A[3][3], const double *noise)
{
    double row[3][4];
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) row[i][j] = (i == j) - A[i][j];
        row[i][3] = noise[i];
    }
    for (int k = 0; k < 3; k++) {
        int pivot = k;
        for (int i = k; i < 3; i++)
            if (fabs(row[i][k]) > fabs(row[pivot][k])) pivot = i;
        for (int j = 0; j < 4; j++) {
            const double keep = row[k][j];
            row[k][j] = row[pivot][j];
            row[pivot][j] = keep;
        }
        for (int i = 0; i < 3; i++) {
            if (i == k) continue;
            const double factor = row[i][k] / row[k][k];
            for (int j = k; j < 4; j++) row[i][j] -= factor * row[k][j];
        }
    }
    return (covariance){row[0][3] / row[0][0], row[1][3] / row[1][1],
                        row[2][3] / row[2][2]};
}

/* The stationary covariance; of a stable recursion only. */
static inline covariance law_of(bens_langevin c, double h, double B)
{
    const double mt = -c.b * h, mm = c.a; /* m' = mt theta + mm m + nm n + s z */
    const double tt = 1 - c.q * h + c.r * mt, tm = c.p + c.r * mm; /* theta' likewise */
    const double nm = c.b, nt = c.q + c.r * c.b, sm = c.s, st = c.r * c.s;
    double A[3][3] = {{tt * tt, 2 * tt * tm, tm * tm},
                      {tt * mt, tt * mm + tm * mt, tm * mm},
                      {mt * mt, 2 * mt * mm, mm * mm}};
    const double noise[3] = {nt * nt * B + st * st, nt * nm * B + st * sm,
                             nm * nm * B + sm * sm};
    return law_solve(A, noise);
}

/* Without momenta: theta' = theta + q (n - h theta) + s z. */
static inline double law_without_momenta(bens_langevin c, double h, double B)
{
    const double keep = 1 - c.q * h;
    return (c.q * c.q * B + c.s * c.s) / (1 - keep * keep);
}

#endif
