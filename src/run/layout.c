/* layout.c - lists of rectangles, and those of a new run. */
#include "run/layout_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bens_rectangle *bens_layout_append(bens_rectangle **list, int64_t *n)
{
    bens_rectangle *grown = realloc(*list, (size_t)(*n + 1) * sizeof *grown);
    if (grown == NULL) return NULL;
    *list = grown;
    grown[*n] = (bens_rectangle){.is_new = 1};
    return &grown[(*n)++];
}

bens_status bens_layout_add_rows(int64_t n_chains, int64_t n_groups, int64_t row,
                                 int64_t end, int64_t draw, int64_t last,
                                 bens_rectangle **list, int64_t *n)
{
    if (draw == last) return BENS_OK;
    for (int64_t g = 0; g < n_groups && row < end; g += BENS_GROUPS_A_FILE) {
        const int64_t to =
            g + BENS_GROUPS_A_FILE < n_groups ? g + BENS_GROUPS_A_FILE : n_groups;
        int64_t unused, stop;
        bens_grid_deal(n_chains, n_groups, to - 1, &unused, &stop);
        if (stop > end) stop = end;
        if (stop <= row) continue;
        bens_rectangle *r = bens_layout_append(list, n);
        if (r == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the list of files");
        r->row = row;
        r->n_rows = stop - row;
        r->draw = draw;
        r->n_draws = last - draw;
        row = stop;
    }
    return BENS_OK;
}

static bool has_name(const bens_rectangle *list, int64_t n, const char *name)
{
    for (int64_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0) return true;
    return false;
}

void bens_layout_name_new(bens_rectangle *list, int64_t n, const char *what,
                          bool plain_first)
{
    for (int64_t i = 0, number = plain_first ? 1 : 0; i < n; i++) {
        bens_rectangle *r = &list[i];
        char name[BENS_FILE_NAME];
        if (!r->is_new) continue;
        snprintf(name, sizeof name, "%s.h5", what);
        while ((!plain_first || i > 0) &&
               (strcmp(name + strlen(what), ".h5") == 0 || has_name(list, n, name)))
            snprintf(name, sizeof name, "%s.%04lld.h5", what, (long long)number++);
        memcpy(r->name, name, sizeof name);
    }
}

static bens_status plan_new(int64_t n_chains, int64_t n_groups, int64_t n_draws,
                            bens_layout *l)
{
    BENS_TRY(bens_layout_add_rows(n_chains, n_groups, 0, n_chains, 0, n_draws,
                                  &l->samples, &l->n_samples));
    BENS_TRY(bens_layout_add_rows(n_chains, n_groups, 0, n_chains, 0, 1, &l->checkpoint,
                                  &l->n_checkpoints));
    bens_layout_name_new(l->samples, l->n_samples, "samples", l->n_samples == 1);
    bens_layout_name_new(l->checkpoint, l->n_checkpoints, "checkpoint", true);
    return BENS_OK;
}

bens_status bens_layout_create(int64_t n_chains, int64_t n_groups, int64_t n_draws,
                               bens_layout *out)
{
    *out = (bens_layout){.lock = -1};
    const bens_status s = plan_new(n_chains, n_groups, n_draws, out);
    if (s != BENS_OK) bens_layout_release(out);
    return s;
}

void bens_layout_release(bens_layout *layout)
{
    free(layout->samples);
    free(layout->checkpoint);
    if (layout->lock >= 0) close(layout->lock);
    *layout = (bens_layout){.lock = -1};
}
