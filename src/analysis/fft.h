/* fft.h - a discrete Fourier transform of a power of two, for autocovariances. */
#ifndef BENS_ANALYSIS_FFT_H
#define BENS_ANALYSIS_FFT_H

#include "core/status.h"

/* Local. turn [n] = cos, sin of 2 pi k / n for k < n / 2, in pairs. */
void bens_fft_plan(size_t n, double *turn);

/* Local. z [n][2], real and imaginary parts, becomes sum over j of z_j e^(-2 pi i j k /
 * n) in place; n a power of two, turn of bens_fft_plan(n). */
void bens_fft(size_t n, const double *turn, double *z);

#endif
