/* record.h - draws of this rank's chains on their way to disk. All functions are Local.
 *
 * Draws are buffered (about 1 MiB a chain) and flushed together when the clock says so and
 * at the end: values, fdatasync, the flags `done`, fdatasync, then one line a chain in
 * metrics.jsonl. Of a draw that would fill the buffer alone the values are written at once,
 * from where they are, and what follows is left to the flush. Where a buffer is full before
 * (or 16 draws were written so), the second fdatasync and the line are left to the next
 * flush. What metrics.jsonl reports is on disk. */
#ifndef BENS_RUN_RECORD_H
#define BENS_RUN_RECORD_H

#include "io/metrics.h"
#include "run/layout.h"

typedef struct bens_record bens_record;

typedef struct {
    const char *folder, *metrics; /* of the run; path of metrics.jsonl               */
    const bens_layout *layout;    /* its rectangles cover the rows below             */
    const bens_params *params;    /* what a draw has, borrowed                       */
    int64_t n_draws;              /* of the run                                      */
    int64_t first_row;            /* row of this rank's chain 0 in the run           */
    int64_t first_chain;          /* its global number                               */
    int64_t n_chains;             /* of this rank                                    */
    const int64_t *drawn;         /* [n_chains] draws that each has already, or NULL */
    int rank;
} bens_record_spec;

/* Bytes of the buffers of a chain: params, n_draws and n_chains of the spec count. */
size_t bens_record_bytes(const bens_record_spec *spec);

bens_status bens_record_open(const bens_record_spec *spec, bens_record **out);
void bens_record_close(bens_record *record); /* takes NULL; does not flush */

/* The next draw of this rank's chain i; theta [params->n] is copied, or written. Writes
 * first if the buffer is full; where that fails the draw is not taken, and those before
 * it wait. */
bens_status bens_record_put(bens_record *record, int64_t i, const float *theta,
                            const bens_draw *draw);

/* From now on the lines of chain i have what its monitor saw. `line`: it is worth a line
 * at once, with the draws that are on disk. */
void bens_record_look(bens_record *record, int64_t i, const bens_monitored *seen,
                      bool line);

/* Everything that is buffered to disk. */
bens_status bens_record_flush(bens_record *record);

/* Flushes if the last flush is more than 10 s ago, and then reports chain i's step even
 * where it has no new draws: step [n_chains]. */
bens_status bens_record_tick(bens_record *record, const int64_t *step);

/* Lines that metrics.jsonl could not take: the disk was full. */
int64_t bens_record_unreported(const bens_record *record);

#endif
