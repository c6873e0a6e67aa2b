/* bench_update - how fast is the fused update, and what limits it?
 *
 *     bench_update [THREADS [ELEMENTS...]]        default: 1 480000 2700000 16000000
 *
 * Elements per second of one step of a linear sampler on one large tensor with a normal
 * prior, the sum of m'^2 included, on each instruction set that this processor has; and
 * of the same kernel without noise, which moves the same 20 bytes an element and is the
 * machine's limit. Best of 5. For small arenas: ns a step, with noise made
 * ahead (bens_noise), averaged over many. */
#include "backend/backend.h"
#include "core/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPEATS = 5, MAX_SIZES = 16 };
static const double WORK = 5e7; /* elements in one timing */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    const bens_backend *be;
    bens_params params;
    float *theta, *m, *grad;
    bens_noise noise;
    uint64_t step;
} problem;

static bens_status problem_create(const bens_backend *be, int64_t n, problem *p)
{
    bens_tensor *t;
    *p = (problem){.be = be, .params = {.n_data = 50000}};
    BENS_TRY(bens_params_add(&p->params, "weight", 1, &n, &t));
    t->prior = (bens_prior){.kind = BENS_PRIOR_NORMAL, .scale = 1};
    BENS_TRY(bens_alloc(p->params.n, sizeof(float), &p->theta));
    BENS_TRY(bens_alloc(p->params.n, sizeof(float), &p->m));
    return bens_alloc(p->params.n, sizeof(float), &p->grad);
}

static void problem_release(problem *p)
{
    free(p->theta);
    free(p->m);
    free(p->grad);
    bens_noise_release(&p->noise);
    bens_params_release(&p->params);
}

/* Seconds of one step, the best of REPEATS timings of `steps` steps. */
static double step_seconds(problem *p, double s, int64_t steps)
{
    const bens_langevin baoa =
        {.a = .6, .b = .006, .s = s, .p = .005, .q = 5e-5, .r = .005};
    double best = 1e30, sum;
    for (int r = 0; r < REPEATS; r++) {
        const double start = now();
        for (int64_t k = 0; k < steps; k++, p->step++)
            p->be->langevin(&p->params, p->theta, p->m, p->grad, 1, &baoa, NULL,
                            &(bens_rng){.seed = 1, .step = p->step}, &p->noise, &sum);
        const double seconds = (now() - start) / (double)steps;
        if (seconds < best) best = seconds;
    }
    return best;
}

/* Speeds in Gelem/s, with noise and without. */
static bens_status measure(const bens_backend *be, int64_t n, double work, double *update,
                           double *stream)
{
    problem p;
    const int64_t steps = 1 + (int64_t)(work / (double)n);
    const bens_status status = problem_create(be, n, &p);
    if (status == BENS_OK) {
        *update = 1e-9 * (double)n / step_seconds(&p, .003, steps);
        *stream = 1e-9 * (double)n / step_seconds(&p, 0, steps);
    }
    problem_release(&p);
    return status;
}

static bens_status measure_level(const bens_backend *be, const char *level,
                                 const int64_t *n, int n_sizes)
{
    for (int i = 0; i < n_sizes; i++) {
        double update, stream;
        BENS_TRY(measure(be, n[i], level[1] == '1' ? WORK / 50 : WORK, &update, &stream));
        printf("  %-4s %10lld %8.3f %8.2f %8.0f %%\n", level, (long long)n[i], update,
               stream, 100 * update / stream);
    }
    for (int64_t small = 8; small <= 64; small *= 2) {
        double update, stream;
        BENS_TRY(measure(be, small, level[1] == '1' ? 1e5 : 1e7, &update, &stream));
        printf("  %-4s %10lld %21.1f ns a step, %.1f without noise\n", level,
               (long long)small, (double)small / update, (double)small / stream);
    }
    return BENS_OK;
}

static bens_status run(const bens_backend *be, int threads, const int64_t *n, int n_sizes)
{
    static const char *const levels[] = {"v4", "v3", "v1"};
    char text[160];
    printf("  isa    elements   Gelem/s  no noise     of it\n");
    for (int i = 0; i < 3; i++) {
        setenv("BENS_ISA", levels[i], 1);
        if (be->start(threads) != BENS_OK) continue; /* this processor has it not */
        BENS_TRY(measure_level(be, levels[i], n, n_sizes));
    }
    unsetenv("BENS_ISA");
    BENS_TRY(be->start(threads));
    be->describe(text, sizeof text);
    printf("%s\nNo noise moves the same 20 bytes an element: where the update is well "
           "below it,\n"
           "the arithmetic of the noise is the limit, not the memory.\n",
           text);
    return BENS_OK;
}

int main(int argc, char **argv)
{
    int64_t n[MAX_SIZES] = {480000, 2700000, 16000000};
    int n_sizes = argc > 2 ? 0 : 3;
    const int threads = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 2; i < argc && n_sizes < MAX_SIZES; i++) n[n_sizes++] = atoll(argv[i]);
    const bens_status status = run(bens_backend_find("cpu"), threads, n, n_sizes);
    if (status != BENS_OK) fprintf(stderr, "bench_update: %s\n", bens_error_text());
    return (int)status;
}
