#include "io/checkpoint_layout.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static uint64_t slot_address(const bens_checkpoint *c, int64_t row, int slot)
{
    return c->address +
           ((uint64_t)row * BENS_CHECKPOINT_SLOTS + (uint64_t)slot) * c->slot_bytes;
}

static uint64_t header_address(const bens_checkpoint *c, int64_t row, int slot)
{
    return slot_address(c, row, slot) + c->slot_bytes - sizeof(bens_checkpoint_header);
}

static bens_status read_bytes(const bens_checkpoint *c, void *out, size_t size,
                              uint64_t address)
{
    for (char *to = out; size > 0;) {
        const ssize_t n = pread(c->fd, to, size, (off_t)address);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            BENS_FAIL(BENS_ERR_IO, "cannot read a state from '%s': %s", c->path,
                      n == 0 ? "the file was cut" : strerror(errno));
        to += n;
        address += (uint64_t)n;
        size -= (size_t)n;
    }
    return BENS_OK;
}

/* The hash of what stands where a state does; state [bytes] gets
 * it, too, if it is not NULL. */
static bens_status read_state(bens_checkpoint *c, uint64_t address, char *state,
                              uint64_t *hash)
{
    XXH64_reset(c->hash, 0);
    for (uint64_t at = 0; at < c->bytes; at += BENS_CHECKPOINT_BLOCK) {
        const uint64_t left = c->bytes - at;
        const size_t n =
            left < BENS_CHECKPOINT_BLOCK ? (size_t)left : BENS_CHECKPOINT_BLOCK;
        char *to = state != NULL ? state + at : c->block;
        BENS_TRY(read_bytes(c, to, n, address + at));
        XXH64_update(c->hash, to, n);
    }
    *hash = XXH64_digest(c->hash);
    return BENS_OK;
}

static bens_checkpoint_header make_header(const bens_checkpoint *c, int64_t row,
                                          uint64_t sequence, uint64_t state)
{
    bens_checkpoint_header h = {.magic = BENS_CHECKPOINT_MAGIC,
                                .chain = (uint64_t)(c->first_chain + row),
                                .sequence = sequence,
                                .bytes = c->bytes,
                                .state = state,
                                .end = BENS_CHECKPOINT_END};
    h.header = XXH64(&h, offsetof(bens_checkpoint_header, header), 0);
    return h;
}

/* Is it what put writes for this row? (Its state may be another's all the same.) */
static bool is_sound(const bens_checkpoint *c, int64_t row,
                     const bens_checkpoint_header *h)
{
    const bens_checkpoint_header wanted = make_header(c, row, h->sequence, h->state);
    return h->sequence > 0 && h->sequence < INT64_MAX &&
           memcmp(h, &wanted, sizeof wanted) == 0;
}

/* Reads the state in a slot whose header h is sound; state may be NULL. */
static bens_status read_slot(bens_checkpoint *c, int64_t row, int slot,
                             const bens_checkpoint_header *h, char *state, bool *whole)
{
    uint64_t hash;
    BENS_TRY(read_state(c, slot_address(c, row, slot), state, &hash));
    *whole = hash == h->state;
    return BENS_OK;
}

/* Looks for the newest whole state of a row, and reads it if state is not NULL.
 * *n_written counts the slots that were whole at some time. A slot that cannot be read
 * is an error only where no other is whole. */
static bens_status find_newest(bens_checkpoint *c, int64_t row, char *state,
                               bens_checkpoint_newest *out, int *n_written)
{
    bens_checkpoint_header h[BENS_CHECKPOINT_SLOTS] = {0};
    bens_status s, failed = BENS_OK;
    *n_written = 0;
    *out = (bens_checkpoint_newest){.known = true, .slot = -1};
    for (int i = 0; i < BENS_CHECKPOINT_SLOTS; i++) {
        s = read_bytes(c, &h[i], sizeof h[i], header_address(c, row, i));
        if (s != BENS_OK) failed = s;
        *n_written += ((const char *)&h[i])[sizeof h[i] - 1] != 0;
        if (s != BENS_OK || !is_sound(c, row, &h[i])) h[i].sequence = 0;
    }
    const int first = h[1].sequence > h[0].sequence;
    for (int i = 0; i < BENS_CHECKPOINT_SLOTS && out->slot < 0; i++) {
        const int slot = first ^ i;
        bool whole = false;
        if (h[slot].sequence == 0) continue;
        s = read_slot(c, row, slot, &h[slot], state, &whole);
        if (s != BENS_OK) failed = s;
        if (s == BENS_OK && whole)
            *out = (bens_checkpoint_newest){.known = true,
                                            .slot = slot,
                                            .sequence = h[slot].sequence};
    }
    return out->slot < 0 ? failed : BENS_OK;
}

bens_status bens_checkpoint_get(bens_checkpoint *c, int64_t row, void *state, bool *found)
{
    bens_checkpoint_newest at;
    int n_written;
    BENS_ASSERT(row >= 0 && row < c->n_chains);
    BENS_TRY(find_newest(c, row, state, &at, &n_written));
    if (at.slot < 0 && n_written > 0)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted a whole state of chain %lld in '%s', found it damaged: restore "
                  "the file from a copy, or remove it to start from the beginning",
                  (long long)(c->first_chain + row), c->path);
    if (!c->row[row].known) c->row[row] = at;
    *found = at.slot >= 0;
    return BENS_OK;
}

bens_status bens_checkpoint_back(bens_checkpoint *c, int64_t row, void *state,
                                 bool *found)
{
    BENS_ASSERT(row >= 0 && row < c->n_chains && c->row[row].slot >= 0);
    const int slot = c->row[row].slot == 0 ? 1 : 0;
    bens_checkpoint_header h;
    *found = false;
    BENS_TRY(read_bytes(c, &h, sizeof h, header_address(c, row, slot)));
    if (is_sound(c, row, &h)) BENS_TRY(read_slot(c, row, slot, &h, state, found));
    if (*found) c->row[row].slot = slot; /* what is put next has the larger number */
    return BENS_OK;
}

static bens_status write_bytes(const bens_checkpoint *c, int64_t row, const void *from,
                               size_t size, uint64_t address)
{
    if (bens_file_put(c->fd, from, size, address) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot write the state of chain %lld to '%s': %s",
                  (long long)(c->first_chain + row), c->path, strerror(errno));
    return BENS_OK;
}

static bens_status sync_file(const bens_checkpoint *c)
{
    if (fdatasync(c->fd) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot bring '%s' to the disk: %s", c->path,
                  strerror(errno));
    return BENS_OK;
}

/* Where the next state of a row goes: not where the newest is. */
static int next_slot(const bens_checkpoint *c, int64_t row)
{
    return c->row[row].slot == 0 ? 1 : 0;
}

/* The state alone: its slot has a header for something else, so
 * that it does not count yet. */
static bens_status put_state(bens_checkpoint *c, int64_t row, const char *state)
{
    if (!c->row[row].known) {
        bens_checkpoint_newest at;
        int n_written;
        BENS_TRY(find_newest(c, row, NULL, &at, &n_written));
        c->row[row] = at;
    }
    return write_bytes(c, row, state, (size_t)c->bytes,
                       slot_address(c, row, next_slot(c, row)));
}

static bens_status put_header(const bens_checkpoint *c, int64_t row, const char *state)
{
    const bens_checkpoint_header h =
        make_header(c, row, c->row[row].sequence + 1, XXH64(state, (size_t)c->bytes, 0));
    return write_bytes(c, row, &h, sizeof h, header_address(c, row, next_slot(c, row)));
}

bens_status bens_checkpoint_put(bens_checkpoint *c, int64_t row, int64_t n,
                                const void *states)
{
    const char *state = states;
    BENS_ASSERT(row >= 0 && n >= 0 && n <= c->n_chains - row);
    for (int64_t k = 0; k < n; k++)
        BENS_TRY(put_state(c, row + k, state + (uint64_t)k * c->bytes));
    BENS_TRY(sync_file(c));
    for (int64_t k = 0; k < n; k++)
        BENS_TRY(put_header(c, row + k, state + (uint64_t)k * c->bytes));
    BENS_TRY(sync_file(c));
    for (int64_t k = 0; k < n; k++) {
        bens_checkpoint_newest *r = &c->row[row + k];
        *r = (bens_checkpoint_newest){.known = true,
                                      .slot = next_slot(c, row + k),
                                      .sequence = r->sequence + 1};
    }
    return BENS_OK;
}
