#include "ops/op.h"

static const bens_op *const ops[] = {
#define X(name) &bens_op_##name,
#include "ops/list.h"
#undef X
#define X(name, slope_of, doc) &bens_op_##name,
#include "core/activations/list.h"
#undef X
};

const bens_op *bens_op_at(size_t i)
{
    return i < sizeof ops / sizeof *ops ? ops[i] : NULL;
}
