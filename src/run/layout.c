#include "run/layout.h"

#include "io/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME = 32 };

static bens_status fill(int64_t n_chains, int64_t n_groups, int n_most, bens_layout *out)
{
    BENS_TRY(bens_alloc((size_t)n_most + 1, sizeof *out->begin, &out->begin));
    BENS_TRY(bens_alloc((size_t)n_most, sizeof *out->name, &out->name));
    for (int64_t g = 0; g < n_groups; g += BENS_GROUPS_A_FILE) {
        const int64_t last =
            g + BENS_GROUPS_A_FILE < n_groups ? g + BENS_GROUPS_A_FILE : n_groups;
        int64_t begin, end, unused;
        bens_grid_deal(n_chains, n_groups, g, &begin, &unused);
        bens_grid_deal(n_chains, n_groups, last - 1, &unused, &end);
        if (begin < end) out->begin[++out->n_parts] = end;
    }
    for (int i = 0; i < out->n_parts; i++) {
        BENS_TRY(bens_alloc(NAME, 1, &out->name[i]));
        if (out->n_parts == 1)
            snprintf(out->name[i], NAME, "samples.h5");
        else
            snprintf(out->name[i], NAME, "samples.%04d.h5", i);
    }
    return BENS_OK;
}

bens_status bens_layout_create(int64_t n_chains, int64_t n_groups, bens_layout *out)
{
    *out = (bens_layout){.lock = -1};
    const int n_most = (int)((n_groups + BENS_GROUPS_A_FILE - 1) / BENS_GROUPS_A_FILE);
    const bens_status s = fill(n_chains, n_groups, n_most, out);
    if (s != BENS_OK) bens_layout_release(out);
    return s;
}

void bens_layout_release(bens_layout *layout)
{
    for (int i = 0; i < layout->n_parts && layout->name != NULL; i++)
        free(layout->name[i]);
    if (layout->begin != NULL && layout->lock >= 0) close(layout->lock);
    free(layout->name);
    free(layout->begin);
    *layout = (bens_layout){0};
}

int bens_layout_part(const bens_layout *layout, int64_t row)
{
    int part = 0;
    while (layout->begin[part + 1] <= row) part++;
    return part;
}

/* Local. The rectangles whose first row is one of this rank's. */
static bens_status create_parts(const bens_layout *layout, const bens_grid *grid,
                                const bens_samples_spec *spec, const char *folder)
{
    if (grid->shard != 0) return BENS_OK;
    for (int i = 0; i < layout->n_parts; i++) {
        if (layout->begin[i] < grid->begin || layout->begin[i] >= grid->end) continue;
        bens_samples_spec part = *spec;
        part.first_chain += layout->begin[i];
        part.n_chains = layout->begin[i + 1] - layout->begin[i];
        BENS_TRY(bens_samples_create(folder, layout->name[i], &part));
    }
    return BENS_OK;
}

/* Local. */
static bens_status write_index(const bens_layout *layout, const bens_samples_spec *spec,
                               const char *folder)
{
    bens_samples_part *part;
    BENS_TRY(bens_alloc((size_t)layout->n_parts, sizeof *part, &part));
    for (int i = 0; i < layout->n_parts; i++)
        part[i] = (bens_samples_part){.name = layout->name[i],
                                      .row = layout->begin[i],
                                      .n_rows = layout->begin[i + 1] - layout->begin[i],
                                      .n_draws = spec->n_draws};
    const bens_status s =
        bens_samples_index(folder, "samples.h5", spec, part, layout->n_parts);
    free(part);
    return s;
}

/* Local. A folder that is there is locked before anything in it is removed. */
static bens_status take_folder(bens_layout *layout, const char *folder, bool overwrite)
{
    BENS_TRY(bens_folder_lock(folder, &layout->lock));
    BENS_TRY(bens_folder_create(folder, overwrite, false));
    return layout->lock < 0 ? bens_folder_lock(folder, &layout->lock) : BENS_OK;
}

bens_status bens_layout_build(bens_layout *layout, bens_comm *world,
                              const bens_grid *grid, const bens_samples_spec *spec,
                              const char *folder, bool overwrite)
{
    const bool first = bens_comm_rank(world) == 0;
    bens_status s = first ? take_folder(layout, folder, overwrite) : BENS_OK;
    BENS_TRY(bens_comm_agree(world, s));
    BENS_TRY(bens_comm_agree(world, create_parts(layout, grid, spec, folder)));

    if (first && layout->n_parts > 1) s = write_index(layout, spec, folder);
    if (first && s == BENS_OK) s = bens_folder_write(folder, "config.ini", spec->config);
    return bens_comm_agree(world, s);
}
