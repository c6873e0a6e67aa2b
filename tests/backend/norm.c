/* backend/response_norm, layer_norm, sum and their ways back: against their formulas in
 * double; equal bits on every instruction set and with 1 and 2 threads; nothing is
 * written beside the results. */
#include "backend/layers_fixture.h"

typedef struct {
    int64_t n, positions, channels;
    float epsilon;
    bens_activation f;
} norm_case;

/* One position, one channel, parts of vectors, several blocks of positions; the last is
 * work for two threads. */
static const norm_case cases[] = {
    {3, 1, 4, 0.1f, BENS_IDENTITY},           {2, 7, 1, 1e-6f, BENS_ACTIVATION_silu},
    {5, 33, 37, 1e-6f, BENS_ACTIVATION_tanh}, {1, 3000, 16, 1e-3f, BENS_ACTIVATION_silu},
    {9, 1024, 19, 1e-6f, BENS_IDENTITY},
};

typedef struct {
    size_t size, channels, n_kept, n_scratch;
    float *x, *weight, *bias, *dy, *dz, *kept, *scratch;
    float *y, *dx, *dweight, *dbias;
} arrays;

static size_t scratch_of(const norm_case *c)
{
    return bens_response_norm_scratch(c->positions, c->channels, c->f) +
           (size_t)(2 * c->n * c->channels);
}

static arrays make(const norm_case *c)
{
    arrays a = {.size = (size_t)(c->n * c->positions * c->channels),
                .channels = (size_t)c->channels,
                .n_kept = (size_t)(c->n * (2 * c->positions + c->channels)),
                .n_scratch = scratch_of(c)};
    a.x = numbers(a.size, 1);
    a.weight = numbers(a.channels, 2);
    a.bias = numbers(a.channels, 3);
    a.dy = numbers(a.size, 4);
    a.dz = numbers(a.size, 4);
    a.kept = numbers(a.n_kept, 5);
    a.scratch = numbers(a.n_scratch, 6);
    a.y = numbers(a.size, 7);
    a.dx = numbers(a.size, 8);
    a.dweight = numbers(a.channels, 9);
    a.dbias = numbers(a.channels, 10);
    return a;
}

static void release(arrays *a)
{
    float *const all[] = {a->x,       a->weight, a->bias, a->dy,      a->dz,   a->kept,
                          a->scratch, a->y,      a->dx,   a->dweight, a->dbias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free_numbers(all[i]);
}

static bens_norm norm_of(const norm_case *c, arrays *a)
{
    return (bens_norm){.n = c->n,
                       .positions = c->positions,
                       .channels = c->channels,
                       .epsilon = c->epsilon,
                       .f = c->f,
                       .x = a->x,
                       .weight = a->weight,
                       .bias = a->bias,
                       .kept = a->kept,
                       .y = a->y,
                       .dy = a->dz,
                       .dx = a->dx,
                       .dweight = a->dweight,
                       .dbias = a->dbias,
                       .scratch = a->scratch};
}

static void check_guards(const arrays *a)
{
    check_numbers(a->y, a->size);
    check_numbers(a->dz, a->size);
    check_numbers(a->dx, a->size);
    check_numbers(a->kept, a->n_kept);
    check_numbers(a->scratch, a->n_scratch);
    check_numbers(a->dweight, a->channels);
    check_numbers(a->dbias, a->channels);
}

static double activation(bens_activation f, double z, double *slope)
{
    const double s = 1 / (1 + exp(-z)), t = tanh(z);
    *slope = f == BENS_ACTIVATION_silu   ? s * (1 + z * (1 - s))
             : f == BENS_ACTIVATION_tanh ? 1 - t * t
                                         : 1;
    return f == BENS_ACTIVATION_silu ? z * s : f == BENS_ACTIVATION_tanh ? t : z;
}

/* |error| <= 1e-5 of what its terms add up to: sums of up to 3000 terms in chains of 256
 * stay below 2e-6 of that, silu and tanh of 2e-7 come on top. */
static void compare(const char *what, double found, double wanted, double size)
{
    if (!(fabs(found - wanted) <= 1e-5 * (size + 1e-3)))
        fail_msg("%s: %.9g, wanted %.9g", what, found, wanted);
}

/* m elements, `stride` apart, of which a norm takes mean (none: 0) and mean square. */
typedef struct {
    int64_t m, stride;
    double mean, r;
} group;

static group group_of(const float *x, int64_t m, int64_t stride, bool centred,
                      double epsilon)
{
    group g = {.m = m, .stride = stride};
    double square = 0;
    for (int64_t i = 0; centred && i < m; i++)
        g.mean += (double)x[i * stride] / (double)m;
    for (int64_t i = 0; i < m; i++)
        square += pow((double)x[i * stride] - g.mean, 2) / (double)m;
    g.r = 1 / sqrt(square + epsilon);
    return g;
}

/* The group that begins at element `at`; weights are those of the channels. */
static void check_group(const arrays *a, const group *g, int64_t at, bool centred,
                        bens_activation f, double *dweight, double *dbias, double *size)
{
    const int64_t C = (int64_t)a->channels;
    double sum = 0, product = 0, slope;
    for (int64_t i = 0; i < g->m; i++) {
        const int64_t e = at + i * g->stride, c = e % C;
        const double d = ((double)a->x[e] - g->mean) * g->r, w = (double)a->weight[c];
        const double y = activation(f, d * w + (double)a->bias[c], &slope);
        const double dz = (double)a->dy[e] * slope;
        compare("y", (double)a->y[e], y, 1 + fabs(d * w));
        sum += centred ? dz * w : 0;
        product += dz * w * d;
        dweight[c] += dz * d;
        dbias[c] += dz;
        size[c] += fabs(dz * d) + fabs(dz);
    }
    for (int64_t i = 0; i < g->m; i++) {
        const int64_t e = at + i * g->stride, c = e % C;
        const double d = ((double)a->x[e] - g->mean) * g->r, w = (double)a->weight[c];
        activation(f, d * w + (double)a->bias[c], &slope);
        const double dz = (double)a->dy[e] * slope, m = (double)g->m;
        compare("dx", (double)a->dx[e], g->r * (dz * w - sum / m - d * product / m),
                g->r * (1 + fabs(d)));
    }
}

static void check(const norm_case *c, const arrays *a, bool layer)
{
    const int64_t C = c->channels, image = c->positions * C;
    const int64_t groups = layer ? c->n * c->positions : c->n * C;
    double *dweight = calloc((size_t)(3 * C), sizeof *dweight);
    double *dbias = dweight + C, *size = dbias + C;
    for (int64_t k = 0; k < groups; k++) {
        const int64_t at = layer ? k * C : k / C * image + k % C;
        const group g = group_of(a->x + at, layer ? C : c->positions, layer ? 1 : C,
                                 layer, (double)c->epsilon);
        check_group(a, &g, at, layer, layer ? BENS_IDENTITY : c->f, dweight, dbias, size);
    }
    for (int64_t k = 0; k < C; k++) {
        compare("dweight", (double)a->dweight[k], dweight[k], size[k]);
        compare("dbias", (double)a->dbias[k], dbias[k], size[k]);
    }
    free(dweight);
}

static void check_case(const norm_case *c, bool layer)
{
    arrays first = make(c);
    for (int start = 0; start < N_STARTS; start++) {
        arrays a = make(c), *b = start == 0 ? &first : &a;
        const bens_norm p = norm_of(c, b);
        if (start_level(cpu(), start)) {
            const bens_layers *k = cpu()->layers();
            (layer ? k->layer_norm : k->response_norm)(&p);
            (layer ? k->layer_norm_back : k->response_norm_back)(&p);
            check_guards(b);
            assert_memory_equal(b->y, first.y, first.size * sizeof *b->y);
            assert_memory_equal(b->dx, first.dx, first.size * sizeof *b->dx);
            assert_memory_equal(b->dweight, first.dweight, first.channels * sizeof *b->y);
            assert_memory_equal(b->dbias, first.dbias, first.channels * sizeof *b->y);
        }
        release(&a);
    }
    check(c, &first, layer);
    release(&first);
}

static void response_norm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(&cases[i], false);
}

static void layer_norm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_case(&cases[i], true);
}

/* A gradient by x that nobody wants changes nothing else. */
static void without_dx(void **state)
{
    (void)state;
    for (int layer = 0; layer < 2; layer++) {
        arrays a = make(&cases[2]), b = make(&cases[2]);
        bens_norm p = norm_of(&cases[2], &a), q = norm_of(&cases[2], &b);
        assert_true(start_level(cpu(), 0));
        const bens_layers *k = cpu()->layers();
        q.dx = NULL;
        (layer ? k->layer_norm : k->response_norm)(&p);
        (layer ? k->layer_norm_back : k->response_norm_back)(&p);
        (layer ? k->layer_norm : k->response_norm)(&q);
        (layer ? k->layer_norm_back : k->response_norm_back)(&q);
        assert_memory_equal(a.dweight, b.dweight, a.channels * sizeof *a.dweight);
        assert_memory_equal(a.dbias, b.dbias, a.channels * sizeof *a.dbias);
        release(&a);
        release(&b);
    }
}

/* Blocks, a part of one, and fewer elements than a vector has. */
static void sums(void **state)
{
    static const size_t sizes[] = {3, 4100, 70001};
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        const size_t n = sizes[s], bytes = n * sizeof(float);
        float *x1 = numbers(n, 1), *x2 = numbers(n, 2), *dy = numbers(n, 3);
        float *y = numbers(n, 4), *d1 = numbers(n, 5), *d2 = numbers(n, 6);
        float *y0 = numbers(n, 7), *d0 = numbers(n, 8);
        for (int start = 0; start < N_STARTS; start++) {
            if (!start_level(cpu(), start)) continue;
            const bens_layers *k = cpu()->layers();
            k->sum((int64_t)n, x1, x2, BENS_ACTIVATION_silu, y);
            k->sum_back((int64_t)n, x1, x2, BENS_ACTIVATION_silu, y, dy, d1, d2);
            if (start == 0) memcpy(y0, y, bytes), memcpy(d0, d1, bytes);
            assert_memory_equal(y, y0, bytes);
            assert_memory_equal(d1, d0, bytes);
            assert_memory_equal(d2, d0, bytes);
            check_numbers(y, n), check_numbers(d1, n), check_numbers(d2, n);
            memset(d1, 0, bytes);
            k->sum_back((int64_t)n, x1, x2, BENS_ACTIVATION_silu, y, dy, NULL, d1);
            assert_memory_equal(d1, d0, bytes);
        }
        for (size_t i = 0; i < n; i++) {
            double slope;
            const double z = (double)x1[i] + (double)x2[i];
            compare("y", (double)y[i], activation(BENS_ACTIVATION_silu, z, &slope), 0.1);
            compare("dx", (double)d2[i], (double)dy[i] * slope, 0.1);
        }
        float *const all[] = {x1, x2, dy, y, d1, d2, y0, d0};
        for (size_t i = 0; i < 8; i++) free_numbers(all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_norm),
        cmocka_unit_test(layer_norm),
        cmocka_unit_test(without_dx),
        cmocka_unit_test(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
