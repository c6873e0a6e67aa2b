/* The gradient of a table of which few rows are used: what the latest call left is
 * cleared, and nothing else need be. Compared with calls into memory of unknown content,
 * bit for bit, over batches of different tokens and sizes. */
#include "ops/fixture.h"

enum { VOCABULARY = 50, POSITIONS = 4, UNITS = 3 };

typedef struct {
    bens_params params;
    bens_graph *graph;
    float *theta;
} network;

static void create(network *w)
{
    const bens_backend *be = bens_backend_find("cpu");
    uint64_t state = 11;
    *w = (network){0};
    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_graph_create(be, &w->params, &w->graph), BENS_OK);
    bens_node x = bens_graph_input(w->graph, (bens_shape){.rank = 1, .dim = {POSITIONS}});
    x = bens_graph_add(w->graph, &bens_op_embedding, "embedding",
                       (bens_op_options){.vocabulary = VOCABULARY, .units = UNITS}, x);
    x = bens_graph_add(w->graph, &bens_op_dense, "fc", (bens_op_options){.units = 2}, x);
    assert_int_equal(bens_graph_plan(w->graph, x, FIXTURE_ROWS), BENS_OK);
    w->theta = calloc(w->params.n, sizeof *w->theta);
    fixture_apart(&state, w->params.n, w->theta);
}

static void gradient(network *w, uint64_t seed, int64_t n, bool left, float *grad)
{
    float x[FIXTURE_ROWS * POSITIONS], dy[FIXTURE_ROWS * POSITIONS * 2];
    const float *y;
    for (int64_t i = 0; i < n * POSITIONS; i++) {
        x[i] = (float)(int64_t)((fixture_random(&seed) + 1) / 2 * VOCABULARY);
        dy[2 * i] = (float)fixture_random(&seed);
        dy[2 * i + 1] = (float)fixture_random(&seed);
    }
    bens_graph_forward(w->graph, w->theta, x, n, true, &y);
    bens_graph_backward(w->graph, w->theta, dy, grad, left, NULL, NULL);
}

static void test_only_rows_that_were_used(void **state)
{
    (void)state;
    network w;
    create(&w);
    const size_t n = w.params.n;
    float *kept = calloc(n, sizeof *kept), *fresh = calloc(n, sizeof *fresh);
    for (uint64_t k = 0; k < 20; k++) {
        const int64_t rows = 1 + (int64_t)(k * 7 % FIXTURE_ROWS);
        if (k % 5 == 3) { /* another buffer has been in between: all is cleared */
            gradient(&w, 1000 + k, 2, true, fresh);
            for (size_t e = 0; e < n; e++) kept[e] = e < w.params.tensors[0].size;
        }
        gradient(&w, k, rows, k > 0, kept);
        network other;
        create(&other);
        for (size_t e = 0; e < n; e++) fresh[e] = e < w.params.tensors[0].size;
        for (size_t e = w.params.tensors[0].size; e < n; e++) fresh[e] = kept[e];
        gradient(&other, k, rows, false, fresh);
        assert_memory_equal(kept, fresh, n * sizeof *kept);
        bens_graph_destroy(other.graph);
        bens_params_release(&other.params);
        free(other.theta);
    }
    free(kept);
    free(fresh);
    bens_graph_destroy(w.graph);
    bens_params_release(&w.params);
    free(w.theta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_rows_that_were_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
