/* faults.c - a preloaded library that ends a program, or
 * makes it fail, at its n-th write.
 *
 *     LD_PRELOAD=libfaults.so BENS_FAULTS_FOLDER=/tmp/run BENS_FAULTS_KIND=torn \
 *     BENS_FAULTS_AT=17 PROGRAM
 *
 * Counted from 1 are the calls write, writev, pwrite, pwritev, ftruncate, fsync and
 * fdatasync of files in the folder (and of the folder itself), and rename to a path
 * in it. A process counts its own; a child goes on from its parent's number. What
 * stdio writes by itself is not seen.
 *
 *   BENS_FAULTS_FOLDER  absolute, without links and "..". It need not exist yet. Not set:
 *                       nothing is counted and nothing fails.
 *   BENS_FAULTS_AT      n: the n-th call; n+: that one and all after it (a disk that
 *                       stays full). Not set: all are counted, none fails.
 *   BENS_FAULTS_KIND    kill    SIGKILL instead of the call
 *                       torn    half of the bytes are written (of a call that writes
 *                               none: all is done), then SIGKILL
 *                       enospc  the call does nothing and fails with "No space left on
 *                               device"; fsync, fdatasync and rename too, as on NFS
 *                       eio     likewise with "Input/output error"
 *                       power   the power fails instead of the call: all that was
 *                               written to a file since its last fsync or fdatasync is
 *                               undone, then SIGKILL
 *                       order   likewise, but the last of these writes was on the disk
 *   BENS_FAULTS_RANK    only in the process with this OMPI_COMM_WORLD_RANK (PMIX_RANK,
 *                       SLURM_PROCID); not set: in every process.
 *   BENS_FAULTS_COUNT   absolute path of a file, not in the folder: at a normal end the
 *                       line "RANK COUNT" is appended to it (rank 0 without MPI). A run
 *                       without BENS_FAULTS_AT tells a driver so how many calls
 *                       there are to fail.
 *
 * A rename and the length of a file are never undone. Undoing wants one thread that
 * writes. A wrong setting ends the program at once with exit code 99 and a line that says
 * why. Under the address sanitizer: ASAN_OPTIONS=verify_asan_link_order=0. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

typedef enum { NONE, KILL, TORN, FULL, BROKEN, POWER, ORDER, N_KINDS } fault_kind;

static struct {
    const char *folder, *count_file;
    char *rank;
    fault_kind kind;
    long at;
    bool and_after;
} set;
static atomic_long n_calls;

/* The next definition of a function behind this library's, which is the C library's. */
#define REAL(name)                                                                       \
    static __typeof__(&name) real;                                                       \
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name)

static void refuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    _exit(99);
}

static void read_fault(const char *at, const char *kind)
{
    static const char *const names[] = {"",    "kill",  "torn", "enospc",
                                        "eio", "power", "order"};
    char *end;
    for (int i = KILL; i < N_KINDS; i++)
        if (kind != NULL && strcmp(kind, names[i]) == 0) set.kind = (fault_kind)i;
    set.at = strtol(at, &end, 10);
    set.and_after = *end == '+';
    if (set.kind == NONE || set.at < 1 || end[set.and_after] != '\0')
        refuse("faults: wanted BENS_FAULTS_AT = n or n+ and BENS_FAULTS_KIND "
               "= kill | torn | enospc | eio, found '%s' and '%s'\n",
               at, kind != NULL ? kind : "");
}

__attribute__((constructor)) static void start(void)
{
    static const char *const ranks[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",
                                        "SLURM_PROCID"};
    const char *only = getenv("BENS_FAULTS_RANK"), *at = getenv("BENS_FAULTS_AT");
    const char *folder = getenv("BENS_FAULTS_FOLDER");
    if (folder == NULL) return;
    if (folder[0] != '/')
        refuse("faults: wanted an absolute BENS_FAULTS_FOLDER, found '%s'\n", folder);
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks && set.rank == NULL; i++)
        set.rank = getenv(ranks[i]);
    if (only != NULL && (set.rank == NULL || strcmp(only, set.rank) != 0)) return;
    if (at != NULL) read_fault(at, getenv("BENS_FAULTS_KIND"));
    set.count_file = getenv("BENS_FAULTS_COUNT");
    set.folder = folder;
}

__attribute__((destructor)) static void finish(void)
{
    char line[64];
    if (set.folder == NULL || set.count_file == NULL) return;
    const int n = snprintf(line, sizeof line, "%.20s %ld\n",
                           set.rank != NULL ? set.rank : "0", atomic_load(&n_calls));
    const int fd = open(set.count_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        refuse("faults: cannot write '%s'\n", set.count_file);
    close(fd);
}

static bool is_inside(const char *path)
{
    const size_t n = strlen(set.folder);
    return strncmp(path, set.folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool fd_is_inside(int fd)
{
    char link[64], path[PATH_MAX];
    if (set.folder == NULL) return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return false;
    path[n] = '\0';
    return is_inside(path);
}

/* A relative path starts in the working directory. */
static bool path_is_inside(const char *path)
{
    char here[PATH_MAX], whole[2 * PATH_MAX];
    if (set.folder == NULL) return false;
    if (path[0] == '/') return is_inside(path);
    while (strncmp(path, "./", 2) == 0) path += 2;
    if (getcwd(here, sizeof here) == NULL) return false;
    snprintf(whole, sizeof whole, "%s/%s", here, path);
    return is_inside(whole);
}

/* What a range of a file was before a write that no fsync has followed. */
typedef struct {
    int fd;
    struct stat file;
    off_t at;
    size_t n;
    char *old;
} unsynced;
static unsynced *written;
static size_t n_written;

static void remember(int fd, off_t at, size_t n)
{
    char link[64];
    if (set.kind != POWER && set.kind != ORDER) return;
    unsynced w = {.at = at, .n = n, .old = calloc(n + 1, 1)};
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    w.fd = open(link, O_RDWR | O_CLOEXEC);
    written = realloc(written, (n_written + 1) * sizeof *written);
    if (w.fd < 0 || fstat(w.fd, &w.file) != 0 || w.old == NULL || written == NULL ||
        pread(w.fd, w.old, n, at) < 0)
        refuse("faults: cannot remember a write: %s\n", strerror(errno));
    written[n_written++] = w;
}

static void forget(int fd)
{
    struct stat file;
    size_t kept = 0;
    if (n_written == 0 || fstat(fd, &file) != 0) return;
    for (size_t i = 0; i < n_written; i++) {
        unsynced *w = &written[i];
        if (w->file.st_dev != file.st_dev || w->file.st_ino != file.st_ino) {
            written[kept++] = *w;
            continue;
        }
        close(w->fd);
        free(w->old);
    }
    n_written = kept;
}

static int synced(int fd, int result)
{
    if (result == 0) forget(fd);
    return result;
}

/* The latest first; of ORDER all but that one. */
static void undo(bool but_last)
{
    set.kind = NONE;
    for (size_t i = n_written; i-- > 0;) {
        const unsynced *w = &written[i];
        if (but_last && i == n_written - 1) continue;
        if (pwrite(w->fd, w->old, w->n, w->at) != (ssize_t)w->n)
            refuse("faults: cannot undo a write: %s\n", strerror(errno));
    }
}

/* Counts a call; what is to happen in it. Does not return from a kill. */
static fault_kind count(bool inside)
{
    if (!inside) return NONE;
    const long n = atomic_fetch_add(&n_calls, 1) + 1;
    if (set.kind == NONE || n < set.at || (n > set.at && !set.and_after)) return NONE;
    const fault_kind kind = set.kind;
    if (kind == POWER || kind == ORDER) undo(kind == ORDER);
    if (kind == KILL || kind == POWER || kind == ORDER) kill(getpid(), SIGKILL);
    if (kind == FULL) errno = ENOSPC;
    if (kind == BROKEN) errno = EIO;
    return kind;
}

/* A call that writes no bytes: TORN is done whole and dies afterwards. */
#define WHOLE(inside, call)                                                              \
    do {                                                                                 \
        const int saved_ = errno;                                                        \
        const fault_kind kind_ = count(inside);                                          \
        if (kind_ == FULL || kind_ == BROKEN) return -1;                                 \
        errno = saved_;                                                                  \
        const int result_ = (call);                                                      \
        if (kind_ == TORN) kill(getpid(), SIGKILL);                                      \
        return result_;                                                                  \
    } while (0)

/* One that writes n bytes at a place; half_call writes the first half of them. */
#define BYTES(fd, at, n, call, half_call)                                                \
    do {                                                                                 \
        const int saved_ = errno;                                                        \
        const bool inside_ = fd_is_inside(fd);                                           \
        const fault_kind kind_ = count(inside_);                                         \
        if (kind_ == FULL || kind_ == BROKEN) return -1;                                 \
        if (inside_) remember(fd, at, n);                                                \
        errno = saved_;                                                                  \
        if (kind_ != TORN) return (call);                                                \
        if ((half_call) >= 0) kill(getpid(), SIGKILL);                                   \
        _exit(98);                                                                       \
    } while (0)

/* Where write() writes. */
static off_t place(int fd)
{
    struct stat info;
    const bool append = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
    return append && fstat(fd, &info) == 0 ? info.st_size : lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    REAL(write);
    BYTES(fd, place(fd), n, real(fd, bytes, n), real(fd, bytes, n / 2));
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    REAL(pwrite);
    BYTES(fd, at, n, real(fd, bytes, n, at), real(fd, bytes, n / 2, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    REAL(pwrite64);
    BYTES(fd, at, n, real(fd, bytes, n, at), real(fd, bytes, n / 2, at));
}

/* Half of a vector is the first half of its pieces, or half of its only one. */
static struct iovec half_of(const struct iovec *piece, int n)
{
    return n == 1 ? (struct iovec){piece[0].iov_base, piece[0].iov_len / 2}
                  : (struct iovec){0};
}

static int half_count(int n)
{
    return n == 1 ? 1 : n / 2;
}

static size_t sum(const struct iovec *piece, int n)
{
    size_t size = 0;
    for (int i = 0; i < n; i++) size += piece[i].iov_len;
    return size;
}

ssize_t writev(int fd, const struct iovec *piece, int n)
{
    REAL(writev);
    const struct iovec half = half_of(piece, n);
    BYTES(fd, place(fd), sum(piece, n), real(fd, piece, n),
          real(fd, n == 1 ? &half : piece, half_count(n)));
}

ssize_t pwritev(int fd, const struct iovec *piece, int n, off_t at)
{
    REAL(pwritev);
    const struct iovec half = half_of(piece, n);
    BYTES(fd, at, sum(piece, n), real(fd, piece, n, at),
          real(fd, n == 1 ? &half : piece, half_count(n), at));
}

ssize_t pwritev64(int fd, const struct iovec *piece, int n, off64_t at)
{
    REAL(pwritev64);
    const struct iovec half = half_of(piece, n);
    BYTES(fd, at, sum(piece, n), real(fd, piece, n, at),
          real(fd, n == 1 ? &half : piece, half_count(n), at));
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    WHOLE(fd_is_inside(fd), real(fd, size));
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    WHOLE(fd_is_inside(fd), real(fd, size));
}

int fsync(int fd)
{
    REAL(fsync);
    WHOLE(fd_is_inside(fd), synced(fd, real(fd)));
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    WHOLE(fd_is_inside(fd), synced(fd, real(fd)));
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    WHOLE(path_is_inside(to), real(from, to));
}
