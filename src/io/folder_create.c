#define _XOPEN_SOURCE 700 /* S_ISVTX */

#include "io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The files of a run. Whose folder has none of the first `n_marks` kinds is no run's,
 * even with a config.ini, and --overwrite does not touch it. */
static const char *const run_files[] = {
    "samples.h5",     "samples.[0-9]*.h5", "metrics.jsonl",        "metrics.*.jsonl",
    "checkpoint*.h5", "samples*.tmp",      "checkpoint*.tmp",      "config.ini.*.tmp",
    "config.ini",     "predictions.h5",    "predictions.h5.*.tmp", "report.html",
};
enum {
    N_MARKS = 6,
    FIRST_UNFINISHED = 5,
    END_UNFINISHED = 8, /* of what train itself leaves when it is killed */
    N_FILES = sizeof run_files / sizeof *run_files
};
typedef enum { NOTHING, UNFINISHED, THE_RUN } removal;

typedef struct {
    int n; /* entries besides . and ..      */
    bool is_run;
    char any[64]; /* the beginning of one's name   */
} contents;

static bool matches(const char *name, int first, int end)
{
    for (int i = first; i < end; i++)
        if (fnmatch(run_files[i], name, 0) == 0) return true;
    return false;
}

static bool is_removed(const char *name, removal what)
{
    return what == THE_RUN      ? matches(name, 0, N_FILES)
           : what == UNFINISHED ? matches(name, FIRST_UNFINISHED, END_UNFINISHED)
                                : false;
}

/* Removes some of the files of the run on the way. */
static bens_status look_into(const char *path, removal what, contents *out)
{
    *out = (contents){0};
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL && fd >= 0) close(fd);
    if (dir == NULL)
        BENS_FAIL(BENS_ERR_IO, "cannot read the folder '%s': %s", path, strerror(errno));
    bens_status s = BENS_OK;
    for (struct dirent *e; s == BENS_OK && (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        out->n++;
        out->is_run = out->is_run || matches(e->d_name, 0, N_MARKS);
        snprintf(out->any, sizeof out->any, "%.60s", e->d_name);
        if (is_removed(e->d_name, what) && unlinkat(dirfd(dir), e->d_name, 0) != 0)
            s = bens_error_set(BENS_ERR_IO, "cannot remove '%s/%s': %s", path, e->d_name,
                               strerror(errno));
    }
    closedir(dir);
    return s;
}

/* The path up to its last part that exists; "." if none does. */
static void nearest(const char *path, char out[BENS_PATH_SIZE])
{
    struct stat info;
    snprintf(out, BENS_PATH_SIZE, "%s", path);
    while (stat(out, &info) != 0) {
        char *slash = strrchr(out, '/');
        if (slash == NULL)
            snprintf(out, BENS_PATH_SIZE, ".");
        else if (slash == out)
            out[1] = '\0';
        else
            *slash = '\0';
        if (strcmp(out, ".") == 0 || strcmp(out, "/") == 0) break;
    }
}

static bens_status make(const char *path)
{
    char part[BENS_PATH_SIZE];
    snprintf(part, sizeof part, "%s", path);
    for (char *c = part + 1;; c++) {
        const char end = *c;
        if (end != '/' && end != '\0') continue;
        *c = '\0';
        if (mkdir(part, 0750) != 0 && errno != EEXIST)
            BENS_FAIL(BENS_ERR_IO, "cannot make the folder '%s': %s", part,
                      strerror(errno));
        *c = end;
        if (end == '\0') return BENS_OK;
    }
}

/* A folder, ours to write in, and nobody else's to rename in. */
static bens_status check_folder(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot look at '%s': %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        BENS_FAIL(BENS_ERR_IO,
                  "wanted a folder at '%s', found a file: choose another [run] output",
                  path);
    if (access(path, W_OK | X_OK) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot write in the folder '%s': %s", path,
                  strerror(errno));
    return BENS_OK;
}

static bens_status check_private(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && (info.st_mode & S_IWOTH) != 0 &&
        (info.st_mode & S_ISVTX) == 0)
        BENS_FAIL(BENS_ERR_IO,
                  "the folder '%s' is writable for everybody: chmod o-w it, or choose "
                  "another [run] output",
                  path);
    return BENS_OK;
}

/* path without slashes at its end, and what is above it. */
static void split(const char *path, char self[BENS_PATH_SIZE], char above[BENS_PATH_SIZE])
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    snprintf(self, BENS_PATH_SIZE, "%.*s", (int)n, path);
    const char *const slash = strrchr(self, '/'), *const last = slash ? slash + 1 : self;
    if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        snprintf(above, BENS_PATH_SIZE, "%.*s/..", (int)(BENS_PATH_SIZE - 4), self);
    else if (slash == NULL)
        snprintf(above, BENS_PATH_SIZE, ".");
    else
        snprintf(above, BENS_PATH_SIZE, "%.*s", slash > self ? (int)(slash - self) : 1,
                 self);
}

bens_status bens_folder_check(const char *path)
{
    char self[BENS_PATH_SIZE], above[BENS_PATH_SIZE];
    struct stat info;
    split(path, self, above);
    if (lstat(self, &info) == 0 && S_ISLNK(info.st_mode))
        BENS_FAIL(BENS_ERR_IO,
                  "wanted a folder at '%s', found a symbolic link, which could be led "
                  "elsewhere: give the folder itself as [run] output",
                  self);
    BENS_TRY(check_private(self));
    return check_private(above);
}

bens_status bens_folder_create(const char *path, bool overwrite, bool try_only)
{
    char exists[BENS_PATH_SIZE];
    contents found = {0};
    if (path[0] == '\0')
        BENS_FAIL(BENS_ERR_CONFIG, "[run] output: wanted a folder, found nothing");
    if (strlen(path) >= BENS_PATH_SIZE - 256)
        BENS_FAIL(BENS_ERR_IO, "the path '%.200s...' is too long", path);
    nearest(path, exists);
    BENS_TRY(check_folder(exists));
    BENS_TRY(check_private(exists));
    BENS_TRY(bens_folder_check(path));
    if (strcmp(exists, path) == 0) BENS_TRY(look_into(path, NOTHING, &found));
    if (found.is_run && !overwrite)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "the folder '%s' already holds a run: "
                  "choose another [run] output, or add --overwrite to remove that run",
                  path);
    if (found.n > 0 && !found.is_run)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "the folder '%s' holds '%s' and no run: "
                  "wanted a new or an empty folder as [run] output",
                  path, found.any);
    if (try_only) return BENS_OK;
    if (found.n > 0) return look_into(path, THE_RUN, &found);
    return make(path);
}

bens_status bens_folder_tidy(const char *path)
{
    contents unused;
    return look_into(path, UNFINISHED, &unused);
}
