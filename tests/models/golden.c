/* Networks against PyTorch: loss, logits and the gradient of every tensor at the same
 * parameters and inputs. tests/golden/make.py made the numbers. */
#include "golden/networks.h"
#include "models/toy.h"

/* Of the largest element, what is promised; PyTorch's own float32 is up to 1.2e-5 from its
 * float64, make.py prints it. */
static const double ERROR = 1e-4;

enum { MOST_SETTINGS = 8, TEXT = 256 };

typedef struct {
    const golden_network *net;
    bens_data data;
    const bens_model *model;
    settings settings;
    bens_params params;
    void *state;
    float *theta, *grad; /* [params.n] */
} trial;

static void make_data(const golden_network *net, bens_data *d)
{
    static char *names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    *d = (bens_data){.n_rows = net->rows,
                     .n_features = 1,
                     .rank = net->rank,
                     .n_classes = (int64_t)net->classes,
                     .class_names = names};
    for (int k = 0; k < net->rank; k++) d->n_features *= d->dim[k] = net->dim[k];
    const size_t n = (size_t)(d->n_rows * d->n_features);
    assert_int_equal(bens_alloc(n, sizeof *d->x, &d->x), BENS_OK);
    assert_int_equal(bens_alloc((size_t)d->n_rows, sizeof *d->label, &d->label), BENS_OK);
    for (size_t i = 0; i < n; i++)
        d->x[i] = net->vocabulary > 0 ? (float)golden_whole(GOLDEN_X, i, net->vocabulary)
                                      : golden_uniform(GOLDEN_X, i);
    for (size_t i = 0; i < (size_t)d->n_rows; i++)
        d->label[i] = golden_whole(GOLDEN_LABELS, i, net->classes);
}

/* The settings are "key=value;key=value". */
static void set(trial *t)
{
    char text[TEXT];
    const char *texts[MOST_SETTINGS + 1] = {NULL};
    int n = 0;
    snprintf(text, sizeof text, "%s", t->net->settings);
    for (char *word = strtok(text, ";"); word != NULL; word = strtok(NULL, ";")) {
        assert_true(n < MOST_SETTINGS);
        texts[n++] = word;
    }
    t->settings = settings_make(t->model->options, t->model->options_size, texts);
    assert_int_equal(t->settings.status, BENS_OK);
}

/* bens has the tensors of PyTorch, with their names and shapes, and no other. */
static void fill(trial *t)
{
    assert_int_equal(t->params.n_tensors, t->net->n_tensors);
    for (int k = 0; k < t->net->n_tensors; k++) {
        const golden_tensor *wanted = &t->net->tensor[k];
        const bens_tensor *x = bens_params_find(&t->params, wanted->name);
        if (x == NULL) fail_msg("%s: no tensor '%s'", t->net->name, wanted->name);
        assert_int_equal(x->rank, wanted->rank);
        assert_memory_equal(x->shape, wanted->shape, (size_t)x->rank * sizeof *x->shape);
        golden_fill(GOLDEN_FIRST + k, wanted, x->size, t->theta + x->offset);
    }
}

static void make(const golden_network *net, trial *t)
{
    const bens_backend *be = bens_backend_find("cpu");
    *t = (trial){.net = net,
                 .model = bens_model_find(net->model),
                 .params = {.n_data = (double)net->rows}};
    assert_non_null(t->model);
    assert_int_equal(be->start(1), BENS_OK);
    make_data(net, &t->data);
    set(t);
    const bens_model_setup setup = {.model = t->model,
                                    .options = t->settings.options,
                                    .be = be,
                                    .data = &t->data,
                                    .likelihood = &bens_likelihood_categorical,
                                    .batch = net->rows};
    if (t->model->create(&setup, &t->params, &t->state) != BENS_OK)
        fail_msg("%s: %s", net->name, bens_error_text());
    assert_int_equal(bens_alloc(t->params.n, sizeof *t->theta, &t->theta), BENS_OK);
    assert_int_equal(bens_alloc(t->params.n, sizeof *t->grad, &t->grad), BENS_OK);
    fill(t);
}

static void release(trial *t)
{
    t->model->destroy(t->state);
    settings_release(&t->settings);
    bens_params_release(&t->params);
    free(t->data.x);
    free(t->data.label);
    free(t->theta);
    free(t->grad);
}

static double compare_logits(const trial *t)
{
    const golden_network *net = t->net;
    float *out;
    assert_int_equal(bens_alloc(golden_size(&net->logits), sizeof *out, &out), BENS_OK);
    assert_int_equal(t->model->forward(t->state, t->theta, t->data.x, net->rows, out),
                     BENS_OK);
    const double widest = golden_compare(net->name, &net->logits, ERROR, out, 1);
    free(out);
    return widest;
}

/* bens has the gradient of the sum of log-likelihoods, PyTorch minus that of the mean. */
static double compare_gradients(trial *t)
{
    const golden_network *net = t->net;
    const bens_batch batch = {.rows.n = net->rows};
    double value, widest = 0;
    for (size_t e = 0; e < t->params.n; e++) t->grad[e] = 1e30f;
    assert_int_equal(t->model->log_lik(t->state, t->theta, &batch, &value, t->grad),
                     BENS_OK);
    const double loss = -value / (double)net->rows;
    if (!(fabs(loss / net->loss - 1) < 1e-5))
        fail_msg("%s: the loss is %.9g, PyTorch's %.9g", net->name, loss, net->loss);
    for (int k = 0; k < net->n_tensors; k++) {
        const golden_tensor *wanted = &net->tensor[k];
        const bens_tensor *x = bens_params_find(&t->params, wanted->name);
        widest =
            fmax(widest, golden_compare(net->name, wanted, ERROR, t->grad + x->offset,
                                        -1 / (double)net->rows));
    }
    return widest;
}

static void networks_are_pytorchs(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++) {
        trial t;
        make(&NETWORKS[i], &t);
        const double logits = compare_logits(&t), gradients = compare_gradients(&t);
        print_message("%s: logits %.1e, gradients %.1e\n", NETWORKS[i].name, logits,
                      gradients);
        release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(networks_are_pytorchs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
