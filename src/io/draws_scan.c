#include "io/draws_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20, PAGE_BYTES = 4096 };

const bens_draws_part *bens_draws_part_of(const bens_draws *d, int64_t row, int64_t draw)
{
    for (int i = 0; i < d->file->n_parts; i++) {
        const bens_draws_part *p = &d->file->part[i];
        if (row >= p->row && row - p->row < p->n_rows && draw >= p->draw &&
            draw - p->draw < p->n_draws)
            return p;
    }
    return NULL;
}

bens_status bens_draws_read(const bens_draws *d, const bens_draws_part *part,
                            uint64_t address, size_t size, void *out)
{
    for (char *to = out; size > 0;) {
        const ssize_t n = pread(part->fd, to, size, (off_t)address);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            BENS_FAIL(BENS_ERR_IO, "cannot read draws of '%s': %s", d->path,
                      n == 0 ? "the file was cut" : strerror(errno));
        to += n;
        address += (uint64_t)n;
        size -= (size_t)n;
    }
    return BENS_OK;
}

typedef struct {
    int variable;
    size_t begin, n; /* bytes of a draw that are wanted            */
    size_t size;     /* bytes of a draw                            */
    bool apart;      /* one read a draw: those between are skipped */
    int64_t most;    /* draws of one read                          */
    char *buffer;
} scan;

static bens_status scan_part(const bens_draws *d, const bens_draws_part *p, const scan *s,
                             bens_draws_take take, void *context)
{
    const int64_t n_cells = p->n_rows * p->n_draws;
    for (int64_t cell = 0; cell < n_cells; cell += s->most) {
        const int64_t n = n_cells - cell < s->most ? n_cells - cell : s->most;
        const uint64_t at = p->address[s->variable] + (uint64_t)cell * s->size;
        if (s->apart)
            BENS_TRY(bens_draws_read(d, p, at + s->begin, s->n, s->buffer));
        else
            BENS_TRY(bens_draws_read(d, p, at, (size_t)n * s->size, s->buffer));
        for (int64_t k = 0; k < n; k++) {
            const int64_t row = p->row + (cell + k) / p->n_draws;
            const int64_t draw = p->draw + (cell + k) % p->n_draws;
            take(context, row * d->n_draws + draw,
                 s->buffer + (size_t)k * s->size + (s->apart ? 0 : s->begin));
        }
    }
    return BENS_OK;
}

/* Draws lie side by side: small ones are read many at a time, whatever is wanted of them,
 * for the disk gives a page at least. */
bens_status bens_draws_scan(const bens_draws *d, int variable, size_t begin, size_t n,
                            bens_draws_take take, void *context)
{
    const bens_draws_variable *v = &d->file->variable[variable];
    const size_t each = bens_h5_size(v->type);
    BENS_ASSERT(begin <= v->n && n <= v->n - begin);
    scan s = {.variable = variable,
              .begin = begin * each,
              .n = n * each,
              .size = v->n * each,
              .most = 1};
    s.apart = n < v->n && s.size > PAGE_BYTES;
    if (!s.apart && s.size < BLOCK_BYTES) s.most = (int64_t)(BLOCK_BYTES / s.size);
    BENS_TRY(bens_alloc((size_t)s.most, s.apart ? s.n : s.size, &s.buffer));
    bens_status status = BENS_OK;
    for (int i = 0; i < d->file->n_parts && status == BENS_OK; i++)
        status = scan_part(d, &d->file->part[i], &s, take, context);
    free(s.buffer);
    return status;
}
