#include "comm/wire.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024 };

bens_status bens_comm_check(int code, const char *call)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS) return BENS_OK;
    MPI_Error_string(code, text, &length);
    BENS_FAIL(BENS_ERR_PEER, "%s failed: %s; a rank or the network may be lost", call,
              text);
}

/* Collective over the handle, which *out owns from here on, unless this rank fails. */
static bens_status wrap(MPI_Comm handle, bens_comm **out)
{
    bens_comm c = {.handle = handle, .meeting = MPI_REQUEST_NULL};
    BENS_MPI(MPI_Comm_rank, MPI_COMM_WORLD, &c.world_rank);
    MPI_Comm node;
    BENS_MPI(MPI_Comm_rank, handle, &c.rank);
    BENS_MPI(MPI_Comm_size, handle, &c.size);
    BENS_MPI(MPI_Comm_split_type, handle, MPI_COMM_TYPE_SHARED, c.rank, MPI_INFO_NULL,
             &node);
    BENS_MPI(MPI_Comm_rank, node, &c.node_rank);
    BENS_MPI(MPI_Comm_size, node, &c.node_size);
    BENS_MPI(MPI_Comm_free, &node);

    bens_comm *p;
    BENS_TRY(bens_alloc((size_t)c.size * (1 + BENS_SUM_VALUES), sizeof *c.gathered,
                        &c.gathered));
    const bens_status s = bens_alloc(1, sizeof *p, &p);
    if (s != BENS_OK) {
        free(c.gathered);
        return s;
    }
    *p = c;
    *out = p;
    return BENS_OK;
}

/* The answer of all ranks without any memory of their own: the lowest failing rank. */
static bens_status agree(MPI_Comm handle, int rank, bens_status mine, int *failed)
{
    const int candidate = mine == BENS_OK ? INT_MAX : rank;
    BENS_MPI(MPI_Allreduce, &candidate, failed, 1, MPI_INT, MPI_MIN, handle);
    return BENS_OK;
}

static bens_status adopt(MPI_Comm handle, int rank, int failed, bens_status mine)
{
    struct {
        int code;
        char line[LINE_SIZE];
    } message = {.code = (int)mine};
    if (rank == failed)
        snprintf(message.line, sizeof message.line, "%s", bens_error_text());
    BENS_MPI(MPI_Bcast, &message, sizeof message, MPI_BYTE, failed, handle);
    if (rank == failed) return mine;
    return bens_error_set((bens_status)message.code, "%s", message.line);
}

bens_status bens_comm_adopt(bens_comm *comm, int failed, bens_status mine)
{
    return comm->size == 1 ? mine : adopt(comm->handle, comm->rank, failed, mine);
}

bens_status bens_comm_agree(bens_comm *comm, bens_status mine)
{
    int failed;
    if (comm->size == 1) return mine;
    BENS_TRY(agree(comm->handle, comm->rank, mine, &failed));
    return failed == INT_MAX ? BENS_OK : adopt(comm->handle, comm->rank, failed, mine);
}

bens_status bens_comm_start(int *argc, char ***argv, bens_comm **out)
{
    int level, rank, failed;
    bens_comm *world = NULL;
    MPI_Comm handle;
    BENS_MPI(MPI_Init_thread, argc, argv, MPI_THREAD_FUNNELED, &level);
    BENS_MPI(MPI_Comm_set_errhandler, MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    BENS_MPI(MPI_Comm_rank, MPI_COMM_WORLD, &rank);
    BENS_MPI(MPI_Comm_dup, MPI_COMM_WORLD, &handle);
    bens_status s = wrap(handle, &world);
    if (s == BENS_OK && level < MPI_THREAD_FUNNELED)
        s = bens_error_set(BENS_ERR_FAILURE,
                           "wanted an MPI with thread level FUNNELED (%d), "
                           "found level %d",
                           MPI_THREAD_FUNNELED, level);
    BENS_TRY(agree(handle, rank, s, &failed));
    if (failed == INT_MAX) {
        *out = world;
        return BENS_OK;
    }
    s = adopt(handle, rank, failed, s);
    MPI_Finalize();
    return s;
}

_Noreturn void bens_comm_abort(bens_comm *world, bens_status code)
{
    MPI_Abort(world->handle, (int)code);
    abort(); /* MPI_Abort is not declared as one that does not return */
}

void bens_comm_stop(bens_comm *world)
{
    if (world == NULL) return;
    bens_comm_destroy(world);
    MPI_Finalize();
}

bens_status bens_comm_self(bens_comm **out)
{
    bens_comm *p;
    BENS_TRY(bens_alloc(1, sizeof *p, &p));
    *p = (bens_comm){.handle = MPI_COMM_NULL,
                     .meeting = MPI_REQUEST_NULL,
                     .size = 1,
                     .node_size = 1};
    *out = p;
    return BENS_OK;
}

bens_status bens_comm_split(bens_comm *comm, int color, bens_comm **out, bens_status mine)
{
    bens_comm *part = NULL;
    MPI_Comm handle;
    BENS_ASSERT(color >= 0);
    BENS_TRY(bens_comm_agree(comm, mine));
    if (comm->size == 1) return bens_comm_self(out);

    BENS_MPI(MPI_Comm_split, comm->handle, color, comm->rank, &handle);
    const bens_status made = wrap(handle, &part);
    const bens_status s = bens_comm_agree(comm, made);
    if (s == BENS_OK)
        *out = part;
    else if (made == BENS_OK)
        bens_comm_destroy(part);
    else
        MPI_Comm_free(&handle);
    return s;
}

void bens_comm_destroy(bens_comm *comm)
{
    if (comm == NULL) return;
    bens_comm_share_release(comm);
    if (comm->handle != MPI_COMM_NULL) MPI_Comm_free(&comm->handle);
    free(comm->gathered);
    free(comm);
}

int bens_comm_rank(const bens_comm *comm)
{
    return comm->rank;
}

int bens_comm_size(const bens_comm *comm)
{
    return comm->size;
}

int bens_comm_node_rank(const bens_comm *comm)
{
    return comm->node_rank;
}

int bens_comm_node_size(const bens_comm *comm)
{
    return comm->node_size;
}

void bens_comm_describe(char *text, size_t size)
{
    char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0, version = 0, subversion = 0;
    MPI_Get_library_version(library, &length);
    MPI_Get_version(&version, &subversion);
    library[strcspn(library, ",\r\n")] = '\0'; /* what follows is the builder's machine */
    for (char *c = library; (c = strchr(c, '\t')) != NULL;) *c = ' ';
    snprintf(text, size, "%s (MPI %d.%d)", library, version, subversion);
}
