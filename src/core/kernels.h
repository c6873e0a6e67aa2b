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
 *   bens_k_log_sigmoid  2.5 ulp for t < 87, also where it is close to 0; above that
 *                       -2e-38 ...
 *   bens_k_softplus     the same
 *   bens_k_normal_pair  1e-6 absolute up to the largest normal, 6.76 (rms 7e-8)
 *   bens_k_exp_f64      1.0 ulp for results that are normal numbers
 *   bens_k_log_f64      1.0 ulp; log 0 = -inf, of negatives NaN
 *   bens_k_cospi_f64    1.1 ulp, and exact at the multiples of 1/2 */
#ifndef BENS_CORE_KERNELS_H
#define BENS_CORE_KERNELS_H

#include <math.h>
#include <stdbool.h>
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

/* log x in double. x = 2^n (1 + f) with 1 + f in [1/sqrt 2, sqrt 2];
 * s = f / (2 + f) gives log(1 + f) = 2 s + s (2/3 s^2 + 2/5 s^4 + ...),
 * with 2 s = f - s f and f exact. */
BENS_HD double bens_k_log_f64(double x)
{
    static const double c[] = {1.47123736966185858499e-1, 1.53227323617771693520e-1,
                               1.81832102996951211482e-1, 2.22222057113387105876e-1,
                               2.85714286691265695328e-1, 3.99999999997634858584e-1,
                               6.66666666666667850905e-1};
    if (!(x > 0)) return x < 0 ? (double)NAN : x == 0 ? -(double)INFINITY : x;
    if (x > 0x1.fffffffffffffp1023) return x;
    const bool tiny = x < 0x1p-1022;
    if (tiny) x *= 0x1p54;

    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t root_half = 0x3fe6a09e667f3bcd;
    const int64_t whole = (int64_t)(bits - root_half) >> 52;
    bits -= (uint64_t)whole << 52;
    double f;
    memcpy(&f, &bits, sizeof f);
    f -= 1;

    const double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    double p = c[0];
    for (size_t i = 1; i < sizeof c / sizeof c[0]; i++) p = __builtin_fma(p, z, c[i]);
    const double n = (double)(tiny ? whole - 54 : whole);
    /* The upper part of log 2 has 32 bits: n times it is exact. */
    const double low =
        __builtin_fma(s, __builtin_fma(z, p, half), n * 0x1.a39ef35793c76p-33);
    return __builtin_fma(n, 0x1.62e42feep-1, f - (half - low));
}

/* cos(pi x) in double. */
BENS_HD double bens_k_cospi_f64(double x)
{
    static const double c[] = {4.26587219619184410905e-6,
                               -1.04633984997517157068e-4,
                               1.92957406700675331707e-3,
                               -2.58068913818958953210e-2,
                               2.35330630358739578689e-1,
                               -1.33526276885458794474,
                               4.05871212641676848421,
                               -4.93480220054467899615,
                               1};
    static const double s[] = {-2.17174125233815964022e-5, 4.66282731945394531524e-4,
                               -7.37042988492178554466e-3, 8.21458865800651361067e-2,
                               -5.99264529320298056092e-1, 2.55016403987734152636,
                               -5.16771278004997025590,    1.2246467991473532e-16};
    x = x < 0 ? -x : x;
    if (!(x < 0x1p53)) return x < (double)INFINITY ? 1 : (double)NAN; /* even numbers */
    x -= 2 * (double)(int64_t)(0.5 * x);
    if (x > 1) x = 2 - x;
    const bool negative = x > 0.5;
    if (negative) x = 1 - x;

    const bool sine = x > 0.25;
    const double y = sine ? 0.5 - x : x, u = y * y, *k = sine ? s : c;
    double p = k[0];
    for (size_t i = 1; i < (sine ? sizeof s : sizeof c) / sizeof c[0]; i++)
        p = __builtin_fma(p, u, k[i]);
    if (sine) p = __builtin_fma(y, 0x1.921fb54442d18p+1, y * p);
    return negative ? -p : p;
}

#endif
