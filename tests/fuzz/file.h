/* file.h - the bytes of a fuzz target as a file, in a folder in
 * memory that goes at the end. */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

#include "fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

static char fuzz_folder[64];

static void fuzz_remove_folder(void)
{
    char path[512];
    DIR *dir = opendir(fuzz_folder);
    if (dir == NULL) return;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", fuzz_folder, e->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(fuzz_folder);
}

static inline void fuzz_make_folder(void)
{
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(fuzz_folder, sizeof fuzz_folder, "%s/bens-fuzz-XXXXXX", parent);
    FUZZ_PROMISE(mkdtemp(fuzz_folder) != NULL);
    atexit(fuzz_remove_folder);
}

static inline const char *fuzz_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder, name);
    return path;
}

/* The file `name` of the folder, with these bytes. */
static inline void fuzz_write(const char *name, const uint8_t *data, size_t size)
{
    const int fd = open(fuzz_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_PROMISE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

#endif
