#include "run/standing.h"

#include "core/clock.h"
#include "data/batch.h"
#include "io/folder.h"
#include "run/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 600 }; /* seconds that the rate is taken over */

/* Steps of one chain from its start to its last draw. */
static double length_of(const bens_samples_summary *f)
{
    bens_config c;
    if (bens_config_create("bens/config", f->config, strlen(f->config), NULL, 0, &c) !=
        BENS_OK)
        return NAN;
    const int64_t batch = c.data.batch == 0 ? f->n_data : c.data.batch;
    const bens_order order = {.n_data = f->n_data, .batch = batch};
    const bool epochs = c.chain.burn_in.unit == BENS_EPOCHS && batch > 0;
    const double unit = epochs ? (double)bens_order_steps(&order) : 1;
    const double steps =
        ceil(c.chain.burn_in.value * unit) + (double)c.chain.thin * (double)c.chain.draws;
    bens_config_release(&c);
    return steps;
}

/* The rate of the last ten minutes (of the whole run if it is younger): a pause between
 * two jobs is soon forgotten. */
static bens_status read_metrics(bens_standing *p)
{
    const bens_samples_summary *f = &p->file;
    const size_t n = (size_t)f->n_chains;
    bens_metric *now, *then;
    BENS_TRY(bens_alloc(2 * n, sizeof *now, &now));
    then = now + n;
    p->chain = now;
    bens_status s =
        bens_metrics_until(p->folder, INFINITY, f->first_chain, f->n_chains, now);
    for (size_t i = 0; i < n && s == BENS_OK; i++) {
        p->steps += (double)now[i].step;
        p->heard = fmax(p->heard, now[i].time);
    }
    const double start = fmax(p->heard - WINDOW, isnan(f->created) ? 0 : f->created);
    if (s == BENS_OK)
        s = bens_metrics_until(p->folder, start, f->first_chain, f->n_chains, then);
    double before = 0;
    for (size_t i = 0; i < n && s == BENS_OK; i++) before += (double)then[i].step;
    p->rate = p->heard - start >= 1 ? (p->steps - before) / (p->heard - start) : NAN;
    return s;
}

/* The tasks of an array job have taken their own folders. */
static bool is_array(const char *folder)
{
    bens_samples_part *part = NULL;
    int n = 0;
    int64_t n_chains, n_draws;
    if (bens_samples_parts(folder, &part, &n, &n_chains, &n_draws) != BENS_OK)
        return true;
    const bool below = n > 0 && strchr(part[0].name, '/') != NULL;
    free(part);
    return below;
}

/* On a file system that several machines share, the lock may be one of another node. */
static bool is_stopped(const char *folder)
{
    int lock = -1;
    if (!bens_folder_is_local(folder) || is_array(folder) ||
        bens_folder_lock(folder, &lock) != BENS_OK)
        return false;
    if (lock >= 0) close(lock);
    return lock >= 0;
}

void bens_standing_release(bens_standing *p)
{
    bens_samples_summary_release(&p->file);
    free(p->chain);
}

bens_status bens_standing_read(const char *folder, double silence, bens_standing *out)
{
    char path[BENS_PATH_SIZE];
    struct stat info;
    bens_standing p = {.folder = folder, .rate = NAN, .silence = silence};
    const bool there = stat(folder, &info) == 0;
    if (!there || !S_ISDIR(info.st_mode))
        BENS_FAIL(BENS_ERR_IO, "wanted the folder of a run, found %s at '%s'",
                  there             ? "a file"
                  : errno == ENOENT ? "nothing"
                                    : "no folder",
                  folder);
    BENS_TRY(bens_folder_join(folder, "samples.h5", path));
    if (stat(path, &info) != 0 && errno == ENOENT)
        BENS_FAIL(BENS_ERR_IO,
                  "the folder '%s' has no samples.h5: it is no run's, or the run ended "
                  "before "
                  "its first step",
                  folder);
    p.stopped = is_stopped(folder); /* first: what ends after that is finished below */
    BENS_TRY(bens_samples_summarize(path, &p.file));
    p.steps_total = (double)p.file.n_chains * length_of(&p.file);
    const bens_status s = read_metrics(&p);
    if (s == BENS_OK)
        *out = p;
    else
        bens_standing_release(&p);
    return s;
}

bool bens_standing_is_finished(const bens_standing *p)
{
    return p->file.n_done == p->file.n_chains * p->file.n_draws;
}

bens_run_state bens_standing_state(const bens_standing *p)
{
    if (bens_standing_is_finished(p)) return BENS_RUN_FINISHED;
    if (p->stopped) return BENS_RUN_STOPPED;
    if (p->heard == 0) return BENS_RUN_WAITING;
    return bens_clock_date() - p->heard > p->silence ? BENS_RUN_SILENT : BENS_RUN_RUNNING;
}

double bens_standing_silence(const bens_standing *p, int64_t i)
{
    const double heard = p->chain[i].time > 0 ? p->chain[i].time : p->file.created;
    const double past = bens_clock_date() - heard;
    if (p->heard == 0 || p->file.done[i] == p->file.n_draws) return 0;
    return past > p->silence ? past : 0;
}

double bens_standing_seconds(const bens_standing *p)
{
    const bens_run_state state = bens_standing_state(p);
    if (state == BENS_RUN_FINISHED) return 0;
    if (state == BENS_RUN_STOPPED || state == BENS_RUN_SILENT) return NAN;
    return p->rate > 0 ? (p->steps_total - p->steps) / p->rate : NAN;
}

bens_monitored bens_standing_monitor(const bens_standing *p)
{
    bens_monitored all = {.data = NULL};
    double n = 0;
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        const bens_monitored *m = &p->chain[i].monitor;
        if (m->data == NULL || isnan(m->loss)) continue;
        all.data = m->data;
        all.score = m->score;
        all.loss += (m->loss - all.loss) / ++n;
        all.value += (m->value - all.value) / n;
    }
    return all;
}
