/* world.h - tests on several ranks: all of them pass or fail together.
 *
 * A rank that fails an ordinary assert leaves the others waiting in the next Collective.
 * ASSERT_ALL is Collective itself: every rank brings its own answer, all get the same
 * one.
 *
 *     int main(int argc, char **argv)
 *     {
 *         const struct CMUnitTest tests[] = {...};
 *         return WORLD_RUN(argc, argv, tests);
 *     } */
#ifndef BENS_TESTS_COMM_WORLD_H
#define BENS_TESTS_COMM_WORLD_H

#include "comm/comm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bens_comm *world;

/* The condition is evaluated on every rank, so it may be a Collective call itself. */
#define ASSERT_ALL(comm, condition)                                                      \
    world_assert(comm, condition, #condition, __FILE__, __LINE__)

static inline void world_assert(bens_comm *comm, bool held, const char *condition,
                                const char *file, int line)
{
    bens_status mine = BENS_OK;
    if (!held)
        mine = bens_error_set(BENS_ERR_FAILURE, "%s:%d: rank %d: %s (error record: %s)",
                              file, line, bens_comm_rank(comm), condition,
                              bens_error_text());
    if (bens_comm_agree(comm, mine) != BENS_OK) fail_msg("%s", bens_error_text());
}

/* Rank 0 alone reports, but every rank's exit code counts. */
#define WORLD_RUN(argc, argv, tests)                                                     \
    (world_start(&(argc), &(argv))                                                       \
         ? world_stop(cmocka_run_group_tests(tests, NULL, NULL))                         \
         : 1)

static inline bool world_start(int *argc, char ***argv)
{
    if (bens_comm_start(argc, argv, &world) != BENS_OK) return false;
    return bens_comm_rank(world) == 0 || freopen("/dev/null", "w", stdout) != NULL;
}

static inline int world_stop(int n_failed)
{
    bens_comm_stop(world);
    return n_failed == 0 ? 0 : 1;
}

#endif
