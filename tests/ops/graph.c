/* The graph: values used twice, views, gradients that share memory, ranges announced in
 * order, and what a builder gets wrong. */
#include "ops/fixture.h"

/* A test asks for more memory than there is. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* An op of two inputs for these tests: the first minus twice the second. */
static bens_status minus_plan(bens_op_plan *p)
{
    p->out = *p->in[0];
    if (bens_shape_size(p->in[1]) != bens_shape_size(p->in[0]))
        return bens_op_refuse(p, 1, "as many values as the first input");
    return BENS_OK;
}

static void minus_forward(const bens_op_call *c)
{
    for (int64_t i = 0; i < c->n * bens_shape_size(c->out); i++)
        c->y[i] = c->x[0][i] - 2 * c->x[1][i];
}

static void minus_backward(const bens_op_call *c)
{
    for (int64_t i = 0; i < c->n * bens_shape_size(c->out); i++) {
        if (c->dx[0] != NULL) c->dx[0][i] = c->dy[i];
        if (c->dx[1] != NULL) c->dx[1][i] = -2 * c->dy[i];
    }
}

static const bens_op minus = {.name = "minus",
                              .n_inputs = 2,
                              .plan = minus_plan,
                              .forward = minus_forward,
                              .backward = minus_backward};

enum { WIDTH = 6, OUTPUTS = 2 };

typedef struct {
    bens_params params;
    bens_graph *graph;
    float *theta, *grad, x[FIXTURE_ROWS * WIDTH];
} network;

static bens_node layer(bens_graph *g, const char *name, int64_t units, bens_node x)
{
    const bens_op_options o = {.units = units, .activation = BENS_ACTIVATION_tanh};
    return bens_graph_add(g, &bens_op_dense, name, o, x);
}

/* a = fc1(x) is used three times, once through a view; b = fc2(a) twice. */
static bens_node residual(bens_graph *g)
{
    const bens_op_options none = {0};
    const bens_node x = bens_graph_input(g, (bens_shape){.rank = 1, .dim = {WIDTH}});
    const bens_node a = layer(g, "fc1", WIDTH, x), b = layer(g, "fc2", WIDTH, a);
    const bens_node view = bens_graph_add(g, &bens_op_flatten, "flatten", none, a);
    const bens_node c = bens_graph_add2(g, &minus, "c", none, b, view);
    const bens_node d = layer(g, "fc3", WIDTH, c);
    const bens_node one = bens_graph_add(g, &bens_op_flatten, "flatten2", none, d);
    const bens_node e = bens_graph_add2(g, &minus, "e", none, b, one);
    return layer(g, "fc4", OUTPUTS, bens_graph_add2(g, &minus, "f", none, a, e));
}

static void create(network *w)
{
    uint64_t state = 5;
    const bens_backend *be = bens_backend_find("cpu");
    *w = (network){0};
    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_graph_create(be, &w->params, &w->graph), BENS_OK);
    assert_int_equal(bens_graph_plan(w->graph, residual(w->graph), FIXTURE_ROWS),
                     BENS_OK);
    w->theta = calloc(w->params.n, sizeof *w->theta);
    w->grad = calloc(w->params.n, sizeof *w->grad);
    for (size_t e = 0; e < w->params.n; e++) w->theta[e] = (float)fixture_random(&state);
    for (size_t i = 0; i < FIXTURE_ROWS * WIDTH; i++)
        w->x[i] = (float)fixture_random(&state);
}

static void destroy(network *w)
{
    bens_graph_destroy(w->graph);
    bens_params_release(&w->params);
    free(w->theta);
    free(w->grad);
}

static double loss(network *w, int64_t n)
{
    const float *y;
    double sum = 0;
    bens_graph_forward(w->graph, w->theta, w->x, n, true, &y);
    for (int64_t i = 0; i < n * OUTPUTS; i++) sum += (double)(i + 1) * (double)y[i];
    return sum;
}

/* As in conformance.c, element by element. */
static void test_values_used_twice(void **state)
{
    (void)state;
    network w;
    float dy[FIXTURE_ROWS * OUTPUTS];
    create(&w);
    for (int64_t n = 1; n <= FIXTURE_ROWS; n++) {
        loss(&w, n);
        for (int64_t i = 0; i < n * OUTPUTS; i++) dy[i] = (float)(i + 1);
        bens_graph_backward(w.graph, w.theta, dy, w.grad, false, NULL, NULL);
        for (int i = 0; i < w.params.n_tensors; i++)
            for (size_t e = w.params.tensors[i].offset;
                 e < w.params.tensors[i].offset + w.params.tensors[i].size; e++) {
                const float h = 0x1p-9f, kept = w.theta[e];
                w.theta[e] = kept + h;
                const double above = loss(&w, n);
                w.theta[e] = kept - h;
                const double slope = (above - loss(&w, n)) / (2 * (double)h);
                w.theta[e] = kept;
                if (!(fabs(slope - (double)w.grad[e]) < 2e-3 * (1 + fabs(slope))))
                    fail_msg("%s, element %d: gradient %g, difference %g",
                             w.params.tensors[i].name,
                             (int)(e - w.params.tensors[i].offset), (double)w.grad[e],
                             slope);
            }
    }
    destroy(&w);
}

typedef struct {
    size_t next; /* where the range before must end */
    int n;
} heard;

static void listen(void *context, size_t first, size_t n)
{
    heard *h = context;
    assert_int_equal(first + n, h->next);
    h->next = first;
    h->n++;
}

static void test_ranges_are_announced_from_the_last(void **state)
{
    (void)state;
    network w;
    float dy[FIXTURE_ROWS * OUTPUTS] = {1};
    create(&w);
    heard h = {.next = w.params.n};
    loss(&w, 2);
    bens_graph_backward(w.graph, w.theta, dy, w.grad, false, listen, &h);
    assert_int_equal(h.n, 4);
    assert_int_equal(h.next, 0);
    destroy(&w);
}

static bens_status plan_of(int64_t units, const char *name, int64_t rows)
{
    bens_params params = {0};
    bens_graph *g;
    assert_int_equal(bens_graph_create(bens_backend_find("cpu"), &params, &g), BENS_OK);
    bens_node x = bens_graph_input(g, (bens_shape){.rank = 1, .dim = {WIDTH}});
    const bens_node a = layer(g, "fc1", units, x);
    x = bens_graph_add2(g, &minus, name, (bens_op_options){0}, layer(g, "fc2", 7, a), a);
    const bens_status s = bens_graph_plan(g, layer(g, "fc3", 2, x), rows);
    bens_graph_destroy(g);
    bens_params_release(&params);
    return s;
}

static void test_errors_are_told_by_plan(void **state)
{
    (void)state;
    assert_int_equal(plan_of(7, "minus", 1), BENS_OK);
    assert_int_equal(plan_of(8, "rest", 1), BENS_ERR_CONFIG);
    assert_string_equal(bens_error_text(), "op rest (minus): wanted as many values as "
                                           "the first input, found an input of 8 a row");
    assert_int_equal(plan_of(0, "minus", 1), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "fc1.weight"));
    assert_int_equal(plan_of(7, "minus", INT64_C(1) << 55), BENS_ERR_FAILURE);
    assert_non_null(strstr(bens_error_text(), "memory"));
}

/* A use of an op that nobody uses, or one value given twice. */
static void test_refuses_what_has_no_gradient(void **state)
{
    (void)state;
    const bens_op_options none = {0};
    for (int twice = 0; twice < 2; twice++) {
        bens_params params = {0};
        bens_graph *g;
        assert_int_equal(bens_graph_create(bens_backend_find("cpu"), &params, &g),
                         BENS_OK);
        bens_node x = bens_graph_input(g, (bens_shape){.rank = 1, .dim = {WIDTH}});
        const bens_node a = layer(g, "fc1", WIDTH, x);
        if (twice)
            bens_graph_add2(g, &minus, "same", none, a, a);
        else
            bens_graph_add(g, &bens_op_tanh, "dead", none, a);
        assert_int_equal(bens_graph_plan(g, layer(g, "fc2", 2, a), 1), BENS_ERR_CONFIG);
        assert_string_equal(
            bens_error_text(),
            twice ? "op same (minus): wanted two values, found one twice"
                  : "op dead (tanh): wanted a use of its value, found none");
        bens_graph_destroy(g);
        bens_params_release(&params);
    }
}

static bens_status plan_one(const bens_op *op, bens_shape in, bens_op_options options)
{
    bens_params params = {0};
    bens_graph *g;
    assert_int_equal(bens_graph_create(bens_backend_find("cpu"), &params, &g), BENS_OK);
    const bens_node x = bens_graph_input(g, in);
    const bens_status s = bens_graph_plan(g, bens_graph_add(g, op, "op", options, x), 1);
    bens_graph_destroy(g);
    bens_params_release(&params);
    return s;
}

/* Sizes that a builder left out; more inputs than CBLAS counts. */
static void test_refuses_sizes_that_cannot_be(void **state)
{
    static const struct {
        const bens_op *op;
        bens_shape in;
        bool has_kernel;
    } cases[] = {
        {&bens_op_dense, {1, {4}}, false},       {&bens_op_embedding, {1, {4}}, false},
        {&bens_op_lstm, {2, {4, 3}}, false},     {&bens_op_conv1d, {2, {4, 3}}, true},
        {&bens_op_conv2d, {3, {4, 3, 2}}, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int left_out = 0; left_out < 1 + cases[i].has_kernel; left_out++) {
            const bens_op_options o = {.vocabulary = 5,
                                       .units = left_out == 0 ? 0 : 2,
                                       .kernel = left_out == 1 ? 0 : 3};
            assert_int_equal(plan_one(cases[i].op, cases[i].in, o), BENS_ERR_CONFIG);
            assert_non_null(strstr(bens_error_text(), "tensor 'op.weight': wanted at "
                                                      "least 1 element"));
        }
    const bens_shape many = {1, {INT64_C(1) << 31}};
    assert_int_equal(plan_one(&bens_op_dense, many, (bens_op_options){.units = 1}),
                     BENS_ERR_CONFIG);
    assert_string_equal(bens_error_text(),
                        "op op (dense): wanted less than 2^31 inputs and units, for "
                        "CBLAS, found an input of 2147483648 a row");
}

/* Uniform numbers of the scale 1/sqrt(fan_in): mean and variance over 10,000 within 4
 * standard errors, none outside; equal for the same place, others for another chain. */
static void test_initialisers(void **state)
{
    (void)state;
    enum { IN = 100, N = 100 * IN };
    bens_params params = {0};
    bens_graph *g;
    const bens_backend *be = bens_backend_find("cpu");
    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_graph_create(be, &params, &g), BENS_OK);
    bens_node x = bens_graph_input(g, (bens_shape){.rank = 1, .dim = {IN}});
    assert_int_equal(bens_graph_plan(g, layer(g, "fc", 100, x), 1), BENS_OK);
    float *a = calloc(params.n, sizeof *a), *b = calloc(params.n, sizeof *b);
    bens_rng at = {.seed = 1, .stream = BENS_STREAM_INIT};
    bens_graph_init(&params, be, &at, a);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        assert_true(fabsf(a[i]) <= 0.1f);
        sum += (double)a[i];
        squares += (double)a[i] * (double)a[i];
    }
    const double variance = 0.01 / 3;
    assert_true(fabs(sum / N) < 4 * sqrt(variance / N));
    /* the variance of u^2 is 4/45 of the fourth power of the scale */
    assert_true(fabs(squares / N - variance) < 4 * sqrt(4. / 45 * 1e-4 / N));
    bens_graph_init(&params, be, &at, b);
    assert_memory_equal(a, b, params.n * sizeof *a);
    at.chain = 1;
    bens_graph_init(&params, be, &at, b);
    assert_memory_not_equal(a, b, params.n * sizeof *a);
    free(a);
    free(b);
    bens_graph_destroy(g);
    bens_params_release(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_used_twice),
        cmocka_unit_test(test_ranges_are_announced_from_the_last),
        cmocka_unit_test(test_errors_are_told_by_plan),
        cmocka_unit_test(test_refuses_what_has_no_gradient),
        cmocka_unit_test(test_refuses_sizes_that_cannot_be),
        cmocka_unit_test(test_initialisers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
