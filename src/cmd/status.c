/* bens status: how far is a run, what will it take, who diverged. Reads samples.h5 and
 * metrics*.jsonl only, so it works beside a running job, after a
 * kill and on another machine. */
#include "cmd/cmd.h"
#include "core/clock.h"
#include "core/text.h"
#include "data/batch.h"
#include "io/folder.h"
#include "io/metrics.h"
#include "io/samples.h"
#include "run/config.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 600, MOST_NAMED = 10 }; /* seconds that the rate is taken over; chains */
enum { SILENCE = 60 };                  /* seconds: a rank that runs reports every ten */

typedef struct {
    const char *folder;
    bens_samples_summary file;
    double steps;       /* of all chains */
    double steps_total; /* NaN: the settings are of another bens */
    double rate;        /* chain-steps a second; NaN: not known yet */
    double heard;       /* date of the latest line of metrics; 0: none */
    double silence;     /* seconds without a line that are too many */
    bool stopped;       /* no process has the folder; false: not known */
    bens_metric *chain; /* [n_chains] the latest lines, owned; time 0: none */
} progress;

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
static bens_status read_metrics(progress *p)
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

static void release(progress *p)
{
    bens_samples_summary_release(&p->file);
    free(p->chain);
}

static bens_status read_run(const char *folder, double silence, progress *out)
{
    char path[BENS_PATH_SIZE];
    struct stat info;
    progress p = {.folder = folder, .rate = NAN, .silence = silence};
    const bool there = stat(folder, &info) == 0;
    if (!there || !S_ISDIR(info.st_mode))
        BENS_FAIL(BENS_ERR_CONFIG, "wanted the folder of a run, found %s at '%s'",
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
        release(&p);
    return s;
}

static bool finished(const progress *p)
{
    return p->file.n_done == p->file.n_chains * p->file.n_draws;
}

static bool silent(const progress *p)
{
    return !finished(p) && p->heard > 0 && bens_clock_date() - p->heard > p->silence;
}

/* Seconds since chain i was last heard of, in a run that others report from or did; 0: it
 * is done, or was heard of not long ago. */
static double silent_for(const progress *p, int64_t i)
{
    const double heard = p->chain[i].time > 0 ? p->chain[i].time : p->file.created;
    const double past = bens_clock_date() - heard;
    if (p->heard == 0 || p->file.done[i] == p->file.n_draws) return 0;
    return past > p->silence ? past : 0;
}

static double seconds_left(const progress *p)
{
    if (finished(p)) return 0;
    if (p->stopped || silent(p)) return NAN;
    return p->rate > 0 ? (p->steps_total - p->steps) / p->rate : NAN;
}

static void print_draws(const bens_samples_summary *f)
{
    const int64_t all = f->n_chains * f->n_draws;
    int64_t least = f->done[0], most = f->done[0];
    for (int64_t i = 1; i < f->n_chains; i++) {
        if (f->done[i] < least) least = f->done[i];
        if (f->done[i] > most) most = f->done[i];
    }
    printf("draws     %lld of %lld on disk (%.1f %%)", (long long)f->n_done,
           (long long)all, 100 * (double)f->n_done / (double)all);
    if (least != most)
        printf(", %lld to %lld a chain", (long long)least, (long long)most);
    putchar('\n');
}

static void print_steps(const progress *p)
{
    char done[32], total[32], rate[32], left[32];
    bens_text_count(p->steps, done, sizeof done);
    bens_text_count(p->steps_total, total, sizeof total);
    bens_text_count(p->rate, rate, sizeof rate);
    bens_text_seconds(seconds_left(p), left, sizeof left);
    printf("steps     %s", done);
    if (!isnan(p->steps_total)) printf(" of %s", total);
    if (!isnan(p->rate)) printf(", %s chain-steps/s", rate);
    if (!finished(p) && !isnan(seconds_left(p))) printf(", %s to go", left);
    putchar('\n');
}

static void print_state(const progress *p)
{
    char ago[32];
    bens_text_seconds(fmax(0, bens_clock_date() - p->heard), ago, sizeof ago);
    if (finished(p))
        printf("state     finished\n");
    else if (p->stopped)
        printf("state     stopped; the same command with --resume auto goes on\n");
    else if (p->heard == 0)
        printf("state     has not reported yet\n");
    else if (silent(p))
        printf("state     unfinished and silent: the last report was %s ago; was it "
               "killed?\n",
               ago);
    else
        printf("state     running, last report %s ago\n", ago);
}

static void print_diverging(const bens_samples_summary *f)
{
    int64_t n = 0;
    for (int64_t i = 0; i < f->n_chains; i++) n += f->diverging[i] > 0;
    printf("diverged  %lld of %lld chains", (long long)n, (long long)f->n_chains);
    for (int64_t i = 0, named = 0; i < f->n_chains && named < MOST_NAMED; i++) {
        if (f->diverging[i] == 0) continue;
        printf("%s %lld (%lld draws)", named++ == 0 ? ":" : ",",
               (long long)(f->first_chain + i), (long long)f->diverging[i]);
    }
    puts(n > MOST_NAMED ? ", ..." : "");
}

/* Chains of a rank that hangs, was stopped or is gone, while others move. */
static void print_silent(const progress *p)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        char ago[32];
        if (silent_for(p, i) == 0 || n++ >= MOST_NAMED) continue;
        bens_text_seconds(silent_for(p, i), ago, sizeof ago);
        printf("%s %lld (step %lld, %s ago)", n == 1 ? "silent    chain" : ",",
               (long long)(p->file.first_chain + i), (long long)p->chain[i].step, ago);
    }
    if (n > 0) puts(n > MOST_NAMED ? ", ..." : "");
}

/* What monitors saw last, the mean over chains. */
static bens_monitored monitored(const progress *p)
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

static void print_monitor(const progress *p)
{
    const bens_monitored all = monitored(p);
    double low = INFINITY, high = -INFINITY;
    if (all.data == NULL) return;
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        const bens_monitored *m = &p->chain[i].monitor;
        if (m->data == NULL || isnan(m->loss)) continue;
        low = fmin(low, m->loss);
        high = fmax(high, m->loss);
    }
    printf("monitor   %s loss %.4g", all.data, all.loss);
    if (high > low) printf(" (%.4g to %.4g)", low, high);
    printf(", %s %.4g: the mean of chains\n", all.score, all.value);
}

static void print_text(const progress *p)
{
    const bens_samples_summary *f = &p->file;
    printf("run       %s: %lld chains x %lld draws\n", p->folder, (long long)f->n_chains,
           (long long)f->n_draws);
    print_state(p);
    print_draws(f);
    print_steps(p);
    print_monitor(p);
    print_diverging(f);
    print_silent(p);
}

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* {"chain": value} of the chains whose value is not 0. */
static json_t *by_chain(const progress *p, double (*value)(const progress *, int64_t))
{
    json_t *o = json_object();
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        char chain[32];
        const double x = value(p, i);
        snprintf(chain, sizeof chain, "%lld", (long long)(p->file.first_chain + i));
        if (x > 0) json_object_set_new(o, chain, json_integer((json_int_t)x));
    }
    return o;
}

static double diverging_draws(const progress *p, int64_t i)
{
    return (double)p->file.diverging[i];
}

static void put_monitor(const progress *p, json_t *o)
{
    const bens_monitored all = monitored(p);
    char key[64];
    if (all.data == NULL) return;
    snprintf(key, sizeof key, "%s_loss", all.data);
    json_object_set_new(o, key, real(all.loss));
    snprintf(key, sizeof key, "%s_%s", all.data, all.score);
    json_object_set_new(o, key, real(all.value));
}

static bens_status print_json(const progress *p)
{
    const bens_samples_summary *f = &p->file;
    json_t *o = json_object();
    json_object_set_new(o, "finished", json_boolean(finished(p)));
    json_object_set_new(o, "chains", json_integer((json_int_t)f->n_chains));
    json_object_set_new(o, "draws", json_integer((json_int_t)f->n_draws));
    json_object_set_new(o, "first_chain", json_integer((json_int_t)f->first_chain));
    json_object_set_new(o, "done", json_integer((json_int_t)f->n_done));
    json_object_set_new(o, "steps", real(p->steps));
    json_object_set_new(o, "steps_total", real(p->steps_total));
    json_object_set_new(o, "steps_per_second", real(p->rate));
    json_object_set_new(o, "seconds_left", real(seconds_left(p)));
    json_object_set_new(o, "reported", p->heard > 0 ? real(p->heard) : json_null());
    put_monitor(p, o);
    json_object_set_new(o, "diverging", by_chain(p, diverging_draws));
    json_object_set_new(o, "silent", by_chain(p, silent_for));
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    if (text == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the JSON text");
    puts(text);
    free(text);
    return BENS_OK;
}

static bens_status read_seconds(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out > 0))
        BENS_FAIL(BENS_ERR_CONFIG, "--silence: wanted seconds, found '%s'", text);
    return BENS_OK;
}

static bens_status run(int argc, char **argv)
{
    enum { JSON = BENS_FIRST_FLAG, SILENT };
    static const struct option flags[] = {{"json", no_argument, NULL, JSON},
                                          {"silence", required_argument, NULL, SILENT},
                                          {NULL, 0, NULL, 0}};
    bool json = false;
    double silence = SILENCE;
    int flag;
    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag == JSON)
            json = true;
        else if (flag == SILENT)
            BENS_TRY(read_seconds(optarg, &silence));
        else if (flag == ':')
            BENS_FAIL(BENS_ERR_CONFIG, "'%s' wants a value, as in --silence 300",
                      argv[optind - 1]);
        else
            return bens_command_refuse_flag("status", argv);
    }
    if (optind + 1 != argc)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted the folder of one run, found %d; see bens status --help",
                  argc - optind);
    progress p;
    BENS_TRY(read_run(argv[optind], silence, &p));
    bens_status s = BENS_OK;
    if (json)
        s = print_json(&p);
    else
        print_text(&p);
    release(&p);
    return s;
}

const bens_command bens_command_status = {
    .name = "status",
    .arguments = "RUN [--json] [--silence SECONDS]",
    .doc = "how far is a run, what will it take, which chains diverged",
    .help =
        "Reads samples.h5 and metrics*.jsonl in the run's folder RUN; it may be "
        "running,\n"
        "finished or killed. The rate and the time to go are of the last ten minutes.\n"
        "\n"
        "  --json             one JSON object; a number that is not known is null\n"
        "  --silence SECONDS  after which a chain that does not report is named (60)\n"
        "\n"
        "Example: watch -n 10 bens status runs/pima\n",
    .run = run,
};
