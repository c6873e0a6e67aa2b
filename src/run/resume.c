#include "run/resume.h"

#include "core/schedule.h"
#include "io/draws.h"
#include "io/folder.h"
#include "io/ini.h"
#include "run/config_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool exists(const char *folder, const char *name)
{
    char path[BENS_PATH_SIZE];
    return bens_folder_join(folder, name, path) == BENS_OK && access(path, F_OK) == 0;
}

/* Local, rank 0. */
static bens_status look(const char *folder, bens_resume_choice resume,
                        bens_layout *layout, char **old, size_t *size, bool *remains)
{
    char path[BENS_PATH_SIZE];
    *remains = false;
    if (resume == BENS_RESUME_NEVER) return BENS_OK;
    BENS_TRY(bens_layout_lock(layout, folder));
    if (exists(folder, "config.ini") && exists(folder, "samples.h5")) {
        BENS_TRY(bens_folder_join(folder, "config.ini", path));
        return bens_ini_load(path, old, size);
    }
    if (resume == BENS_RESUME_MUST)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume must: wanted a run in '%s', found none (no %s)", folder,
                  exists(folder, "config.ini") ? "samples.h5" : "config.ini");
    *remains = !exists(folder, "config.ini");
    return BENS_OK;
}

bens_status bens_resume_find(bens_comm *world, const char *folder,
                             bens_resume_choice resume, bens_layout *layout, char **old,
                             bool *remains)
{
    bens_status s = BENS_OK;
    size_t size = 0;
    *old = NULL;
    *remains = false;
    if (bens_comm_rank(world) == 0) s = look(folder, resume, layout, old, &size, remains);
    double flag[2] = {*remains, *old != NULL};
    BENS_TRY(bens_comm_sum(world, flag, 2, s));
    *remains = flag[0] > 0;
    if (flag[1] == 0) return BENS_OK;
    return bens_comm_broadcast(world, 0, old, &size, BENS_OK);
}

void bens_resume_adopt(const bens_config *old, bens_config *config)
{
    if (config->grid.chains == 0) config->grid.chains = old->grid.chains;
}

/* ---- what may differ ---- */

static bens_status check_sizes(const char *folder, const bens_config *old,
                               const bens_config *config)
{
    const bool cosine = config->schedule.step_size.kind == BENS_SCHEDULE_COSINE ||
                        config->schedule.temperature.kind == BENS_SCHEDULE_COSINE;
    if (config->grid.chains < old->grid.chains || config->chain.draws < old->chain.draws)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: wanted at least the %lld chains and %lld draws that '%s' "
                  "has, "
                  "found %lld and %lld",
                  (long long)old->grid.chains, (long long)old->chain.draws, folder,
                  (long long)config->grid.chains, (long long)config->chain.draws);
    const bens_length a = old->schedule.length, b = config->schedule.length;
    if (cosine && (a.value != b.value || a.unit != b.unit))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: [schedule] length was %g, now %g: the steps done would be "
                  "others",
                  a.value, b.value);
    if (cosine && a.value == 0 && config->chain.draws != old->chain.draws)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: more draws with a cosine that ends with the run: the steps "
                  "done would be others; only a run begun with a [schedule] length of "
                  "its "
                  "own can be made longer");
    return BENS_OK;
}

static bens_status check_data(const char *folder, uint64_t data_hash)
{
    bens_draws *draws;
    BENS_TRY(bens_draws_open(folder, &draws));
    const uint64_t had = draws->data_hash;
    bens_draws_close(draws);
    if (had != data_hash)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: the training data are not those of '%s': wanted the hash "
                  "%016llx, found %016llx",
                  folder, (unsigned long long)had, (unsigned long long)data_hash);
    return BENS_OK;
}

bens_status bens_resume_check(const char *folder, const bens_config *old,
                              const bens_config *config, uint64_t data_hash)
{
    char list[700];
    BENS_TRY(bens_config_compare(old, "was", config, "now", false, list, sizeof list));
    if (list[0] != '\0')
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: the draws of '%s' would be others: %s; change it back, or "
                  "take "
                  "another [run] output",
                  folder, list);
    BENS_TRY(check_sizes(folder, old, config));
    return check_data(folder, data_hash);
}
