/* graph_run.c - forward in order, backward in reverse. */
#include "ops/graph_parts.h"

#include <string.h>

/* What forward and backward of a node have in common. */
static bens_op_call call_of(bens_graph *g, const bens_graph_node *node,
                            const float *theta)
{
    bens_op_call call = {.be = g->be,
                         .layers = g->be->layers(),
                         .options = &node->options,
                         .out = &node->out,
                         .n = g->n_rows,
                         .y = node->y,
                         .saved = node->kept,
                         .scratch = g->scratch};
    for (int k = 0; k < node->op->n_inputs; k++) {
        const bens_graph_node *in = &g->node[node->in[k]];
        call.in[k] = &in->out;
        call.x[k] = in->y;
    }
    for (int k = 0; k < node->n_tensors; k++) call.theta[k] = theta + node->offset[k];
    return call;
}

void bens_graph_forward(bens_graph *g, const float *theta, const float *x, int64_t n,
                        bool keep, const float **y)
{
    BENS_ASSERT(n > 0 && n <= g->rows);
    g->n_rows = n;
    for (bens_node i = 0; i < g->n_nodes; i++) {
        bens_graph_node *node = &g->node[i];
        if (node->op == NULL) {
            memcpy(&node->y, &x, sizeof x); /* only ever read */
        } else if (node->view) {
            node->y = g->node[node->in[0]].y;
        } else {
            bens_op_call call = call_of(g, node, theta);
            call.keep = keep;
            node->op->forward(&call);
        }
    }
    *y = g->node[g->out].y;
}

/* Where the gradient by input k goes: its place, or the spare one if a later node has
 * been there already; NULL: nobody wants it. */
static float *gradient_of(bens_graph *g, const bens_graph_node *node, int k,
                          const bool *reached)
{
    const bens_node in = node->in[k];
    if (!g->node[in].wants_gradient) return NULL;
    return reached[in] ? g->spare[k] : g->node[in].dy;
}

/* A value that is used several times: the sum of its gradients. */
static void settle(bens_graph *g, const bens_graph_node *node, int k, bool *reached)
{
    const bens_node in = node->in[k];
    if (reached[in] && g->node[in].wants_gradient)
        g->be->add(g->spare[k], (size_t)(g->n_rows * bens_shape_size(&g->node[in].out)),
                   g->node[in].dy);
    reached[in] = true;
}

static void backward_view(bens_graph *g, const bens_graph_node *node, const float *dy,
                          bool *reached)
{
    float *const dx = gradient_of(g, node, 0, reached);
    if (dx != NULL && dx != dy)
        memcpy(dx, dy, (size_t)(g->n_rows * bens_shape_size(&node->out)) * sizeof *dx);
    settle(g, node, 0, reached);
}

static void backward_node(bens_graph *g, const bens_graph_node *node, const float *theta,
                          float *dy, float *grad, int64_t n_left, bool *reached)
{
    bens_op_call call = call_of(g, node, theta);
    call.keep = true;
    call.n_left = n_left;
    call.dy = dy;
    for (int k = 0; k < node->n_tensors; k++) call.dtheta[k] = grad + node->offset[k];
    for (int k = 0; k < node->op->n_inputs; k++)
        call.dx[k] = gradient_of(g, node, k, reached);
    node->op->backward(&call);
    for (int k = 0; k < node->op->n_inputs; k++) settle(g, node, k, reached);
}

void bens_graph_backward(bens_graph *g, const float *theta, float *dy, float *grad,
                         bool grad_left, bens_graph_final *final, void *context)
{
    const int64_t n_left = grad_left && grad == g->left_grad ? g->n_left : 0;
    bool reached[BENS_GRAPH_NODES] = {false};
    for (bens_node i = g->out; i >= 0; i--) {
        const bens_graph_node *node = &g->node[i];
        float *const mine = i == g->out ? dy : node->dy;
        if (node->op == NULL || !node->wants_gradient) continue;
        if (node->view)
            backward_view(g, node, mine, reached);
        else
            backward_node(g, node, theta, mine, grad, n_left, reached);
        if (node->n_tensors > 0 && final != NULL) final(context, node->first, node->n);
    }
    g->left_grad = grad;
    g->n_left = g->n_rows;
}
