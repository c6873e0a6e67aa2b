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

/* A step takes the covariance x to A x + noise. */
static inline void law_map(bens_langevin c, double h, double B, double A[3][3],
                           double *noise)
{
    const double mt = -c.b * h, mm = c.a; /* m' = mt theta + mm m + nm n + s z */
    const double tt = 1 - c.q * h + c.r * mt, tm = c.p + c.r * mm; /* theta' likewise */
    const double nm = c.b, nt = c.q + c.r * c.b, sm = c.s, st = c.r * c.s;
    const double rows[3][4] = {{tt * tt, 2 * tt * tm, tm * tm, nt * nt * B + st * st},
                               {tt * mt, tt * mm + tm * mt, tm * mm,
                                nt * nm * B + st * sm},
                               {mt * mt, 2 * mt * mm, mm * mm, nm * nm * B + sm * sm}};
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) A[i][j] = rows[i][j];
        noise[i] = rows[i][3];
    }
}

/* One step later. */
static inline covariance law_step(covariance x, bens_langevin c, double h, double B)
{
    double A[3][3], noise[3], out[3];
    law_map(c, h, B, A, noise);
    for (int i = 0; i < 3; i++)
        out[i] = A[i][0] * x.tt + A[i][1] * x.tm + A[i][2] * x.mm + noise[i];
    return (covariance){out[0], out[1], out[2]};
}

/* The stationary covariance; of a stable recursion only. */
static inline covariance law_of(bens_langevin c, double h, double B)
{
    double A[3][3], noise[3];
    law_map(c, h, B, A, noise);
    return law_solve(A, noise);
}

/* Without momenta: theta' = theta + q (n - h theta) + s z. */
static inline double law_without_momenta(bens_langevin c, double h, double B)
{
    const double keep = 1 - c.q * h;
    return (c.q * c.q * B + c.s * c.s) / (1 - keep * keep);
}

#endif
