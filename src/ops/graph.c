/* graph.c - building: uses of ops, their shapes and tensors. */
#include "ops/graph_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t bens_shape_size(const bens_shape *shape)
{
    int64_t size = 1;
    for (int i = 0; i < shape->rank; i++) size *= shape->dim[i];
    return size;
}

void bens_shape_print(const bens_shape *shape, char *text, size_t size)
{
    int used = 0;
    for (int i = 0; i < shape->rank && used >= 0 && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%lld", i > 0 ? " x " : "",
                         (long long)shape->dim[i]);
}

bens_status bens_graph_create(const bens_backend *be, bens_params *params,
                              bens_graph **out)
{
    bens_graph *g;
    BENS_TRY(bens_alloc(1, sizeof *g, &g));
    g->be = be;
    g->params = params;
    g->input = g->out = -1;
    *out = g;
    return BENS_OK;
}

void bens_graph_destroy(bens_graph *graph)
{
    if (graph == NULL) return;
    free(graph->memory);
    free(graph);
}

bens_status bens_op_refuse(const bens_op_plan *plan, int k, const char *wanted)
{
    char shape[64];
    bens_shape_print(plan->in[k], shape, sizeof shape);
    BENS_FAIL(BENS_ERR_CONFIG, "op %s (%s): wanted %s, found an input of %s a row",
              plan->name, plan->op->name, wanted, shape);
}

static bens_graph_node *newest(bens_graph *g)
{
    return &g->node[g->n_nodes - 1];
}

bens_status bens_op_tensor(bens_op_plan *plan, const char *part, int rank,
                           const int64_t *shape, int64_t fan_in, bens_init init)
{
    bens_graph_node *node = newest(plan->graph);
    char name[2 * BENS_NAME_SIZE];
    bens_tensor *t;
    BENS_ASSERT(node->n_tensors < BENS_OP_TENSORS);
    snprintf(name, sizeof name, "%s.%s", plan->name, part);
    BENS_TRY(bens_params_add(plan->graph->params, name, rank, shape, &t));
    if (init.kind == BENS_INIT_UNIFORM && init.scale == 0)
        init.scale = 1 / sqrt((double)fan_in);
    t->init = init;
    t->fan_in = fan_in;
    node->offset[node->n_tensors++] = t->offset;
    return BENS_OK;
}

bens_node bens_graph_refuse(bens_graph *g, const char *format, ...)
{
    va_list values;
    if (g->status != BENS_OK) return -1;
    g->status = BENS_ERR_CONFIG;
    va_start(values, format);
    vsnprintf(g->error, sizeof g->error, format, values);
    va_end(values);
    return -1;
}

/* A new node, still without a shape; NULL behind an error. */
static bens_graph_node *append(bens_graph *g)
{
    if (g->status != BENS_OK) return NULL;
    if (g->n_nodes == BENS_GRAPH_NODES) {
        bens_graph_refuse(g, "wanted a network of at most %d ops, found more",
                          BENS_GRAPH_NODES);
        return NULL;
    }
    bens_graph_node *node = &g->node[g->n_nodes++];
    *node = (bens_graph_node){.in = {-1, -1}};
    return node;
}

bens_node bens_graph_input(bens_graph *g, bens_shape shape)
{
    bens_graph_node *node = append(g);
    if (node == NULL) return -1;
    BENS_ASSERT(g->input < 0);
    node->out = shape;
    g->input = g->n_nodes - 1;
    return g->input;
}

const bens_shape *bens_graph_shape(const bens_graph *g, bens_node node)
{
    static const bens_shape none;
    return node < 0 ? &none : &g->node[node].out;
}

static bens_status plan_node(bens_graph *g, bens_graph_node *node)
{
    const size_t before = g->params->n;
    bens_op_plan plan = {.op = node->op,
                         .name = node->name,
                         .options = &node->options,
                         .graph = g};
    for (int k = 0; k < node->op->n_inputs; k++) {
        bens_graph_node *in = &g->node[node->in[k]];
        plan.in[k] = &in->out;
        plan.wants_dx[k] = in->wants_gradient;
        in->n_uses++;
        node->wants_gradient = node->wants_gradient || in->wants_gradient;
    }
    BENS_TRY(node->op->plan(&plan));
    node->out = plan.out;
    node->view = plan.view;
    node->saved = plan.saved;
    node->scratch = plan.scratch;
    node->scratch_row = plan.scratch_row;
    node->wants_gradient = node->wants_gradient || node->n_tensors > 0;
    if (node->n_tensors == 0) return BENS_OK;
    node->first = node->offset[0];
    node->n = g->params->n - node->first;
    BENS_ASSERT(node->first >= before);
    return BENS_OK;
}

bens_node bens_graph_add2(bens_graph *g, const bens_op *op, const char *name,
                          bens_op_options options, bens_node x1, bens_node x2)
{
    bens_graph_node *node = append(g);
    if (node == NULL) return -1;
    if (x1 == x2)
        return bens_graph_refuse(g, "op %s (%s): wanted two values, found one twice",
                                 name, op->name);
    if (strlen(name) >= sizeof node->name)
        return bens_graph_refuse(g, "op %s: wanted a name of at most %d letters", name,
                                 BENS_NAME_SIZE - 1);
    BENS_ASSERT(x1 >= 0 && (op->n_inputs == 1) == (x2 < 0));
    node->op = op;
    node->options = options;
    node->in[0] = x1;
    node->in[1] = x2;
    snprintf(node->name, sizeof node->name, "%s", name);
    g->status = plan_node(g, node);
    if (g->status == BENS_OK) return g->n_nodes - 1;
    snprintf(g->error, sizeof g->error, "%s", bens_error_text());
    return -1;
}

bens_node bens_graph_add(bens_graph *g, const bens_op *op, const char *name,
                         bens_op_options options, bens_node x)
{
    return bens_graph_add2(g, op, name, options, x, -1);
}

/* A gradient of what leads nowhere would be none. */
static void check_uses(bens_graph *g, bens_node out)
{
    for (bens_node i = 0; i < g->n_nodes && g->status == BENS_OK; i++) {
        const bens_graph_node *node = &g->node[i];
        if (i != out && node->n_uses == 0 && node->op != NULL)
            bens_graph_refuse(g, "op %s (%s): wanted a use of its value, found none",
                              node->name, node->op->name);
    }
}

bens_status bens_graph_plan(bens_graph *g, bens_node out, int64_t rows)
{
    check_uses(g, out);
    if (g->status != BENS_OK) return bens_error_set(g->status, "%s", g->error);
    BENS_ASSERT(out >= 0 && rows > 0);
    g->out = out;
    g->rows = rows;
    g->params = NULL;
    return bens_graph_allocate(g);
}
