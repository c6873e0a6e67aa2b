#define _DEFAULT_SOURCE /* flock */

#include "io/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bens_status bens_folder_join(const char *folder, const char *name,
                             char path[BENS_PATH_SIZE])
{
    if (snprintf(path, BENS_PATH_SIZE, "%s/%s", folder, name) >= BENS_PATH_SIZE)
        BENS_FAIL(BENS_ERR_IO, "the path '%s/%s' is too long: wanted less than %d bytes",
                  folder, name, BENS_PATH_SIZE);
    return BENS_OK;
}

bool bens_folder_is_below(const char *name)
{
    if (name[0] == '/' || name[0] == '\0') return false;
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        if (*at == '/') at++;
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0')) return false;
    }
    return true;
}

bens_status bens_folder_temporary(const char *folder, const char *name,
                                  char path[BENS_PATH_SIZE])
{
    struct timespec now;
    char file[256];
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(file, sizeof file, "%s.%ld-%lld%09ld.tmp", name, (long)getpid(),
             (long long)now.tv_sec, now.tv_nsec);
    return bens_folder_join(folder, file, path);
}

int bens_file_put(int fd, const void *bytes, size_t size, uint64_t address)
{
    const char *at = bytes;
    while (size > 0) {
        const ssize_t n = pwrite(fd, at, size, (off_t)address);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = ENOSPC;
        if (n <= 0) return -1;
        at += n;
        address += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

size_t bens_file_piece(uint64_t address, uint64_t left)
{
    const uint64_t n = BENS_FILE_PIECE - address % BENS_FILE_PIECE;
    return (size_t)(n < left ? n : left);
}

static bens_status sync_path(const char *path, int flags)
{
    const int fd = open(path, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const bool good = fsync(fd) == 0;
    const int why = errno;
    close(fd);
    /* some network file systems know no fsync of a folder */
    if (!good && !((flags & O_DIRECTORY) != 0 && why == EINVAL))
        BENS_FAIL(BENS_ERR_IO, "cannot bring '%s' to the disk: %s", path, strerror(why));
    return BENS_OK;
}

bens_status bens_folder_sync(const char *path)
{
    return sync_path(path, O_DIRECTORY);
}

bens_status bens_folder_publish(const char *folder, const char *temporary,
                                const char *name)
{
    char path[BENS_PATH_SIZE];
    BENS_TRY(bens_folder_join(folder, name, path));
    BENS_TRY(sync_path(temporary, 0));
    if (rename(temporary, path) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot rename '%s' to '%s': %s", temporary, path,
                  strerror(errno));
    return bens_folder_sync(folder);
}

bens_status bens_folder_write(const char *folder, const char *name, const char *text)
{
    char path[BENS_PATH_SIZE];
    BENS_TRY(bens_folder_temporary(folder, name, path));
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) BENS_FAIL(BENS_ERR_IO, "cannot create '%s': %s", path, strerror(errno));
    bens_status s = BENS_OK;
    bool good = bens_file_put(fd, text, strlen(text), 0) == 0;
    const int why = errno;
    if (close(fd) != 0 || !good)
        s = bens_error_set(BENS_ERR_IO, "cannot write '%s/%s': %s", folder, name,
                           strerror(good ? errno : why));
    if (s == BENS_OK) s = bens_folder_publish(folder, path, name);
    if (s != BENS_OK) unlink(path);
    return s;
}

/* For a lock of one's own NFS wants a file that may be written. */
static int open_to_lock(const char *path)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
              fd = open(path, O_RDWR | flags);
    return fd >= 0 ? fd : open(path, O_RDONLY | flags);
}

int bens_file_lock(int fd, int how)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < 10; i++) {
        if (flock(fd, how | LOCK_NB) == 0) return 0;
        if (errno != EWOULDBLOCK) return -1;
        nanosleep(&pause, NULL);
    }
    return flock(fd, how | LOCK_NB);
}

/* Does a rank have its metrics*.jsonl? It may have lost the one that had the folder, or
 * the file system has no locks of folders (NFS). */
static bool has_writers(const char *folder, int fd)
{
    const int copy = dup(fd);
    DIR *const dir = copy >= 0 ? fdopendir(copy) : NULL;
    bool found = false;
    if (dir == NULL && copy >= 0) close(copy);
    for (const struct dirent *e; dir != NULL && !found && (e = readdir(dir)) != NULL;) {
        char path[BENS_PATH_SIZE];
        if (fnmatch(BENS_METRICS_FILES, e->d_name, 0) != 0) continue;
        if (bens_folder_join(folder, e->d_name, path) != BENS_OK) continue;
        const int file = open_to_lock(path);
        if (file < 0) continue;
        found = bens_file_lock(file, LOCK_EX) != 0 && errno == EWOULDBLOCK;
        close(file);
    }
    if (dir != NULL) closedir(dir);
    return found;
}

bens_status bens_folder_lock(const char *path, int *lock)
{
    *lock = -1;
    BENS_TRY(bens_folder_check(path));
    *lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*lock < 0) return BENS_OK;
    const bool locked = bens_file_lock(*lock, LOCK_EX) == 0;
    const bool taken = (!locked && errno == EWOULDBLOCK) || has_writers(path, *lock);
    if (locked && !taken) return BENS_OK;
    close(*lock);
    *lock = -1;
    if (!taken) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "a run is going on in the folder '%s': "
              "wait for its end, or choose another [run] output",
              path);
}
