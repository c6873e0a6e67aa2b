#include "backend/cpu_blas.h"

#include "backend/cpu_threads.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>

/* What particular libraries have beyond CBLAS: absent symbols are null, so any one
 * links. */
#pragma weak openblas_set_num_threads
#pragma weak openblas_get_config
#pragma weak openblas_get_corename
#pragma weak openblas_get_parallel
void openblas_set_num_threads(int threads);
char *openblas_get_config(void);
char *openblas_get_corename(void);
int openblas_get_parallel(void);
void bli_thread_set_num_threads(int64_t threads) __attribute__((weak));
void MKL_Set_Num_Threads(int threads) __attribute__((weak));

/* Blocks of C: a large block hides the packing of the other operand, which each repeats;
 * a multiple of every kernel's tile. */
enum { BLOCK_ROWS = 256, BLOCK_COLUMNS = 2048 };
static const double THREAD_MIN = 2e6; /* multiply-adds that pay for waking a thread */

void bens_blas_start(void)
{
    if (openblas_set_num_threads != NULL) openblas_set_num_threads(1);
    if (bli_thread_set_num_threads != NULL) bli_thread_set_num_threads(1);
    if (MKL_Set_Num_Threads != NULL) MKL_Set_Num_Threads(1);
}

void bens_blas_describe(char *text, size_t size)
{
    char name[16], version[16];
    if (openblas_get_config != NULL && openblas_get_corename != NULL &&
        sscanf(openblas_get_config(), "%15s %15s", name, version) == 2)
        snprintf(text, size, "%s %s (%s)", name, version, openblas_get_corename());
    else if (bli_thread_set_num_threads != NULL)
        snprintf(text, size, "BLIS");
    else if (MKL_Set_Num_Threads != NULL)
        snprintf(text, size, "MKL");
    else
        snprintf(text, size, "CBLAS");
}

/* An OpenBLAS built without threads may not be called by several at once either. */
static bool takes_several_callers(void)
{
    return openblas_get_parallel == NULL || openblas_get_parallel() != 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

typedef struct {
    CBLAS_TRANSPOSE of_a, of_b;
    int64_t m, n, k, lda, ldb, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
} product;

/* The block of C that begins at (row, column). */
static void multiply_block(const product *p, int64_t row, int64_t column)
{
    cblas_sgemm(CblasRowMajor, p->of_a, p->of_b, (int)least(BLOCK_ROWS, p->m - row),
                (int)least(BLOCK_COLUMNS, p->n - column), (int)p->k, p->alpha,
                p->a + (p->of_a == CblasTrans ? row : row * p->lda), (int)p->lda,
                p->b + (p->of_b == CblasTrans ? column * p->ldb : column), (int)p->ldb,
                p->beta, p->c + row * p->ldc + column, (int)p->ldc);
}

void bens_blas_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                    float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                    float beta, float *c, int64_t ldc)
{
    const product p = {.of_a = transpose_a ? CblasTrans : CblasNoTrans,
                       .of_b = transpose_b ? CblasTrans : CblasNoTrans,
                       .m = m,
                       .n = n,
                       .k = k,
                       .lda = lda,
                       .ldb = ldb,
                       .ldc = ldc,
                       .alpha = alpha,
                       .beta = beta,
                       .a = a,
                       .b = b,
                       .c = c};
    const int64_t down = (m + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const int64_t across = (n + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS,
                  blocks = down * across;
    const double work = (double)m * (double)n * (double)k;
    const int threads =
        bens_threads_for(work, THREAD_MIN, takes_several_callers() ? blocks : 1);

    /* a parallel region of one thread costs more than a small product */
    if (blocks == 1) {
        multiply_block(&p, 0, 0);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t block = 0; block < blocks; block++)
        multiply_block(&p, block / across * BLOCK_ROWS, block % across * BLOCK_COLUMNS);
}
