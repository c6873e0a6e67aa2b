#include "io/samples_layout.h"

#include "core/half.h"
#include "io/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { HURRY_BYTES = 256 << 10 }; /* fewer are not worth a call of the system */

struct bens_samples {
    int fd;
    char path[BENS_PATH_SIZE];
    const bens_params *params;
    int64_t n_chains, n_draws;
    bens_samples_layout layout;
    uint64_t *address; /* [layout.n] first byte of each variable */
    XXH64_state_t *hash;
    char *scratch; /* draws of one variable side by side */
    size_t scratch_size;
};

static bens_status find_addresses(bens_samples *f)
{
    struct stat info;
    bens_h5_place *place;
    if (fstat(f->fd, &info) != 0) BENS_FAIL(BENS_ERR_IO, "%s", strerror(errno));
    BENS_TRY(bens_samples_places(&f->layout, &place));
    const bens_status s = bens_h5_locate(f->path, (uint64_t)info.st_size, place,
                                         (size_t)f->layout.n, f->address);
    free(place);
    return s;
}

static bens_status open_file(const char *path, bens_samples *f)
{
    const bens_samples_spec shape = {.params = f->params,
                                     .n_chains = f->n_chains,
                                     .n_draws = f->n_draws};
    BENS_TRY(bens_samples_layout_create(&shape, &f->layout));
    BENS_TRY(bens_alloc((size_t)f->layout.n, sizeof *f->address, &f->address));
    f->hash = XXH64_createState();
    if (f->hash == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for a checksum");
    if (strlen(path) >= sizeof f->path)
        BENS_FAIL(BENS_ERR_IO, "the path '%s' is too long", path);
    memcpy(f->path, path, strlen(path) + 1);
    f->fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (f->fd < 0) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const bens_status s = find_addresses(f);
    if (s != BENS_OK)
        bens_error_set(s, "'%s' is not this run's: %s", path, bens_error_text());
    return s;
}

bens_status bens_samples_open(const char *path, const bens_params *params,
                              int64_t n_chains, int64_t n_draws, bens_samples **out)
{
    bens_samples *f;
    bens_h5_start();
    BENS_TRY(bens_alloc(1, sizeof *f, &f));
    *f = (bens_samples){.fd = -1,
                        .params = params,
                        .n_chains = n_chains,
                        .n_draws = n_draws};
    const bens_status s = open_file(path, f);
    if (s == BENS_OK)
        *out = f;
    else
        bens_samples_close(f);
    return s;
}

void bens_samples_close(bens_samples *f)
{
    if (f == NULL) return;
    if (f->fd >= 0) close(f->fd);
    if (f->hash != NULL) XXH64_freeState(f->hash);
    bens_samples_layout_release(&f->layout);
    free(f->address);
    free(f->scratch);
    free(f);
}

static bens_status grow_scratch(bens_samples *f, size_t size)
{
    if (size <= f->scratch_size) return BENS_OK;
    char *grown;
    BENS_TRY(bens_alloc(size, 1, &grown));
    free(f->scratch);
    f->scratch = grown;
    f->scratch_size = size;
    return BENS_OK;
}

/* To the file and, where it is not NULL, into the hash: in turn for pieces that the caches
 * hold, so that memory is read once. */
static int put_bytes(const bens_samples *f, const char *from, size_t size,
                     uint64_t address, XXH64_state_t *hash)
{
    for (size_t done = 0, n; done < size; done += n) {
        n = bens_file_piece(address + done, size - done);
        if (hash != NULL) XXH64_update(hash, from + done, n);
        if (bens_file_put(f->fd, from + done, n, address + done) != 0) return -1;
    }
    if (size >= HURRY_BYTES) bens_file_hurry(f->fd, size, address);
    return 0;
}

/* Writes n draws of one variable. The value of draw k lies at from + k stride. */
static bens_status put_variable(bens_samples *f, int i, int64_t row, int64_t first,
                                int64_t n, const void *from, size_t stride,
                                XXH64_state_t *hash)
{
    const bens_samples_variable *v = &f->layout.variable[i];
    const size_t size = v->n * bens_h5_size(v->type);
    const uint64_t draw = (uint64_t)row * (uint64_t)f->n_draws + (uint64_t)first;
    if (stride != size && n > 1) { /* the draws of a chain lie side by side in the file */
        BENS_TRY(grow_scratch(f, size * (size_t)n));
        for (size_t k = 0; k < (size_t)n; k++)
            memcpy(f->scratch + k * size, (const char *)from + k * stride, size);
        from = f->scratch;
    }
    if (put_bytes(f, from, size * (size_t)n, f->address[i] + draw * size, hash) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot write draw %lld of row %lld of %s/%s to '%s': %s",
                  (long long)first, (long long)row, v->group, v->name, f->path,
                  strerror(errno));
    return BENS_OK;
}

/* Of a draw as it is stored, with numbers of `size` bytes. */
static uint64_t checksum(const bens_samples *f, const char *values, size_t size)
{
    XXH64_reset(f->hash, 0);
    for (int i = 0; i < f->layout.n_tensors; i++) {
        const bens_samples_variable *v = &f->layout.variable[i];
        XXH64_update(f->hash, values + v->offset * size, v->n * size);
    }
    return XXH64_digest(f->hash);
}

/* values: n draws, params->n numbers of `size` bytes each; rows [n] get their checksums: a
 * draw alone, which may be large, on its way, several before. */
static bens_status put_tensors(bens_samples *f, int64_t row, int64_t first, int64_t n,
                               const char *values, size_t size, bens_samples_row *rows)
{
    const size_t stride = f->params->n * size;
    XXH64_state_t *const hash = n == 1 ? f->hash : NULL;
    if (hash != NULL)
        XXH64_reset(hash, 0);
    else
        for (size_t k = 0; k < (size_t)n; k++)
            rows[k].checksum = checksum(f, values + k * stride, size);
    for (int i = 0; i < f->layout.n_tensors; i++)
        BENS_TRY(put_variable(f, i, row, first, n,
                              values + f->layout.variable[i].offset * size, stride,
                              hash));
    if (hash != NULL) rows[0].checksum = XXH64_digest(hash);
    return BENS_OK;
}

static bens_status put_rows(bens_samples *f, int64_t row, int64_t first, int64_t n,
                            const bens_samples_row *rows)
{
    for (int i = f->layout.n_tensors; i < f->layout.n; i++) {
        const bens_samples_variable *v = &f->layout.variable[i];
        if (!v->flag)
            BENS_TRY(put_variable(f, i, row, first, n, (const char *)rows + v->offset,
                                  sizeof *rows, NULL));
    }
    return BENS_OK;
}

/* *out (NULL: theta is stored as it is) = theta [n] in float16, by malloc. */
static bens_status halve(const bens_samples *f, const float *theta, size_t n,
                         uint16_t **out)
{
    *out = NULL;
    if (!f->params->half) return BENS_OK;
    BENS_TRY(bens_alloc(n, sizeof **out, out));
    for (size_t i = 0; i < n; i++) (*out)[i] = bens_half_from(theta[i]);
    return BENS_OK;
}

bens_status bens_samples_put(bens_samples *f, int64_t row, int64_t first, int64_t n,
                             const float *theta, const bens_draw *draw)
{
    BENS_ASSERT(row >= 0 && row < f->n_chains && first >= 0 && n >= 0 &&
                first <= f->n_draws - n);
    const size_t size = bens_h5_size(bens_samples_type(f->params));
    bens_samples_row *rows = NULL;
    uint16_t *halves;
    bens_status s = halve(f, theta, (size_t)n * f->params->n, &halves);
    const char *values = halves != NULL ? (const char *)halves : (const char *)theta;
    if (s == BENS_OK) s = bens_alloc((size_t)n, sizeof *rows, &rows);
    for (size_t k = 0; k < (size_t)n && s == BENS_OK; k++)
        rows[k] = (bens_samples_row){.draw = draw[k]};
    if (s == BENS_OK) s = put_tensors(f, row, first, n, values, size, rows);
    if (s == BENS_OK) s = put_rows(f, row, first, n, rows);
    free(rows);
    free(halves);
    return s;
}

bens_status bens_samples_sync(bens_samples *f)
{
    if (fdatasync(f->fd) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot bring '%s' to the disk: %s", f->path,
                  strerror(errno));
    return BENS_OK;
}

bens_status bens_samples_done(bens_samples *f, int64_t row, int64_t first, int64_t n)
{
    BENS_ASSERT(row >= 0 && row < f->n_chains && first >= 0 && n >= 0 &&
                first <= f->n_draws - n);
    char *flag;
    BENS_TRY(bens_alloc((size_t)n, 1, &flag));
    memset(flag, 1, (size_t)n);
    bens_status s = BENS_OK;
    for (int i = f->layout.n_tensors; i < f->layout.n && s == BENS_OK; i++)
        if (f->layout.variable[i].flag)
            s = put_variable(f, i, row, first, n, flag, 1, NULL);
    free(flag);
    return s;
}
