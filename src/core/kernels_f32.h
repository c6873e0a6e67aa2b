/* kernels_f32.h - the element functions, written once on an abstract float.
 *
 * Included by kernels.h with BENS_F = float and by backend/cpu_simd.h with whole vectors;
 * the includer gives the types BENS_F and BENS_U (32-bit words), the name BENS_K(name)
 * and the primitives. No include guard: it is included once for each kind of float.
 * Coefficients are minimax polynomials (Remez) of the stated relative error, before
 * rounding to float. */

#define BENS_C(x) BENS_K(splat)(x)

/* e^r, |r| <= ln 2 / 2: 3.1e-9. */
BENS_HD BENS_F BENS_K(exp_poly)(BENS_F r)
{
    BENS_F p = BENS_K(fma)(BENS_C(1.381461204e-3f), r, BENS_C(8.368716671e-3f));
    p = BENS_K(fma)(p, r, BENS_C(4.166838778e-2f));
    p = BENS_K(fma)(p, r, BENS_C(1.666652063e-1f));
    p = BENS_K(fma)(p, r, BENS_C(0.4999999345f));
    p = BENS_K(fma)(p, r, BENS_C(1.0f));
    return BENS_K(fma)(p, r, BENS_C(1.0f));
}

/* x = n ln 2 + r; returns e^r and in *shifted the float 1.5 2^23 + 127 + n, whose low
 * bits are the biased exponent of 2^n. */
BENS_HD BENS_F BENS_K(exp_split)(BENS_F x, BENS_F *shifted)
{
    const BENS_F magic = BENS_C(0x1.8p23f + 127);
    *shifted = BENS_K(fma)(x, BENS_C(1.44269504f), magic);
    const BENS_F n = *shifted - magic;
    BENS_F r = BENS_K(fma)(n, BENS_C(-0x1.62e4p-1f), x);
    r = BENS_K(fma)(n, BENS_C(-0x1.7f7d1cp-20f), r);
    return BENS_K(exp_poly)(r);
}

/* e^x for -87 <= x <= 88, where one multiplication scales. */
BENS_HD BENS_F BENS_K(exp_inner)(BENS_F x)
{
    BENS_F shifted;
    const BENS_F p = BENS_K(exp_split)(x, &shifted);
    return p * BENS_K(from_bits)(BENS_K(bits)(shifted) << 23);
}

/* e^x, in two scalings: the first may not reach the subnormal numbers. */
BENS_HD BENS_F BENS_K(exp)(BENS_F x)
{
    BENS_F shifted;
    const BENS_F inside = BENS_K(max)(BENS_C(-105.0f), BENS_K(min)(BENS_C(90.0f), x));
    const BENS_F p = BENS_K(exp_split)(inside, &shifted);
    const BENS_U n = (BENS_K(bits)(shifted) + 128) & 0x3ff,
                 half = n >> 1; /* 2^(n - 255) */
    return p * BENS_K(from_bits)(half << 23) * BENS_K(from_bits)((n - half - 1) << 23);
}

/* log(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2): 3.2e-8, also close to f = 0. */
BENS_HD BENS_F BENS_K(log_poly)(BENS_F f)
{
    BENS_F p = BENS_K(fma)(BENS_C(8.700416788e-2f), f, BENS_C(-0.1426747586f));
    p = BENS_K(fma)(p, f, BENS_C(0.1491476768f));
    p = BENS_K(fma)(p, f, BENS_C(-0.1657758576f));
    p = BENS_K(fma)(p, f, BENS_C(0.1996306413f));
    p = BENS_K(fma)(p, f, BENS_C(-0.2500133703f));
    p = BENS_K(fma)(p, f, BENS_C(0.3333391072f));
    p = BENS_K(fma)(p, f, BENS_C(-0.5f));
    return BENS_K(fma)(f * f, p, f);
}

/* log x. Subnormal x is scaled up first. */
BENS_HD BENS_F BENS_K(log)(BENS_F x)
{
    const BENS_F tiny = BENS_C(0x1p-126f);
    const BENS_F y = BENS_K(if_less)(x, tiny, x * 0x1p23f, x);
    const BENS_U bits = BENS_K(bits)(y);
    const BENS_U n = (bits + 0x004afb0dU) >> 23; /* 127 + exponent over sqrt(1/2) */
    const BENS_F f = BENS_K(from_bits)(bits - (n << 23) + 0x3f800000U) - 1.0f;
    const BENS_F k =
        BENS_K(signed)(n) - BENS_K(if_less)(x, tiny, BENS_C(150.0f), BENS_C(127.0f));
    const BENS_F low = BENS_K(fma)(k, BENS_C(0x1.7f7d1cp-20f), BENS_K(log_poly)(f));
    BENS_F r = BENS_K(fma)(k, BENS_C(0x1.62e4p-1f), low) + (x - x); /* NaN stays */
    r = BENS_K(if_less)(x, BENS_C(0x1p-149f), BENS_C(-INFINITY), r);
    r = BENS_K(if_less)(x, BENS_C(0.0f), BENS_C(NAN), r);
    return BENS_K(if_less)(BENS_C(0x1.fffffep127f), x, x, r);
}

/* 1 / (1 + e^-t) */
BENS_HD BENS_F BENS_K(sigmoid)(BENS_F t)
{
    const BENS_F x = BENS_K(max)(BENS_C(-87.0f), BENS_K(min)(BENS_C(88.0f), -t));
    return 1.0f / (BENS_K(exp_inner)(x) + 1.0f);
}

/* log(1 + e^-|t|), nothing lost where e^-|t| is small. */
BENS_HD BENS_F BENS_K(log1p_exp_minus)(BENS_F t)
{
    const BENS_F split = BENS_C(0.41421356f);
    const BENS_F x = BENS_K(from_bits)(BENS_K(bits)(t) | 0x80000000U);
    const BENS_F e = BENS_K(exp_inner)(BENS_K(max)(BENS_C(-87.0f), x));
    const BENS_F f =
        BENS_K(if_less)(e, split, e, BENS_K(fma)(e, BENS_C(0.5f), BENS_C(-0.5f)));
    const BENS_F k = BENS_K(if_less)(e, split, BENS_C(0.0f), BENS_C(0.693147181f));
    return BENS_K(log_poly)(f) + k;
}

BENS_HD BENS_F BENS_K(log_sigmoid)(BENS_F t)
{
    return BENS_K(min)(BENS_C(0.0f), t) - BENS_K(log1p_exp_minus)(t);
}

/* log(1 + e^x) */
BENS_HD BENS_F BENS_K(softplus)(BENS_F x)
{
    return BENS_K(max)(BENS_C(0.0f), x) + BENS_K(log1p_exp_minus)(x);
}

/* -ln u with u = (word + 1/2) / 2^32, exact near u = 1: an upper half is read as u - 1, a
 * signed number; a lower half as 2^-n (1 + f). All terms are positive. */
BENS_HD BENS_F BENS_K(minus_log_uniform)(BENS_U word)
{
    const BENS_F v =
        BENS_K(fma)(BENS_K(signed)(word), BENS_C(0x1p-32f), BENS_C(0x1p-33f));
    const BENS_U bits = BENS_K(bits)(v);
    const BENS_F m = BENS_K(from_bits)((bits & 0x007fffffU) | 0x3f000000U);
    const BENS_F f = BENS_K(if_top)(word, v, m - 1.0f);
    const BENS_F n =
        BENS_K(if_top)(word, BENS_C(0.0f), BENS_K(signed)(126 - (bits >> 23)));
    /* 2.3e-8; even and odd terms apart, for the latency of the chain is what counts
     * here */
    const BENS_F y = f * f;
    BENS_F p = BENS_K(fma)(BENS_C(-1.441069555f), y, BENS_C(-1.257605639f));
    BENS_F q = BENS_K(fma)(BENS_C(-1.695734045f), y, BENS_C(-0.2035115584f));
    p = BENS_K(fma)(p, y, BENS_C(-0.2696063133f));
    q = BENS_K(fma)(q, y, BENS_C(0.2428058929f));
    p = BENS_K(fma)(p, y, BENS_C(-0.3337005649f));
    q = BENS_K(fma)(q, y, BENS_C(0.4999928537f));
    p = BENS_K(fma)(p, y, BENS_C(-1.0f));
    p = BENS_K(fma)(q, f, p);
    return BENS_K(fma)(n, BENS_C(0.693147181f), p * f);
}

/* cos psi and sin psi / psi for psi = pi/4 (angle << 2) / 2^31, in [-pi/4, pi/4):
 * 2.8e-8 and 3.1e-9 absolute. */
BENS_HD void BENS_K(angle)(BENS_U angle, BENS_F *psi, BENS_F *cosine, BENS_F *sinc)
{
    const BENS_F x = BENS_K(signed)(angle << 2) * 3.65729520e-10f, y = x * x;
    BENS_F c = BENS_K(fma)(BENS_C(-1.358590851e-3f), y, BENS_C(4.165502689e-2f));
    BENS_F s = BENS_K(fma)(BENS_C(-1.9504022e-4f), y, BENS_C(8.332036875e-3f));
    c = BENS_K(fma)(c, y, BENS_C(-0.499998567f));
    s = BENS_K(fma)(s, y, BENS_C(-0.166666507f));
    *cosine = BENS_K(fma)(c, y, BENS_C(1.0f));
    *sinc = BENS_K(fma)(s, y, BENS_C(1.0f));
    *psi = x;
}

/* Two independent standard normals (Box and Muller 1958). The angle is psi + pi/4 in one
 * quadrant, and the top two bits of its word are the signs: sqrt(2) cos(psi + pi/4) =
 * cos psi - sin psi, so the radius is sqrt(-ln u). */
BENS_HD void BENS_K(normal_pair)(BENS_U radius, BENS_U angle, BENS_F *first,
                                 BENS_F *second)
{
    BENS_F psi, cosine, sinc;
    BENS_K(angle)(angle, &psi, &cosine, &sinc);
    const BENS_U r = BENS_K(bits)(BENS_K(sqrt)(BENS_K(minus_log_uniform)(radius)));
    *first =
        BENS_K(from_bits)((angle & 0x80000000U) ^ r) * BENS_K(fma)(-psi, sinc, cosine);
    *second = BENS_K(from_bits)(((angle << 1) & 0x80000000U) ^ r) *
              BENS_K(fma)(psi, sinc, cosine);
}

#include "core/activations/list.h"

#undef BENS_C
#undef BENS_F
#undef BENS_U
#undef BENS_K
