/* x Phi(x) in its tanh form (Hendrycks and Gimpel 2016; PyTorch's approximate = "tanh"):
 * x s(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3), s the sigmoid. No include guard: see
 * core/activation.h. */
#ifdef BENS_F
BENS_HD BENS_F BENS_K(gelu_sigmoid)(BENS_F x, BENS_F square)
{
    const BENS_F twice = BENS_K(fma)(BENS_C(0.0713548163f), square, BENS_C(1.59576912f));
    return BENS_K(sigmoid)(twice * x);
}

BENS_HD BENS_F BENS_K(gelu)(BENS_F x)
{
    return x * BENS_K(gelu_sigmoid)(x, x * x);
}

/* Beyond 20 it is 1 or 0, and the terms would overflow. */
BENS_HD BENS_F BENS_K(gelu_slope)(BENS_F at, BENS_F y)
{
    const BENS_F most = BENS_C(20.0f), least = BENS_C(-20.0f);
    const BENS_F below = BENS_K(if_less)(most, at, most, at);
    const BENS_F x = BENS_K(if_less)(below, least, least, below); /* NaN stays */
    const BENS_F square = x * x, s = BENS_K(gelu_sigmoid)(x, square);
    const BENS_F slope = BENS_K(fma)(BENS_C(0.214064449f), square, BENS_C(1.59576912f));
    (void)y;
    return BENS_K(fma)(x * slope, BENS_K(fma)(-s, s, s), s);
}
#else
X(gelu, INPUT, "x Phi(x), in its tanh form")
#endif
