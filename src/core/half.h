/* half.h - float16 of files: IEEE 754 binary16, 5 bits of exponent, 10 of fraction. */
#ifndef BENS_CORE_HALF_H
#define BENS_CORE_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The largest one; below it relative errors are up to 2^-11, below 6.1e-5 absolute ones
 * up to 3e-8. */
#define BENS_HALF_MAX 65504.0f

/* The nearest, ties to even. From 65520 on it is infinite; a NaN becomes the quiet one of
 * its sign. (Adding 0.5 puts the fraction of a small number where it belongs, and rounds;
 * adding half a unit does that for the others.) */
static inline uint16_t bens_half_from(float x)
{
    uint32_t bits, half;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits & 0x80000000u;
    bits ^= sign;
    if (bits >= 0x47800000u) {
        half = bits > 0x7f800000u ? 0x7e00 : 0x7c00;
    } else if (bits < 0x38800000u) {
        const float sum = fabsf(x) + 0.5f;
        memcpy(&half, &sum, sizeof half);
        half -= 0x3f000000u;
    } else {
        half = (bits - 0x38000000u + 0xfffu + (bits >> 13 & 1)) >> 13;
    }
    return (uint16_t)(half | sign >> 16);
}

static inline float bens_half_to(uint16_t half)
{
    const uint32_t exponent = half >> 10 & 31, fraction = half & 0x3ffu;
    uint32_t bits = (uint32_t)half >> 15 << 31;
    if (exponent == 0) return (half >> 15 ? -0x1p-24f : 0x1p-24f) * (float)fraction;
    bits |= (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Finite, and infinite as a float16. */
static inline int bens_half_overflows(float x)
{
    return isfinite(x) && fabsf(x) >= 65520;
}

#endif
