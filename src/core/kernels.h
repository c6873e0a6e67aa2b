/* kernels.h - what one element does: shared by host and device.
 *
 * Polynomials of our own, because libm's do not vectorise and differ between machines. Every
 * multiply-add is written out (bens_k_fma) and the build has -ffp-contract=off, so that each
 * function has the same bits on every instruction set and compiler. The functions are
 * branch-free (selects only), so that a plain loop over them vectorises. */
#ifndef BENS_CORE_KERNELS_H
#define BENS_CORE_KERNELS_H
#endif
