/* reduce_mpi.h - the sizes at which reduce_mpi.c changes its way, for its tests. */
#ifndef BENS_COMM_REDUCE_MPI_H
#define BENS_COMM_REDUCE_MPI_H

enum {
    BENS_REDUCE_SMALL = 1 << 15,   /* floats of all shards together: sent whole to all */
    BENS_REDUCE_SEGMENT = 1 << 20, /* floats reduced at once, at least */
    BENS_REDUCE_CHUNK = 1 << 14,   /* floats of a segment that one shard sums, at least */
};

#endif
