/* The registry of activations: one line each. No include guard: it is read several
 * times. See core/activation.h. */
#include "core/activations/relu.h"
#include "core/activations/leaky_relu.h"
#include "core/activations/tanh.h"
#include "core/activations/sigmoid.h"
#include "core/activations/gelu.h"
#include "core/activations/silu.h"
