#include "comm/share.h"

#include "comm/wire.h"

#include <stdlib.h>
#include <string.h>

bens_status bens_comm_node(bens_comm *comm, bens_comm **out, bens_status mine)
{
    MPI_Comm handle;
    int first = 0;
    BENS_TRY(bens_comm_agree(comm, mine));
    if (comm->size == 1) return bens_comm_self(out);

    /* The lowest rank of a node is its number; bens_comm_split does the rest. */
    BENS_MPI(MPI_Comm_split_type, comm->handle, MPI_COMM_TYPE_SHARED, comm->rank,
             MPI_INFO_NULL, &handle);
    BENS_MPI(MPI_Allreduce, &comm->rank, &first, 1, MPI_INT, MPI_MIN, handle);
    BENS_MPI(MPI_Comm_free, &handle);
    return bens_comm_split(comm, first, out, BENS_OK);
}

/* A group of one has nobody to share with. */
static bens_status copy(bens_shared *block, const void *bytes, size_t size)
{
    BENS_TRY(bens_alloc(size, 1, &block->bytes));
    memcpy(block->bytes, bytes, size);
    return BENS_OK;
}

/* All of it is rank 0's; the fence makes what that wrote seen by all. */
static bens_status spread(bens_comm *node, const void *bytes, size_t size,
                          bens_shared *block)
{
    MPI_Aint there = node->rank == 0 ? (MPI_Aint)size : 0;
    int unit = 1;
    void *own;
    BENS_MPI(MPI_Win_allocate_shared, there, 1, MPI_INFO_NULL, node->handle, &own,
             &block->window);
    BENS_MPI(MPI_Win_shared_query, block->window, 0, &there, &unit, &block->bytes);
    BENS_MPI(MPI_Win_fence, 0, block->window);
    if (node->rank == 0) memcpy(block->bytes, bytes, size);
    BENS_MPI(MPI_Win_fence, 0, block->window);
    return BENS_OK;
}

bens_status bens_comm_share(bens_comm *node, const void *bytes, size_t size, void **out,
                            bens_status mine)
{
    bens_shared *block = NULL;
    if (mine == BENS_OK) mine = bens_alloc(1, sizeof *block, &block);
    bens_status s = bens_comm_agree(node, mine);
    if (s == BENS_OK) {
        block->window = MPI_WIN_NULL;
        s = node->size == 1 ? copy(block, bytes, size) : spread(node, bytes, size, block);
    }
    if (s != BENS_OK) {
        free(block);
        return s;
    }
    block->next = node->shared;
    node->shared = block;
    *out = block->bytes;
    return BENS_OK;
}

void bens_comm_share_release(bens_comm *node)
{
    for (bens_shared *b = node->shared, *next; b != NULL; b = next) {
        next = b->next;
        if (b->window != MPI_WIN_NULL)
            MPI_Win_free(&b->window);
        else
            free(b->bytes);
        free(b);
    }
    node->shared = NULL;
}
