#define _DEFAULT_SOURCE /* flock */

#include "io/metrics.h"

#include "io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct bens_metrics {
    int fd;
    bool cut; /* the last line has no end: a writer was killed, or the disk was full */
    char path[BENS_PATH_SIZE];
};

static bool ends_cut(int fd)
{
    char last = '\n';
    const off_t size = lseek(fd, 0, SEEK_END);
    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

bens_status bens_metrics_open(const char *path, bens_metrics **out)
{
    bens_metrics *m;
    if (strlen(path) >= BENS_PATH_SIZE)
        BENS_FAIL(BENS_ERR_IO, "the path '%s' is too long", path);
    struct stat info;
    const int fd =
        open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
             0666);
    if (fd < 0) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        BENS_FAIL(BENS_ERR_IO, "wanted a file at '%s', found something else", path);
    }
    const bens_status s = bens_alloc(1, sizeof *m, &m);
    if (s != BENS_OK) {
        close(fd);
        return s;
    }
    bens_file_lock(fd, LOCK_SH); /* where the file system knows locks */
    m->fd = fd;
    m->cut = ends_cut(fd);
    memcpy(m->path, path, strlen(path) + 1);
    *out = m;
    return BENS_OK;
}

void bens_metrics_close(bens_metrics *m)
{
    if (m == NULL) return;
    close(m->fd);
    free(m);
}

/* What a monitor may be about, in the names of its keys. */
static const char *const sets[2] = {"train", "test"};
static const char *const scores[2] = {"accuracy", "rmse"};

/* JSON knows no NaN. */
static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void put_real(json_t *o, const char *data, const char *what, const char *of,
                     double x)
{
    char key[64];
    snprintf(key, sizeof key, "%s_%s%s", data, what, of);
    json_object_set_new(o, key, real(x));
}

static json_t *object_of(const bens_metric *x)
{
    const bens_monitored *m = &x->monitor;
    json_t *o = json_object();
    json_object_set_new(o, "time", real(x->time));
    json_object_set_new(o, "rank", json_integer(x->rank));
    json_object_set_new(o, "chain", json_integer(x->chain));
    json_object_set_new(o, "step", json_integer(x->step));
    json_object_set_new(o, "draws", json_integer(x->draws));
    json_object_set_new(o, "loss", real(x->loss));
    json_object_set_new(o, "temperature_kinetic", real(x->temperature_kinetic));
    json_object_set_new(o, "diverging", json_boolean(x->diverging));
    if (m->data == NULL) return o;
    json_object_set_new(o, "monitor_step", json_integer(m->step));
    put_real(o, m->data, "loss", "", m->loss);
    put_real(o, m->data, m->score, "", m->value);
    return o;
}

static json_t *object_of_average(const bens_metric_average *x)
{
    const bool classes = strcmp(x->score, scores[0]) == 0;
    json_t *o = json_object();
    json_object_set_new(o, "time", real(x->time));
    json_object_set_new(o, "chains", json_integer(x->n_chains));
    json_object_set_new(o, "draws", json_integer(x->n_draws));
    json_object_set_new(o, "members", json_integer((json_int_t)x->n_members));
    put_real(o, x->data, "loss", "_mean", x->loss);
    put_real(o, x->data, "loss", "_sd", x->loss_sd);
    put_real(o, x->data, x->score, "_mean", x->value);
    put_real(o, x->data, x->score, "_sd", x->value_sd);
    put_real(o, x->data, "loss", "_average", x->all_loss);
    put_real(o, x->data, x->score, "_average", x->all_value);
    json_object_set_new(o, classes ? "tu" : "var_total", real(x->total));
    json_object_set_new(o, classes ? "au" : "var_noise", real(x->noise));
    json_object_set_new(o, classes ? "eu" : "var_model", real(x->model));
    return o;
}

/* Takes the object. */
static bens_status put_line(bens_metrics *m, json_t *o)
{
    char line[640];
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    if (text == NULL)
        BENS_FAIL(BENS_ERR_FAILURE, "no memory for a line of '%s'", m->path);
    const int n = snprintf(line, sizeof line, "%s%s\n", m->cut ? "\n" : "", text);
    free(text);
    BENS_ASSERT(n > 0 && n < (int)sizeof line);
    ssize_t written;
    do written = write(m->fd, line, (size_t)n);
    while (written < 0 && errno == EINTR);
    if (written >= 0) m->cut = written < n && (written > 0 || m->cut);
    if (written != n)
        BENS_FAIL(BENS_ERR_IO, "cannot write '%s': %s", m->path,
                  strerror(written < 0 ? errno : ENOSPC));
    return BENS_OK;
}

bens_status bens_metrics_put(bens_metrics *m, const bens_metric *metric)
{
    return put_line(m, object_of(metric));
}

bens_status bens_metrics_put_average(bens_metrics *m, const bens_metric_average *average)
{
    return put_line(m, object_of_average(average));
}

static double number(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static int64_t whole(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_integer(x) ? (int64_t)json_integer_value(x) : -1;
}

static void parse_monitor(const json_t *o, bens_monitored *out)
{
    char loss[64], score[64];
    for (int i = 0; i < 4; i++) {
        const char *data = sets[i / 2], *name = scores[i % 2];
        snprintf(loss, sizeof loss, "%s_loss", data);
        snprintf(score, sizeof score, "%s_%s", data, name);
        if (json_object_get(o, score) == NULL) continue;
        *out = (bens_monitored){.data = data,
                                .score = name,
                                .step = whole(o, "monitor_step"),
                                .loss = number(o, loss),
                                .value = number(o, score)};
    }
}

/* False: not a line of ours (cut, or two that a network file system has mixed). */
static bool parse(const char *line, size_t size, bens_metric *out)
{
    json_t *o = json_loadb(line, size, 0, NULL);
    if (o == NULL) return false;
    *out = (bens_metric){.time = number(o, "time"),
                         .chain = whole(o, "chain"),
                         .step = whole(o, "step"),
                         .draws = whole(o, "draws"),
                         .loss = number(o, "loss"),
                         .temperature_kinetic = number(o, "temperature_kinetic"),
                         .diverging = json_is_true(json_object_get(o, "diverging"))};
    const int64_t rank = whole(o, "rank");
    parse_monitor(o, &out->monitor);
    json_decref(o);
    if (rank < 0 || rank > 1 << 24) return false;
    out->rank = (int)rank;
    return out->chain >= 0 && out->step >= 0 && out->draws >= 0 && isfinite(out->time);
}

/* What is done with each whole line of a file, of which context knows. */
typedef void use_line(void *context, const char *line, size_t size);

/* A pipe of that name would keep us waiting for ever. */
static bens_status open_lines(const char *path, FILE **out)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *out = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (*out == NULL) {
        const int why = errno;
        if (fd >= 0) close(fd);
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(why));
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return BENS_OK;
    fclose(*out);
    BENS_FAIL(BENS_ERR_IO, "wanted a file at '%s', found something else", path);
}

static bens_status read_lines(const char *path, use_line *use, void *context)
{
    char *line = NULL;
    size_t capacity = 0;
    FILE *f;
    BENS_TRY(open_lines(path, &f));
    for (ssize_t n; (n = getline(&line, &capacity, f)) > 0;)
        if (line[n - 1] == '\n') use(context, line, (size_t)n);
    const bool good = ferror(f) == 0;
    free(line);
    fclose(f);
    if (!good) BENS_FAIL(BENS_ERR_IO, "cannot read '%s'", path);
    return BENS_OK;
}

/* All metrics*.jsonl of the folder; begin (may be NULL) and end are called around each. */
typedef struct {
    void (*begin)(void *context);
    use_line *use;
    void (*end)(void *context);
} reader;

static bens_status read_folder(DIR *dir, const char *folder, const reader *r,
                               void *context)
{
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[BENS_PATH_SIZE];
        if (fnmatch(BENS_METRICS_FILES, e->d_name, 0) != 0) continue;
        BENS_TRY(bens_folder_join(folder, e->d_name, path));
        if (r->begin != NULL) r->begin(context);
        BENS_TRY(read_lines(path, r->use, context));
        if (r->end != NULL) r->end(context);
    }
    return BENS_OK;
}

static bens_status read_all(const char *folder, const reader *r, void *context)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        BENS_FAIL(BENS_ERR_IO, "cannot read the folder '%s': %s", folder,
                  strerror(errno));
    const bens_status s = read_folder(dir, folder, r, context);
    closedir(dir);
    return s;
}

/* The latest lines of chains: of one file, and of all. */
typedef struct {
    double until;
    int64_t first_chain, n_chains;
    bens_metric *one, *latest; /* [n_chains] */
} latest_lines;

static void begin_file(void *context)
{
    latest_lines *l = context;
    memset(l->one, 0, (size_t)l->n_chains * sizeof *l->one);
}

/* Of a file the last line of a chain counts, whatever its
 * date: clocks are put back, too. */
static void use_chain(void *context, const char *line, size_t size)
{
    latest_lines *l = context;
    bens_metric m;
    if (!parse(line, size, &m)) return;
    const int64_t i = m.chain - l->first_chain;
    if (i >= 0 && i < l->n_chains && m.time <= l->until) l->one[i] = m;
}

/* Of several files with lines of a chain the one with the later date. */
static void end_file(void *context)
{
    latest_lines *l = context;
    for (int64_t i = 0; i < l->n_chains; i++)
        if (l->one[i].time > l->latest[i].time) l->latest[i] = l->one[i];
}

bens_status bens_metrics_until(const char *folder, double until, int64_t first_chain,
                               int64_t n_chains, bens_metric *latest)
{
    static const reader r = {.begin = begin_file, .use = use_chain, .end = end_file};
    latest_lines l = {.until = until,
                      .first_chain = first_chain,
                      .n_chains = n_chains,
                      .latest = latest};
    memset(latest, 0, (size_t)n_chains * sizeof *latest);
    BENS_TRY(bens_alloc((size_t)n_chains, sizeof *l.one, &l.one));
    const bens_status s = read_all(folder, &r, &l);
    free(l.one);
    return s;
}

/* An average that is looked for, by what it is of: a run only ever gets larger, and dates
 * of several nodes do not compare. */
typedef struct {
    int64_t n_chains, n_draws;
    bool found;
} average_line;

static void use_average(void *context, const char *line, size_t size)
{
    average_line *a = context;
    json_t *o = json_loadb(line, size, 0, NULL);
    if (whole(o, "members") >= 0 && whole(o, "chains") == a->n_chains &&
        whole(o, "draws") == a->n_draws)
        a->found = true;
    json_decref(o);
}

bens_status bens_metrics_have_average(const char *folder, int64_t n_chains,
                                      int64_t n_draws, bool *found)
{
    static const reader r = {.use = use_average};
    average_line a = {.n_chains = n_chains, .n_draws = n_draws};
    BENS_TRY(read_all(folder, &r, &a));
    *found = a.found;
    return BENS_OK;
}
