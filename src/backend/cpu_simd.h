/* cpu_simd.h - one source, compiled once per instruction set.
 *
 * Every cpu_kernels_*.c is compiled with BENS_ISA = v1 (the baseline), v3 (AVX2, FMA) and v4
 * (AVX-512); BENS_KERNEL(name) is its symbol in that build. cpu.c chooses one table at start. */
#ifndef BENS_BACKEND_CPU_SIMD_H
#define BENS_BACKEND_CPU_SIMD_H

#define BENS_PASTE_(a, b, c) bens_##a##_##b##c
#define BENS_PASTE(a, b)     BENS_PASTE_(a, b, )
#define BENS_KERNEL(name)    BENS_PASTE(name, BENS_ISA)

#endif
