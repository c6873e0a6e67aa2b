/* comm.h - a group of ranks that succeed or fail together.
 *
 * A Collective function takes the caller's own status, always takes part, and returns the
 * agreed one: BENS_OK on all ranks, or on all ranks the status of the lowest failing
 * rank, whose one line every rank then holds in its error record. A rank that failed
 * never leaves early. Outputs are set on success only. Without MPI_Init a group of one
 * rank works too (bens_comm_self).
 *
 * BENS_ERR_PEER: a call of MPI itself failed (its text is in the line). That alone is not
 * agreed, since there is nobody left to agree with: leave, and the launcher ends the job.
 */
#ifndef BENS_COMM_COMM_H
#define BENS_COMM_COMM_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct bens_comm bens_comm;

/* Collective over all processes. Starts MPI (thread level FUNNELED); *out is the world.
 */
bens_status bens_comm_start(int *argc, char ***argv, bens_comm **out);
/* Collective. Ends MPI and destroys the world; takes NULL. */
void bens_comm_stop(bens_comm *world);

/* Local. Ends all ranks of the job with this exit code: the way out where another rank is
 * lost and nothing Collective can be relied on any more. */
_Noreturn void bens_comm_abort(bens_comm *world, bens_status code);

/* Local. A group of this rank alone. */
bens_status bens_comm_self(bens_comm **out);

/* Collective. The ranks with the same color (>= 0), in the order of their rank here. */
bens_status bens_comm_split(bens_comm *comm, int color, bens_comm **out,
                            bens_status mine);
void bens_comm_destroy(bens_comm *comm); /* Collective; takes NULL; not for the world */

int bens_comm_rank(const bens_comm *comm);
int bens_comm_size(const bens_comm *comm);
/* How many ranks of comm are on this rank's node, and this rank's number among them. */
int bens_comm_node_rank(const bens_comm *comm);
int bens_comm_node_size(const bens_comm *comm);

/* Local. From now on a rank that waits longer than this for another of the group, in
 * bens_comm_sum or a sum of gradients, ends its process with one line on stderr and the
 * exit code BENS_ERR_PEER; the launcher then ends the job. For one group of a process. */
void bens_comm_limit(bens_comm *comm, double seconds);

/* Collective. See above. */
bens_status bens_comm_agree(bens_comm *comm, bens_status mine);

/* Collective. Waits until all ranks are here, without the use of a core: they may be hours
 * apart. *all = false: they were not within `seconds`, and this rank must call it again
 * before it calls anything else; INFINITY waits until they are. */
bens_status bens_comm_meet(bens_comm *comm, double seconds, bool *all);

/* Collective. value [n] = the sum over ranks in rank order, the same on all ranks; n is
 * the same everywhere. */
bens_status bens_comm_sum(bens_comm *comm, double *value, int n, bens_status mine);

/* Collective. *bytes (malloc, owned by the caller, with a 0 byte behind it) and *size of
 * rank `root` on all ranks. Only the root's input counts; the others' is overwritten, not
 * freed. Any size. */
bens_status bens_comm_broadcast(bens_comm *comm, int root, char **bytes, size_t *size,
                                bens_status mine);

/* value [n] of rank `from` comes to rank 0, whose own is overwritten; the others return at
 * once. Nothing is agreed, so nothing else may fail: both ranks must get here. */
bens_status bens_comm_fetch(bens_comm *comm, int from, double *value, int64_t n);

/* Collective. *out on rank 0 (malloc): the texts of all ranks, ended by 0 bytes, in rank
 * order; NULL elsewhere. text = NULL counts as "".
 * Errors: BENS_ERR_FAILURE: more than 2 GiB together. */
bens_status bens_comm_gather_text(bens_comm *comm, const char *text, char **out,
                                  bens_status mine);

/* Local. Version of the MPI library, one line. Works before and without bens_comm_start.
 */
void bens_comm_describe(char *text, size_t size);

#endif
