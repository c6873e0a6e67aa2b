/* cpu_layers.h - the kernels of layers.h that exist once per instruction set. */
#ifndef BENS_BACKEND_CPU_LAYERS_H
#define BENS_BACKEND_CPU_LAYERS_H

#include "backend/layers.h"

#define X(name) bens_layer_##name bens_##name##_v1, bens_##name##_v3, bens_##name##_v4;
#include "backend/layers_list.h"
#undef X

#endif
