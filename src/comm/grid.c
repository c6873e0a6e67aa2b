#include "comm/grid.h"

#include "core/rng.h"

void bens_grid_deal(int64_t n_chains, int64_t n_groups, int64_t g, int64_t *begin,
                    int64_t *end)
{
    *begin = g * n_chains / n_groups; /* chains < 2^24, groups < 2^31 */
    *end = (g + 1) * n_chains / n_groups;
}

/* Names the nearest numbers of ranks that would fit. */
static bens_status check_shards(int64_t ranks, int64_t n_shards)
{
    if (n_shards < 1)
        BENS_FAIL(BENS_ERR_CONFIG, "[grid] shards: wanted a number >= 1, found %lld",
                  (long long)n_shards);
    if (ranks % n_shards == 0) return BENS_OK;

    const int64_t below = ranks / n_shards * n_shards, above = below + n_shards;
    if (below == 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[grid] shards = %lld: wanted ranks that are a multiple of it, "
                  "found %lld; start %lld ranks, or give fewer shards",
                  (long long)n_shards, (long long)ranks, (long long)above);
    BENS_FAIL(BENS_ERR_CONFIG,
              "[grid] shards = %lld: wanted ranks that are a multiple of it, found %lld; "
              "start %lld or %lld ranks, or give shards that divide %lld",
              (long long)n_shards, (long long)ranks, (long long)below, (long long)above,
              (long long)ranks);
}

static bens_status check_chains(int64_t n_chains, int64_t first_chain)
{
    if (n_chains < 0 || first_chain < 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[grid] chains, first_chain: wanted numbers >= 0, found %lld and %lld",
                  (long long)n_chains, (long long)first_chain);
    if (n_chains > BENS_MAX_CHAIN + 1 || first_chain > BENS_MAX_CHAIN + 1 - n_chains)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[grid] first_chain + chains: wanted at most %d, found %lld + %lld",
                  BENS_MAX_CHAIN + 1, (long long)first_chain, (long long)n_chains);
    return BENS_OK;
}

static bens_status plan(int ranks, int rank, int64_t n_chains, int64_t first_chain,
                        int64_t n_shards, bens_grid *out)
{
    BENS_TRY(check_shards(ranks, n_shards));
    const int shards = (int)n_shards, groups = ranks / shards;
    const int64_t chains = n_chains == 0 ? groups : n_chains;
    BENS_TRY(check_chains(chains, first_chain));

    *out = (bens_grid){.n_chains = chains,
                       .first_chain = first_chain,
                       .n_shards = shards,
                       .n_groups = groups,
                       .group = rank / shards,
                       .shard = rank % shards};
    bens_grid_deal(chains, groups, out->group, &out->begin, &out->end);
    return BENS_OK;
}

bens_status bens_grid_create(bens_comm *world, int64_t n_chains, int64_t first_chain,
                             int64_t n_shards, bens_grid *out)
{
    bens_grid grid = {0};
    const bens_status mine = plan(bens_comm_size(world), bens_comm_rank(world), n_chains,
                                  first_chain, n_shards, &grid);
    BENS_TRY(bens_comm_split(world, grid.group, &grid.shards, mine));
    *out = grid;
    return BENS_OK;
}

void bens_grid_release(bens_grid *grid)
{
    bens_comm_destroy(grid->shards);
    *grid = (bens_grid){0};
}
