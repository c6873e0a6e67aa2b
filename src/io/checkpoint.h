/* checkpoint.h - the states of chains, two slots each, so
 * that one of them is always whole.
 *
 * The file is made complete by one rank, as samples.h5 is (samples.h); ranks then
 * write with pwrite at the addresses that HDF5 gave: the data of the older slot,
 * fdatasync, its header, fdatasync. A header says which state it is (a sequence
 * number), how long, the xxh64 of the data and its own; the valid slot with the larger
 * number counts, and a torn one never does. Nothing about random numbers is in it.
 * docs/file-format.md has the layout. All functions are
 * Local. */
#ifndef BENS_IO_CHECKPOINT_H
#define BENS_IO_CHECKPOINT_H

#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t first_chain; /* global number of row 0 */
    int64_t n_chains;    /* rows                   */
    uint64_t bytes;      /* of the state of a chain, the same for all */
    uint64_t seed;
    const char *version, *config; /* of bens; the settings */
} bens_checkpoint_spec;

/* Creates FOLDER/NAME complete (through a temporary name). Errors: BENS_ERR_IO (disk
 * full: wanted and free bytes; it exists), and then nothing is left behind. */
bens_status bens_checkpoint_create(const char *folder, const char *name,
                                   const bens_checkpoint_spec *spec);

/* Opens it for pwrite; HDF5 opens it read-only to learn the addresses. `bytes` is checked
 * (a checkpoint of another model). *first_chain and *n_chains are what the file has.
 * Errors: BENS_ERR_IO: no such file, cut, not of bens, another size. */
typedef struct bens_checkpoint bens_checkpoint;
bens_status bens_checkpoint_open(const char *path, uint64_t bytes, int64_t *first_chain,
                                 int64_t *n_chains, bens_checkpoint **out);
void bens_checkpoint_close(bens_checkpoint *checkpoint); /* takes NULL */

/* The same, not for put: the file, or its folder, may be one that only can be read. */
bens_status bens_checkpoint_view(const char *path, uint64_t bytes, int64_t *first_chain,
                                 int64_t *n_chains, bens_checkpoint **out);

/* The settings of the run that made it; *out by malloc. Errors: BENS_ERR_IO. */
bens_status bens_checkpoint_config(const bens_checkpoint *checkpoint, char **out);

/* Writes states [n][bytes] of rows row ... row + n - 1, with two waits for the
 * disk however many: on success they are there and count from now on; on an
 * error, or a crash at any instant, each row has this one or the one before it.
 * Errors: BENS_ERR_IO (full disk). */
bens_status bens_checkpoint_put(bens_checkpoint *checkpoint, int64_t row, int64_t n,
                                const void *states);

/* Reads the newest valid state of a row into state [bytes]; *found = false: there is none
 * yet (and none was ever complete). Errors: BENS_ERR_IO: a slot that was once valid is damaged, or
 * a slot cannot be read, and no other is whole. */
bens_status bens_checkpoint_get(bens_checkpoint *checkpoint, int64_t row, void *state,
                                bool *found);

/* Gives up the state that get found, for the one before it, which the next put then
 * spares; *found = false: that is not whole, or there was none. Errors: BENS_ERR_IO: it
 * cannot be read. */
bens_status bens_checkpoint_back(bens_checkpoint *checkpoint, int64_t row, void *state,
                                 bool *found);

#endif
