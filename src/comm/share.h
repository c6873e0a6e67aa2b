/* share.h - memory that the ranks of a node have together, for what is large and never
 * changes: the data. */
#ifndef BENS_COMM_SHARE_H
#define BENS_COMM_SHARE_H

#include "comm/comm.h"

/* Collective. *out = the ranks of comm that are on this rank's node, in the order of
 * their rank there; destroyed by bens_comm_destroy. */
bens_status bens_comm_node(bens_comm *comm, bens_comm **out, bens_status mine);

/* Collective over the ranks of one node. *out = a copy of bytes [size], size >= 1, of rank
 * 0 in memory that all of them see and none of them may write; the others' bytes and size
 * are not looked at. It goes with the group: bens_comm_destroy.
 * Errors: BENS_ERR_FAILURE: no memory; BENS_ERR_PEER: MPI gave none. */
bens_status bens_comm_share(bens_comm *node, const void *bytes, size_t size, void **out,
                            bens_status mine);

#endif
