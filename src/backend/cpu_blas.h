/* cpu_blas.h - products by any CBLAS, single-threaded, under our own loop. */
#ifndef BENS_BACKEND_CPU_BLAS_H
#define BENS_BACKEND_CPU_BLAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Local. One thread inside the library: its bits differ with the number of its
 * threads. */
void bens_blas_start(void);

/* Local. "OpenBLAS 0.3.21 (SkylakeX)". */
void bens_blas_describe(char *text, size_t size);

/* Local. bens_backend.gemm. C is cut into blocks of fixed size, which threads share. */
void bens_blas_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                    float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                    float beta, float *c, int64_t ldc);

#endif
