#include "run/resume.h"

#include "core/schedule.h"
#include "io/draws.h"
#include "io/folder.h"
#include "io/ini.h"
#include "run/config_sections.h"

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

/* Keys that do not touch the bits of a draw. */
static const struct {
    const char *section, *key;
} free_keys[] = {
    {"run", "output"},  {"run", "backend"},     {"run", "threads"},
    {"run", "strict"},  {"run", "time_limit"},  {"grid", "chains"},
    {"grid", "shards"}, {"grid", "comm"},       {"grid", "timeout"},
    {"chain", "draws"}, {"checkpoint", NULL},   {"diagnose", NULL},
    {"data", "train"},  {"schedule", "length"},
};

static bool is_free(const char *section, const char *key)
{
    for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++)
        if (strcmp(free_keys[i].section, section) == 0 &&
            (free_keys[i].key == NULL || strcmp(free_keys[i].key, key) == 0))
            return true;
    return false;
}

/* The lines of one config and of the other, which have the same sections and keys as long
 * as they choose the same entries of registries. */
typedef struct {
    char section[160], key[80];
    const char *value; /* in the line, not ended */
    int length;
} line;

static bool next_line(const char **text, line *out)
{
    for (const char *at = *text; *at != '\0';) {
        const char *end = at + strcspn(at, "\n");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        *text = *end == '\n' ? end + 1 : end;
        if (*at == '[') {
            snprintf(out->section, sizeof out->section, "%.*s", (int)(end - at - 2),
                     at + 1);
        } else if (equals != NULL) {
            snprintf(out->key, sizeof out->key, "%.*s", (int)strcspn(at, " ="), at);
            out->value = equals + 1 + strspn(equals + 1, " ");
            if (out->value > end) out->value = end;
            out->length = (int)(end - out->value);
            return true;
        }
        at = *text;
    }
    return false;
}

/* The value of a key in a config's text; false: it has none. */
static bool find_line(const char *text, const line *wanted, line *out)
{
    *out = (line){{0}, {0}, NULL, 0};
    while (next_line(&text, out))
        if (strcmp(out->section, wanted->section) == 0 &&
            strcmp(out->key, wanted->key) == 0)
            return true;
    return false;
}

/* Appends the keys of `text` whose values are others in `other`, or are not there. */
static size_t list_differences(const char *text, const char *other, bool values,
                               char *list, size_t size, size_t used)
{
    line a = {{0}, {0}, NULL, 0}, b;
    while (next_line(&text, &a) && used < size) {
        if (is_free(a.section, a.key)) continue;
        const bool there = find_line(other, &a, &b);
        const bool same = there && a.length == b.length &&
                          memcmp(a.value, b.value, (size_t)a.length) == 0;
        if (same || (there && !values)) continue;
        used += (size_t)snprintf(list + used, size - used, "%s[%s] %s was %.*s, now %.*s",
                                 used > 0 ? "; " : "", a.section, a.key,
                                 values ? a.length : 7, values ? a.value : "nothing",
                                 !values ? a.length
                                 : there ? b.length
                                         : 7,
                                 !values ? a.value
                                 : there ? b.value
                                         : "nothing");
    }
    return used;
}

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
    char *before, *now, list[700] = "";
    BENS_TRY(bens_config_print(old, &before));
    BENS_TRY(bens_config_print(config, &now));
    size_t used = list_differences(before, now, true, list, sizeof list, 0);
    used = list_differences(now, before, false, list, sizeof list, used);
    if (used > 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--resume: the draws of '%s' would be others: %s%s; change it back, or "
                  "take "
                  "another [run] output",
                  folder, list, used < sizeof list ? "" : "...");
    BENS_TRY(check_sizes(folder, old, config));
    return check_data(folder, data_hash);
}
