/* cpu.c - the backend that defines the others: kernels chosen once by instruction set. */
#include "backend/cpu_blas.h"
#include "backend/cpu_kernels.h"

#include "core/status.h"

#ifdef BENS_X86_LEVELS
#include <cpuid.h>
#endif
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE(v, text)                                                                   \
    {                                                                                    \
        .level = #v, .doc = text, .langevin = bens_langevin_##v, .rms = bens_rms_##v,    \
        .adam = bens_adam_##v, .squares = bens_squares_##v, .normals = bens_normals_##v, \
        .sample = bens_sample_##v, .permute = bens_permute_##v, .logit = bens_logit_##v, \
        .softmax = bens_softmax_##v, .sigmoid = bens_sigmoid_##v, .add = bens_add_##v,   \
        .layers = &bens_cpu_layers_##v                                                   \
    }

static const bens_cpu_kernels levels[] = {
/* slowest first */
#ifdef BENS_X86_LEVELS
    TABLE(v1, "SSE2 (x86-64)"),
    TABLE(v3, "AVX2 (x86-64-v3)"),
    TABLE(v4, "AVX-512 (x86-64-v4)"),
#else
    TABLE(v1, "baseline"),
#endif
};
enum { N_LEVELS = sizeof levels / sizeof levels[0] };

/* Chosen by start(), the same for the life of the process. */
static const bens_cpu_kernels *kernels = &levels[0];

/* The highest level that this processor has. */
#ifdef BENS_X86_LEVELS
/* What x86-64-v3 has besides and __builtin_cpu_supports does not know with every
 * compiler; a virtual machine may mask them. */
static bool has_rest_of_v3(void)
{
    enum { MOVBE = 1 << 22, F16C = 1 << 29, LZCNT = 1 << 5 };
    unsigned a, b, c, d, extended;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
    if (!__get_cpuid(0x80000001, &a, &b, &extended, &d)) return false;
    return (c & MOVBE) != 0 && (c & F16C) != 0 && (extended & LZCNT) != 0;
}
#endif

static int processor_level(void)
{
#ifdef BENS_X86_LEVELS
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    has_rest_of_v3();
    const bool v4 =
        v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl");
    return v4 ? 2 : v3 ? 1 : 0;
#else
    return 0;
#endif
}

/* BENS_ISA lowers the level, to compare them. */
static bens_status choose_level(int *out)
{
    const int most = processor_level();
    const char *wanted = getenv("BENS_ISA");
    *out = most;
    if (wanted == NULL || *wanted == '\0') return BENS_OK;
    for (int i = 0; i < N_LEVELS; i++) {
        if (strcmp(wanted, levels[i].level) != 0) continue;
        if (i > most)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "BENS_ISA=%s: this processor has no %s; wanted at most %s", wanted,
                      levels[i].doc, levels[most].level);
        *out = i;
        return BENS_OK;
    }
    BENS_FAIL(BENS_ERR_CONFIG, "BENS_ISA=%s: wanted one of v1, v3, v4 (up to %s here)",
              wanted, levels[most].level);
}

static bens_status start(int threads)
{
    int level;
    if (threads < 1)
        BENS_FAIL(BENS_ERR_CONFIG, "threads: wanted a whole number > 0, found %d",
                  threads);
    BENS_TRY(choose_level(&level));
    kernels = &levels[level];
    omp_set_num_threads(threads);
    bens_blas_start();
    return BENS_OK;
}

static void describe(char *text, size_t size)
{
    char blas[64];
    const int threads = omp_get_max_threads();
    bens_blas_describe(blas, sizeof blas);
    snprintf(text, size, "cpu: %s, %d thread%s, %s", kernels->doc, threads,
             threads == 1 ? "" : "s", blas);
}

static void langevin(const bens_params *params, float *theta, float *m, const float *grad,
                     double scale, const bens_langevin *c, const float *s,
                     const bens_rng *at, bens_noise *noise, double *sum_m2)
{
    kernels->langevin(params, theta, m, grad, scale, c, s, at, noise, sum_m2);
}

static void rms(const bens_params *params, float *theta, float *m, float *v,
                const float *grad, double scale, const bens_langevin *c,
                const bens_rms *masses, const bens_rng *at, double *sum_m2)
{
    kernels->rms(params, theta, m, v, grad, scale, c, masses, at, sum_m2);
}

static void adam(const bens_params *params, float *theta, float *m, float *v,
                 const float *grad, double scale, const bens_adam *settings,
                 double *sum_m2)
{
    kernels->adam(params, theta, m, v, grad, scale, settings, sum_m2);
}

static void squares(const bens_params *params, const float *x, double scale_x,
                    const float *y, double scale_y, double *square, float *each)
{
    kernels->squares(params, x, scale_x, y, scale_y, square, each);
}

static const bens_layers *layers(void)
{
    return kernels->layers;
}

static void normals(const bens_rng *at, uint64_t first, size_t n, float *z)
{
    kernels->normals(at, first, n, z);
}

static void sample(const bens_rng *at, uint64_t n_data, uint64_t first, size_t n,
                   int64_t *row)
{
    kernels->sample(at, n_data, first, n, row);
}

static void permute(const bens_permutation *p, uint64_t first, size_t n, int64_t *out)
{
    kernels->permute(p, first, n, out);
}

static void logit(const bens_logit_design *design, const bens_rows *rows, const float *w,
                  double *value, float *grad)
{
    kernels->logit(design, rows, w, value, grad);
}

static void softmax(const float *logits, const int32_t *label, int64_t n,
                    int64_t n_classes, double *value, float *dlogits)
{
    kernels->softmax(logits, label, n, n_classes, value, dlogits);
}

static void sigmoid(const float *logits, const int32_t *label, int64_t n, double *value,
                    float *dlogits)
{
    kernels->sigmoid(logits, label, n, value, dlogits);
}

static void add(const float *x, size_t n, float *y)
{
    kernels->add(x, n, y);
}

const bens_backend bens_backend_cpu = {
    .name = "cpu",
    .doc = "processor: own vector kernels (AVX-512, AVX2 or baseline), any CBLAS",
    .start = start,
    .describe = describe,
    .langevin = langevin,
    .rms = rms,
    .adam = adam,
    .squares = squares,
    .normals = normals,
    .sample = sample,
    .permute = permute,
    .logit = logit,
    .gemm = bens_blas_gemm,
    .softmax = softmax,
    .sigmoid = sigmoid,
    .add = add,
    .layers = layers,
};
