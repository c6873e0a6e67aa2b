/* ctest: ranks 1 2 3 4; timeout 60 */
/* Memory that the ranks of a node have together. */
#include "comm/share.h"
#include "comm/world.h"

#include <stdlib.h>
#include <string.h>

static bens_comm *node;

static int make_node(void **state)
{
    (void)state;
    return bens_comm_node(world, &node, BENS_OK) == BENS_OK ? 0 : 1;
}

static int end_node(void **state)
{
    (void)state;
    bens_comm_destroy(node);
    return 0;
}

/* Tests run on one machine. */
static void a_node_is_all_ranks_of_it(void **state)
{
    (void)state;
    ASSERT_ALL(world, bens_comm_size(node) == bens_comm_node_size(world));
    ASSERT_ALL(world, bens_comm_rank(node) == bens_comm_node_rank(world));
    ASSERT_ALL(world, bens_comm_size(node) == bens_comm_size(world));
}

/* One block, seen by all: what the last rank writes into it the others read. */
static void all_see_the_same_bytes(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 7, 4096, 5000001};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const size_t n = sizes[k];
        const bool first = bens_comm_rank(node) == 0;
        unsigned char *own = malloc(n), *out = NULL;
        for (size_t i = 0; i < n; i++) own[i] = (unsigned char)(first ? 31 * i + k : 0);
        ASSERT_ALL(world, bens_comm_share(node, first ? own : NULL, first ? n : 99,
                                          (void **)&out, BENS_OK) == BENS_OK);
        bool same = out != own;
        for (size_t i = 0; i < n; i++)
            same = same && out[i] == (unsigned char)(31 * i + k);
        ASSERT_ALL(world, same);
        if (bens_comm_rank(node) == bens_comm_size(node) - 1) out[n - 1] = 77;
        ASSERT_ALL(world, true); /* a barrier */
        ASSERT_ALL(world, *(volatile unsigned char *)&out[n - 1] == 77);
        free(own);
    }
}

static void who_failed_is_heard(void **state)
{
    (void)state;
    const int last = bens_comm_size(node) - 1;
    const bool fails = bens_comm_rank(node) == last;
    void *out = &out;
    const bens_status mine =
        fails ? bens_error_set(BENS_ERR_IO, "rank %d", last) : BENS_OK;
    const bens_status s = bens_comm_share(node, "x", 1, &out, mine);
    ASSERT_ALL(world, s == BENS_ERR_IO && out == &out);
    ASSERT_ALL(world, strncmp(bens_error_text(), "rank ", 5) == 0);
    bens_comm *again = NULL;
    ASSERT_ALL(world,
               bens_comm_node(world, &again, mine) == BENS_ERR_IO && again == NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_all_ranks_of_it),
        cmocka_unit_test(all_see_the_same_bytes),
        cmocka_unit_test(who_failed_is_heard),
    };
    return world_start(&argc, &argv)
               ? world_stop(cmocka_run_group_tests(tests, make_node, end_node))
               : 1;
}
