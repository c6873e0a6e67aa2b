/* graph_parts.h - what the files graph*.c share. */
#ifndef BENS_OPS_GRAPH_PARTS_H
#define BENS_OPS_GRAPH_PARTS_H

#include "ops/graph.h"

enum { BENS_GRAPH_NODES = 512 };

typedef struct {
    const bens_op *op; /* NULL: the input */
    char name[BENS_NAME_SIZE];
    bens_op_options options;
    bens_node in[BENS_OP_INPUTS];
    bens_shape out;
    bool view;
    size_t saved, scratch, scratch_row; /* as in bens_op_plan */

    int n_tensors;
    size_t offset[BENS_OP_TENSORS]; /* of the tensors in the arena */
    size_t first, n;                /* the range of the arena that they are in */

    bool wants_gradient; /* a tensor is here or before it */
    int n_uses;          /* nodes that take it */
    float *y, *dy, *kept;
    bool joins_dy; /* a view whose dy is the dy of its input */
} bens_graph_node;

struct bens_graph {
    const bens_backend *be;
    bens_params *params; /* while it is built */
    bens_status status;  /* the first error of the building ... */
    char error[512];     /* ... and its text */
    bens_graph_node node[BENS_GRAPH_NODES];
    int n_nodes;
    bens_node input, out;
    int64_t rows;

    float *memory; /* owned; all that follows points into it */
    size_t n_bytes;
    float *scratch;
    float *spare[BENS_OP_INPUTS]; /* the gradient of a value's further use, to be added */
    const float *x;
    int64_t n_rows;         /* of the latest forward */
    const float *left_grad; /* of the latest backward ... */
    int64_t n_left;         /* ... and its rows */
};

/* Local. Lays all values, gradients and scratch out in one block, and allocates it. */
bens_status bens_graph_allocate(bens_graph *graph);

#endif
