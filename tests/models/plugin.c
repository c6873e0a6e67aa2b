/* The model `plugin`: what a plug-in sees (tests/plugins/rows.c) against the same sums
 * done here, and every table, shape and setting that is refused. */
#include "models/toy.h"

enum { B = 1, C = 4, N = 38 }; /* places in theta without gaps; a is the first */
static const size_t place[] = {0, 16, 32}; /* of the three tensors in the arena */

/* A plug-in of the tests with settings "key", "value", ..., NULL. */
static bens_status try_plugin(const char *name, const char *const *given, toy *t)
{
    char path[512];
    snprintf(path, sizeof path, "path=%s/%s", BENS_PLUGINS, name);
    *t = (toy){.model = bens_model_find("plugin"), .be = bens_backend_find("cpu")};
    assert_int_equal(t->be->start(1), BENS_OK);
    t->settings = settings_make(t->model->options, t->model->options_size, TEXTS(path));
    assert_int_equal(t->settings.status, BENS_OK);
    const bens_model_setup setup = {.options = t->settings.options,
                                    .settings = given,
                                    .be = t->be};
    BENS_TRY(t->model->create(&setup, &t->params, &t->state));
    t->params.n_data = (double)t->model->n_data(t->state);
    return bens_alloc(t->params.n, sizeof *t->grad, &t->grad);
}

static toy make(const char *name, const char *const *given)
{
    toy t;
    if (try_plugin(name, given, &t) != BENS_OK) fail_msg("%s", bens_error_text());
    return t;
}

/* Value i of theta without gaps. */
static size_t at(int i)
{
    return i < B   ? place[0]
           : i < C ? place[1] + (size_t)(i - B)
                   : place[2] + (size_t)(i - C);
}

/* What rows.c says, over n rows, by the same operations in the same order: bit for
 * bit. */
static double formula(const float *theta, const int64_t *row, int64_t n, float *grad)
{
    double value = 0;
    memset(grad, 0, N * sizeof *grad);
    for (int64_t k = 0; k < n; k++) {
        const int64_t i = row[k];
        const int b = B + (int)(i % 3), c = C + (int)(i % 34);
        const double weight = (double)(1 + i % 5);
        const double d =
            (double)theta[at(0)] + (double)theta[at(b)] - (double)theta[at(c)];
        value -= 0.5 * weight * d * d;
        grad[0] -= (float)(weight * d);
        grad[b] -= (float)(weight * d);
        grad[c] += (float)(weight * d);
    }
    return value;
}

static void compare(toy *t, const float *theta, bens_rows rows, const int64_t *list)
{
    float grad[N];
    const double value = formula(theta, list, rows.n, grad);
    toy_rows(t, theta, rows);
    assert_true(t->value == value);
    for (int i = 0; i < N; i++) {
        assert_true(t->grad[at(i)] == grad[i]);
        t->grad[at(i)] = 0;
    }
    for (size_t e = 0; e < t->params.n; e++) assert_true(t->grad[e] == 0);
}

static void sums_over_rows(void **unused)
{
    (void)unused;
    enum { MANY = 150000 }; /* more than are handed over at once */
    static int64_t list[MANY];
    toy t = make("rows.so", TEXTS("n_data", "150000"));
    float *theta = toy_point(&t, 3, 1);
    const int64_t some[] = {5, 149999, 5, 0, 37};

    assert_true(t.model->n_data(t.state) == MANY);
    assert_int_equal(t.params.n_values, N);
    for (int k = 0; k < 3; k++) assert_int_equal(t.params.tensors[k].offset, place[k]);
    for (int64_t i = 0; i < MANY; i++) list[i] = i;
    compare(&t, theta, (bens_rows){.n = MANY}, list);
    compare(&t, theta, (bens_rows){.first = 70001, .n = 70}, list + 70001);
    compare(&t, theta, (bens_rows){.first = 149999, .n = 1}, list + 149999);
    compare(&t, theta, (bens_rows){.n = 5, .index = some}, some);
    compare(&t, theta, (bens_rows){.n = 0}, NULL);

    double value = 0;
    const bens_batch batch = {.rows = {.n = 5, .index = some}};
    toy_rows(&t, theta, batch.rows);
    assert_int_equal(t.model->log_lik(t.state, theta, &batch, &value, NULL), BENS_OK);
    assert_true(value == t.value);
    assert_int_equal(t.model->log_lik(t.state, theta, &batch, NULL, NULL), BENS_OK);
    free(theta);
    toy_release(&t);
}

/* factor x the log prior, added to what is there; the padding is left alone. */
static void log_prior_is_added(void **unused)
{
    (void)unused;
    toy t = make("rows.so", NULL);
    float *theta = toy_point(&t, 4, 1);
    double value = 10, wanted = 10;
    for (size_t e = 0; e < t.params.n; e++) t.grad[e] = 100;
    t.model->log_prior(t.state, theta, 0.25, &value, t.grad);
    for (int i = 0; i < N; i++) {
        const float precision = i < B ? 2 : i < C ? 1 : 3, x = theta[at(i)];
        wanted -= 0.5 * (double)precision * (double)x * (double)x;
        assert_true(t.grad[at(i)] == 100 + 0.25F * (-precision * x));
        t.grad[at(i)] = 100;
    }
    assert_true(fabs(value - wanted) < 1e-13 * wanted * wanted);
    for (size_t e = 0; e < t.params.n; e++) assert_true(t.grad[e] == 100);

    double again = 10;
    t.model->log_prior(t.state, theta, 0.25, &again, NULL);
    assert_true(again == value);
    t.model->log_prior(t.state, theta, 0.25, NULL, t.grad);
    assert_true(t.grad[0] == 100 + 0.25F * (-2 * theta[0]));
    toy_release(&t);

    t = make("flat.so", NULL);
    t.model->log_prior(t.state, theta, 0.25, &again, t.grad);
    assert_true(again == value && t.grad[0] == 0);
    free(theta);
    toy_release(&t);
}

static void outputs_are_stored_beside(void **unused)
{
    (void)unused;
    toy t = make("rows.so", NULL);
    bens_params table = {0};
    float *theta = toy_point(&t, 6, 1), out[32] = {0}, sum = 0;
    assert_int_equal(t.model->outputs(t.state, &table), BENS_OK);
    assert_int_equal(table.n_tensors, 2);
    assert_string_equal(table.tensors[1].name, "sums");
    assert_int_equal(table.n, 32);
    for (int k = 0; k < 2; k++) t.model->output(t.state, theta, out);
    for (int i = B; i < C; i++) sum += theta[at(i)];
    assert_true(out[0] == theta[0] * theta[0] && out[16] == sum);
    sum = 0;
    for (int i = C; i < N; i++) sum += theta[at(i)];
    assert_true(out[17] == sum);
    for (size_t e = 0; e < 32; e++)
        assert_true(out[e] == 0 || e == 0 || e == 16 || e == 17);
    bens_params_release(&table);
    free(theta);
    toy_release(&t);
}

/* rows.c starts at u itself. 500 chains x 38 values: the mean is right to 4 sd, and so
 * is the mean square; no two chains alike; a chain is the same again. */
static void starts_from_uniforms(void **unused)
{
    (void)unused;
    enum { CHAINS = 500 };
    toy t = make("rows.so", NULL);
    float *first = toy_arena(&t), *theta = toy_arena(&t);
    double sum = 0, squares = 0;
    for (uint32_t chain = 0; chain < CHAINS; chain++) {
        const bens_rng rng = {.seed = 1, .chain = chain, .stream = BENS_STREAM_INIT};
        memset(theta, 0, t.params.n * sizeof *theta);
        t.model->init(t.state, &t.params, &rng, theta);
        for (int i = 0; i < N; i++) {
            const double u = (double)theta[at(i)];
            assert_true(u > 0 && u < 1 && fmod(u * 0x1p24, 2) == 1); /* never 0 or 1 */
            sum += u - 0.5;
            squares += u * u - 1.0 / 3;
        }
        if (chain == 0)
            memcpy(first, theta, t.params.n * sizeof *theta);
        else
            assert_memory_not_equal(first, theta, t.params.n * sizeof *theta);
        for (int i = 0; i < N; i++) theta[at(i)] = 0;
        for (size_t e = 0; e < t.params.n; e++) assert_true(theta[e] == 0);
    }
    assert_true(fabs(sum) < 4 * sqrt(CHAINS * N / 12.0));
    assert_true(fabs(squares) < 4 * sqrt(CHAINS * N * (1.0 / 5 - 1.0 / 9)));
    t.model->init(t.state, &t.params, &(bens_rng){.seed = 1, .stream = BENS_STREAM_INIT},
                  theta);
    assert_memory_equal(first, theta, t.params.n * sizeof *theta);
    free(first);
    free(theta);
    toy_release(&t);
}

/* No data, no state, no start, no outputs: all of the density is the log prior. */
static void the_least_plugin(void **unused)
{
    (void)unused;
    toy t = make("bare.so", NULL);
    bens_params table = {0};
    float *theta = toy_point(&t, 1, 1), *start = toy_arena(&t);
    double value = 0;
    assert_true(t.model->n_data(t.state) == 0);
    t.model->init(t.state, &t.params, &(bens_rng){0}, start);
    for (int i = 0; i < 3; i++) assert_true(start[i] == 0);
    toy_rows(&t, theta, (bens_rows){.n = 1});
    assert_true(t.value == 0);
    for (size_t e = 0; e < t.params.n; e++) assert_true(t.grad[e] == 0);
    t.model->log_prior(t.state, theta, 1, &value, t.grad);
    for (int i = 0; i < 3; i++) assert_true(t.grad[i] == -theta[i]);
    assert_true(value < 0);
    assert_int_equal(t.model->outputs(t.state, &table), BENS_OK);
    assert_int_equal(table.n_tensors, 0);
    t.model->output(t.state, theta, start);
    bens_params_release(&table);
    free(theta);
    free(start);
    toy_release(&t);
}

/* A value that is no number makes the whole gradient none; one that is not finite in the
 * gradient stays what it is. Either way the step that follows is not finite. */
static void no_number_ends_a_chain(void **unused)
{
    (void)unused;
    const char *const faults[] = {"nan_value", "minus_infinity", "nan_gradient",
                                  "inf_gradient", "nan_prior"};
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        toy t = make("rows.so", TEXTS("fault", faults[k]));
        float *theta = toy_point(&t, 2, 1);
        double value = 0;
        int bad = 0;
        toy_rows(&t, theta, (bens_rows){.n = 7});
        t.model->log_prior(t.state, theta, 1, &value, t.grad);
        for (int i = 0; i < N; i++) bad += !isfinite(t.grad[at(i)]);
        const bool of_value = strstr(faults[k], "gradient") == NULL;
        assert_int_equal(bad, of_value ? N : 1);
        assert_int_equal(isfinite(t.value + value), !of_value);
        free(theta);
        toy_release(&t);
    }
}

static void refuse(const char *name, const char *const *given, const char *says)
{
    toy t;
    assert_int_equal(try_plugin(name, given, &t), BENS_ERR_CONFIG);
    assert_null(t.state);
    if (strstr(bens_error_text(), says) == NULL ||
        strstr(bens_error_text(), name) == NULL)
        fail_msg("wanted '%s' and '%s' in: %s", name, says, bens_error_text());
    assert_null(strchr(bens_error_text(), '\n'));
    toy_release(&t);
}

static void refuses_other_tables(void **unused)
{
    (void)unused;
    refuse("nothing.so", NULL, "found no file to read");
    refuse("../plugins", NULL, "cannot be loaded: ");
    refuse("../Makefile", NULL, "cannot be loaded: ");
    refuse("no_symbol.so", NULL, "wanted the object 'bens_plugin_v1'");
    refuse("other_abi.so", NULL, "wanted one of ABI 1, found 2");
    refuse("other_size.so", NULL, "found 8; set size");
    refuse("no_create.so", NULL, "wanted the function create");
    refuse("no_log_lik.so", NULL, "wanted the function log_lik for n_data = 3");
    refuse("no_log_prior.so", NULL, "wanted the function log_prior");
    refuse("no_output.so", NULL, "wanted the function output for n_outputs = 1");
}

static void refuses_other_shapes(void **unused)
{
    (void)unused;
    static const struct {
        const char *fault, *says;
    } wrong[] = {
        {"twice", "'a' is there twice"},
        {"name", "tensor 'b c'"},
        {"slash", "tensor 'b/c'"},
        {"empty", "tensor ''"},
        {"null", "tensor 1: wanted a name, found NULL"},
        {"long", "a2345678"},
        {"axis", "found 'chain'"},
        {"dim", "found 'c_dim_x_dim_10'"},
        {"dot", "found '.'"},
        {"rank", "wanted a rank from 0 to 4, found 5"},
        {"negative_rank", "found -1"},
        {"zero", "found 0 along axis 1"},
        {"minus", "found -3 along axis 1"},
        {"huge", "tensor 'c'"},
        {"none", "wanted at least one tensor, found 0"},
        {"no_table", "found 3 in a table that is NULL"},
        {"minus_outputs", "found -1"},
        {"no_output_table", "found 2 in a table that is NULL"},
        {"output_name",
         "output 1: wanted another name than those of the tensors, found 'c'"},
        {"create", "rows.so': the file of the user's own is not there"},
        {"silent", "create() failed and gave no reason"},
        {"lines", "one line and another"},
        {"endless", "xxxxxxxx"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
        refuse("rows.so", TEXTS("fault", wrong[k].fault), wrong[k].says);
    refuse("rows.so", TEXTS("n_data", "-1"), "wanted n_data from 0 to 2^53, found -1");
    refuse("rows.so", TEXTS("n_data", "9007199254740993"), "found 9007199254740993");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_rows),
        cmocka_unit_test(log_prior_is_added),
        cmocka_unit_test(outputs_are_stored_beside),
        cmocka_unit_test(starts_from_uniforms),
        cmocka_unit_test(the_least_plugin),
        cmocka_unit_test(no_number_ends_a_chain),
        cmocka_unit_test(refuses_other_tables),
        cmocka_unit_test(refuses_other_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
