/* bench_networks - the gradient of one batch of a network, its rows gathered, without a
 * step of the sampler; bench/networks/ compares it with PyTorch.
 *
 *     bench_networks CONFIG TIMES [THREADS]      prints seconds of a gradient
 *     bench_networks CONFIG TIMES THREADS FILE   and writes, for bench/networks/agree.py,
 *         to FILE the start of chain 0 and the gradient of the sum of log-likelihoods
 *         over the first rows, float32 [n] each, and prints a line for each tensor:
 *         name, offset, size */
#include "core/clock.h"
#include "io/ini.h"
#include "run/problem.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    bens_config config;
    bens_problem problem;
    bens_rows_ahead ahead;
    float *theta, *grad;
} work;

static bens_status create(const char *path, int threads, work *w)
{
    char *text;
    size_t size;
    const bens_backend *be = bens_backend_find("cpu");
    BENS_TRY(bens_ini_load(path, &text, &size));
    const bens_status s = bens_config_create(path, text, size, NULL, 0, &w->config);
    free(text);
    if (s != BENS_OK) return s;
    BENS_TRY(be->start(threads));
    BENS_TRY(bens_problem_create(&w->config, be, NULL, 1, &w->problem));
    BENS_TRY(bens_alloc(w->problem.params.n, sizeof(float), &w->theta));
    BENS_TRY(bens_alloc(w->problem.params.n, sizeof(float), &w->grad));
    BENS_TRY(bens_rows_ahead_create(&w->problem.order, &w->ahead));
    return bens_problem_start(&w->problem, 0, w->theta, NULL);
}

static bens_status gradient(work *w, bens_rows rows)
{
    const bens_problem *p = &w->problem;
    const bens_batch batch = {.rows = rows};
    double value;
    return p->model->log_lik(p->state, w->theta, &batch, &value, w->grad);
}

/* The batches of steps first ... first + times - 1. */
static bens_status run(work *w, int64_t first, int64_t times)
{
    for (int64_t k = first; k < first + times; k++)
        BENS_TRY(gradient(w, bens_order_slice(&w->problem.order, 0, k, 0, &w->ahead)));
    return BENS_OK;
}

static bens_status measure(work *w, int64_t times)
{
    BENS_TRY(run(w, 0, 3));
    const double start = bens_clock();
    BENS_TRY(run(w, 3, times));
    printf("%.9f\n", (bens_clock() - start) / (double)times);
    return BENS_OK;
}

static bens_status write_arrays(const work *w, FILE *file)
{
    const size_t n = w->problem.params.n;
    if (fwrite(w->theta, sizeof *w->theta, n, file) < n ||
        fwrite(w->grad, sizeof *w->grad, n, file) < n)
        BENS_FAIL(BENS_ERR_IO, "cannot write %zu numbers", 2 * n);
    return BENS_OK;
}

static bens_status dump(work *w, const char *path)
{
    const bens_params *params = &w->problem.params;
    BENS_TRY(gradient(w, (bens_rows){.n = w->problem.order.batch}));
    for (int i = 0; i < params->n_tensors; i++)
        printf("%s %zu %zu\n", params->tensors[i].name, params->tensors[i].offset,
               params->tensors[i].size);
    FILE *file = fopen(path, "wb");
    if (file == NULL) BENS_FAIL(BENS_ERR_IO, "cannot open '%s'", path);
    const bens_status s = write_arrays(w, file);
    if (fclose(file) != 0 && s == BENS_OK)
        BENS_FAIL(BENS_ERR_IO, "cannot write '%s'", path);
    return s;
}

int main(int argc, char **argv)
{
    work w = {0};
    if (argc < 3) {
        fprintf(stderr, "usage: bench_networks CONFIG TIMES [THREADS [FILE]]\n");
        return BENS_ERR_CONFIG;
    }
    bens_status s = create(argv[1], argc > 3 ? atoi(argv[3]) : 1, &w);
    if (s == BENS_OK) s = measure(&w, atoll(argv[2]));
    if (s == BENS_OK && argc > 4) s = dump(&w, argv[4]);
    if (s != BENS_OK) fprintf(stderr, "bench_networks: %s\n", bens_error_text());
    bens_rows_ahead_release(&w.ahead);
    bens_problem_release(&w.problem);
    bens_config_release(&w.config);
    free(w.theta);
    free(w.grad);
    return (int)s;
}
