/* What do fixed bits cost? The tree of comm/reduce.h over the ranks beside MPI_Allreduce,
 * which promises no order, on vectors of the same size. Only the communication and its
 * additions: the slices are zeros that are there already.
 *
 *     mpirun -n 4 bench_reduce */
#include "backend/backend.h"
#include "comm/reduce.h"
#include "comm/wire.h"
#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    bens_comm *world;
    bens_reduce *reduce;
    float *grad;
    size_t n;
} setup;

static bens_status nothing(void *context, int64_t k, float *grad, double *value)
{
    (void)context;
    (void)k;
    (void)grad;
    (void)value;
    return BENS_OK;
}

static bens_status by_tree(const setup *at)
{
    return bens_reduce_sum(at->reduce, nothing, NULL, at->grad, NULL);
}

static bens_status by_mpi(const setup *at)
{
    BENS_MPI(MPI_Allreduce, MPI_IN_PLACE, at->grad, (int)at->n, MPI_FLOAT, MPI_SUM,
             at->world->handle);
    return BENS_OK;
}

/* Seconds of one call: the best of 7 rounds, each of about 32 MB or 200 calls. */
static bens_status measure(bens_status (*sum)(const setup *), const setup *at,
                           double *seconds)
{
    const size_t fit = 8000000 / at->n, calls = fit < 1 ? 1 : fit > 200 ? 200 : fit;
    *seconds = 1e30;
    for (int round = 0; round < 7; round++) {
        BENS_TRY(bens_comm_agree(at->world, BENS_OK));
        const double start = bens_clock();
        for (size_t i = 0; i < calls; i++) BENS_TRY(sum(at));
        const double each = (bens_clock() - start) / (double)calls;
        if (each < *seconds) *seconds = each;
    }
    return BENS_OK;
}

static bens_status compare(bens_comm *world, const bens_backend *be, size_t n)
{
    setup at = {.world = world, .n = n};
    double tree = 0, mpi = 0;
    BENS_TRY(bens_comm_agree(world, bens_alloc(n, sizeof *at.grad, &at.grad)));
    bens_status s =
        bens_reduce_create("mpi", world, bens_comm_size(world), n, be->add, &at.reduce);
    if (s == BENS_OK) s = measure(by_mpi, &at, &mpi);
    if (s == BENS_OK) s = measure(by_tree, &at, &tree);
    if (s == BENS_OK && bens_comm_rank(world) == 0)
        printf("%10zu  %12.1f  %12.1f  %8.2f  %8.2f\n", n, 1e6 * mpi, 1e6 * tree,
               mpi / tree, 4e-9 * (double)n / tree);
    bens_reduce_destroy(at.reduce);
    free(at.grad);
    return s;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {16,    256,   1024,   4096,    8192,    16384,
                                   32768, 65536, 262144, 1048576, 4194304, 16777216};
    bens_comm *world;
    bens_status s = bens_comm_start(&argc, &argv, &world);
    if (s != BENS_OK) {
        fprintf(stderr, "%s\n", bens_error_text());
        return s;
    }
    const bens_backend *be = bens_backend_find("cpu");
    const bool first = bens_comm_rank(world) == 0;
    s = bens_comm_agree(world, be->start(1));
    if (s == BENS_OK && first)
        printf("%d ranks\n  elements  Allreduce us      bens us     ratio      GB/s\n",
               bens_comm_size(world));
    for (size_t i = 0; s == BENS_OK && i < sizeof sizes / sizeof *sizes; i++)
        s = compare(world, be, sizes[i]);
    if (s != BENS_OK && first) fprintf(stderr, "%s\n", bens_error_text());
    bens_comm_stop(world);
    return s;
}
