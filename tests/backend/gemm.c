/* backend/gemm and add: against plain loops; same bits with 1 and 2 threads; and what
 * start says. */
#include "backend/levels.h"

#include <math.h>

typedef struct {
    bool ta, tb;
    int64_t m, n, k;
    float alpha, beta;
} product;

/* k roundings of terms below 1: |error| < k 2^-24 k in the worst case, seen far less. */
static void compare(const product *p)
{
    const int64_t lda = (p->ta ? p->m : p->k) + 3, ldb = (p->tb ? p->k : p->n) + 1;
    const int64_t ldc = p->n + 2;
    const size_t na = (size_t)((p->ta ? p->k : p->m) * lda);
    const size_t nb = (size_t)((p->tb ? p->n : p->k) * ldb), nc = (size_t)(p->m * ldc);
    float *a = malloc(na * 4), *b = malloc(nb * 4), *c = malloc(nc * 4),
          *c0 = malloc(nc * 4);
    float *one = malloc(nc * 4);
    assert_true(a && b && c && c0 && one);
    some_of(a, na, 1);
    some_of(b, nb, 2);
    some_of(c0, nc, 3);
    if (p->beta == 0) c0[0] = NAN; /* must be overwritten, not scaled */
    for (int i = 0; i < 2; i++) {
        assert_true(start_level(cpu(), i));
        memcpy(c, c0, nc * 4);
        cpu()->gemm(p->ta, p->tb, p->m, p->n, p->k, p->alpha, a, lda, b, ldb, p->beta, c,
                    ldc);
        if (i == 0) memcpy(one, c, nc * 4);
        assert_memory_equal(one, c, nc * 4);
    }
    for (int64_t i = 0; i < p->m; i++)
        for (int64_t j = 0; j < ldc; j += j < p->n - 40 ? 37 : 1) {
            double sum = 0;
            if (j >= p->n) { /* behind the row: untouched */
                assert_true(c[i * ldc + j] == c0[i * ldc + j]);
                continue;
            }
            for (int64_t l = 0; l < p->k; l++)
                sum += (double)(p->ta ? a[l * lda + i] : a[i * lda + l]) *
                       (double)(p->tb ? b[j * ldb + l] : b[l * ldb + j]);
            sum *= (double)p->alpha;
            if (p->beta != 0) sum += (double)p->beta * (double)c0[i * ldc + j];
            assert_true(fabs((double)c[i * ldc + j] - sum) < 1e-6 * (double)(p->k + 4));
        }
    free(a);
    free(b);
    free(c);
    free(c0);
    free(one);
}

static void products(void **state)
{
    static const product cases[] = {
        {false, false, 1, 1, 1, 1, 0},      {false, false, 33, 17, 5, 1, 0},
        {true, false, 33, 17, 5, -2, 1},    {false, true, 33, 17, 5, 1, .5f},
        {true, true, 33, 17, 5, .5f, 0},    {false, true, 700, 65, 100, 1, 0},
        {true, false, 600, 2100, 9, 1, 1},  {false, false, 20, 4200, 60, 1, 0},
        {true, true, 300, 2049, 31, -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) compare(&cases[i]);
}

static void add_adds(void **state)
{
    enum { N = 300001 };
    float *x = malloc(N * 4), *y = malloc(N * 4);
    (void)state;
    assert_true(x && y);
    for (int i = 0; i < N_STARTS; i++) {
        if (!start_level(cpu(), i)) continue;
        some_of(x, N, 1);
        some_of(y, N, 2);
        uint64_t again = 2;
        cpu()->add(x, N - 1, y);
        for (int k = 0; k < N; k++) {
            const float sum = some(&again) + (k < N - 1 ? x[k] : 0);
            assert_true(y[k] == sum);
        }
    }
    free(x);
    free(y);
}

static void start_refuses_and_describe_says(void **state)
{
    char text[200];
    (void)state;
    setenv("BENS_ISA", "v2", 1);
    assert_int_equal(cpu()->start(1), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "BENS_ISA=v2: wanted one of v1, v3, v4"));
    setenv("BENS_ISA", "v1", 1);
    assert_int_equal(cpu()->start(0), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "found 0"));
    assert_int_equal(cpu()->start(2), BENS_OK);
    cpu()->describe(text, sizeof text);
    assert_ptr_equal(strstr(text, "cpu: "), text);
    assert_non_null(strstr(text, ", 2 threads, "));
    assert_int_equal(cpu()->start(1), BENS_OK);
    cpu()->describe(text, sizeof text);
    assert_non_null(strstr(text, ", 1 thread, "));
}

static void the_registry_finds_by_name(void **state)
{
    size_t n = 0;
    (void)state;
    for (const bens_backend *be; (be = bens_backend_at(n)) != NULL; n++)
        assert_ptr_equal(bens_backend_find(be->name), be);
    assert_true(n >= 1);
    assert_null(bens_backend_find("cpus"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(add_adds),
        cmocka_unit_test(start_refuses_and_describe_says),
        cmocka_unit_test(the_registry_finds_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
