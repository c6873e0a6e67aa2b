/* exchange.c - the small collectives: sums, bytes of one rank, texts of all. */
#define _DEFAULT_SOURCE /* nanosleep */

#include "comm/wire.h"
#include "core/clock.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_BYTES = 1 << 30 }; /* of one call of MPI, whose counts are int */

/* One message: every rank's status and values, so that all see all. */
static bens_status sum_few(bens_comm *comm, double *value, int n, bens_status mine)
{
    double message[1 + BENS_SUM_VALUES] = {(double)mine};
    memcpy(message + 1, value, (size_t)n * sizeof *value);
    bens_comm_wait_begin(comm);
    BENS_MPI(MPI_Allgather, message, 1 + n, MPI_DOUBLE, comm->gathered, 1 + n, MPI_DOUBLE,
             comm->handle);
    bens_comm_wait_end(comm);
    for (int r = 0; r < comm->size; r++)
        if (comm->gathered[r * (1 + n)] != BENS_OK) return bens_comm_adopt(comm, r, mine);
    for (int i = 0; i < n; i++) {
        double sum = comm->gathered[1 + i];
        for (int r = 1; r < comm->size; r++) sum += comm->gathered[r * (1 + n) + 1 + i];
        value[i] = sum;
    }
    return BENS_OK;
}

bens_status bens_comm_sum(bens_comm *comm, double *value, int n, bens_status mine)
{
    BENS_ASSERT(n >= 0);
    if (comm->size == 1 || n == 0) return bens_comm_agree(comm, mine);
    for (int i = 0; i < n; i += BENS_SUM_VALUES)
        BENS_TRY(sum_few(comm, value + i,
                         n - i < BENS_SUM_VALUES ? n - i : BENS_SUM_VALUES, mine));
    return BENS_OK;
}

bens_status bens_comm_meet(bens_comm *comm, double seconds, bool *all)
{
    enum { FIRST = 50000, LONGEST = 10000000 }; /* ns between two looks */
    struct timespec pause = {.tv_nsec = FIRST};
    const double start = bens_clock();
    int done = comm->size == 1;
    if (!done && comm->meeting == MPI_REQUEST_NULL)
        BENS_MPI(MPI_Ibarrier, comm->handle, &comm->meeting);
    while (!done) {
        BENS_MPI(MPI_Test, &comm->meeting, &done, MPI_STATUS_IGNORE);
        if (done || bens_clock() - start >= seconds) break;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < LONGEST) pause.tv_nsec *= 2;
    }
    *all = done;
    return BENS_OK;
}

bens_status bens_comm_broadcast(bens_comm *comm, int root, char **bytes, size_t *size,
                                bens_status mine)
{
    const bool is_root = comm->rank == root;
    char *copy = is_root ? *bytes : NULL;
    uint64_t n = is_root ? *size : 0;
    BENS_TRY(bens_comm_agree(comm, mine));
    if (comm->size == 1) return BENS_OK;

    BENS_MPI(MPI_Bcast, &n, 1, MPI_UINT64_T, root, comm->handle);
    if (!is_root) {
        copy = malloc((size_t)n + 1);
        if (copy == NULL)
            mine =
                bens_error_set(BENS_ERR_FAILURE, "no memory for %llu bytes from rank %d",
                               (unsigned long long)n, root);
        else
            copy[n] = '\0';
    }
    bens_status s = bens_comm_agree(comm, mine);
    for (uint64_t i = 0; s == BENS_OK && i < n; i += MOST_BYTES)
        s = bens_comm_check(MPI_Bcast(copy + i,
                                      (int)(n - i < MOST_BYTES ? n - i : MOST_BYTES),
                                      MPI_BYTE, root, comm->handle),
                            "MPI_Bcast");
    if (is_root) return s;
    if (s != BENS_OK) {
        free(copy);
        return s;
    }
    *bytes = copy;
    *size = (size_t)n;
    return BENS_OK;
}

bens_status bens_comm_fetch(bens_comm *comm, int from, double *value, int64_t n)
{
    const int64_t most = MOST_BYTES / (int64_t)sizeof *value;
    if (from == 0 || (comm->rank != 0 && comm->rank != from)) return BENS_OK;
    for (int64_t i = 0; i < n; i += most) {
        const int count = (int)(n - i < most ? n - i : most);
        if (comm->rank == from)
            BENS_MPI(MPI_Send, value + i, count, MPI_DOUBLE, 0, 0, comm->handle);
        else
            BENS_MPI(MPI_Recv, value + i, count, MPI_DOUBLE, from, 0, comm->handle,
                     MPI_STATUS_IGNORE);
    }
    return BENS_OK;
}

/* begin [n] = where each text goes; *all has room for them. */
static bens_status lay_out(const int *length, int n, int *begin, char **all)
{
    int64_t total = 0;
    for (int r = 0; r < n; r++) {
        begin[r] = (int)total;
        total += length[r];
        if (total > INT_MAX)
            BENS_FAIL(BENS_ERR_FAILURE,
                      "wanted less than 2 GiB of text from %d ranks, found %lld bytes up "
                      "to rank %d",
                      n, (long long)total, r);
    }
    *all = malloc((size_t)total);
    if (*all == NULL)
        BENS_FAIL(BENS_ERR_FAILURE, "no memory for %lld bytes of text", (long long)total);
    return BENS_OK;
}

/* length and begin [size] are scratch; *all is NULL here, and stays so on failure. */
static bens_status gather(bens_comm *comm, const char *text, int bytes, int *length,
                          int *begin, char **all)
{
    bens_status mine = BENS_OK;
    BENS_MPI(MPI_Gather, &bytes, 1, MPI_INT, length, 1, MPI_INT, 0, comm->handle);
    if (comm->rank == 0) mine = lay_out(length, comm->size, begin, all);
    bens_status s = bens_comm_agree(comm, mine);
    if (s == BENS_OK)
        s = bens_comm_check(MPI_Gatherv(text, bytes, MPI_CHAR, *all, length, begin,
                                        MPI_CHAR, 0, comm->handle),
                            "MPI_Gatherv");
    if (s != BENS_OK) {
        free(*all);
        *all = NULL;
    }
    return s;
}

/* A group of one has nobody to ask. */
static bens_status copy_text(const char *text, size_t bytes, char **out)
{
    char *copy = malloc(bytes);
    if (copy == NULL)
        BENS_FAIL(BENS_ERR_FAILURE, "no memory for %zu bytes of text", bytes);
    *out = memcpy(copy, text, bytes);
    return BENS_OK;
}

bens_status bens_comm_gather_text(bens_comm *comm, const char *text, char **out,
                                  bens_status mine)
{
    const char *own = text == NULL ? "" : text;
    const size_t bytes = strlen(own) + 1, size = (size_t)comm->size;
    int *place = NULL;
    char *all = NULL;

    if (mine == BENS_OK && bytes > INT_MAX)
        mine =
            bens_error_set(BENS_ERR_FAILURE,
                           "wanted less than 2 GiB of text, found %zu bytes at rank %d",
                           bytes, comm->rank);
    if (mine == BENS_OK) mine = bens_alloc(2 * size, sizeof *place, &place);
    bens_status s = bens_comm_agree(comm, mine);
    if (s == BENS_OK)
        s = comm->size == 1 ? copy_text(own, bytes, &all)
                            : gather(comm, own, (int)bytes, place, place + size, &all);
    free(place);
    if (s == BENS_OK) *out = all;
    return s;
}
