/* x / (1 + e^-x), also called swish. No include guard: see core/activation.h. */
#ifdef BENS_F
BENS_HD BENS_F BENS_K(silu)(BENS_F x)
{
    return x * BENS_K(sigmoid)(x);
}

BENS_HD BENS_F BENS_K(silu_slope)(BENS_F x, BENS_F y)
{
    const BENS_F s = BENS_K(sigmoid)(x);
    return BENS_K(fma)(y, 1.0f - s, s);
}
#else
X(silu, INPUT, "x / (1 + e^-x), also called swish")
#endif
