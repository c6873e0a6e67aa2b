/* levels.h - starts the cpu backend on each instruction set that this processor has, with
 * 1 and with 2 threads: one binary, so one machine tests them all. */
#ifndef BENS_TESTS_BACKEND_LEVELS_H
#define BENS_TESTS_BACKEND_LEVELS_H

#include "backend/backend.h"
#include "core/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N_STARTS = 6 };

/* The i-th way to start; false if the processor has no such instructions. */
static inline bool start_level(const bens_backend *be, int i)
{
    static const char *const levels[] = {"v1", "v3", "v4"};
    assert_int_equal(setenv("BENS_ISA", levels[i / 2], 1), 0);
    const bens_status s = be->start(1 + i % 2);
    assert_true(s == BENS_OK || (i >= 2 && strstr(bens_error_text(), "wanted") != NULL));
    return s == BENS_OK;
}

static inline const bens_backend *cpu(void)
{
    const bens_backend *be = bens_backend_find("cpu");
    assert_non_null(be);
    return be;
}

/* Reproducible data that is not from the generator under test: in (-1, 1). */
static inline float some(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (float)(int32_t)(uint32_t)(*state >> 32) * 0x1p-31f;
}

static inline void some_of(float *x, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) x[i] = some(&seed);
}

#endif
