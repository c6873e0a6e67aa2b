/* bench_update - how fast is the step of every sampler, and what limits it?
 *
 *     bench_update [THREADS [ELEMENTS...]]        default: 1 480000 2700000 16000000
 *
 * Thousand million elements a second of one step of each sampler of the registry, on one
 * large tensor with a normal prior, the sum of m'^2 included; "adapting": while the
 * masses of elements move. Beside it what the machine allows:
 *     stream   a loop that only reads and writes the same vectors
 *     noise    the normals alone, into the first cache
 * and the speed as a share of the lower of the two. Best of 5, in turn. At the end,
 * for small arenas, ns a step of the first sampler, with noise made ahead (bens_noise).
 *
 * BENS_ISA=v3 or v1 in the environment lowers the instruction set. */
#include "core/status.h"
#include "samplers/sampler.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 5, MAX_SIZES = 16, MAX_AUX = 2, MAX_SCALARS = 4, PIECE = 4096 };
static const double SECONDS = 0.04; /* of one timing */
static const double N_DATA = 50000;

typedef struct {
    const bens_backend *be;
    int threads;
    const bens_sampler *sampler;
    void *options;
    bool adapts;
    bens_params params; /* of one tensor */
    float *theta, *aux[MAX_AUX], *grad;
    double scalar[MAX_SCALARS];
    bens_langevin c;
    bens_noise noise;
    int64_t step;
} problem;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Defaults; 0.01 and the first choice for what a user must give. */
static bens_status fill_options(const bens_sampler *sampler, bens_pool *pool, void **out)
{
    BENS_TRY(bens_pool_bytes(pool, sampler->options_size, out));
    for (const bens_option *o = sampler->options; o->name != NULL; o++) {
        const char *value = o->preset != NULL ? o->preset : "0.01";
        if (o->preset == NULL && o->kind == BENS_OPTION_CHOICE) continue;
        if (sampler->optimiser && strcmp(o->name, "temperature") == 0) value = "0";
        BENS_TRY(bens_option_set(o, *out, pool, "", "bench_update", "sampler", value));
    }
    return BENS_OK;
}

static bens_status vector_create(const bens_backend *be, size_t n, uint32_t number,
                                 float **out)
{
    BENS_TRY(bens_alloc(n, sizeof **out, out));
    be->normals(&(bens_rng){.seed = 2, .chain = number}, 0, n, *out);
    return BENS_OK;
}

static bens_status problem_create(const bens_sampler *sampler, bens_pool *pool, int64_t n,
                                  problem *p)
{
    bens_tensor *t;
    const size_t wanted = (size_t)n;
    p->sampler = sampler;
    p->params.n_data = N_DATA;
    BENS_TRY(fill_options(sampler, pool, &p->options));
    if (sampler->start != NULL) sampler->start(p->options, p->scalar);
    BENS_TRY(bens_params_add(&p->params, "weight", 1, &n, &t));
    t->prior = (bens_prior){.kind = BENS_PRIOR_NORMAL, .scale = 1};
    BENS_TRY(vector_create(p->be, wanted, 0, &p->theta));
    BENS_TRY(vector_create(p->be, wanted, 1, &p->grad));
    for (int i = 0; i < sampler->n_aux; i++)
        BENS_TRY(bens_alloc(p->params.n, sizeof(float), &p->aux[i]));
    return BENS_OK;
}

static void problem_release(problem *p)
{
    free(p->theta);
    free(p->grad);
    for (int i = 0; i < MAX_AUX; i++) free(p->aux[i]);
    bens_noise_release(&p->noise);
    bens_params_release(&p->params);
}

/* One step as the loop makes it, which keeps the coefficients that do not change. */
static void step(problem *p)
{
    const bens_sampler_common *common = p->options;
    const bens_step at = {.eps = common->step_size,
                          .T = common->temperature / N_DATA,
                          .step = p->step,
                          .adapt = p->adapts ? INT64_MAX : 0,
                          .scalar = p->scalar};
    const bens_rng rng = {.seed = 1, .step = (uint64_t)p->step};
    const bool first = p->step++ == 0;
    double sum_m2;
    if (p->sampler->linear == NULL) {
        const bens_update on = {p->be,   &p->params, p->theta, p->aux,
                                p->grad, 1,          rng,      &p->c};
        p->sampler->update(p->options, &at, &on, &sum_m2);
        return;
    }
    if (first || p->sampler->changes) p->c = p->sampler->linear(p->options, &at);
    p->be->langevin(&p->params, p->theta, p->sampler->n_aux > 0 ? p->aux[0] : NULL,
                    p->grad, 1, &p->c, NULL, &rng, &p->noise, &sum_m2);
}

/* One pass over a, b and c (read and written; b and c may be NULL), g and v (read; v may
 * be NULL). */
static inline __attribute__((always_inline)) void
pass(float *a, float *b, float *c, const float *g, const float *v, size_t n, int threads)
{
#pragma omp parallel for simd num_threads(threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        const float x = v != NULL ? g[i] + v[i] : g[i];
        a[i] = 0.5f * a[i] + x;
        if (b != NULL) b[i] = 0.5f * b[i] + x;
        if (c != NULL) c[i] = 0.5f * c[i] + x;
    }
}

/* The vectors that the step moves; masses that stay are the last, and only read. */
static void stream(problem *p)
{
    float *a = p->theta, *b = p->aux[0], *c = p->aux[1];
    const float *g = p->grad;
    const size_t n = p->params.n;
    const bool has_mass = p->sampler->linear == NULL && !p->sampler->optimiser;
    const bool frozen = has_mass && !p->adapts;
    if (b == NULL)
        pass(a, NULL, NULL, g, NULL, n, p->threads);
    else if (c == NULL && frozen)
        pass(a, NULL, NULL, g, b, n, p->threads);
    else if (c == NULL)
        pass(a, b, NULL, g, NULL, n, p->threads);
    else if (frozen)
        pass(a, b, NULL, g, c, n, p->threads);
    else
        pass(a, b, c, g, NULL, n, p->threads);
}

static void noise(problem *p)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t first = 0; first < p->params.n; first += PIECE) {
        float z[PIECE];
        const size_t left = p->params.n - first;
        p->be->normals(&(bens_rng){.seed = 1}, first, left < PIECE ? left : PIECE, z);
    }
}

enum { STEP, STREAM, NOISE, N_WORKS };
static void (*const works[N_WORKS])(problem *) = {step, stream, noise};

static double seconds_of(int work, problem *p, int64_t times)
{
    const double start = now();
    for (int64_t k = 0; k < times; k++) works[work](p);
    return (now() - start) / (double)times;
}

/* Elements a second, in 1e9, of the first n_works: the best of REPEATS timings, in turn,
 * so that all see the same machine. */
static void measure(problem *p, int n_works, double *speed)
{
    double best[N_WORKS];
    int64_t times[N_WORKS];
    for (int w = 0; w < n_works; w++) {
        best[w] = seconds_of(w, p, 1);
        times[w] = 1 + (int64_t)(SECONDS / best[w]);
    }
    for (int r = 0; r < REPEATS; r++)
        for (int w = 0; w < n_works; w++)
            best[w] = fmin(best[w], seconds_of(w, p, times[w]));
    for (int w = 0; w < n_works; w++)
        speed[w] = 1e-9 * (double)p->params.n_values / best[w];
}

static bens_status print_row(const bens_backend *be, int threads, int64_t n,
                             const bens_sampler *sampler, bool adapts, bens_pool *pool)
{
    problem p = {.be = be, .threads = threads, .adapts = adapts};
    const bens_status s = problem_create(sampler, pool, n, &p);
    if (s == BENS_OK) {
        double speed[N_WORKS] = {0, 0, INFINITY};
        measure(&p, sampler->optimiser ? NOISE : N_WORKS, speed);
        printf("  %-13s %-9s %9lld %8.3f %7.2f %7.2f %6.0f %%\n", sampler->name,
               adapts ? "adapting" : "", (long long)n, speed[STEP], speed[STREAM],
               speed[NOISE], 100 * speed[STEP] / fmin(speed[STREAM], speed[NOISE]));
        fflush(stdout);
    }
    problem_release(&p);
    return s;
}

static bens_status print_small(const bens_backend *be, int threads, bens_pool *pool)
{
    const bens_sampler *sampler = bens_sampler_at(0);
    for (int64_t n = 8; n <= 64; n *= 2) {
        problem p = {.be = be, .threads = threads};
        const bens_status s = problem_create(sampler, pool, n, &p);
        if (s == BENS_OK) {
            double speed;
            measure(&p, STREAM, &speed);
            printf("  %-13s %19lld %8.1f ns a step\n", sampler->name, (long long)n,
                   (double)n / speed);
        }
        problem_release(&p);
        BENS_TRY(s);
    }
    return BENS_OK;
}

static bens_status run(const bens_backend *be, int threads, const int64_t *n, int n_sizes,
                       bens_pool *pool)
{
    const bens_sampler *s;
    char text[160];
    BENS_TRY(be->start(threads));
    be->describe(text, sizeof text);
    printf("%s\n  sampler                  elements  Gelem/s  stream   noise  of the "
           "lower\n",
           text);
    for (size_t k = 0; (s = bens_sampler_at(k)) != NULL; k++)
        for (int i = 0; i < n_sizes; i++) {
            BENS_TRY(print_row(be, threads, n[i], s, false, pool));
            if (s->linear == NULL && !s->optimiser)
                BENS_TRY(print_row(be, threads, n[i], s, true, pool));
        }
    return print_small(be, threads, pool);
}

int main(int argc, char **argv)
{
    int64_t n[MAX_SIZES] = {480000, 2700000, 16000000};
    int n_sizes = argc > 2 ? 0 : 3;
    const int threads = argc > 1 ? atoi(argv[1]) : 1;
    bens_pool *pool = NULL;
    for (int i = 2; i < argc && n_sizes < MAX_SIZES; i++) n[n_sizes++] = atoll(argv[i]);
    bens_status s = bens_pool_create(&pool);
    if (s == BENS_OK) s = run(bens_backend_find("cpu"), threads, n, n_sizes, pool);
    bens_pool_destroy(pool);
    if (s != BENS_OK) fprintf(stderr, "bench_update: %s\n", bens_error_text());
    return (int)s;
}
