/* checkpoint.c - what do draws and checkpoints cost beside write() of as many bytes? 64
 * chains of 2.7 M parameters (the CNN-LSTM of the paper) and their momenta.
 *
 *     mpirun -n 4 bench_checkpoint FOLDER
 *     mpirun --oversubscribe -n 64 bench_checkpoint FOLDER
 *
 * FOLDER is new or empty, and needs 7 GB; what is left there may be removed. Draws take
 * the way of a run (run/record.h: values, fdatasync, flags, fdatasync, a line). For write()
 * each rank has a file of its own, as large already as it will be, and waits for the disk
 * behind each draw or behind the last one; the faster way counts. All ranks begin together,
 * and the last one ends the time. A disk is still busy with what came before, so the ways
 * take turns (`order`), and medians count. */
#define _DEFAULT_SOURCE /* fdatasync, flock */

#include "analysis/convergence_work.h"
#include "core/clock.h"
#include "io/folder.h"
#include "run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { CHAINS = 64, VALUES = 2700000, DRAWS = 3, TOGETHER = 3, WAYS = 4, ROUNDS = 24 };
static const double every = 600; /* seconds: the default of [checkpoint] every */

typedef struct {
    bens_comm *world;
    bens_grid grid;
    bens_layout layout;
    bens_params params;
    char folder[BENS_PATH_SIZE], metrics[BENS_PATH_SIZE];
    float *theta; /* [params.n], the same for all chains */
    char *states; /* [together][state_bytes]             */
    uint64_t state_bytes;
    bens_record *record;
    bens_checkpoint *checkpoint;
    int64_t row;   /* of this rank's first chain in its checkpoint */
    int raw, turn; /* descriptors                                  */
} setup;

static int64_t chains(const setup *s)
{
    return s->grid.end - s->grid.begin;
}

static int64_t together(const setup *s)
{
    return chains(s) < TOGETHER ? chains(s) : TOGETHER;
}

static bens_status put_raw(const setup *s, bool wait)
{
    const size_t size = VALUES * sizeof *s->theta;
    const int64_t n = DRAWS * chains(s);
    bool good = lseek(s->raw, 0, SEEK_SET) == 0;
    for (int64_t i = 0; i < n && good; i++)
        good = write(s->raw, s->theta, size) == (ssize_t)size &&
               (!(wait || i == n - 1) || fdatasync(s->raw) == 0);
    if (!good) BENS_FAIL(BENS_ERR_IO, "cannot write: %s", strerror(errno));
    return BENS_OK;
}

static bens_status put_raw_each(setup *s)
{
    return put_raw(s, true);
}

static bens_status put_raw_end(setup *s)
{
    return put_raw(s, false);
}

static bens_status put_draws(setup *s)
{
    for (int k = 0; k < DRAWS; k++)
        for (int64_t i = 0; i < chains(s); i++)
            BENS_TRY(bens_record_put(s->record, i, s->theta, &(bens_draw){.step = k}));
    return bens_record_flush(s->record);
}

/* As run/keeper.c does: some states at a time, copied first. */
static bens_status put_states(setup *s)
{
    for (int64_t i = 0, n; i < chains(s); i += n) {
        n = chains(s) - i < together(s) ? chains(s) - i : together(s);
        for (int64_t j = 0; j < n; j++)
            for (int half = 0; half < 2; half++)
                memcpy(s->states + (uint64_t)j * s->state_bytes +
                           (size_t)half * VALUES * sizeof *s->theta,
                       s->theta, VALUES * sizeof *s->theta);
        BENS_TRY(bens_checkpoint_put(s->checkpoint, s->row + i, n, s->states));
    }
    return BENS_OK;
}

/* As if no draw were there yet: those of the round before are written again. Goes before
 * each way, so that all begin alike. */
static bens_status open_record(setup *s)
{
    bens_record_close(s->record);
    s->record = NULL;
    const bens_record_spec spec = {.folder = s->folder,
                                   .metrics = s->metrics,
                                   .layout = &s->layout,
                                   .params = &s->params,
                                   .n_draws = DRAWS,
                                   .first_row = s->grid.begin,
                                   .first_chain = s->grid.begin,
                                   .n_chains = chains(s),
                                   .rank = bens_comm_rank(s->world)};
    return bens_record_open(&spec, &s->record);
}

static bens_status open_checkpoint(setup *s)
{
    char path[BENS_PATH_SIZE];
    int64_t first, n;
    for (int64_t i = 0; i < s->layout.n_checkpoints; i++) {
        const bens_rectangle *r = &s->layout.checkpoint[i];
        if (s->grid.begin < r->row || s->grid.begin >= r->row + r->n_rows) continue;
        s->row = s->grid.begin - r->row;
        BENS_TRY(bens_folder_join(s->folder, r->name, path));
        BENS_TRY(bens_checkpoint_open(path, s->state_bytes, &first, &n, &s->checkpoint));
    }
    return BENS_OK;
}

static bens_status open_file(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT, 0600);
    if (*fd < 0) BENS_FAIL(BENS_ERR_IO, "cannot make '%s': %s", path, strerror(errno));
    return BENS_OK;
}

/* raw.RANK, and the file of the turns, which each rank has open for itself. */
static bens_status open_files(const char *parent, setup *s)
{
    char name[32], path[BENS_PATH_SIZE];
    BENS_TRY(bens_folder_join(parent, "turn", path));
    BENS_TRY(open_file(path, &s->turn));
    snprintf(name, sizeof name, "raw.%d", bens_comm_rank(s->world));
    BENS_TRY(bens_folder_join(parent, name, path));
    BENS_TRY(open_file(path, &s->raw));
    unlink(path);
    return put_raw_end(s);
}

/* Collective. */
static bens_status create_files(const char *parent, setup *s)
{
    BENS_TRY(bens_grid_create(s->world, CHAINS, 0, 1, &s->grid));
    const int64_t shape = VALUES;
    const bens_samples_spec spec = {.params = &s->params,
                                    .n_chains = CHAINS,
                                    .n_draws = DRAWS,
                                    .n_data = 1,
                                    .config = "",
                                    .version = "bench"};
    BENS_TRY(bens_folder_join(parent, "run", s->folder));
    BENS_TRY(bens_folder_join(s->folder, "metrics.jsonl", s->metrics));
    BENS_TRY(bens_params_add(&s->params, "w", 1, &shape, NULL));
    s->state_bytes = 2 * VALUES * sizeof *s->theta;
    BENS_TRY(bens_alloc(s->params.n, sizeof *s->theta, &s->theta));
    BENS_TRY(bens_alloc((size_t)together(s), s->state_bytes, &s->states));
    for (size_t i = 0; i < VALUES; i++) s->theta[i] = (float)i;
    BENS_TRY(bens_layout_create(CHAINS, s->grid.n_groups, DRAWS, &s->layout));
    return bens_layout_build(&s->layout, s->world, &s->grid, &spec, s->state_bytes,
                             s->folder, true);
}

static bens_status lock(const setup *s, int how)
{
    if (flock(s->turn, how) != 0) BENS_FAIL(BENS_ERR_IO, "no lock: %s", strerror(errno));
    return BENS_OK;
}

/* Waits for the others without MPI, which would take the core from those that write. */
static bens_status put_and_wait(setup *s, bens_status (*put)(setup *))
{
    const bens_status status = put(s);
    BENS_TRY(lock(s, LOCK_UN));
    BENS_TRY(lock(s, LOCK_EX));
    BENS_TRY(lock(s, LOCK_UN));
    return status;
}

/* Collective. Seconds from the common start to the end of the last rank. None begins before
 * rank 0 has looked at the clock. */
static bens_status measure(setup *s, bens_status (*put)(setup *), double *seconds)
{
    BENS_TRY(bens_comm_agree(s->world, open_record(s)));
    BENS_TRY(bens_comm_agree(s->world, lock(s, LOCK_SH)));
    const double start = bens_clock();
    BENS_TRY(bens_comm_agree(s->world, BENS_OK));
    BENS_TRY(bens_comm_agree(s->world, put_and_wait(s, put)));
    *seconds = bens_clock() - start;
    return BENS_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double x[ROUNDS])
{
    qsort(x, ROUNDS, sizeof *x, compare_doubles);
    return bens_sorted_median(x, ROUNDS);
}

static void say(const char *what, double gb, const double x[ROUNDS], double seconds)
{
    printf("%-10s %5.2f GB  %6.3f s (%.3f to %.3f)  %5.2f GB/s", what, gb, seconds, x[0],
           x[ROUNDS - 1], gb / seconds);
}

/* Collective. */
static bens_status compare(const char *parent, setup *s)
{
    enum { EACH, END, DRAWN, STATES };
    static bens_status (*const put[WAYS])(setup *) = {put_raw_each, put_raw_end,
                                                      put_draws, put_states};
    /* in four rounds each way comes once behind each other one; between rounds draws come
     * behind states (Williams 1949) */
    static const int order[4][WAYS] = {{EACH, END, STATES, DRAWN},
                                       {END, DRAWN, EACH, STATES},
                                       {DRAWN, STATES, END, EACH},
                                       {STATES, EACH, DRAWN, END}};
    double x[WAYS][ROUNDS], m[WAYS];
    BENS_TRY(create_files(parent, s));
    BENS_TRY(bens_comm_agree(s->world, open_files(parent, s)));
    BENS_TRY(bens_comm_agree(s->world, open_checkpoint(s)));
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < WAYS; i++) {
            const int way = order[round % 4][i];
            BENS_TRY(measure(s, put[way], &x[way][round]));
        }
    if (bens_comm_rank(s->world) != 0) return BENS_OK;
    for (int way = 0; way < WAYS; way++) m[way] = median(x[way]);
    const double gb = 4e-9 * VALUES * CHAINS;
    const int raw = m[EACH] < m[END] ? EACH : END;
    printf("%d ranks, %d chains x %d parameters, %lld files; medians of %d (all)\n",
           bens_comm_size(s->world), CHAINS, VALUES, (long long)s->layout.n_samples,
           (int)ROUNDS);
    say("write()", DRAWS * gb, x[raw], m[raw]);
    printf("  (waits behind each: %.3f s)\n", m[EACH]);
    say("draws", DRAWS * gb, x[DRAWN], m[DRAWN]);
    printf("  %.0f %% of write()\n", 100 * m[raw] / m[DRAWN]);
    say("checkpoint", 2 * gb, x[STATES], m[STATES]);
    printf("  %.2f %% of %g s\n", 100 * m[STATES] / every, every);
    return BENS_OK;
}

int main(int argc, char **argv)
{
    setup s = {.layout = {.lock = -1}, .raw = -1, .turn = -1};
    bens_status status = bens_comm_start(&argc, &argv, &s.world);
    if (status == BENS_OK && argc != 2)
        status =
            bens_error_set(BENS_ERR_CONFIG, "wanted a folder, found %d words", argc - 1);
    if (status == BENS_OK) status = compare(argv[1], &s);
    if (status != BENS_OK) fprintf(stderr, "%s\n", bens_error_text());
    bens_record_close(s.record);
    bens_checkpoint_close(s.checkpoint);
    bens_layout_release(&s.layout);
    bens_params_release(&s.params);
    free(s.theta);
    free(s.states);
    if (s.raw >= 0) close(s.raw);
    if (s.turn >= 0) close(s.turn);
    bens_comm_stop(s.world);
    return (int)status;
}
