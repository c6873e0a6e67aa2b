/* layers.h - the arithmetic of networks: what ops are written on, besides gemm.
 *
 * Arrays are row-major and channels come last: [row][position][channel]. All functions
 * are Local and overwrite their outputs unless they say "+=". Their bits depend on the
 * arguments alone, not on the number of threads or the instruction set: sums run in fixed
 * lanes and fixed blocks. A kernel is the type of its function here, a line in
 * layers_list.h and its source in cpu_kernels_*.c. */
#ifndef BENS_BACKEND_LAYERS_H
#define BENS_BACKEND_LAYERS_H

#include "core/activation.h"

#include <stdint.h>

/* z [rows][columns] += bias [columns] (NULL: no bias), y = f(z). y may be z: then only y
 * is left. */
typedef void bens_layer_activate(int64_t rows, int64_t columns, const float *bias,
                                 bens_activation f, float *z, float *y);

/* dz = dy f'(z) [rows][columns]; dbias [columns] = its sum over the rows (NULL: no bias).
 * z is looked at only where bens_activation_at(f)->needs_input. dz may be dy. */
typedef void bens_layer_activate_back(int64_t rows, int64_t columns, bens_activation f,
                                      const float *z, const float *y, const float *dy,
                                      float *dz, float *dbias);

/* The kernels of one instruction set. */
typedef struct {
#define X(name) bens_layer_##name *name;
#include "backend/layers_list.h"
#undef X
} bens_layers;

#endif
