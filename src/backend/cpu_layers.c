/* cpu_layers.c - one table of the kernels of networks for each instruction set. */
#include "backend/cpu_kernels.h"
#include "backend/cpu_layers.h"

const bens_layers bens_cpu_layers_v1 = {
#define X(name) .name = bens_##name##_v1,
#include "backend/layers_list.h"
#undef X
};

#ifdef BENS_X86_LEVELS
const bens_layers bens_cpu_layers_v3 = {
#define X(name) .name = bens_##name##_v3,
#include "backend/layers_list.h"
#undef X
};

const bens_layers bens_cpu_layers_v4 = {
#define X(name) .name = bens_##name##_v4,
#include "backend/layers_list.h"
#undef X
};
#endif
