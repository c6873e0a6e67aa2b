/* grid.h - the world cut into groups of S shards; chains dealt out over the groups. */
#ifndef BENS_COMM_GRID_H
#define BENS_COMM_GRID_H

#include "comm/comm.h"

typedef struct {
    int64_t n_chains;    /* C, over all groups                                       */
    int64_t first_chain; /* global number of the run's first chain                   */
    int n_shards;        /* S: ranks of a group                                      */
    int n_groups;        /* ranks / S                                                */
    int group, shard;    /* of this rank                                             */
    int64_t begin, end;  /* this group's chains: [begin, end) of 0 ... C - 1         */
    bens_comm *shards;   /* the ranks of this group, owned                           */
} bens_grid;

/* Collective. Group g has ranks gS ... gS + S - 1 and chains [gC/G, (g+1)C/G).
 * n_chains = 0: one per group. More groups than chains: some have none, the caller warns.
 * Errors: BENS_ERR_CONFIG: ranks not a multiple of shards, a negative number, chains
 * beyond BENS_MAX_CHAIN. */
bens_status bens_grid_create(bens_comm *world, int64_t n_chains, int64_t first_chain,
                             int64_t n_shards, bens_grid *out);
void bens_grid_release(bens_grid *grid); /* Collective; takes a zeroed one */

/* Local. The chains of group g of n_groups, for planning: *begin, *end. */
void bens_grid_deal(int64_t n_chains, int64_t n_groups, int64_t g, int64_t *begin,
                    int64_t *end);

#endif
