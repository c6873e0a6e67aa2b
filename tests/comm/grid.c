/* ctest: ranks 1 2 3 4 8; timeout 60 */
#include "comm/grid.h"
#include "comm/world.h"

#include <string.h>

/* Every chain has one group, in order; groups differ by at most one chain. */
static bool covers(int64_t chains, int64_t groups)
{
    int64_t next = 0;
    for (int64_t g = 0; g < groups; g++) {
        int64_t begin, end;
        bens_grid_deal(chains, groups, g, &begin, &end);
        const int64_t extra = end - begin - chains / groups;
        if (begin != next || (extra != 0 && extra != 1)) return false;
        next = end;
    }
    return next == chains;
}

static void deal_covers(void **state)
{
    (void)state;
    const int64_t chains[] = {1, 2, 7, 64, 5000, 1 << 24},
                  groups[] = {1, 3, 4, 64, 10000};
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
        for (size_t j = 0; j < sizeof groups / sizeof *groups; j++)
            ASSERT_ALL(world, covers(chains[i], groups[j]));
}

static void groups_of_shards(void **state)
{
    (void)state;
    const int rank = bens_comm_rank(world), size = bens_comm_size(world);
    for (int S = 1; S <= size; S++) {
        bens_grid grid = {0};
        if (size % S != 0) continue;
        ASSERT_ALL(world, bens_grid_create(world, 5, 100, S, &grid) == BENS_OK);
        ASSERT_ALL(world, grid.n_groups == size / S && grid.n_shards == S);
        ASSERT_ALL(world, grid.group == rank / S && grid.shard == rank % S);
        ASSERT_ALL(world, grid.n_chains == 5 && grid.first_chain == 100);
        ASSERT_ALL(world, bens_comm_size(grid.shards) == S);
        ASSERT_ALL(world, bens_comm_rank(grid.shards) == grid.shard);
        double chains = grid.shard == 0 ? (double)(grid.end - grid.begin) : 0;
        ASSERT_ALL(world, bens_comm_sum(world, &chains, 1, BENS_OK) == BENS_OK);
        ASSERT_ALL(world, chains == 5);
        bens_grid_release(&grid);
    }
}

static void one_chain_a_group(void **state)
{
    (void)state;
    bens_grid grid = {0};
    ASSERT_ALL(world, bens_grid_create(world, 0, 0, 1, &grid) == BENS_OK);
    ASSERT_ALL(world, grid.n_chains == bens_comm_size(world));
    ASSERT_ALL(world, grid.begin == grid.group && grid.end == grid.group + 1);
    bens_grid_release(&grid);
    bens_grid_release(&grid); /* takes a zeroed one */
}

static bool refused(int64_t chains, int64_t first, int64_t shards, const char *text)
{
    bens_grid grid = {0};
    return bens_grid_create(world, chains, first, shards, &grid) == BENS_ERR_CONFIG &&
           strstr(bens_error_text(), text) != NULL && grid.shards == NULL;
}

static void what_does_not_fit(void **state)
{
    (void)state;
    const int size = bens_comm_size(world);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "found %d; start %d ranks", size, size + 1);
    ASSERT_ALL(world, refused(1, 0, size + 1, wanted));
    if (size == 8) ASSERT_ALL(world, refused(1, 0, 3, "found 8; start 6 or 9 ranks"));
    ASSERT_ALL(world, refused(1, 0, 0, "[grid] shards: wanted a number >= 1, found 0"));
    ASSERT_ALL(world, refused(-1, 0, 1, "found -1 and 0"));
    ASSERT_ALL(world, refused((1 << 24) + 1, 0, 1, "at most 16777216"));
    ASSERT_ALL(world, refused(0, 1 << 24, 1, "at most 16777216"));
    ASSERT_ALL(world, refused(INT64_MAX, INT64_MAX, 1, "at most 16777216"));
    ASSERT_ALL(world, refused(1, 0, INT64_MAX, "[grid] shards"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deal_covers),
        cmocka_unit_test(groups_of_shards),
        cmocka_unit_test(one_chain_a_group),
        cmocka_unit_test(what_does_not_fit),
    };
    return WORLD_RUN(argc, argv, tests);
}
