#include "run/resume.h"

#include "core/schedule.h"
#include "io/folder.h"
#include "io/ini.h"
#include "run/config_compare.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool exists(const char *folder, const char *name)
{
    char path[BENS_PATH_SIZE];
    return bens_folder_join(folder, name, path) == BENS_OK && access(path, F_OK) == 0;
}

/* The settings as samples.h5 has them: config.ini can be lost, or not be there yet. */
static bens_status recall(const char *folder, char **old, size_t *size)
{
    bens_draws *draws;
    if (bens_draws_open(folder, &draws) != BENS_OK)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s' has no config.ini, and its settings cannot be read from "
                  "samples.h5 either: %s; bring one of them back, or take another [run] "
                  "output",
                  folder, bens_error_text());
    *size = strlen(draws->config);
    *old = strdup(draws->config);
    bens_draws_close(draws);
    if (*old == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the settings");
    return BENS_OK;
}

/* Files of draws whose samples.h5, the index over them, is lost. */
static bens_status check_part(const char *folder, const char *name)
{
    char path[BENS_PATH_SIZE];
    bens_draws *draws;
    bool any = false;
    BENS_TRY(bens_folder_join(folder, name, path));
    BENS_TRY(bens_draws_open(path, &draws));
    for (int64_t i = 0; i < draws->n_chains; i++) any = any || draws->n_done[i] > 0;
    bens_draws_close(draws);
    if (any)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s' has draws, but '%s' no samples.h5: bens index %s makes it again",
                  path, folder, folder);
    return BENS_OK;
}

/* Is what lies there worth nothing? A start makes samples.h5 after all other files of
 * draws, and no draw before. */
static bens_status check_parts(const char *folder)
{
    bens_status s = BENS_OK;
    const struct dirent *entry;
    DIR *dir = opendir(folder);
    if (dir == NULL && errno == ENOENT) return BENS_OK;
    if (dir == NULL)
        BENS_FAIL(BENS_ERR_IO, "cannot read the folder '%s': %s", folder,
                  strerror(errno));
    while (s == BENS_OK && (entry = readdir(dir)) != NULL) {
        const size_t n = strlen(entry->d_name);
        if (strncmp(entry->d_name, "samples.", 8) == 0 && n > 3 &&
            strcmp(entry->d_name + n - 3, ".h5") == 0)
            s = check_part(folder, entry->d_name);
    }
    closedir(dir);
    return s;
}

/* Local, rank 0. */
static bens_status look(const char *folder, bens_resume_choice resume,
                        bens_layout *layout, char **old, size_t *size, bool *remains)
{
    char path[BENS_PATH_SIZE];
    *remains = false;
    if (resume == BENS_RESUME_NEVER) return BENS_OK;
    BENS_TRY(bens_layout_lock(layout, folder));
    const bool config = exists(folder, "config.ini");
    if (exists(folder, "samples.h5")) {
        if (!config) return recall(folder, old, size);
        BENS_TRY(bens_folder_join(folder, "config.ini", path));
        return bens_ini_load(path, old, size);
    }
    BENS_TRY(check_parts(folder));
    if (config)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: wanted a run in '%s', found its config.ini but no "
                  "samples.h5: bring that back, or begin again with --overwrite",
                  folder);
    if (resume == BENS_RESUME_MUST)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume must: wanted a run in '%s', found none (no config.ini)",
                  folder);
    *remains = true;
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

static bens_status check_monitor(const bens_config *old, const bens_config *config)
{
    static const char *const names[] = {"none", "train", "test"};
    const int was = old->monitor.data, now = config->monitor.data;
    if (was == now) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "--resume: [monitor] data was %s, now %s: the averages of chains would "
              "lack "
              "the draws so far; change it back",
              names[was], names[now]);
}

bens_status bens_resume_check(const bens_draws *draws, const char *folder,
                              const bens_config *old, const bens_config *config,
                              uint64_t data_hash)
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
    BENS_TRY(check_monitor(old, config));
    if (draws->data_hash != data_hash)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: the training data are not those of '%s': wanted the hash "
                  "%016llx, found %016llx",
                  folder, (unsigned long long)draws->data_hash,
                  (unsigned long long)data_hash);
    return BENS_OK;
}

/* ---- what a run that goes on has lost ---- */

/* Rows row ... end - 1, whose checkpoints are new. */
static void warn_of_rows(const char *folder, const bens_draws *draws, int64_t row,
                         int64_t end)
{
    bool any = false;
    if (end > draws->n_chains) end = draws->n_chains;
    for (int64_t k = row; k < end; k++) any = any || draws->n_done[k] > 0;
    if (!any) return;
    char which[64] = "all chains";
    if (end - row < draws->n_chains)
        snprintf(which, sizeof which, "chains %lld to %lld",
                 (long long)(draws->first_chain + row),
                 (long long)(draws->first_chain + end - 1));
    fprintf(stderr,
            "bens train: warning: no checkpoint in '%s' of %s: they start again at step "
            "0, with the same bits; the draws on disk stay\n",
            folder, which);
}

void bens_resume_warn(const char *folder, const bens_layout *layout,
                      const bens_draws *draws)
{
    const bens_rectangle *c = layout->checkpoint;
    for (int64_t i = 0, end; i < layout->n_checkpoints; i = end) {
        for (end = i; end < layout->n_checkpoints && c[end].is_new; end++) continue;
        if (end > i)
            warn_of_rows(folder, draws, c[i].row, c[end - 1].row + c[end - 1].n_rows);
        else
            end++;
    }
}

/* Row 0's last good draw and its lp; theta [n] = NULL: there is none. */
static bens_status last_draw(const bens_draws *draws, const bens_params *params,
                             float **theta, double *lp)
{
    int64_t k = draws->n_done[0] - 1;
    while (k >= 0 && !bens_draws_is_good(draws, 0, k)) k--;
    *theta = NULL;
    if (k < 0) return BENS_OK;
    double *all;
    BENS_TRY(bens_alloc((size_t)(draws->n_chains * draws->n_draws), sizeof *all, &all));
    bens_status s = bens_draws_stat(draws, "lp", all);
    *lp = all[k];
    free(all);
    if (s == BENS_OK) s = bens_alloc(params->n, sizeof **theta, theta);
    if (s == BENS_OK) s = bens_draws_theta(draws, params, 0, k, *theta);
    return s;
}

/* A draw that is not all there has no log posterior to compare. */
static bool is_whole(const bens_draws *draws)
{
    if (draws->left_out.n_tensors == 0 && !draws->params.half) return true;
    fprintf(stderr,
            "bens train: warning: '%s' cannot tell whether the model is still the one "
            "that made its draws: [store] %s\n",
            draws->path,
            draws->params.half ? "dtype = float16 has rounded them"
                               : "tensors left some of their tensors out");
    return false;
}

bens_status bens_resume_check_model(const bens_draws *draws, bens_workspace *work,
                                    bool same_backend)
{
    /* The sums have one order, so one back end gives one number, and the file keeps a
     * double; another back end adds floats in another order. */
    const double relative = same_backend ? 1e-6 : 1e-4;
    float *theta;
    double had = 0, now = 0, loss;
    if (!is_whole(draws)) return BENS_OK;
    bens_status s = last_draw(draws, &work->problem->params, &theta, &had);
    if (s == BENS_OK && theta != NULL) {
        s = bens_chain_log_posterior(work, (uint32_t)draws->first_chain, theta,
                                     work->grad, &now, &loss);
        if (s == BENS_OK && !(fabs(now - had) <= relative * (1 + fabs(had))))
            s = bens_error_set(BENS_ERR_CONFIG,
                               "--resume: the model is not the one that made the draws "
                               "of '%s': wanted the log posterior %.9g of its chain "
                               "%lld, found %.9g; was a plug-in compiled anew?",
                               draws->path, had, (long long)draws->first_chain, now);
    }
    free(theta);
    return s;
}
