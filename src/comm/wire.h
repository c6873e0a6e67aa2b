/* wire.h - what the files of this room share about MPI. No other room includes it. */
#ifndef BENS_COMM_WIRE_H
#define BENS_COMM_WIRE_H

#include "comm/comm.h"

#include <mpi.h>

enum { BENS_SUM_VALUES = 255 }; /* of one message */

/* A block of memory that the ranks of a node have together (share.h). */
typedef struct bens_shared {
    struct bens_shared *next;
    void *bytes;
    MPI_Win window; /* MPI_WIN_NULL: bytes are owned */
} bens_shared;

struct bens_comm {
    MPI_Comm handle; /* MPI_COMM_NULL without MPI; a group of one rank sends nothing */
    int rank, size, node_rank, node_size;
    int world_rank;
    MPI_Request meeting; /* of bens_comm_meet; MPI_REQUEST_NULL: none */
    double limit;        /* seconds that it waits for a peer; 0: for ever */
    double *gathered;    /* [size][1 + BENS_SUM_VALUES], so that no sum can lack memory;
                         NULL in bens_comm_self */
    bens_shared *shared; /* owned; NULL: none */
};

/* Local. Turns the code that MPI's function `call` returned into a status.
 * Errors: BENS_ERR_PEER, with MPI's text. */
bens_status bens_comm_check(int code, const char *call);

/* Runs one MPI function and returns from the caller with BENS_ERR_PEER if it failed. */
#define BENS_MPI(function, ...)                                                          \
    BENS_TRY(bens_comm_check(function(__VA_ARGS__), #function))

/* Local. Around calls that wait for peers: see bens_comm_limit. */
void bens_comm_wait_begin(const bens_comm *comm);
void bens_comm_wait_end(const bens_comm *comm);

/* Collective. Frees what bens_comm_share gave. */
void bens_comm_share_release(bens_comm *node);

/* Collective, once all ranks know that `failed` is the lowest failing rank: its code and
 * its line go to all ranks. Returns that code. */
bens_status bens_comm_adopt(bens_comm *comm, int failed, bens_status mine);

#endif
