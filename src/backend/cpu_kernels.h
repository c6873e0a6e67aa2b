/* cpu_kernels.h - the kernels of the cpu backend that exist once per instruction set.
 *
 * Signatures and meaning as in bens_backend. One table per instruction set; the names end
 * in the x86-64 level (cpu_simd.h). */
#ifndef BENS_BACKEND_CPU_KERNELS_H
#define BENS_BACKEND_CPU_KERNELS_H

#include "backend/backend.h"

typedef struct {
    const char *level, *doc;
    void (*langevin)(const bens_params *params, float *theta, float *m, const float *grad,
                     double scale, const bens_langevin *c, const float *s,
                     const bens_rng *at, bens_noise *noise, double *sum_m2);
    void (*rms)(const bens_params *params, float *theta, float *m, float *v,
                const float *grad, double scale, const bens_langevin *c,
                const bens_rms *rms, const bens_rng *at, double *sum_m2);
    void (*adam)(const bens_params *params, float *theta, float *m, float *v,
                 const float *grad, double scale, const bens_adam *adam, double *sum_m2);
    void (*squares)(const bens_params *params, const float *x, double scale_x,
                    const float *y, double scale_y, double *square, float *each);
    void (*normals)(const bens_rng *at, uint64_t first, size_t n, float *z);
    void (*sample)(const bens_rng *at, uint64_t n_data, uint64_t first, size_t n,
                   int64_t *row);
    void (*permute)(const bens_permutation *p, uint64_t first, size_t n, int64_t *out);
    void (*logit)(const bens_logit_design *design, const bens_rows *rows, const float *w,
                  double *value, float *grad);
    void (*softmax)(const float *logits, const int32_t *label, int64_t n,
                    int64_t n_classes, double *value, float *dlogits);
    void (*sigmoid)(const float *logits, const int32_t *label, int64_t n, double *value,
                    float *dlogits);
    void (*add)(const float *x, size_t n, float *y);
    const bens_layers *layers;
} bens_cpu_kernels;

extern const bens_layers bens_cpu_layers_v1, bens_cpu_layers_v3, bens_cpu_layers_v4;

#define BENS_DECLARE_KERNELS(v)                                                          \
    void bens_langevin_##v(const bens_params *params, float *theta, float *m,            \
                           const float *grad, double scale, const bens_langevin *c,      \
                           const float *s, const bens_rng *at, bens_noise *noise,        \
                           double *sum_m2);                                              \
    void bens_rms_##v(const bens_params *params, float *theta, float *m, float *v,       \
                      const float *grad, double scale, const bens_langevin *c,           \
                      const bens_rms *rms, const bens_rng *at, double *sum_m2);          \
    void bens_adam_##v(const bens_params *params, float *theta, float *m, float *v,      \
                       const float *grad, double scale, const bens_adam *adam,           \
                       double *sum_m2);                                                  \
    void bens_squares_##v(const bens_params *params, const float *x, double scale_x,     \
                          const float *y, double scale_y, double *square, float *each);  \
    void bens_normals_##v(const bens_rng *at, uint64_t first, size_t n, float *z);       \
    void bens_sample_##v(const bens_rng *at, uint64_t n_data, uint64_t first, size_t n,  \
                         int64_t *row);                                                  \
    void bens_permute_##v(const bens_permutation *p, uint64_t first, size_t n,           \
                          int64_t *out);                                                 \
    void bens_logit_##v(const bens_logit_design *design, const bens_rows *rows,          \
                        const float *w, double *value, float *grad);                     \
    void bens_softmax_##v(const float *logits, const int32_t *label, int64_t n,          \
                          int64_t n_classes, double *value, float *dlogits);             \
    void bens_sigmoid_##v(const float *logits, const int32_t *label, int64_t n,          \
                          double *value, float *dlogits);                                \
    void bens_add_##v(const float *x, size_t n, float *y);

BENS_DECLARE_KERNELS(v1)
BENS_DECLARE_KERNELS(v3)
BENS_DECLARE_KERNELS(v4)

#endif
