#include "io/checkpoint_layout.h"

#include "core/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bens_status find_slots(bens_checkpoint *c, hid_t file, uint64_t file_size)
{
    static const char group[] = BENS_CHECKPOINT_GROUP;
    const hsize_t most = (hsize_t)(BENS_MAX_CHAIN + 1 - c->first_chain);
    hsize_t shape[3];
    hid_t set;
    BENS_TRY(bens_h5_find(file, group, "slot", BENS_H5_UINT64, 3, shape, &set));
    bens_status s = BENS_OK;
    if (shape[0] < 1 || shape[0] > most || shape[1] != BENS_CHECKPOINT_SLOTS)
        s = bens_error_set(BENS_ERR_IO,
                           "wanted %d slots for each of at most %llu chains, found %llu "
                           "for each of %llu",
                           BENS_CHECKPOINT_SLOTS, (unsigned long long)most,
                           (unsigned long long)shape[1], (unsigned long long)shape[0]);
    c->n_chains = (int64_t)shape[0];
    if (s == BENS_OK)
        s = bens_checkpoint_slot_bytes(c->bytes, c->n_chains, &c->slot_bytes);
    if (s == BENS_OK && shape[2] != c->slot_bytes / sizeof(uint64_t))
        s = bens_error_set(BENS_ERR_IO, "wanted slots of %llu words, found %llu",
                           (unsigned long long)(c->slot_bytes / sizeof(uint64_t)),
                           (unsigned long long)shape[2]);
    if (s == BENS_OK)
        s = bens_h5_address(set, group, "slot", BENS_CHECKPOINT_SLOTS * shape[0],
                            c->slot_bytes, file_size, &c->address);
    if (s == BENS_OK && (c->address == 0 || c->address % BENS_CHECKPOINT_PAGE != 0))
        s = bens_error_set(BENS_ERR_IO, "wanted slots on pages, found them at byte %llu",
                           (unsigned long long)c->address);
    H5Dclose(set);
    return s;
}

static bens_status check_file(bens_checkpoint *c, hid_t file, uint64_t file_size)
{
    static const char group[] = BENS_CHECKPOINT_GROUP;
    uint64_t bytes;
    BENS_TRY(bens_h5_get_first(file, group, "bytes", BENS_H5_UINT64, 0, &bytes));
    BENS_TRY(
        bens_h5_get_first(file, group, "first_chain", BENS_H5_INT64, 0, &c->first_chain));
    if (bytes != c->bytes)
        BENS_FAIL(
            BENS_ERR_IO,
            "wanted states of %llu bytes, found %llu: "
            "it is of another model or sampler, or [monitor] data has other rows now",
            (unsigned long long)c->bytes, (unsigned long long)bytes);
    if (c->first_chain < 0 || c->first_chain > BENS_MAX_CHAIN)
        BENS_FAIL(BENS_ERR_IO, "wanted a first chain of 0 to %d, found %lld",
                  BENS_MAX_CHAIN, (long long)c->first_chain);
    return find_slots(c, file, file_size);
}

static bens_status read_apart(const void *path)
{
    bens_checkpoint c = {0};
    hid_t file;
    char *config;
    BENS_TRY(bens_h5_open(path, &file));
    BENS_TRY(bens_h5_get_first(file, BENS_CHECKPOINT_GROUP, "bytes", BENS_H5_UINT64, 0,
                               &c.bytes));
    BENS_TRY(check_file(&c, file, UINT64_MAX));
    return bens_h5_get_text(file, BENS_CHECKPOINT_GROUP, "config", &config);
}

/* access: O_RDONLY, O_RDWR. What a killed run left in the cache of the system comes to
 * the disk before more is built on it: a slot that counts now must still do so when the
 * power fails in the next put. */
static bens_status open_file(bens_checkpoint *c, int access, struct stat *info)
{
    c->fd = open(c->path, access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (c->fd < 0 || fstat(c->fd, info) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", c->path, strerror(errno));
    if (!S_ISREG(info->st_mode))
        BENS_FAIL(BENS_ERR_IO, "wanted a file at '%s', found something else", c->path);
    if (access == O_RDWR && fdatasync(c->fd) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot bring '%s' to the disk: %s", c->path,
                  strerror(errno));
    return BENS_OK;
}

static bens_status find_addresses(bens_checkpoint *c, int access)
{
    struct stat info;
    hid_t file;
    BENS_TRY(open_file(c, access, &info));
    bens_status s = bens_h5_try(c->path, read_apart);
    if (s == BENS_OK) s = bens_h5_open(c->path, &file);
    if (s == BENS_OK) {
        s = check_file(c, file, (uint64_t)info.st_size);
        H5Fclose(file);
    }
    if (s != BENS_OK)
        bens_error_set(s, "'%s' is no checkpoint of this run: %s", c->path,
                       bens_error_text());
    return s;
}

static bens_status prepare(bens_checkpoint *c)
{
    BENS_TRY(bens_alloc((size_t)c->n_chains, sizeof *c->row, &c->row));
    BENS_TRY(bens_alloc(BENS_CHECKPOINT_BLOCK, 1, &c->block));
    c->hash = XXH64_createState();
    if (c->hash == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a checksum");
    return BENS_OK;
}

static bens_status open_as(int access, const char *path, uint64_t bytes,
                           int64_t *first_chain, int64_t *n_chains, bens_checkpoint **out)
{
    bens_checkpoint *c;
    bens_h5_start();
    BENS_TRY(bens_alloc(1, sizeof *c, &c));
    *c = (bens_checkpoint){.fd = -1, .bytes = bytes};
    bens_status s = BENS_OK;
    if (strlen(path) >= sizeof c->path)
        s = bens_error_set(BENS_ERR_IO, "the path '%.200s...' is too long", path);
    else
        memcpy(c->path, path, strlen(path) + 1);
    if (s == BENS_OK) s = find_addresses(c, access);
    if (s == BENS_OK) s = prepare(c);
    if (s != BENS_OK) {
        bens_checkpoint_close(c);
        return s;
    }
    *first_chain = c->first_chain;
    *n_chains = c->n_chains;
    *out = c;
    return BENS_OK;
}

bens_status bens_checkpoint_open(const char *path, uint64_t bytes, int64_t *first_chain,
                                 int64_t *n_chains, bens_checkpoint **out)
{
    return open_as(O_RDWR, path, bytes, first_chain, n_chains, out);
}

bens_status bens_checkpoint_view(const char *path, uint64_t bytes, int64_t *first_chain,
                                 int64_t *n_chains, bens_checkpoint **out)
{
    return open_as(O_RDONLY, path, bytes, first_chain, n_chains, out);
}

bens_status bens_checkpoint_config(const bens_checkpoint *c, char **out)
{
    hid_t file;
    BENS_TRY(bens_h5_open(c->path, &file));
    const bens_status s = bens_h5_get_text(file, BENS_CHECKPOINT_GROUP, "config", out);
    H5Fclose(file);
    return s;
}

void bens_checkpoint_close(bens_checkpoint *c)
{
    if (c == NULL) return;
    if (c->fd >= 0) close(c->fd);
    if (c->hash != NULL) XXH64_freeState(c->hash);
    free(c->row);
    free(c->block);
    free(c);
}
