/* layout_build.c - the files of a layout are made: each by the
 * rank that has its first row. */
#include "run/layout.h"

#include "io/draws.h"
#include "io/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Local. Is the rectangle to be made, and by this rank? */
static bool is_mine(const bens_rectangle *r, const bens_grid *grid)
{
    return r->is_new && grid->shard == 0 && r->row >= grid->begin && r->row < grid->end;
}

/* Local. Draws that samples.h5 does not know of: an index was made without them. */
static bens_status check_empty(const char *folder, const char *path)
{
    bens_draws *draws;
    bool any = false;
    BENS_TRY(bens_draws_open(path, &draws));
    for (int64_t i = 0; i < draws->n_chains; i++) any = any || draws->n_done[i] > 0;
    bens_draws_close(draws);
    if (any)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s' has draws that samples.h5 does not know of: bens index %s makes "
                  "that again",
                  path, folder);
    return BENS_OK;
}

/* Local. A file of that name is of an earlier try that was
 * killed before the index had it. */
static bens_status remove_leftover(const char *folder, const char *name)
{
    char path[BENS_PATH_SIZE];
    BENS_TRY(bens_folder_join(folder, name, path));
    if (access(path, F_OK) != 0) return BENS_OK;
    BENS_TRY(check_empty(folder, path));
    if (unlink(path) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
    return BENS_OK;
}

/* Local. */
static bens_status create_samples(const bens_rectangle *r, const bens_samples_spec *spec,
                                  const char *folder)
{
    bens_samples_spec part = *spec;
    part.first_chain += r->row;
    part.n_chains = r->n_rows;
    part.first_draw = r->draw;
    part.n_draws = r->n_draws;
    BENS_TRY(remove_leftover(folder, r->name));
    return bens_samples_create(folder, r->name, &part);
}

/* Local. */
static bens_status create_checkpoint(const bens_rectangle *r,
                                     const bens_samples_spec *spec, uint64_t state_bytes,
                                     const char *folder)
{
    const bens_checkpoint_spec part = {.first_chain = spec->first_chain + r->row,
                                       .n_chains = r->n_rows,
                                       .bytes = state_bytes,
                                       .seed = spec->seed,
                                       .version = spec->version,
                                       .config = spec->config};
    return bens_checkpoint_create(folder, r->name, &part);
}

/* Local. */
static bens_status create_mine(const bens_layout *l, const bens_grid *grid,
                               const bens_samples_spec *spec, uint64_t state_bytes,
                               const char *folder)
{
    for (int64_t i = 0; i < l->n_samples; i++)
        if (is_mine(&l->samples[i], grid))
            BENS_TRY(create_samples(&l->samples[i], spec, folder));
    for (int64_t i = 0; i < l->n_checkpoints; i++)
        if (is_mine(&l->checkpoint[i], grid))
            BENS_TRY(create_checkpoint(&l->checkpoint[i], spec, state_bytes, folder));
    return BENS_OK;
}

/* Local. samples.h5 over all rectangles; where it was the one rectangle so
 * far, that gets a number first. */
static bens_status write_index(bens_layout *l, const bens_samples_spec *spec,
                               const char *folder)
{
    bens_samples_part *part;
    BENS_TRY(bens_alloc((size_t)l->n_samples, sizeof *part, &part));
    for (int64_t i = 0; i < l->n_samples; i++) {
        const bens_rectangle *r = &l->samples[i];
        part[i] = (bens_samples_part){.name = r->name,
                                      .row = r->row,
                                      .n_rows = r->n_rows,
                                      .draw = r->draw,
                                      .n_draws = r->n_draws};
    }
    bens_status s = l->promote ? bens_samples_promote(folder) : BENS_OK;
    if (s == BENS_OK)
        s = bens_samples_index(folder, "samples.h5", spec, part, (int)l->n_samples);
    free(part);
    return s;
}

bens_status bens_layout_lock(bens_layout *layout, const char *folder)
{
    return layout->lock >= 0 ? BENS_OK : bens_folder_lock(folder, &layout->lock);
}

/* Local. A folder that is there is locked before anything in it is removed. */
static bens_status take_folder(bens_layout *layout, const char *folder, bool overwrite)
{
    BENS_TRY(bens_layout_lock(layout, folder));
    BENS_TRY(bens_folder_create(folder, overwrite, false));
    return bens_layout_lock(layout, folder);
}

static bool has_new(const bens_layout *l)
{
    bool any = false;
    for (int64_t i = 0; i < l->n_samples; i++) any = any || l->samples[i].is_new;
    return any;
}

static bool is_all_new(const bens_layout *l)
{
    bool all = true;
    for (int64_t i = 0; i < l->n_samples; i++) all = all && l->samples[i].is_new;
    return all;
}

bens_status bens_layout_build(bens_layout *layout, bens_comm *world,
                              const bens_grid *grid, const bens_samples_spec *spec,
                              uint64_t state_bytes, const char *folder, bool overwrite)
{
    const bool first = bens_comm_rank(world) == 0;
    bens_status s = BENS_OK;
    if (first)
        s = is_all_new(layout) ? take_folder(layout, folder, overwrite)
                               : bens_folder_tidy(folder);
    BENS_TRY(bens_comm_agree(world, s));
    s = create_mine(layout, grid, spec, state_bytes, folder);
    BENS_TRY(bens_comm_agree(world, s));

    if (first && has_new(layout) && layout->n_samples > 1)
        s = write_index(layout, spec, folder);
    if (first && s == BENS_OK) s = bens_folder_write(folder, "config.ini", spec->config);
    return bens_comm_agree(world, s);
}
