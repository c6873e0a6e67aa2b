/* share.c - the rows of one rank become those of all ranks of its node. What is small
 * goes as a message, what is large into memory that they have together. */
#include "comm/share.h"
#include "data/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Begins the message; behind it the scales, the names and the path of a mapped file. */
typedef struct {
    bens_data data; /* its numbers; its pointers mean nothing to another process */
    bool x, raw, label, y, scales, classes, features, mapped; /* which there are */
} header;

static header describe(const bens_data *d)
{
    return (header){.data = *d,
                    .x = d->x != NULL,
                    .raw = d->raw != NULL,
                    .label = d->label != NULL,
                    .y = d->y != NULL,
                    .scales = d->x_mean != NULL,
                    .classes = d->class_names != NULL,
                    .features = d->feature_names != NULL,
                    .mapped = d->map.base != NULL};
}

/* ---- the message ---- */

static void write_names(FILE *f, char *const *names, int64_t n)
{
    for (int64_t i = 0; i < n; i++) fwrite(names[i], 1, strlen(names[i]) + 1, f);
}

/* Nothing at all stands for no data. */
static void write_message(FILE *f, const bens_data *d)
{
    if (d == NULL) return;
    const header h = describe(d);
    const size_t F = (size_t)d->n_features;
    fwrite(&h, sizeof h, 1, f);
    if (h.scales) fwrite(d->x_mean, sizeof *d->x_mean, F, f);
    if (h.scales) fwrite(d->x_sd, sizeof *d->x_sd, F, f);
    if (h.classes) write_names(f, d->class_names, d->n_classes);
    if (h.features) write_names(f, d->feature_names, d->n_features);
    if (h.mapped) write_names(f, &d->map.path, 1);
}

/* *bytes by malloc. */
static bens_status pack(const bens_data *d, char **bytes, size_t *size)
{
    FILE *const f = open_memstream(bytes, size);
    if (f == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory to share data");
    write_message(f, d);
    if (fclose(f) != 0) BENS_FAIL(BENS_ERR_FAILURE, "no memory to share data");
    return BENS_OK;
}

static bens_status take_doubles(const char **at, int64_t n, double **out)
{
    const size_t size = (size_t)n * sizeof **out;
    BENS_TRY(bens_alloc((size_t)n, sizeof **out, out));
    memcpy(*out, *at, size);
    *at += size;
    return BENS_OK;
}

static bens_status take_names(const char **at, int64_t n, char ***out)
{
    const char **name;
    BENS_TRY(bens_alloc((size_t)n, sizeof *name, &name));
    for (int64_t i = 0; i < n; i++) {
        name[i] = *at;
        *at += strlen(*at) + 1;
    }
    const bens_status s = bens_names_copy(name, n, out);
    free(name);
    return s;
}

/* All but the rows; `at` is behind the header. */
static bens_status unpack(const header *h, const char *at, bens_data *d)
{
    *d = h->data;
    d->x = NULL;
    d->raw = NULL;
    d->label = NULL;
    d->y = NULL;
    d->x_mean = d->x_sd = NULL;
    d->class_names = d->feature_names = NULL;
    d->map = (bens_map){0};
    if (h->scales) BENS_TRY(take_doubles(&at, d->n_features, &d->x_mean));
    if (h->scales) BENS_TRY(take_doubles(&at, d->n_features, &d->x_sd));
    if (h->classes) BENS_TRY(take_names(&at, d->n_classes, &d->class_names));
    if (h->features) BENS_TRY(take_names(&at, d->n_features, &d->feature_names));
    if (!h->mapped) return BENS_OK;
    return bens_map_open(at, h->data.map.offset, h->data.map.size, &d->map);
}

/* ---- the rows ---- */

typedef struct {
    void *rows, *label, *y; /* what all ranks have; NULL: there is none of it */
} common;

/* Collective. rank 0's arrays, where there are any. */
static bens_status share_arrays(bens_comm *node, const header *h, const bens_data *d,
                                common *c)
{
    const size_t n = (size_t)h->data.n_rows, F = (size_t)h->data.n_features;
    const size_t one = h->x ? sizeof *d->x : bens_cell_size(h->data.cell);
    const void *const rows = h->x ? (void *)d->x : d->raw;
    if (!h->mapped) BENS_TRY(bens_comm_share(node, rows, n * F * one, &c->rows, BENS_OK));
    if (h->label)
        BENS_TRY(
            bens_comm_share(node, d->label, n * sizeof *d->label, &c->label, BENS_OK));
    if (h->y) BENS_TRY(bens_comm_share(node, d->y, n * sizeof *d->y, &c->y, BENS_OK));
    return BENS_OK;
}

static void adopt(const header *h, const common *c, bens_data *d)
{
    void *const rows = h->mapped ? (void *)(uintptr_t)d->map.bytes : c->rows;
    if (!h->mapped) {
        free(d->x);
        free(d->raw);
    }
    free(d->label);
    free(d->y);
    d->x = h->x ? rows : NULL;
    d->raw = h->raw ? rows : NULL;
    d->label = c->label;
    d->y = c->y;
    d->is_shared = true;
}

/* Collective. The message is there on all ranks. */
static bens_status share_message(bens_comm *node, const char *bytes, bens_data **data)
{
    header h;
    common c = {0};
    bens_status s = BENS_OK;
    memcpy(&h, bytes, sizeof h);
    if (bens_comm_rank(node) != 0) {
        s = bens_alloc(1, sizeof **data, data);
        if (s == BENS_OK) s = unpack(&h, bytes + sizeof h, *data);
    }
    BENS_TRY(bens_comm_agree(node, s));
    BENS_TRY(share_arrays(node, &h, *data, &c));
    adopt(&h, &c, *data);
    return BENS_OK;
}

static bens_status share(bens_comm *node, bens_data **data, bens_status mine)
{
    char *bytes = NULL;
    size_t size = 0;
    if (mine == BENS_OK && bens_comm_rank(node) == 0) mine = pack(*data, &bytes, &size);
    bens_status s = bens_comm_broadcast(node, 0, &bytes, &size, mine);
    if (s == BENS_OK && size > 0) s = share_message(node, bytes, data);
    free(bytes);
    return s;
}

bens_status bens_data_share(bens_comm *node, bens_data **data, bens_status mine)
{
    if (bens_comm_rank(node) != 0) *data = NULL;
    const bens_status s = bens_comm_size(node) > 1 ? share(node, data, mine) : mine;
    if (s == BENS_OK) return s;
    bens_data_destroy(*data);
    *data = NULL;
    return s;
}
