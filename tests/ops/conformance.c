/* Every op of the registry, in the cases of the table below: directional derivatives by
 * inputs and tensors agree with finite differences, for 1, 2 and 3 rows; forward without
 * `keep` has the same bits; the padding of the gradient stays; a NaN comes through. An op
 * without a case fails (activations have one of their own). */
#include "ops/fixture.h"

typedef struct {
    const bens_op *op;
    bens_shape in[BENS_OP_INPUTS];
    bens_op_options options;
    int64_t tokens; /* above 0: the input is whole numbers below it, without gradient */
} op_case;

#define SHAPE1(a)                                                                        \
    {                                                                                    \
        .rank = 1, .dim = { a }                                                          \
    }
#define SHAPE2(a, b)                                                                     \
    {                                                                                    \
        .rank = 2, .dim = { a, b }                                                       \
    }
#define SHAPE3(a, b, c)                                                                  \
    {                                                                                    \
        .rank = 3, .dim = { a, b, c }                                                    \
    }

/* clang-format off */
static const op_case cases[] = {
    {&bens_op_dense, {SHAPE1(7)}, {.units = 5}, 0},
    {&bens_op_dense, {SHAPE1(1)}, {.units = 1, .without_bias = true}, 0},
    {&bens_op_dense, {SHAPE1(33)}, {.units = 18, .activation = BENS_ACTIVATION_tanh}, 0},
    {&bens_op_dense, {SHAPE2(4, 6)}, {.units = 3, .activation = BENS_ACTIVATION_gelu}, 0},
    {&bens_op_conv2d, {SHAPE2(5, 4)}, {.units = 3, .kernel = 1}, 0},
    {&bens_op_conv2d, {SHAPE3(6, 9, 2)}, {.units = 17, .kernel = 3, .padding = 1,
                                          .activation = BENS_ACTIVATION_silu}, 0},
    {&bens_op_conv2d, {SHAPE3(7, 5, 3)}, {.units = 4, .kernel = 3, .stride = 2,
                                          .padding = 1, .without_bias = true}, 0},
    {&bens_op_conv2d, {SHAPE3(4, 5, 16)}, {.units = 2, .kernel = 1, .stride = 2}, 0},
    {&bens_op_conv2d, {SHAPE3(8, 7, 1)}, {.units = 2, .kernel = 2, .stride = 3}, 0},
    {&bens_op_conv2d, {SHAPE3(2, 3, 2)}, {.units = 2, .kernel = 5, .padding = 4}, 0},
    {&bens_op_filter_response_norm, {SHAPE3(3, 5, 2)}, {.epsilon = 0.1}, 0},
    {&bens_op_filter_response_norm, {SHAPE3(5, 7, 17)},
     {.epsilon = 0.01, .activation = BENS_ACTIVATION_silu}, 0},
    {&bens_op_filter_response_norm, {SHAPE2(9, 33)},
     {.epsilon = 0.01, .activation = BENS_ACTIVATION_tanh}, 0},
    {&bens_op_layer_norm, {SHAPE1(5)}, {0}, 0},
    {&bens_op_layer_norm, {SHAPE2(3, 37)}, {.epsilon = 0.1}, 0},
    {&bens_op_add, {SHAPE2(3, 5), SHAPE2(3, 5)}, {0}, 0},
    {&bens_op_add, {SHAPE1(35), SHAPE1(35)}, {.activation = BENS_ACTIVATION_silu}, 0},
    {&bens_op_flatten, {SHAPE3(2, 3, 4)}, {0}, 0},
    {&bens_op_embedding, {SHAPE1(5)}, {.vocabulary = 11, .units = 6}, 11},
    {&bens_op_embedding, {SHAPE2(4, 3)}, {.vocabulary = 2, .units = 17}, 2},
    {&bens_op_conv1d, {SHAPE2(9, 5)}, {.units = 3, .kernel = 4}, 0},
    {&bens_op_conv1d, {SHAPE2(6, 2)}, {.units = 35, .kernel = 6, .without_bias = true,
                                       .activation = BENS_ACTIVATION_gelu}, 0},
    {&bens_op_conv1d, {SHAPE2(5, 34)}, {.units = 33, .kernel = 1,
                                        .activation = BENS_ACTIVATION_tanh}, 0},
    {&bens_op_conv1d, {SHAPE2(7, 3)}, {.units = 17, .kernel = 3, .padding = 2,
                                       .activation = BENS_ACTIVATION_silu}, 0},
    {&bens_op_conv1d, {SHAPE2(11, 2)}, {.units = 4, .kernel = 3, .stride = 2}, 0},
    {&bens_op_conv1d, {SHAPE2(3, 4)}, {.units = 2, .kernel = 2, .stride = 3,
                                       .padding = 1}, 0},
    {&bens_op_max_pool1d, {SHAPE2(8, 5)}, {.kernel = 4}, 0},
    {&bens_op_max_pool1d, {SHAPE2(7, 3)}, {.kernel = 3, .stride = 2, .padding = 1}, 0},
    {&bens_op_max_pool2d, {SHAPE3(5, 4, 3)}, {.kernel = 2}, 0},
    {&bens_op_max_pool2d, {SHAPE3(4, 3, 5)}, {.kernel = 3, .stride = 1, .padding = 1}, 0},
    {&bens_op_mean_pool1d, {SHAPE2(7, 18)}, {.kernel = 3}, 0},
    {&bens_op_mean_pool1d, {SHAPE2(6, 2)}, {.kernel = 4, .stride = 1, .padding = 2}, 0},
    {&bens_op_mean_pool2d, {SHAPE3(6, 4, 3)}, {0}, 0},
    {&bens_op_mean_pool2d, {SHAPE3(5, 7, 2)}, {.kernel = 3, .stride = 2, .padding = 1}, 0},
    {&bens_op_lstm, {SHAPE2(1, 4)}, {.units = 3}, 0},
    {&bens_op_lstm, {SHAPE2(5, 6)}, {.units = 19}, 0},
    {&bens_op_lstm, {SHAPE2(3, 35)}, {.units = 8}, 0},
};
/* clang-format on */

typedef struct {
    bens_params params;
    bens_graph *graph;
    size_t n_out; /* floats of a row */
    float *theta, *grad, *x, *weight, *dy;
} built;

static void build(const op_case *c, built *b)
{
    const bens_backend *be = bens_backend_find("cpu");
    bens_node in[BENS_OP_INPUTS] = {-1, -1}, x;
    *b = (built){0};
    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_graph_create(be, &b->params, &b->graph), BENS_OK);
    x = bens_graph_input(b->graph, c->in[0]);
    for (int k = 0; k < c->op->n_inputs; k++) {
        /* of the shape of input k: there is one input only */
        in[k] = c->tokens > 0 ? x
                              : bens_graph_add(b->graph, &leaf, k == 0 ? "in0" : "in1",
                                               (bens_op_options){0}, x);
    }
    const bens_node out =
        bens_graph_add2(b->graph, c->op, "op", c->options, in[0], in[1]);
    if (bens_graph_plan(b->graph, out, FIXTURE_ROWS) != BENS_OK)
        fail_msg("%s: %s", c->op->name, bens_error_text());
    b->n_out = (size_t)bens_shape_size(bens_graph_shape(b->graph, out));
}

static void fill(const op_case *c, built *b)
{
    const size_t n = b->params.n, n_in = (size_t)bens_shape_size(&c->in[0]);
    uint64_t state = 7;
    b->theta = calloc(n + 1, sizeof *b->theta);
    b->grad = calloc(n + 1, sizeof *b->grad);
    b->x = calloc(FIXTURE_ROWS * n_in, sizeof *b->x);
    b->weight = calloc(FIXTURE_ROWS * b->n_out, sizeof *b->weight);
    b->dy = calloc(FIXTURE_ROWS * b->n_out, sizeof *b->dy);
    for (size_t i = 0; i < FIXTURE_ROWS * n_in && c->tokens > 0; i++)
        b->x[i] = (float)(int64_t)((fixture_random(&state) + 1) / 2 * (double)c->tokens);
    for (size_t i = 0; i < FIXTURE_ROWS * b->n_out; i++)
        b->weight[i] = (float)fixture_random(&state);
    for (int i = 0; i < b->params.n_tensors; i++) {
        const bens_tensor *t = &b->params.tensors[i];
        fixture_apart(&state, t->size, b->theta + t->offset);
    }
}

static void release(built *b)
{
    bens_graph_destroy(b->graph);
    bens_params_release(&b->params);
    free(b->theta);
    free(b->grad);
    free(b->x);
    free(b->weight);
    free(b->dy);
}

/* The sum of weight . y over n rows, in double. */
static double loss(const built *b, const float *theta, int64_t n, bool keep)
{
    const float *y;
    double sum = 0;
    bens_graph_forward(b->graph, theta, b->x, n, keep, &y);
    for (size_t i = 0; i < (size_t)n * b->n_out; i++)
        sum += (double)b->weight[i] * (double)y[i];
    return sum;
}

static void differentiate(built *b, int64_t n)
{
    const size_t size = (size_t)n * b->n_out;
    loss(b, b->theta, n, true);
    memcpy(b->dy, b->weight, size * sizeof *b->dy);
    for (size_t e = 0; e < b->params.n; e++) b->grad[e] = 77;
    bens_graph_backward(b->graph, b->theta, b->dy, b->grad, false, NULL, NULL);
}

/* The derivative along a random direction of unit length in the largest element, by
 * gradient and by differences over h = 2^-9. The error of the difference is h^2 f''' / 6
 * (1e-6 of the scale here) and the rounding of y (6e-8 / h = 3e-5 of it); 1e-3 was met
 * with a factor of 5 to spare. `scale` is what the terms of the gradient add up to. */
static void check_direction(const op_case *c, built *b, const bens_tensor *t, int64_t n,
                            uint64_t *state)
{
    const double h = 0x1p-9;
    float *moved = malloc((b->params.n + 1) * sizeof *moved);
    float *direction = calloc(t->size, sizeof *direction);
    double slope = 0, scale = 0, value[2];
    for (size_t e = 0; e < t->size; e++) {
        direction[e] = (float)fixture_random(state);
        const double term = (double)direction[e] * (double)b->grad[t->offset + e];
        slope += term;
        scale += term * term;
    }
    for (int side = 0; side < 2; side++) {
        memcpy(moved, b->theta, b->params.n * sizeof *moved);
        for (size_t e = 0; e < t->size; e++)
            moved[t->offset + e] += (float)(side == 0 ? h : -h) * direction[e];
        value[side] = loss(b, moved, n, false);
    }
    const double difference = (value[0] - value[1]) / (2 * h);
    scale = sqrt(scale) + 0.01;
    if (!(fabs(slope - difference) < 1e-3 * scale))
        fail_msg("%s, tensor %s, %d rows: gradient %.7g, difference %.7g (scale %.3g)",
                 c->op->name, t->name, (int)n, slope, difference, scale);
    free(direction);
    free(moved);
}

static void check_padding(const op_case *c, const built *b)
{
    for (int i = 0; i + 1 < b->params.n_tensors; i++) {
        const bens_tensor *t = &b->params.tensors[i];
        for (size_t e = t->offset + t->size; e < t[1].offset; e++)
            if (b->grad[e] != 77)
                fail_msg("%s: the padding behind %s was written", c->op->name, t->name);
    }
}

static void check_case(const op_case *c)
{
    uint64_t state = 3;
    built b;
    build(c, &b);
    fill(c, &b);
    for (int64_t n = FIXTURE_ROWS; n >= 1; n--) {
        const double kept = loss(&b, b.theta, n, true);
        assert_true(kept == loss(&b, b.theta, n, false));
        differentiate(&b, n);
        check_padding(c, &b);
        for (int i = 0; i < b.params.n_tensors; i++)
            for (int k = 0; k < 3; k++)
                check_direction(c, &b, &b.params.tensors[i], n, &state);
    }
    for (int i = 0; i < b.params.n_tensors && c->tokens == 0; i++) {
        float *const first = b.theta + b.params.tensors[i].offset, was = *first;
        *first = NAN;
        if (!isnan(loss(&b, b.theta, 1, false)))
            fail_msg("%s: a NaN in tensor %s is lost", c->op->name,
                     b.params.tensors[i].name);
        *first = was;
    }
    release(&b);
}

static void test_ops(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_case(&cases[i]);
}

static void test_activations(void **state)
{
    (void)state;
    for (int a = 1; a < BENS_N_ACTIVATIONS; a++) {
        const char *name = bens_activation_at((bens_activation)a)->name;
        op_case one = {.in = {SHAPE1(37)}};
        for (size_t i = 0; bens_op_at(i) != NULL; i++)
            if (strcmp(bens_op_at(i)->name, name) == 0) one.op = bens_op_at(i);
        assert_non_null(one.op);
        check_case(&one);
        one.op = &bens_op_dense;
        one.options = (bens_op_options){.units = 21, .activation = (bens_activation)a};
        if (a != BENS_ACTIVATION_relu && a != BENS_ACTIVATION_leaky_relu)
            check_case(&one); /* those have kinks at places that dense decides */
    }
}

static void test_every_op_has_a_case(void **state)
{
    (void)state;
    for (size_t i = 0; bens_op_at(i) != NULL; i++) {
        const char *name = bens_op_at(i)->name;
        bool found = bens_activation_find(name) != BENS_N_ACTIVATIONS;
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
            found = found || cases[k].op == bens_op_at(i);
        if (!found) fail_msg("op '%s' has no case in this table", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops),
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_every_op_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
