/* kernels.h - what one element does: shared by host and device.
 *
 * Polynomials of our own, because libm's do not vectorise and differ between machines.
 * Every multiply-add is written out and the build has -ffp-contract=off, so that each
 * function has the same bits on every instruction set and compiler. All are branch-free.
 * A NaN passes through. The formulas are in kernels_f32.h, here for one float, in
 * backend/cpu_simd.h for whole vectors. tests/core/kernels.c measures the errors, against
 * libm's double:
 *
 *   bens_k_exp          1.0 ulp, subnormal results included; 0 and inf where float ends
 *   bens_k_log          1.2 ulp, near 1 too; log 0 = -inf, of negatives NaN
 *   bens_k_sigmoid      2.2 ulp for t > -87; below that at most 6.1e-39
 *   bens_k_log_sigmoid  2.5 ulp for t < 87, also where it is close to 0; above that -2e-38 ...
 *   bens_k_softplus     the same
 *   bens_k_normal_pair  1e-6 absolute up to the largest normal, 6.76 (rms 7e-8)
 *   bens_k_exp_f64      1.0 ulp for results that are normal numbers */
#ifndef BENS_CORE_KERNELS_H
#define BENS_CORE_KERNELS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define BENS_HD static inline __host__ __device__
#else
#define BENS_HD static inline __attribute__((always_inline, unused))
#endif

/* The primitives that kernels_f32.h is written on, for one float. */
BENS_HD float bens_k_splat(float x)
{
    return x;
}

BENS_HD float bens_k_fma(float x, float y, float z)
{
    return __builtin_fmaf(x, y, z);
}

BENS_HD float bens_k_sqrt(float x)
{
    return __builtin_sqrtf(x);
}

BENS_HD uint32_t bens_k_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

BENS_HD float bens_k_from_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Of the word as a signed number. */
BENS_HD float bens_k_signed(uint32_t u)
{
    return (float)(int32_t)u;
}

/* The second if either is NaN. */
BENS_HD float bens_k_min(float a, float b)
{
    return a < b ? a : b;
}

BENS_HD float bens_k_max(float a, float b)
{
    return a > b ? a : b;
}

/* a < b ? x : y */
BENS_HD float bens_k_if_less(float a, float b, float x, float y)
{
    return a < b ? x : y;
}

/* The top bit of u ? x : y */
BENS_HD float bens_k_if_top(uint32_t u, float x, float y)
{
    return (u >> 31) != 0 ? x : y;
}

#define BENS_F       float
#define BENS_U       uint32_t
#define BENS_K(name) bens_k_##name
#include "core/kernels_f32.h"

/* e^x in double, where the same bits are wanted on every machine: coefficients of
 * samplers. */
BENS_HD double bens_k_exp_f64(double x)
{
    static const double c[] = {1.6029274817714586012e-10,
                               2.0923868746411798322e-9,
                               2.5052288806849677367e-8,
                               2.7557243876276852891e-7,
                               2.7557318933938176568e-6,
                               2.4801587360547929295e-5,
                               1.9841269841473791274e-4,
                               1.388888888886576713e-3,
                               8.3333333333332693995e-3,
                               4.1666666666666707667e-2,
                               1.6666666666666666737e-1,
                               0.5,
                               1,
                               1};
    if (!(x > -746)) return x <= -746 ? 0 : x; /* NaN stays */
    if (x > 710) return (double)INFINITY;

    const double n = __builtin_fma(x, 1.4426950408889634074, 0x1.8p52) - 0x1.8p52;
    double r = __builtin_fma(n, -0x1.62e42fefa39efp-1, x);
    r = __builtin_fma(n, -0x1.abc9e3b39803fp-56, r);
    double p = c[0];
    for (size_t i = 1; i < sizeof c / sizeof c[0]; i++) p = __builtin_fma(p, r, c[i]);

    const int64_t whole = (int64_t)n, half = whole / 2;
    const uint64_t bits[2] = {(uint64_t)(half + 1023) << 52,
                              (uint64_t)(whole - half + 1023) << 52};
    double scale[2];
    memcpy(scale, bits, sizeof scale);
    return p * scale[0] * scale[1];
}

#endif
