/* The hyperbolic tangent. No include guard: see core/activation.h. */
#ifdef BENS_F
/* |x| < .65: x + x^3 p(x^2), 5.8e-9 relative; else 1 - 2 / (e^2|x| + 1). */
BENS_HD BENS_F BENS_K(tanh)(BENS_F x)
{
    const BENS_F u = x * x;
    BENS_F p = BENS_K(fma)(BENS_C(2.21836283e-3f), u, BENS_C(-8.27612589e-3f));
    p = BENS_K(fma)(p, u, BENS_C(2.17475505e-2f));
    p = BENS_K(fma)(p, u, BENS_C(-5.39565565e-2f));
    p = BENS_K(fma)(p, u, BENS_C(0.133332919f));
    p = BENS_K(fma)(p, u, BENS_C(-0.333333331f));
    const BENS_F near = BENS_K(fma)(x * u, p, x);

    const BENS_U sign = BENS_K(bits)(x) & 0x80000000U;
    const BENS_F size = BENS_K(from_bits)(BENS_K(bits)(x) ^ sign);
    const BENS_F e = BENS_K(exp_inner)(BENS_K(min)(BENS_C(20.0f), size + size));
    const BENS_F far = 1.0f - 2.0f / (e + 1.0f);
    const BENS_F signed_far = BENS_K(from_bits)(BENS_K(bits)(far) | sign);
    return BENS_K(if_less)(BENS_C(0.65f), size, signed_far, near);
}

BENS_HD BENS_F BENS_K(tanh_slope)(BENS_F x, BENS_F y)
{
    (void)x;
    return BENS_K(fma)(-y, y, BENS_C(1.0f));
}
#else
X(tanh, OUTPUT, "the hyperbolic tangent")
#endif
