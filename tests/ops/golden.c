/* Single ops against PyTorch: the output, and the derivatives of a sum of it by the
 * input and by each tensor. tests/golden/make.py made the numbers.
 *
 * An op behind a dense layer of one-hot inputs: element [row][position][channel] of the
 * op's own input is the layer's weight [channel][row and position], copied exactly, and
 * what the op says about its input is the gradient of that weight. */
#include "golden/ops.h"
#include "ops/graph.h"

#include <stdlib.h>

/* Of the largest element: eight times the widest difference seen, 6e-7, which is a few
 * roundings of float32. */
static const double ERROR = 5e-6;

typedef struct {
    const golden_op *op;
    bens_graph *graph;
    bens_params params;
    float *x, *dy, *theta, *grad;
} trial;

static size_t product(const bens_shape *shape)
{
    size_t n = 1;
    for (int k = 0; k < shape->rank; k++) n *= (size_t)shape->dim[k];
    return n;
}

static float *allocate(size_t n)
{
    float *x;
    assert_int_equal(bens_alloc(n, sizeof *x, &x), BENS_OK);
    return x;
}

/* Tokens, or for each position of each row a one at its number. */
static bens_shape make_input(trial *t)
{
    const golden_op *o = t->op;
    bens_shape in = o->in;
    const size_t size = product(&in), rows = (size_t)o->rows;
    if (o->options.vocabulary > 0) {
        t->x = allocate(rows * size);
        for (size_t i = 0; i < rows * size; i++)
            t->x[i] = (float)golden_whole(GOLDEN_X, i, (uint64_t)o->options.vocabulary);
        return in;
    }
    const size_t positions = rows * size / (size_t)in.dim[in.rank - 1];
    t->x = allocate(positions * positions);
    for (size_t i = 0; i < positions; i++) t->x[i * positions + i] = 1;
    in.dim[in.rank - 1] = (int64_t)positions;
    return in;
}

static bens_node build(trial *t)
{
    const golden_op *o = t->op;
    const bens_op_options copy = {.units = o->in.dim[o->in.rank - 1],
                                  .without_bias = true};
    const bens_node in = bens_graph_input(t->graph, make_input(t));
    if (o->options.vocabulary > 0)
        return bens_graph_add(t->graph, o->op, "op", o->options, in);
    const bens_node x1 = bens_graph_add(t->graph, &bens_op_dense, "x1", copy, in);
    if (o->op->n_inputs == 1)
        return bens_graph_add(t->graph, o->op, "op", o->options, x1);
    const bens_node x2 = bens_graph_add(t->graph, &bens_op_dense, "x2", copy, in);
    return bens_graph_add2(t->graph, o->op, "op", o->options, x1, x2);
}

/* The tensors are those of the file, in its order. */
static void fill(trial *t)
{
    const golden_op *o = t->op;
    assert_int_equal(t->params.n_tensors, o->n_tensors);
    for (int k = 0; k < o->n_tensors; k++) {
        const bens_tensor *x = &t->params.tensors[k];
        assert_string_equal(x->name, o->tensor[k].name);
        assert_int_equal(x->rank, o->tensor[k].rank);
        assert_memory_equal(x->shape, o->tensor[k].shape,
                            (size_t)x->rank * sizeof *x->shape);
        golden_fill(GOLDEN_FIRST + k, &o->tensor[k], x->size, t->theta + x->offset);
    }
}

static void make(const golden_op *op, trial *t)
{
    const bens_backend *be = bens_backend_find("cpu");
    *t = (trial){.op = op, .params = {.n_data = 1}};
    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_graph_create(be, &t->params, &t->graph), BENS_OK);
    const bens_node out = build(t);
    if (bens_graph_plan(t->graph, out, op->rows) != BENS_OK)
        fail_msg("%s: %s", op->name, bens_error_text());
    const size_t size = product(bens_graph_shape(t->graph, out));
    assert_int_equal(size * (size_t)op->rows, golden_size(&op->y));
    t->dy = allocate(golden_size(&op->y));
    for (size_t i = 0; i < golden_size(&op->y); i++)
        t->dy[i] = golden_uniform(GOLDEN_DY, i);
    t->theta = allocate(t->params.n);
    t->grad = allocate(t->params.n);
    fill(t);
}

static void release(trial *t)
{
    bens_graph_destroy(t->graph);
    bens_params_release(&t->params);
    free(t->x);
    free(t->dy);
    free(t->theta);
    free(t->grad);
}

static double compare(trial *t)
{
    const golden_op *o = t->op;
    const float *y;
    for (size_t e = 0; e < t->params.n; e++) t->grad[e] = 1e30f;
    bens_graph_forward(t->graph, t->theta, t->x, o->rows, true, &y);
    double widest = golden_compare(o->name, &o->y, ERROR, y, 1);
    bens_graph_backward(t->graph, t->theta, t->dy, t->grad, false, NULL, NULL);
    for (int k = 0; k < o->n_tensors; k++)
        widest = fmax(widest, golden_compare(o->name, &o->tensor[k], ERROR,
                                             t->grad + t->params.tensors[k].offset, 1));
    return widest;
}

static void ops_are_pytorchs(void **unused)
{
    (void)unused;
    double widest = 0;
    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++) {
        trial t;
        make(&OPS[i], &t);
        widest = fmax(widest, compare(&t));
        release(&t);
    }
    print_message("largest difference: %.2g\n", widest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ops_are_pytorchs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
