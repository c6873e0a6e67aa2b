/* reduce_mpi.c - the tree over the shards, in host memory.
 *
 * Each shard sums its own partials (reduce_plan.h); then one message from all to all
 * carries status and values. Short vectors ride in it, and every shard joins all of them
 * by itself. Long ones follow in segments: shard c gets chunk c of all partials, joins
 * them and gives the sum to all. With one partial a shard, each sends and receives 2 n
 * (S-1)/S floats, which is the least possible. The network only copies: MPI's own sums
 * promise no order. */
#include "comm/reduce_kind.h"
#include "comm/reduce_mpi.h"
#include "comm/reduce_plan.h"
#include "comm/wire.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 }; /* bytes: vectors begin on a cache line */

typedef struct {
    bens_reduce_plan plan;
    bool small;           /* vectors ride in the message                             */
    int head, block;      /* bytes of status and values; of one shard's whole message */
    char *send;           /* [block]: double status, value [most];                   */
                          /*          float vector [most][pitch]                     */
    char *receive;        /* [S][block]                                              */
    size_t pitch;         /* floats from vector to vector in a message               */
    double *value;        /* [P]                                                     */
    float *own;           /* [own partials - 1][n]: all but the first, which is grad */
    size_t chunk;         /* floats, at most                                         */
    float *inbox;         /* [P][chunk] chunks from the others                       */
    float **part;         /* [P] where the joins find the partials                   */
    MPI_Request *request; /* [P + S own partials]                                    */
    int *count, *begin;   /* [S] of the chunks of a segment                          */
} state;

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static int n_own(const state *m, int shard)
{
    return m->plan.first[shard + 1] - m->plan.first[shard];
}

static void destroy(void *p)
{
    state *m = p;
    if (m == NULL) return;
    bens_reduce_plan_release(&m->plan);
    free(m->send);
    free(m->receive);
    free(m->value);
    free(m->own);
    free(m->inbox);
    free(m->part);
    free(m->request);
    free(m->count);
    free(m->begin);
    free(m);
}

static bens_status make_message(state *m, size_t n, size_t S)
{
    const size_t most = (size_t)m->plan.most;
    m->small = n <= BENS_REDUCE_SMALL / (S * most);
    m->pitch = m->small ? round_up(n, LINE / sizeof(float)) : 0;
    const size_t head = round_up((1 + most) * sizeof(double), LINE);
    const size_t block = head + most * m->pitch * sizeof(float);
    m->head = (int)head;
    m->block = (int)block;
    BENS_TRY(bens_alloc(block, 1, &m->send));
    return bens_alloc(S, block, &m->receive);
}

static bens_status make_exchange(state *m, size_t n, size_t S, size_t own)
{
    const size_t P = (size_t)m->plan.n_partials, share = BENS_REDUCE_SEGMENT / S;
    const size_t chunk = share > BENS_REDUCE_CHUNK ? share : BENS_REDUCE_CHUNK;
    m->chunk = round_up(n / S < chunk ? n / S + 1 : chunk, LINE / sizeof(float));
    if (m->chunk * S > INT_MAX)
        BENS_FAIL(BENS_ERR_CONFIG, "[grid] shards: wanted at most %d, found %zu",
                  INT_MAX / BENS_REDUCE_CHUNK, S);
    BENS_TRY(bens_alloc(P, m->chunk * sizeof *m->inbox, &m->inbox));
    BENS_TRY(bens_alloc(P + S * own, sizeof *m->request, &m->request));
    BENS_TRY(bens_alloc(S, sizeof *m->count, &m->count));
    return bens_alloc(S, sizeof *m->begin, &m->begin);
}

static bens_status create(bens_reduce *r)
{
    const int rank = bens_comm_rank(r->shards), S = bens_comm_size(r->shards);
    state *m;
    if (S == 1) return BENS_OK; /* without a state the whole tree is local */
    BENS_TRY(bens_alloc(1, sizeof *m, &m));
    r->state = m;
    BENS_TRY(bens_reduce_plan_create(r->n_slices, S, &m->plan));
    const size_t P = (size_t)m->plan.n_partials, own = (size_t)n_own(m, rank);
    if (own > 1 && r->n > SIZE_MAX / own)
        BENS_FAIL(BENS_ERR_FAILURE,
                  "wanted memory for %zu sums of %zu elements: too large", own, r->n);
    BENS_TRY(bens_alloc((own - 1) * r->n, sizeof *m->own, &m->own));
    BENS_TRY(bens_alloc(P, sizeof *m->value, &m->value));
    BENS_TRY(bens_alloc(P, sizeof *m->part, &m->part));
    BENS_TRY(make_message(m, r->n, (size_t)S));
    return m->small ? BENS_OK : make_exchange(m, r->n, (size_t)S, own);
}

static float *own_partial(const bens_reduce *r, int j, float *grad)
{
    const state *m = r->state;
    return j == 0 ? grad : m->own + (size_t)(j - 1) * r->n;
}

/* Local. This shard's partials and its message. */
static bens_status sum_own(bens_reduce *r, bens_slice slice, void *context, float *grad)
{
    state *m = r->state;
    const int rank = bens_comm_rank(r->shards), own = n_own(m, rank);
    double *head = (double *)(void *)m->send;
    bens_status s = BENS_OK;
    for (int j = 0; s == BENS_OK && j < own; j++) {
        const bens_partial p = m->plan.partial[m->plan.first[rank] + j];
        float *sum = own_partial(r, j, grad);
        s = bens_reduce_node(r, slice, context, p.lo, p.hi, sum, &head[1 + j]);
        if (m->small)
            memcpy(m->send + m->head + (size_t)j * m->pitch * sizeof *sum, sum,
                   r->n * sizeof *sum);
    }
    head[0] = (double)s;
    return s;
}

/* part [p], value [p] = what the shards' messages say. Returns the lowest failing shard,
 * -1 if there is none. */
static int read_messages(const bens_reduce *r)
{
    state *m = r->state;
    for (int shard = 0; shard < m->plan.n_shards; shard++) {
        char *block = m->receive + (size_t)shard * (size_t)m->block;
        const double *head = (double *)(void *)block;
        float *vector = (float *)(void *)(block + m->head);
        if (head[0] != BENS_OK) return shard;
        for (int j = 0; j < n_own(m, shard); j++) {
            m->value[m->plan.first[shard] + j] = head[1 + j];
            m->part[m->plan.first[shard] + j] = vector + (size_t)j * m->pitch;
        }
    }
    return -1;
}

static double join_values(const state *m)
{
    for (int i = 0; i < m->plan.n_partials - 1; i++)
        m->value[m->plan.join[i].left] += m->value[m->plan.join[i].right];
    return m->value[0];
}

static void join(const bens_reduce *r, size_t n)
{
    const state *m = r->state;
    for (int i = 0; i < m->plan.n_partials - 1; i++) {
        const bens_join at = m->plan.join[i];
        r->add(m->part[at.right], n, m->part[at.left]);
    }
}

/* Chunks of equal length but the last, which may be short or empty. */
static void cut(state *m, size_t n)
{
    const size_t S = (size_t)m->plan.n_shards;
    const size_t chunk = round_up((n + S - 1) / S, LINE / sizeof(float));
    for (size_t c = 0; c < S; c++) {
        const size_t begin = c * chunk < n ? c * chunk : n;
        m->begin[c] = (int)begin;
        m->count[c] = (int)(n - begin < chunk ? n - begin : chunk);
    }
}

/* Chunk c of all partials goes to shard c; the pairs of ranks are staggered, so that not
 * all send to the same one first. Afterwards part [p] is chunk `rank` of partial p. */
static bens_status scatter(bens_reduce *r, float *grad, size_t at)
{
    state *m = r->state;
    const int S = m->plan.n_shards, rank = bens_comm_rank(r->shards),
              *first = m->plan.first;
    const MPI_Comm handle = r->shards->handle;
    int n = 0;
    for (int p = first[rank]; p < first[rank + 1]; p++)
        m->part[p] = own_partial(r, p - first[rank], grad) + at + m->begin[rank];
    for (int k = 1; k < S; k++) {
        const int from = (rank - k + S) % S;
        for (int p = first[from]; p < first[from + 1]; p++) {
            m->part[p] = m->inbox + (size_t)p * m->chunk;
            BENS_MPI(MPI_Irecv, m->part[p], m->count[rank], MPI_FLOAT, from, 0, handle,
                     &m->request[n++]);
        }
    }
    for (int k = 1; k < S; k++) {
        const int to = (rank + k) % S;
        for (int p = first[rank]; p < first[rank + 1]; p++)
            BENS_MPI(MPI_Isend, own_partial(r, p - first[rank], grad) + at + m->begin[to],
                     m->count[to], MPI_FLOAT, to, 0, handle, &m->request[n++]);
    }
    BENS_MPI(MPI_Waitall, n, m->request, MPI_STATUSES_IGNORE);
    return BENS_OK;
}

/* grad [at ... at + n - 1]: partial 0 of this shard becomes the sum of all. */
static bens_status reduce_segment(bens_reduce *r, float *grad, size_t at, size_t n)
{
    state *m = r->state;
    const int rank = bens_comm_rank(r->shards);
    cut(m, n);
    BENS_TRY(scatter(r, grad, at));
    join(r, (size_t)m->count[rank]);
    float *mine = grad + at + m->begin[rank];
    if (m->part[0] != mine)
        memcpy(mine, m->part[0], (size_t)m->count[rank] * sizeof *mine);
    BENS_MPI(MPI_Allgatherv, MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, grad + at, m->count,
             m->begin, MPI_FLOAT, r->shards->handle);
    return BENS_OK;
}

/* From the sums of each shard to the sum of all. */
static bens_status join_shards(bens_reduce *r, float *grad, double *value,
                               bens_status mine)
{
    state *m = r->state;
    BENS_MPI(MPI_Allgather, m->send, m->block, MPI_BYTE, m->receive, m->block, MPI_BYTE,
             r->shards->handle);
    const int failed = read_messages(r);
    if (failed >= 0) return bens_comm_adopt(r->shards, failed, mine);

    const size_t segment = m->chunk * (size_t)m->plan.n_shards;
    if (m->small) {
        join(r, r->n);
        memcpy(grad, m->part[0], r->n * sizeof *grad);
    } else
        for (size_t at = 0; at < r->n; at += segment)
            BENS_TRY(
                reduce_segment(r, grad, at, r->n - at < segment ? r->n - at : segment));
    *value = join_values(m);
    return BENS_OK;
}

static bens_status sum(bens_reduce *r, bens_slice slice, void *context, float *grad,
                       double *value)
{
    if (r->state == NULL)
        return bens_reduce_node(r, slice, context, 0, r->n_slices, grad, value);
    const bens_status mine = sum_own(r, slice, context, grad);
    bens_comm_wait_begin(r->shards);
    const bens_status status = join_shards(r, grad, value, mine);
    bens_comm_wait_end(r->shards);
    return status;
}

const bens_reduce_kind bens_reduce_mpi = {.name = "mpi",
                                          .several = true,
                                          .create = create,
                                          .destroy = destroy,
                                          .sum = sum};
