/* The loop asks for no memory: behind its first steps a chain of each network goes
 * through batches, gradients and updates without a call of malloc.
 * ctest: timeout 60 */
#include "run/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* With glibc these take the place of its own, for this program and its libraries; the
 * address sanitizer has its own there, and LLVM's OpenMP asks for memory itself, at each
 * parallel region of one thread. */
#if defined(__GLIBC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
enum { COUNTS = 1 };
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static long n_asked;

void *malloc(size_t size)
{
    n_asked++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    n_asked++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    n_asked++;
    return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    n_asked++;
    return __libc_memalign(alignment, size);
}
#else
enum { COUNTS = 0 };
static long n_asked;
#endif

enum { ROWS = 40, SIDE = 6 };

static void write_bytes(const char *name, const unsigned char *header, size_t size,
                        size_t n, int below)
{
    FILE *const f = fopen(name, "wb");
    assert_non_null(f);
    fwrite(header, 1, size, f);
    for (size_t i = 0; i < n; i++) putc((int)(i * i % 97) % below, f);
    assert_int_equal(fclose(f), 0);
}

/* IDX files: texts of SIDE x SIDE tokens below 20, the same as images; 3 classes. */
static void write_data(void)
{
    static const unsigned char text[] = {0, 0, 8, 2, 0, 0, 0, ROWS, 0, 0, 0, SIDE * SIDE};
    static const unsigned char image[] = {0, 0, 8, 3,    0, 0, 0, ROWS,
                                          0, 0, 0, SIDE, 0, 0, 0, SIDE};
    static const unsigned char label[] = {0, 0, 8, 1, 0, 0, 0, ROWS};
    write_bytes("text", text, sizeof text, ROWS * SIDE * SIDE, 20);
    write_bytes("image", image, sizeof image, ROWS * SIDE * SIDE, 20);
    write_bytes("label", label, sizeof label, ROWS, 3);
}

/* Batches of 7: the last of an epoch has 5 rows. */
static void run(const char *input, const char *model)
{
    char text[512];
    bens_config config;
    bens_problem problem;
    bens_workspace work;
    bens_chain chain;
    bens_comm *self;
    const bens_backend *be = bens_backend_find("cpu");
    const int size = snprintf(text, sizeof text,
                              "[run]\noutput = x\n[data]\nsource = idx\n"
                              "train = %s:label\nbatch = 7\n[model]\nname = %s\n"
                              "[likelihood]\nname = categorical\n"
                              "[sampler]\nstep_size = 0.01\nalpha = 1\n",
                              input, model);
    assert_int_equal(be->start(1), BENS_OK);
    if (bens_config_create("./x.ini", text, (size_t)size, NULL, 0, &config) != BENS_OK)
        fail_msg("%s", bens_error_text());
    assert_int_equal(bens_comm_self(&self), BENS_OK);
    if (bens_problem_create(&config, be, NULL, 1, &problem) != BENS_OK)
        fail_msg("%s", bens_error_text());
    assert_int_equal(bens_workspace_create(&problem, "none", self, &work), BENS_OK);
    const long before = n_asked;
    assert_int_equal(bens_chain_create(&work, 0, &chain), BENS_OK);
    assert_true(n_asked > before);
    assert_int_equal(bens_chain_run(&chain, 10), BENS_OK);
    const long warm = n_asked;
    assert_int_equal(bens_chain_run(&chain, 40), BENS_OK);
    assert_true(chain.step == 40 && !chain.diverged);
    if (n_asked != warm) fail_msg("%s: %ld in 30 steps", model, n_asked - warm);
    bens_chain_release(&chain);
    bens_workspace_release(&work);
    bens_problem_release(&problem);
    bens_config_release(&config);
    bens_comm_destroy(self);
}

static void no_memory_is_asked_for(void **unused)
{
    (void)unused;
    if (!COUNTS) skip();
    write_data();
    run("image", "mlp\nhidden = 9 5\nactivation = gelu");
    run("text", "cnn_lstm\nvocabulary = 20\nembedding = 5\nfilters = 4\nkernel = 3\n"
                "pool = 2\nhidden = 6");
    run("image", "resnet20");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_memory_is_asked_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
