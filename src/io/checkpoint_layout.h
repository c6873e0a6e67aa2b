/* checkpoint_layout.h - the slots of checkpoint.h5. Private to io/; all Local.
 *
 *   checkpoint/slot   uint64 [chain][2][bytes of a slot / 8]
 *
 * A slot holds the state of a chain from its first byte on, zeros, and in its
 * last 64 bytes a header. It has pages of its own, so that a page that a loss of
 * power tears is in one slot. */
#ifndef BENS_IO_CHECKPOINT_LAYOUT_H
#define BENS_IO_CHECKPOINT_LAYOUT_H

#include "io/checkpoint.h"
#include "io/folder.h"
#include "io/h5.h"

#include <xxhash.h>

#define BENS_CHECKPOINT_GROUP "checkpoint"

enum {
    BENS_CHECKPOINT_SLOTS = 2,
    BENS_CHECKPOINT_PAGE = 4096,
    BENS_CHECKPOINT_LEAST = 65536,   /* smaller data sets h5.c does not put on pages */
    BENS_CHECKPOINT_BLOCK = 1 << 20, /* bytes that are read at once, to be hashed    */
};

/* All zeros: nothing was written here. The last byte of BENS_CHECKPOINT_END
 * is not zero: in what is left of a first header that was torn, it is. In
 * the byte order of the machine. */
#define BENS_CHECKPOINT_MAGIC UINT64_C(0x316b632d736e6562) /* "bens-ck1" */
#define BENS_CHECKPOINT_END   UINT64_C(0xa5965a6996a5695a)
typedef struct {
    uint64_t magic;
    uint64_t chain;    /* its global number                       */
    uint64_t sequence; /* from 1 on; the larger one counts        */
    uint64_t bytes;    /* of the state                            */
    uint64_t state;    /* xxh64 with seed 0 of them               */
    uint64_t zero;     /* spare                                   */
    uint64_t header;   /* xxh64 with seed 0 of the six words above */
    uint64_t end;
} bens_checkpoint_header;

/* Which slot of a row counts. After a put that failed it is still the one
 * before, whatever the cache of the system says: that one is on disk, so
 * the next put must spare it. */
typedef struct {
    bool known;
    int slot;          /* -1: none */
    uint64_t sequence; /* 0: none  */
} bens_checkpoint_newest;

struct bens_checkpoint {
    int fd;
    char path[BENS_PATH_SIZE];
    int64_t first_chain, n_chains;
    uint64_t bytes, slot_bytes;  /* of a state, of a slot          */
    uint64_t address;            /* of the first slot              */
    bens_checkpoint_newest *row; /* [n_chains], owned              */
    char *block;                 /* [BENS_CHECKPOINT_BLOCK], owned */
    XXH64_state_t *hash;
};

/* Bytes of a slot. Errors: BENS_ERR_IO: a file of n_chains has no room for so many. */
bens_status bens_checkpoint_slot_bytes(uint64_t bytes, int64_t n_chains, uint64_t *out);

#endif
