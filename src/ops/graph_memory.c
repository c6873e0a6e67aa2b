/* graph_memory.c - where values and gradients lie. A value lives from its forward to its
 * own backward; a gradient from the first backward that adds to it to its node's own, so
 * that gradients which never live together share their place. */
#include "ops/graph_parts.h"

enum { ALIGN = 64 / sizeof(float) };

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t value_size(const bens_graph *g, bens_node i)
{
    return padded((size_t)(g->rows * bens_shape_size(&g->node[i].out)));
}

/* A gradient and when it lives: backward goes from the last node to the first. */
typedef struct {
    size_t offset, size;
    bens_node born, dies; /* born >= dies */
} place;

static bool meet(const place *a, const place *b)
{
    return a->size > 0 && b->size > 0 && a->born >= b->dies && b->born >= a->dies;
}

/* The lowest offset at which `new` touches none of place [n] that lives with it. */
static void put(place *new, const place *others, int n)
{
    bool moved = true;
    new->offset = 0;
    while (moved) {
        moved = false;
        for (int k = 0; k < n; k++) {
            const place *o = &others[k];
            if (!meet(new, o) || new->offset >= o->offset + o->size ||
                o->offset >= new->offset + new->size)
                continue;
            new->offset = o->offset + o->size;
            moved = true;
        }
    }
}

/* The last node that takes i, through views that join its gradient. */
static bens_node last_use(const bens_graph *g, bens_node i)
{
    for (bens_node k = g->n_nodes - 1; k > i; k--)
        for (int j = 0; j < BENS_OP_INPUTS; j++)
            if (g->node[k].op != NULL && j < g->node[k].op->n_inputs &&
                g->node[k].in[j] == i)
                return g->node[k].joins_dy ? last_use(g, k) : k;
    return i;
}

/* Places the gradients behind `start`; returns the floats that they take. */
static size_t place_gradients(bens_graph *g, place *at)
{
    size_t end = 0;
    for (bens_node i = g->n_nodes - 1; i >= 0; i--) {
        const bens_graph_node *node = &g->node[i];
        at[i] = (place){.born = last_use(g, i), .dies = i};
        /* that of the output is the caller's; a view's is its input's */
        if (!node->wants_gradient || i == g->out || node->joins_dy) continue;
        at[i].size = value_size(g, i);
        put(&at[i], at + i + 1, g->n_nodes - 1 - i);
        if (at[i].offset + at[i].size > end) end = at[i].offset + at[i].size;
    }
    return end;
}

static void join_views(bens_graph *g)
{
    for (bens_node i = 0; i < g->n_nodes; i++) {
        bens_graph_node *node = &g->node[i];
        node->joins_dy = node->view && i != g->out && node->wants_gradient &&
                         g->node[node->in[0]].n_uses == 1;
    }
}

/* The floats of all parts in order; with memory, their addresses too. */
static size_t lay_out(bens_graph *g, const place *at, size_t gradients, float *memory)
{
    size_t n = 0, scratch = 0, spare = 0;
    for (bens_node i = 0; i < g->n_nodes; i++) {
        bens_graph_node *node = &g->node[i];
        const size_t need = node->scratch + (size_t)g->rows * node->scratch_row;
        if (need > scratch) scratch = need;
        if (node->n_uses > 1 && value_size(g, i) > spare) spare = value_size(g, i);
        if (node->op == NULL || node->view) continue;
        if (memory != NULL) node->y = memory + n;
        n += value_size(g, i);
        if (memory != NULL) node->kept = memory + n;
        n += padded((size_t)g->rows * node->saved);
    }
    if (memory != NULL) {
        g->scratch = memory + n;
        float *first = g->scratch + padded(scratch);
        for (int k = 0; k < BENS_OP_INPUTS; k++, first += spare) g->spare[k] = first;
        for (bens_node i = 0; i < g->n_nodes; i++)
            if (at[i].size > 0) g->node[i].dy = first + at[i].offset;
    }
    return n + padded(scratch) + BENS_OP_INPUTS * spare + gradients;
}

static void point_views(bens_graph *g)
{
    for (bens_node i = 0; i < g->n_nodes; i++) {
        bens_graph_node *node = &g->node[i];
        if (!node->view) continue;
        node->y = g->node[node->in[0]].y;
        if (node->joins_dy) node->dy = g->node[node->in[0]].dy;
    }
}

bens_status bens_graph_allocate(bens_graph *g)
{
    place at[BENS_GRAPH_NODES];
    join_views(g);
    const size_t gradients = place_gradients(g, at);
    const size_t n = lay_out(g, at, gradients, NULL);
    if (bens_alloc(n, sizeof *g->memory, &g->memory) != BENS_OK)
        BENS_FAIL(BENS_ERR_FAILURE,
                  "the network's values and gradients of %lld rows: wanted %.0f MiB of "
                  "memory, which is not there; take a smaller [data] batch",
                  (long long)g->rows, (double)n * sizeof *g->memory / 0x1p20);
    g->n_bytes = n * sizeof *g->memory;
    lay_out(g, at, gradients, g->memory);
    point_views(g);
    return BENS_OK;
}
