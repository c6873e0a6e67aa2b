/* x, below zero x / 100 (PyTorch's slope). No include guard: see core/activation.h. */
#ifdef BENS_F
BENS_HD BENS_F BENS_K(leaky_relu)(BENS_F x)
{
    return BENS_K(if_less)(x, BENS_C(0.0f), x * BENS_C(0.01f), x);
}

BENS_HD BENS_F BENS_K(leaky_relu_slope)(BENS_F x, BENS_F y)
{
    (void)x;
    return BENS_K(if_less)(BENS_C(0.0f), y, BENS_C(1.0f), BENS_C(0.01f));
}
#else
X(leaky_relu, OUTPUT, "x, below zero x / 100")
#endif
