/* ctest: ranks 1 2 3 4 8; timeout 60 */
#define _DEFAULT_SOURCE /* nanosleep */

#include "comm/wire.h"
#include "comm/world.h"
#include "core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static bens_status fail_here(int rank)
{
    return bens_error_set(BENS_ERR_IO, "cannot open shard %d", rank);
}

/* What every rank must hold after rank `failed` failed. */
static bool heard(bens_status s, int failed)
{
    char line[64];
    snprintf(line, sizeof line, "cannot open shard %d", failed);
    return s == BENS_ERR_IO && strcmp(bens_error_text(), line) == 0;
}

static void everybody_well(void **state)
{
    (void)state;
    ASSERT_ALL(world, bens_comm_agree(world, BENS_OK) == BENS_OK);
}

static void each_rank_alone(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world);
    for (int failed = 0; failed < bens_comm_size(world); failed++) {
        const bens_status mine = rank == failed ? fail_here(rank) : BENS_OK;
        ASSERT_ALL(world, heard(bens_comm_agree(world, mine), failed));
    }
}

static void lowest_rank_speaks(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), size = bens_comm_size(world);
    for (int failed = 0; failed < size; failed++) {
        const bens_status mine = rank < failed ? BENS_OK : fail_here(rank);
        ASSERT_ALL(world, heard(bens_comm_agree(world, mine), failed));
    }
}

/* Nobody leaves before the last one comes (ranks of a machine have one clock). */
static void all_meet(void **state)
{
    (void)state;
    const bool last = bens_comm_rank(world) == bens_comm_size(world) - 1;
    const struct timespec late = {.tv_nsec = 100000000};
    if (last) nanosleep(&late, NULL);
    double came = last ? bens_clock() : 0;
    bens_status waited;
    bool all;
    do waited = bens_comm_meet(world, 0.01, &all);
    while (waited == BENS_OK && !all);
    const double left = bens_clock(); /* before ASSERT_ALL, which waits for all, too */
    ASSERT_ALL(world, waited == BENS_OK);
    ASSERT_ALL(world, bens_comm_sum(world, &came, 1, BENS_OK) == BENS_OK);
    ASSERT_ALL(world, left >= came);
}

/* Of mixed size and sign: the sum of 8 of them depends on the order. */
static double term(int rank)
{
    return (rank % 2 ? -1e8 : 1) / (rank + 3.0);
}

static void sum_in_rank_order(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), size = bens_comm_size(world);
    enum { N = 600, MARKED = 517 }; /* more than one message */
    double value[N], expected = 0, other = 0;
    for (int r = 0; r < size; r++) expected += term(r);
    for (int r = size - 1; r >= 0; r--) other += term(r);
    for (int i = 0; i < N; i++) value[i] = term(rank);
    value[MARKED] = rank;
    ASSERT_ALL(world, size < 8 || expected != other);
    ASSERT_ALL(world, bens_comm_sum(world, value, N, BENS_OK) == BENS_OK);
    for (int i = 0; i < N; i++)
        ASSERT_ALL(world, value[i] == (i == MARKED ? size * (size - 1) / 2.0 : expected));
    ASSERT_ALL(world, bens_comm_sum(world, NULL, 0, BENS_OK) == BENS_OK);
}

static void sum_carries_status(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), last = bens_comm_size(world) - 1;
    double value = 7;
    const bens_status mine = rank == last ? fail_here(rank) : BENS_OK;
    ASSERT_ALL(world, heard(bens_comm_sum(world, &value, 1, mine), last));
    ASSERT_ALL(world, value == 7);
    ASSERT_ALL(world, heard(bens_comm_sum(world, NULL, 0, mine), last));
}

/* 3 MB, with 0 bytes in it; and nothing at all. */
static void broadcast_bytes(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), root = bens_comm_size(world) - 1;
    for (size_t want = 0; want <= 3000000; want += 1500000) {
        size_t size = rank == root ? want : 99;
        char *bytes = NULL;
        if (rank == root) {
            bytes = malloc(want + 1);
            assert_non_null(bytes);
            for (size_t i = 0; i < want; i++) bytes[i] = (char)(i % 251);
            bytes[want] = '\0';
        }
        ASSERT_ALL(world,
                   bens_comm_broadcast(world, root, &bytes, &size, BENS_OK) == BENS_OK);
        bool same = size == want && bytes[want] == '\0';
        for (size_t i = 0; same && i < want; i++) same = bytes[i] == (char)(i % 251);
        ASSERT_ALL(world, same);
        free(bytes);
    }
}

static void broadcast_carries_status(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world);
    char *bytes = NULL;
    size_t size = 0;
    const bens_status mine = rank == 0 ? fail_here(0) : BENS_OK;
    ASSERT_ALL(world, heard(bens_comm_broadcast(world, 0, &bytes, &size, mine), 0));
    ASSERT_ALL(world, bytes == NULL && size == 0);
}

/* Of every rank in turn; the others keep theirs. */
static void fetch_values(void **state)
{
    (void)state;
    enum { N = 100000 };
    static double value[N];
    const int rank = bens_comm_rank(world);
    for (int from = 0; from < bens_comm_size(world); from++) {
        bool right = true;
        for (int i = 0; i < N; i++) value[i] = 1000.0 * rank + i;
        ASSERT_ALL(world, bens_comm_fetch(world, from, value, N) == BENS_OK);
        for (int i = 0; i < N; i++)
            right = right && value[i] == 1000.0 * (rank == 0 ? from : rank) + i;
        ASSERT_ALL(world, right);
        ASSERT_ALL(world, bens_comm_fetch(world, from, value, 0) == BENS_OK);
    }
}

/* Rank r says r letters, rank 2 nothing (NULL). */
static void gather_texts(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), size = bens_comm_size(world);
    char letters[16] = "", *all = NULL;
    memset(letters, 'a' + rank, (size_t)(rank % 15));
    const char *text = rank == 2 ? NULL : letters;
    ASSERT_ALL(world, bens_comm_gather_text(world, text, &all, BENS_OK) == BENS_OK);
    ASSERT_ALL(world, (all != NULL) == (rank == 0));
    const char *at = all;
    bool right = true;
    for (int r = 0; rank == 0 && r < size; r++, at += strlen(at) + 1) {
        right = right && strlen(at) == (size_t)(r == 2 ? 0 : r % 15);
        right = right && (*at == '\0' || *at == 'a' + r);
    }
    ASSERT_ALL(world, right);
    free(all);

    all = letters;
    const bens_status mine = rank == size - 1 ? fail_here(rank) : BENS_OK;
    ASSERT_ALL(world, heard(bens_comm_gather_text(world, "x", &all, mine), size - 1));
    ASSERT_ALL(world, all == letters);
}

static void split_keeps_order(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), size = bens_comm_size(world);
    bens_comm *part = NULL;
    ASSERT_ALL(world, bens_comm_split(world, rank % 2, &part, BENS_OK) == BENS_OK);
    ASSERT_ALL(world, bens_comm_rank(part) == rank / 2);
    ASSERT_ALL(world, bens_comm_size(part) == (size + 1 - rank % 2) / 2);
    double one = 1;
    ASSERT_ALL(world, bens_comm_sum(part, &one, 1, BENS_OK) == BENS_OK);
    ASSERT_ALL(world, one == bens_comm_size(part));
    bens_comm_destroy(part);

    part = NULL;
    const bens_status mine = rank == 0 ? fail_here(0) : BENS_OK;
    ASSERT_ALL(world, heard(bens_comm_split(world, 0, &part, mine), 0));
    ASSERT_ALL(world, part == NULL);
}

/* mpirun on one machine: all ranks are on one node. */
static void ranks_of_the_node(void **state)
{
    (void)state;
    ASSERT_ALL(world, bens_comm_node_size(world) == bens_comm_size(world));
    ASSERT_ALL(world, bens_comm_node_rank(world) == bens_comm_rank(world));
}

static void an_error_of_mpi(void **state)
{
    (void)state;
    int rank;
    ASSERT_ALL(world,
               bens_comm_check(MPI_Comm_rank(world->handle, &rank), "x") == BENS_OK);
    const int code = MPI_Bcast(&rank, -1, MPI_INT, 0, world->handle);
    const bens_status s = bens_comm_check(code, "MPI_Bcast");
    ASSERT_ALL(world, s == BENS_ERR_PEER);
    const char *const text = strstr(bens_error_text(), "MPI_Bcast failed: ");
    ASSERT_ALL(world, text != NULL && /* and MPI's own words */
                          (strstr(text, "ERR_COUNT") != NULL ||
                           strstr(text, "Invalid count") != NULL));
}

static void the_library(void **state)
{
    (void)state;
    char text[256];
    bens_comm_describe(text, sizeof text);
    ASSERT_ALL(world, strstr(text, "MPI") != NULL && strchr(text, '\n') == NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_well),     cmocka_unit_test(each_rank_alone),
        cmocka_unit_test(lowest_rank_speaks), cmocka_unit_test(all_meet),
        cmocka_unit_test(sum_in_rank_order),  cmocka_unit_test(sum_carries_status),
        cmocka_unit_test(broadcast_bytes),    cmocka_unit_test(broadcast_carries_status),
        cmocka_unit_test(fetch_values),       cmocka_unit_test(gather_texts),
        cmocka_unit_test(split_keeps_order),  cmocka_unit_test(ranks_of_the_node),
        cmocka_unit_test(an_error_of_mpi),    cmocka_unit_test(the_library),
    };
    return WORLD_RUN(argc, argv, tests);
}
