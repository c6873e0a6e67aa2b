/* max(0, x). No include guard: see core/activation.h. */
#ifdef BENS_F
BENS_HD BENS_F BENS_K(relu)(BENS_F x)
{
    return BENS_K(if_less)(x, BENS_C(0.0f), BENS_C(0.0f), x);
}

BENS_HD BENS_F BENS_K(relu_slope)(BENS_F x, BENS_F y)
{
    (void)x;
    return BENS_K(if_less)(BENS_C(0.0f), y, BENS_C(1.0f), BENS_C(0.0f));
}
#else
X(relu, OUTPUT, "max(0, x)")
#endif
