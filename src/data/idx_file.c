#include "data/idx_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* deflate makes at most 1,032 bytes of one: what asks for more is made to fill memory. */
enum { HEADER = 4 + 4 * BENS_IDX_RANK, MOST_DEFLATED = 1100, MOST_BYTES = 1 << 30 };

/* A file on its way into memory; zlib hands plain ones through. */
typedef struct {
    const char *path;
    gzFile file;
    int64_t file_size;
    bool plain;
    unsigned char header[HEADER];
    size_t header_size;
} reader;

/* zlib's text begins with the path too. */
static bens_status refuse_read(const reader *r)
{
    int code = Z_OK;
    const char *why = gzerror(r->file, &code);
    const size_t n = strlen(r->path);
    if (strncmp(why, r->path, n) == 0 && strncmp(why + n, ": ", 2) == 0) why += n + 2;
    BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", r->path,
              code == Z_ERRNO ? strerror(errno) : why);
}

/* Exactly n bytes; what a file that was cut has instead is told. */
static bens_status take(const reader *r, void *to, int64_t n, const char *what)
{
    char *at = to;
    for (int64_t left = n; left > 0;) {
        const int got =
            gzread(r->file, at, (unsigned)(left < MOST_BYTES ? left : MOST_BYTES));
        if (got < 0) return refuse_read(r);
        if (got == 0)
            BENS_FAIL(BENS_ERR_IO,
                      "'%s': wanted %lld bytes of %s, found %lld: the file was cut",
                      r->path, (long long)n, what, (long long)(n - left));
        at += got;
        left -= got;
    }
    return BENS_OK;
}

static bens_status open_file(reader *r)
{
    struct stat about;
    if (stat(r->path, &about) != 0 && (errno == ENOENT || errno == ENOTDIR))
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted an IDX file, found no such file",
                  r->path);
    if (stat(r->path, &about) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", r->path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted an IDX file, found something that is no regular file",
                  r->path);
    r->file_size = (int64_t)about.st_size;
    r->file = gzopen(r->path, "rb");
    if (r->file == NULL)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", r->path, strerror(errno));
    r->plain = gzdirect(r->file) != 0;
    return BENS_OK;
}

static const char *name_of(unsigned char type)
{
    switch (type) {
    case 0x0b:
        return "16-bit integers";
    case 0x0c:
        return "32-bit integers";
    case 0x0d:
        return "float32";
    case 0x0e:
        return "float64";
    default:
        return "an unknown type";
    }
}

static bens_status check_magic(const reader *r, bens_idx *out)
{
    const unsigned char *const h = r->header;
    if (h[0] != 0 || h[1] != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted an IDX file, which begins with 00 00, found %02x %02x",
                  r->path, h[0], h[1]);
    if (h[2] != 0x08 && h[2] != 0x09)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted an IDX file of bytes (type 08 or 09), found %s (type "
                  "%02x); store them in HDF5 ([data] source = hdf5)",
                  r->path, name_of(h[2]), h[2]);
    if (h[3] < 1 || h[3] > BENS_IDX_RANK)
        BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted 1 to %d axes, found %d", r->path,
                  BENS_IDX_RANK, h[3]);
    out->cell = h[2] == 0x08 ? BENS_CELL_UINT8 : BENS_CELL_INT8;
    out->rank = h[3];
    return BENS_OK;
}

static bens_status read_shape(reader *r, bens_idx *out)
{
    out->n = 1;
    for (int k = 0; k < out->rank; k++) {
        const unsigned char *const d = r->header + 4 + 4 * k;
        const int64_t n = (int64_t)d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3];
        out->shape[k] = n;
        if (n == 0)
            BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted bytes, found none: axis %d is 0",
                      r->path, k);
        if (__builtin_mul_overflow(out->n, n, &out->n))
            BENS_FAIL(BENS_ERR_CONFIG, "'%s': wanted less than 2^63 bytes, found more",
                      r->path);
    }
    return BENS_OK;
}

static bens_status read_header(reader *r, bens_idx *out)
{
    BENS_TRY(take(r, r->header, 4, "its header"));
    BENS_TRY(check_magic(r, out));
    r->header_size = 4 + 4 * (size_t)out->rank;
    BENS_TRY(take(r, r->header + 4, 4 * out->rank, "its shape"));
    return read_shape(r, out);
}

static bens_status refuse_longer(const reader *r, const bens_idx *x)
{
    BENS_FAIL(BENS_ERR_IO,
              "'%s': wanted the %lld bytes that its header tells, found more behind them",
              r->path, (long long)x->n);
}

static bens_status map(const reader *r, bens_idx *out)
{
    const int64_t there = r->file_size - (int64_t)r->header_size;
    if (there < out->n)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s': wanted the %lld bytes that its header tells, found %lld: the "
                  "file was cut",
                  r->path, (long long)out->n, (long long)there);
    if (there > out->n) return refuse_longer(r, out);
    BENS_TRY(bens_map_open(r->path, r->header_size, (uint64_t)out->n, &out->map));
    out->bytes = (void *)(uintptr_t)out->map.bytes;
    return BENS_OK;
}

/* Its checksum is compared when its end is reached. */
static bens_status inflate_all(const reader *r, bens_idx *out)
{
    char behind;
    if (out->n / MOST_DEFLATED > r->file_size)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s': wanted the %lld bytes that its header tells, found %lld bytes "
                  "of gzip, which cannot hold them",
                  r->path, (long long)out->n, (long long)r->file_size);
    BENS_TRY(bens_alloc((size_t)out->n, 1, &out->bytes));
    BENS_TRY(take(r, out->bytes, out->n, "its numbers"));
    const int more = gzread(r->file, &behind, 1);
    if (more < 0) return refuse_read(r);
    return more > 0 ? refuse_longer(r, out) : BENS_OK;
}

static bens_status read_all(reader *r, bens_idx *out)
{
    BENS_TRY(open_file(r));
    BENS_TRY(read_header(r, out));
    return r->plain ? map(r, out) : inflate_all(r, out);
}

/* A gzip file that ends too early is told about when it is closed. */
static bens_status close_file(const reader *r, bens_status s)
{
    if (r->file == NULL || gzclose(r->file) != Z_BUF_ERROR || s != BENS_OK) return s;
    BENS_FAIL(BENS_ERR_IO, "'%s': wanted the end of gzip, found that the file was cut",
              r->path);
}

bens_status bens_idx_open(const char *path, bens_idx *out)
{
    reader r = {.path = path};
    bens_idx x = {0};
    const bens_status s = close_file(&r, read_all(&r, &x));
    if (s == BENS_OK)
        *out = x;
    else
        bens_idx_close(&x);
    return s;
}

void bens_idx_close(bens_idx *x)
{
    if (x->map.base == NULL) free(x->bytes);
    bens_map_close(&x->map);
    *x = (bens_idx){0};
}
