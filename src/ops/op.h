/* op.h - a differentiable operation: what a graph (graph.h) is made of.
 *
 * A value is [n][size]: n rows of a batch, each of a shape with channels last,
 * [features], [positions][channels] or [height][width][channels]. Ops know one row's
 * shape; n comes with each call, 0 < n <= the rows that the graph was planned for.
 *
 * To add one: write ops/NAME.c with `bens_op_NAME`, add X(NAME) to list.h; a function of
 * one element is shorter still, core/activation.h. */
#ifndef BENS_OPS_OP_H
#define BENS_OPS_OP_H

#include "backend/backend.h"

enum { BENS_OP_INPUTS = 2, BENS_OP_TENSORS = 4 };

typedef struct {
    int rank; /* 1 ... 3 */
    int64_t dim[3];
} bens_shape;

/* Local. The product of dim. */
int64_t bens_shape_size(const bens_shape *shape);
/* Local. "32 x 32 x 3". */
void bens_shape_print(const bens_shape *shape, char *text, size_t size);

/* How an op is used. Each op says in its file which of these it looks at; sizes and
 * strides are the same in all directions. */
typedef struct {
    int64_t units;      /* outputs, filters, hidden units, width of an embedding */
    int64_t vocabulary; /* rows of an embedding                                  */
    int64_t kernel, stride, padding;
    bool without_bias;
    bens_activation activation; /* of the output */
    double epsilon;
} bens_op_options;

/* Does the way back through the fused activation want what was before it? */
static inline bool bens_op_keeps_z(const bens_op_options *options)
{
    return bens_activation_at(options->activation)->needs_input;
}

typedef struct bens_graph bens_graph;
typedef struct bens_op bens_op;

/* One use of an op, while the graph is built. plan() reads what stands first and sets the
 * rest. */
typedef struct {
    const bens_op *op;
    const char *name; /* of this use: the first part of its tensors' names */
    const bens_op_options *options;
    const bens_shape *in[BENS_OP_INPUTS];
    bool wants_dx[BENS_OP_INPUTS]; /* a tensor is before that input */
    bens_graph *graph;

    bens_shape out;
    bool view;          /* y is x under another shape: forward and backward are NULL  */
    size_t saved;       /* floats a row that backward needs of forward, besides x, y  */
    size_t scratch;     /* floats that a call needs for itself ...                    */
    size_t scratch_row; /* ... and those that it needs for each row, behind the first */
} bens_op_plan;

/* Local. Adds the tensor NAME.`part` (its layout is PyTorch's) with its initialiser; the
 * k-th one added is theta[k] of the calls. fan_in: inputs of an output, for priors and
 * BENS_INIT_UNIFORM, whose scale is then 1 / sqrt(fan_in) if it is given as 0.
 * Errors: BENS_ERR_CONFIG. */
bens_status bens_op_tensor(bens_op_plan *plan, const char *part, int rank,
                           const int64_t *shape, int64_t fan_in, bens_init init);

/* Local. BENS_ERR_CONFIG: "op conv1 (conv1d): wanted WANTED, found an input of
 * 28 x 28 a row", of input k. */
bens_status bens_op_refuse(const bens_op_plan *plan, int k, const char *wanted);

/* One call. Pointers are to whole batches [n][...]. */
typedef struct {
    const bens_backend *be;
    const bens_layers *layers;
    const bens_op_options *options;
    const bens_shape *in[BENS_OP_INPUTS], *out; /* of a row */
    int64_t n;
    bool keep; /* forward: a backward will follow, so `saved` is wanted */

    const float *x[BENS_OP_INPUTS];
    float *y;                            /* forward: written; backward: as it was  */
    const float *theta[BENS_OP_TENSORS]; /* the tensors, in the order of the plan  */
    float *saved, *scratch;              /* [n][saved], [scratch + n scratch_row]  */

    float *dy;                      /* d log-lik / dy; may be overwritten     */
    float *dx[BENS_OP_INPUTS];      /* overwritten; NULL: not wanted          */
    float *dtheta[BENS_OP_TENSORS]; /* overwritten                            */
    /* Above 0: dtheta is as the latest backward, of so many rows, left it, and so is
     * `saved` if forward does not write there: what was 0 need not be cleared. */
    int64_t n_left;
} bens_op_call;

struct bens_op {
    const char *name, *doc;
    int n_inputs; /* 1 or 2 */

    /* Local. Errors: BENS_ERR_CONFIG: the shapes do not fit (op, name, both shapes). */
    bens_status (*plan)(bens_op_plan *plan);
    /* Local. y from x and theta. A NaN passes through. */
    void (*forward)(const bens_op_call *call);
    /* Local. dx and dtheta from dy, in the state that forward left. */
    void (*backward)(const bens_op_call *call);
};

#define X(name) extern const bens_op bens_op_##name;
#include "ops/list.h"
#undef X
#define X(name, slope_of, doc) extern const bens_op bens_op_##name;
#include "core/activations/list.h"
#undef X

const bens_op *bens_op_at(size_t i); /* NULL behind the last; activations come last */

#endif
