#include "backend/norm.h"

size_t bens_response_norm_scratch(int64_t positions, int64_t channels, bens_activation f)
{
    return bens_activation_at(f)->needs_input
               ? (size_t)(BENS_NORM_THREADS * positions * channels)
               : 0;
}
