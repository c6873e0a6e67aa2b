#include "analysis/fft.h"

#include <math.h>

void bens_fft_plan(size_t n, double *turn)
{
    for (size_t k = 0; k < n / 2; k++) {
        const double angle = 6.28318530717958647693 * (double)k / (double)n;
        turn[2 * k] = cos(angle);
        turn[2 * k + 1] = sin(angle);
    }
}

static void swap(double *a, double *b)
{
    for (int i = 0; i < 2; i++) {
        const double t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

static void reverse_bits(size_t n, double *z)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; (j & bit) != 0; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) swap(z + 2 * i, z + 2 * j);
    }
}

void bens_fft(size_t n, const double *turn, double *z)
{
    reverse_bits(n, z);
    for (size_t half = 1; half < n; half *= 2)
        for (size_t first = 0; first < n; first += 2 * half)
            for (size_t k = 0; k < half; k++) {
                const double c = turn[n / half * k], s = -turn[n / half * k + 1];
                double *a = z + 2 * (first + k), *b = a + 2 * half;
                const double re = c * b[0] - s * b[1], im = c * b[1] + s * b[0];
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
}
