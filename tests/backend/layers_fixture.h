/* layers_fixture.h - arrays for kernels of networks, with guards around them. */
#ifndef BENS_TESTS_BACKEND_LAYERS_FIXTURE_H
#define BENS_TESTS_BACKEND_LAYERS_FIXTURE_H

#include "backend/levels.h"

#include <math.h>

enum { GUARD = 16 };
static const float GUARD_VALUE = 12345;

/* n numbers in (-1, 1) that repeat in every run. */
static inline float *numbers(size_t n, uint64_t seed)
{
    float *x = malloc((n + 2 * GUARD) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < GUARD; i++) x[i] = x[GUARD + n + i] = GUARD_VALUE;
    some_of(x + GUARD, n, seed);
    return x + GUARD;
}

static inline void check_numbers(const float *x, size_t n)
{
    for (size_t i = 0; i < GUARD; i++)
        if (x[(ptrdiff_t)i - GUARD] != GUARD_VALUE || x[n + i] != GUARD_VALUE)
            fail_msg("the memory beside %zu numbers was written", n);
}

static inline void free_numbers(float *x)
{
    if (x != NULL) free(x - GUARD);
}

#endif
