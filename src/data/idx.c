/* idx.c - images and labels in the format of MNIST, plain or gzip. The labels are in a
 * file of their own: train-images-idx3-ubyte.gz has train-labels-idx1-ubyte.gz beside it,
 * or the setting says IMAGES:LABELS. Bytes stay bytes; plain files are mapped. */
#include "data/idx_file.h"
#include "data/rows.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    double scale; /* 0: auto */
} idx_options;

static const bens_option options[] = {
    BENS_ROWS_SCALE(idx_options),
    {0},
};

/* The two files; labels "": their name cannot be told. */
typedef struct {
    char images[PATH_MAX], labels[PATH_MAX];
    bool named; /* the setting says what labels is */
} place;

/* Exchanges the last `from` behind the folder of path by `to`, which is no longer. */
static bool exchange(char *path, const char *from, const char *to)
{
    char *slash = strrchr(path, '/'), *last = NULL;
    for (char *at = slash != NULL ? slash : path; (at = strstr(at, from)) != NULL; at++)
        last = at;
    if (last == NULL) return false;
    memmove(last + strlen(to), last + strlen(from), strlen(last + strlen(from)) + 1);
    memcpy(last, to, strlen(to));
    return true;
}

static void derive_labels(place *p)
{
    memcpy(p->labels, p->images, sizeof p->labels);
    if (!exchange(p->labels, "images", "labels")) p->labels[0] = '\0';
    exchange(p->labels, "idx3", "idx1");
    exchange(p->labels, "idx4", "idx1");
}

/* What follows a colon is the file of the labels, in the folder of the images. */
static bens_status split_place(const char *path, place *p)
{
    const char *const colon = strrchr(path, ':');
    if (2 * strlen(path) >= sizeof p->images)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted a shorter path than '%.200s...'", path);
    p->named = colon != NULL && colon[1] != '\0' && access(path, F_OK) != 0;
    const int n = (int)(p->named ? colon - path : (ptrdiff_t)strlen(path));
    snprintf(p->images, sizeof p->images, "%.*s", n, path);
    if (!p->named) {
        derive_labels(p);
        return BENS_OK;
    }
    const char *const slash = strrchr(p->images, '/');
    const int folder =
        slash == NULL || colon[1] == '/' ? 0 : (int)(slash + 1 - p->images);
    snprintf(p->labels, sizeof p->labels, "%.*s%s", folder, path, colon + 1);
    return BENS_OK;
}

static bens_status read_images(const idx_options *o, const place *p, bens_data *d)
{
    bens_idx x;
    BENS_TRY(bens_idx_open(p->images, &x));
    d->cell = x.cell;
    d->raw = x.bytes; /* the data set has them from here on */
    d->map = x.map;
    return bens_rows_shape(p->images, x.shape, x.rank, o->scale, d);
}

static bens_status set_targets(const place *p, const bens_idx *x, bens_target target,
                               bens_data *d)
{
    const unsigned char *const byte = x->bytes;
    const bool is_signed = x->cell == BENS_CELL_INT8;
    int64_t *value;
    BENS_TRY(bens_alloc((size_t)x->n, sizeof *value, &value));
    for (int64_t i = 0; i < x->n; i++) value[i] = is_signed ? (int8_t)byte[i] : byte[i];
    bens_status s;
    if (target == BENS_TARGET_CLASS) {
        s = bens_rows_label(p->labels, value, d);
    } else {
        s = bens_alloc((size_t)x->n, sizeof *d->y, &d->y);
        for (int64_t i = 0; s == BENS_OK && i < x->n; i++) d->y[i] = (float)value[i];
    }
    free(value);
    return s;
}

static bens_status read_labels(const place *p, bens_target target, bens_data *d)
{
    bens_idx x;
    BENS_TRY(bens_idx_open(p->labels, &x));
    bens_status s = BENS_OK;
    if (x.rank != 1 || x.n != d->n_rows)
        s = bens_error_set(BENS_ERR_CONFIG,
                           "'%s': wanted a label for each of the %lld images of '%s', "
                           "the shape [%lld], found %s",
                           p->labels, (long long)d->n_rows, p->images,
                           (long long)d->n_rows, bens_shape_show(x.shape, x.rank).text);
    if (s == BENS_OK) s = set_targets(p, &x, target, d);
    bens_idx_close(&x);
    return s;
}

/* like = NULL: the labels must be there. */
static bens_status read_idx(const void *settings, const char *path, bens_target target,
                            const bens_data *like, bens_data *d)
{
    const idx_options *o = settings;
    place p;
    BENS_TRY(split_place(path, &p));
    BENS_TRY(read_images(o, &p, d));
    if (like != NULL) {
        BENS_TRY(bens_rows_check_like(like, d, p.images));
        if (!p.named && (p.labels[0] == '\0' || access(p.labels, F_OK) != 0))
            return BENS_OK;
    }
    if (p.labels[0] == '\0')
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s': wanted 'images' in the name, for which 'labels' stands in that "
                  "of the labels, found none; write IMAGES:LABELS",
                  p.images);
    return read_labels(&p, target, d);
}

const bens_source bens_source_idx = {
    .name = "idx",
    .doc = "images of bytes as MNIST has them, plain or gzip; labels beside them, or "
           "IMAGES:LABELS",
    .options = options,
    .options_size = sizeof(idx_options),
    .read = read_idx,
};
