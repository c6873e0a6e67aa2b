/* cpu_simd.h - one source, compiled once per instruction set.
 *
 * Every cpu_kernels_*.c is compiled with BENS_ISA = v1 (the baseline), v3 (AVX2, FMA) and
 * v4 (AVX-512); BENS_KERNEL(name) is its symbol in that build. cpu.c chooses one table at
 * start.
 *
 * Vectors are GNU vector types as wide as the instruction set (a wider one is many times
 * slower). The few one-line intrinsics are what no C expression compiles to. */
#ifndef BENS_BACKEND_CPU_SIMD_H
#define BENS_BACKEND_CPU_SIMD_H

#include "core/kernels.h"

#define BENS_PASTE_(a, b, c) bens_##a##_##b##c
#define BENS_PASTE(a, b)     BENS_PASTE_(a, b, )
#define BENS_KERNEL(name)    BENS_PASTE(name, BENS_ISA)

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define BENS_WIDTH 16
#elif defined(__AVX2__) && defined(__FMA__)
#define BENS_WIDTH 8
#else
#define BENS_WIDTH 4
#endif
#ifdef __SSE2__
#include <immintrin.h>
#endif

/* Sums run in 16 lanes on every instruction set: 1, 2 or 4 vectors. */
enum { BENS_LANES = 16, BENS_VECTORS = BENS_LANES / BENS_WIDTH };

typedef float bens_vf __attribute__((vector_size(4 * BENS_WIDTH)));
typedef uint32_t bens_vu __attribute__((vector_size(4 * BENS_WIDTH)));
typedef int32_t bens_vi __attribute__((vector_size(4 * BENS_WIDTH)));
typedef uint64_t bens_vq
    __attribute__((vector_size(4 * BENS_WIDTH))); /* BENS_WIDTH / 2 */

/* Loads and stores need no alignment. */
BENS_HD bens_vf bens_v_load(const float *p)
{
    bens_vf x;
    memcpy(&x, p, sizeof x);
    return x;
}

BENS_HD void bens_v_store(float *p, bens_vf x)
{
    memcpy(p, &x, sizeof x);
}

BENS_HD bens_vf bens_v_splat(float x)
{
    return x - (bens_vf){0};
}

BENS_HD bens_vu bens_v_bits(bens_vf x)
{
    return (bens_vu)x;
}

BENS_HD bens_vf bens_v_from_bits(bens_vu u)
{
    return (bens_vf)u;
}

BENS_HD bens_vf bens_v_signed(bens_vu u)
{
    return __builtin_convertvector((bens_vi)u, bens_vf);
}

/* The 64-bit product of the low halves: one vpmuludq, which no C form gives with gcc
 * 12. */
BENS_HD bens_vq bens_v_mul32(bens_vq x, bens_vq y)
{
#if BENS_WIDTH == 16
    return (bens_vq)_mm512_mul_epu32((__m512i)x, (__m512i)y);
#elif BENS_WIDTH == 8
    return (bens_vq)_mm256_mul_epu32((__m256i)x, (__m256i)y);
#elif defined(__SSE2__)
    return (bens_vq)_mm_mul_epu32((__m128i)x, (__m128i)y);
#else
    return (x & 0xffffffffU) * (y & 0xffffffffU);
#endif
}

#if BENS_WIDTH == 16
BENS_HD bens_vf bens_v_fma(bens_vf x, bens_vf y, bens_vf z)
{
    return _mm512_fmadd_ps(x, y, z);
}

BENS_HD bens_vf bens_v_sqrt(bens_vf x)
{
    return _mm512_sqrt_ps(x);
}

BENS_HD bens_vf bens_v_min(bens_vf a, bens_vf b)
{
    return _mm512_min_ps(a, b);
}

BENS_HD bens_vf bens_v_max(bens_vf a, bens_vf b)
{
    return _mm512_max_ps(a, b);
}

BENS_HD bens_vf bens_v_if_less(bens_vf a, bens_vf b, bens_vf x, bens_vf y)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}

BENS_HD bens_vf bens_v_if_top(bens_vu u, bens_vf x, bens_vf y)
{
    return _mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)u), y, x);
}
#elif BENS_WIDTH == 8
BENS_HD bens_vf bens_v_fma(bens_vf x, bens_vf y, bens_vf z)
{
    return _mm256_fmadd_ps(x, y, z);
}

BENS_HD bens_vf bens_v_sqrt(bens_vf x)
{
    return _mm256_sqrt_ps(x);
}

BENS_HD bens_vf bens_v_min(bens_vf a, bens_vf b)
{
    return _mm256_min_ps(a, b);
}

BENS_HD bens_vf bens_v_max(bens_vf a, bens_vf b)
{
    return _mm256_max_ps(a, b);
}

BENS_HD bens_vf bens_v_if_less(bens_vf a, bens_vf b, bens_vf x, bens_vf y)
{
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

BENS_HD bens_vf bens_v_if_top(bens_vu u, bens_vf x, bens_vf y)
{
    return _mm256_blendv_ps(y, x, (__m256)u);
}
#else
#if defined(__FP_FAST_FMAF) || !defined(__SSE2__)
BENS_HD bens_vf bens_v_fma(bens_vf x, bens_vf y, bens_vf z)
{
    for (int i = 0; i < BENS_WIDTH; i++) z[i] = __builtin_fmaf(x[i], y[i], z[i]);
    return z;
}
#else
/* Two lanes of x y + z in double, rounded to odd, so that the rounding to float is that
 * of a fused multiply-add (Boldo and Melquiond, IEEE Trans. Computers 57, 2008): the
 * product is exact; where the sum is not and its last bit is even, it moves one bit
 * towards the truth. */
BENS_HD __m128d bens_v_fma_odd(__m128d x, __m128d y, __m128d z)
{
    const __m128d product = x * y, sum = product + z, part = sum - product;
    const __m128d error = (product - (sum - part)) + (z - part);
    const __m128i bits = (__m128i)sum, one = _mm_set1_epi64x(1);
    const __m128i inexact = (__m128i)_mm_cmpneq_pd(error, _mm_setzero_pd());
    const __m128i finite = (__m128i)_mm_cmpord_pd(error, error);
    const __m128i even = _mm_sub_epi64(_mm_and_si128(bits, one), one);
    const __m128i apart = _mm_srli_epi64((__m128i)_mm_xor_pd(error, sum), 63);
    const __m128i step = _mm_sub_epi64(one, _mm_add_epi64(apart, apart));
    const __m128i taken = _mm_and_si128(_mm_and_si128(inexact, finite), even);
    return (__m128d)_mm_add_epi64(bits, _mm_and_si128(step, taken));
}

BENS_HD bens_vf bens_v_fma(bens_vf x, bens_vf y, bens_vf z)
{
    const __m128d low = bens_v_fma_odd(_mm_cvtps_pd(x), _mm_cvtps_pd(y), _mm_cvtps_pd(z));
    const __m128d high = bens_v_fma_odd(_mm_cvtps_pd(_mm_movehl_ps(x, x)),
                                        _mm_cvtps_pd(_mm_movehl_ps(y, y)),
                                        _mm_cvtps_pd(_mm_movehl_ps(z, z)));
    return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}
#endif

BENS_HD bens_vf bens_v_sqrt(bens_vf x)
{
    for (int i = 0; i < BENS_WIDTH; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
}

BENS_HD bens_vf bens_v_choose(bens_vi mask, bens_vf x, bens_vf y)
{
    return (bens_vf)((mask & (bens_vi)x) | (~mask & (bens_vi)y));
}

BENS_HD bens_vf bens_v_min(bens_vf a, bens_vf b)
{
    return bens_v_choose(a < b, a, b);
}

BENS_HD bens_vf bens_v_max(bens_vf a, bens_vf b)
{
    return bens_v_choose(a > b, a, b);
}

BENS_HD bens_vf bens_v_if_less(bens_vf a, bens_vf b, bens_vf x, bens_vf y)
{
    return bens_v_choose(a < b, x, y);
}

BENS_HD bens_vf bens_v_if_top(bens_vu u, bens_vf x, bens_vf y)
{
    return bens_v_choose((bens_vi)u < 0, x, y);
}
#endif

#define BENS_F       bens_vf
#define BENS_U       bens_vu
#define BENS_K(name) bens_v_##name
#include "core/kernels_f32.h"

/* The sum of 16 lanes in double, in a fixed tree: halves are added to halves. */
BENS_HD double bens_lanes_sum(const double *lane)
{
    double s[8];
    for (int i = 0; i < 8; i++) s[i] = lane[i] + lane[i + 8];
    for (int i = 0; i < 4; i++) s[i] += s[i + 4];
    return (s[0] + s[2]) + (s[1] + s[3]);
}

BENS_HD double bens_lanes_sum_float(const float *lane)
{
    double wide[BENS_LANES];
    for (int i = 0; i < BENS_LANES; i++) wide[i] = (double)lane[i];
    return bens_lanes_sum(wide);
}

#endif
