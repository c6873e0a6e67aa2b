/* 1 / (1 + e^-x); the function itself is in kernels_f32.h. No include guard: see
 * core/activation.h. */
#ifdef BENS_F
BENS_HD BENS_F BENS_K(sigmoid_slope)(BENS_F x, BENS_F y)
{
    (void)x;
    return BENS_K(fma)(-y, y, y);
}
#else
X(sigmoid, OUTPUT, "1 / (1 + e^-x)")
#endif
