/* graph.h - a network as a static graph of ops: built once, planned once, then run
 * forward in order and backward in reverse.
 *
 *     bens_node x = bens_graph_input(graph, shape);
 *     x = bens_graph_add(graph, &bens_op_dense, "fc1", (bens_op_options){.units = 400,
 *                        .activation = BENS_ACTIVATION_relu}, x);
 *     x = bens_graph_add(graph, &bens_op_dense, "fc2",
 *                        (bens_op_options){.units = 10}, x);
 *     BENS_TRY(bens_graph_plan(graph, x, rows));
 *
 * The first error is kept and told by bens_graph_plan, so that a builder need not look
 * at every line. One graph per rank; it holds all activations: one call at a time. */
#ifndef BENS_OPS_GRAPH_H
#define BENS_OPS_GRAPH_H

#include "ops/op.h"

typedef int bens_node;

/* Local. params (borrowed while the graph is built and planned) gets the tensors.
 * Errors: BENS_ERR_FAILURE. */
bens_status bens_graph_create(const bens_backend *be, bens_params *params,
                              bens_graph **out);
void bens_graph_destroy(bens_graph *graph); /* takes NULL */

/* Local. The input: floats of this shape a row (tokens are whole numbers). Once. */
bens_node bens_graph_input(bens_graph *graph, bens_shape shape);

/* Local. One more use of an op, on one value or two different ones. `name` is copied. */
bens_node bens_graph_add(bens_graph *graph, const bens_op *op, const char *name,
                         bens_op_options options, bens_node x);
bens_node bens_graph_add2(bens_graph *graph, const bens_op *op, const char *name,
                          bens_op_options options, bens_node x1, bens_node x2);

/* Local. What the settings of a model got wrong, as BENS_FAIL says it: "wanted ..., found
 * ...". Returns what is no node, as all of these do behind an error. */
bens_node bens_graph_refuse(bens_graph *graph, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Local. The shape of a node's row; of rank 0 behind an error. */
const bens_shape *bens_graph_shape(const bens_graph *graph, bens_node node);

/* Local. Ends the building: `out` is the output; calls may have up to `rows` rows.
 * Allocates everything that the calls need.
 * Errors: of the building; BENS_ERR_FAILURE (the memory: how much, for what). */
bens_status bens_graph_plan(bens_graph *graph, bens_node out, int64_t rows);

/* Local. *y [n][outputs] = the network at x [n][input], 0 < n <= rows; borrowed until the
 * next call. keep: bens_graph_backward will follow. */
void bens_graph_forward(bens_graph *graph, const float *theta, const float *x, int64_t n,
                        bool keep, const float **y);

/* Elements first ... first + n - 1 of grad are final: for an all-reduce that begins while
 * the rest is still being computed. (No such all-reduce is there yet.) */
typedef void bens_graph_final(void *context, size_t first, size_t n);

/* Local. After a forward with keep, at the same theta and x: grad (of the tensors,
 * overwritten; padding is not touched) from dy [n][outputs], which is the caller's and is
 * destroyed. grad_left: nobody has written into grad since the latest call with it (of a
 * table of which few rows are used, the others stay 0). `final` (may be NULL) hears of
 * the ranges of grad, from the last to the first, as soon as they are done. */
void bens_graph_backward(bens_graph *graph, const float *theta, float *dy, float *grad,
                         bool grad_left, bens_graph_final *final, void *context);

/* Local. The start of a chain: every tensor by its initialiser, from stream `at`.
 * theta is zeroed. */
void bens_graph_init(const bens_params *params, const bens_backend *be,
                     const bens_rng *at, float *theta);

#endif
