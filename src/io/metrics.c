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

/* Of a file the last line of a chain counts, whatever its
 * date: clocks are put back, too. */
static bens_status read_file(const char *path, double until, int64_t first_chain,
                             int64_t n_chains, bens_metric *latest)
{
    char *line = NULL;
    size_t capacity = 0;
    FILE *f = fopen(path, "r");
    if (f == NULL) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    memset(latest, 0, (size_t)n_chains * sizeof *latest);
    for (ssize_t n; (n = getline(&line, &capacity, f)) > 0;) {
        bens_metric m;
        if (line[n - 1] != '\n' || !parse(line, (size_t)n, &m)) continue;
        const int64_t i = m.chain - first_chain;
        if (i >= 0 && i < n_chains && m.time <= until) latest[i] = m;
    }
    const bool good = ferror(f) == 0;
    free(line);
    fclose(f);
    if (!good) BENS_FAIL(BENS_ERR_IO, "cannot read '%s'", path);
    return BENS_OK;
}

/* All files of the folder; of several with lines of a chain
 * the one with the later date. */
static bens_status read_files(DIR *dir, const char *folder, double until,
                              int64_t first_chain, int64_t n_chains, bens_metric *one,
                              bens_metric *latest)
{
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char path[BENS_PATH_SIZE];
        if (fnmatch("metrics*.jsonl", e->d_name, 0) != 0) continue;
        BENS_TRY(bens_folder_join(folder, e->d_name, path));
        BENS_TRY(read_file(path, until, first_chain, n_chains, one));
        for (int64_t i = 0; i < n_chains; i++)
            if (one[i].time > latest[i].time) latest[i] = one[i];
    }
    return BENS_OK;
}

bens_status bens_metrics_until(const char *folder, double until, int64_t first_chain,
                               int64_t n_chains, bens_metric *latest)
{
    bens_metric *one;
    memset(latest, 0, (size_t)n_chains * sizeof *latest);
    BENS_TRY(bens_alloc((size_t)n_chains, sizeof *one, &one));
    DIR *dir = opendir(folder);
    bens_status s;
    if (dir == NULL)
        s = bens_error_set(BENS_ERR_IO, "cannot read the folder '%s': %s", folder,
                           strerror(errno));
    else
        s = read_files(dir, folder, until, first_chain, n_chains, one, latest);
    if (dir != NULL) closedir(dir);
    free(one);
    return s;
}
