/* draws.h - draws that C and Python make with the same bits: a linear congruential
 * generator and + - x / only. golden.py has the same functions. */
#ifndef BENS_TESTS_ANALYSIS_DRAWS_H
#define BENS_TESTS_ANALYSIS_DRAWS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    PLAIN,
    HEAVY,
    TIED,
    APART,
    SCALES,
    DRIFT,
    FAR,
    CONSTANT,
    STUCK,
    HOLED
} shape;

/* In (-1, 1). */
static inline double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (double)(int32_t)(uint32_t)(*state >> 32) * 0x1p-31;
}

/* x [n_chains][n_draws]: each chain x_t = rho x_(t-1) + e_t, then what its shape says. */
static inline void make_draws(shape kind, size_t n_chains, size_t n_draws, double rho,
                              uint64_t seed, double *x)
{
    for (size_t c = 0; c < n_chains; c++) {
        uint64_t state = seed + 1000 * c;
        double at = 0;
        for (size_t t = 0; t < n_draws; t++) {
            const double a = uniform(&state), b = uniform(&state), d = uniform(&state);
            at = rho * at + (kind == HEAVY ? a / (1.0001 - a * a) : a + b + d);
            double out = at;
            if (kind == TIED) out = floor(at);
            if (kind == APART) out = at + 5 * (double)(c % 2);
            if (kind == SCALES) out = at * (double)(1 + c);
            if (kind == DRIFT) out = at + 2 * ((double)t / (double)n_draws);
            if (kind == FAR) out = at + 1e6;
            if (kind == CONSTANT) out = 1.5;
            if (kind == STUCK) out = (double)c;
            if (kind == HOLED && c == 1 && t == 7) out = NAN;
            x[c * n_draws + t] = out;
        }
    }
}

#endif
