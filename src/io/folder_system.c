#define _GNU_SOURCE /* sync_file_range */

#include "io/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

/* Up to the last part of the path that exists, so that a run
 * can be planned before it is. */
static void parent_of(char path[BENS_PATH_SIZE])
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(path, BENS_PATH_SIZE, ".");
    else
        slash[slash == path ? 1 : 0] = '\0';
}

bens_status bens_folder_free(const char *path, uint64_t *bytes)
{
    char at[BENS_PATH_SIZE];
    struct statvfs info;
    snprintf(at, sizeof at, "%s", path);
    while (statvfs(at, &info) != 0) {
        if (errno != ENOENT || strcmp(at, ".") == 0 || strcmp(at, "/") == 0)
            BENS_FAIL(BENS_ERR_IO, "cannot ask for the free space of '%s': %s", path,
                      strerror(errno));
        parent_of(at);
    }
    *bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return BENS_OK;
}

#ifdef __linux__
static const struct {
    unsigned long magic; /* of statfs(2), or of the file system's own source */
    const char *name, *hint;
    bool local; /* no other machine writes there */
} systems[] = {
    {0x0BD00BD0, "lustre", "lfs setstripe --stripe-count 8 FOLDER before the run", false},
    {0x47504653, "gpfs", "shared by all nodes; nothing to set", false},
    {0x19830326, "beegfs", "beegfs-ctl --setpattern --numtargets=8 FOLDER before the run",
     false},
    {0x6969, "nfs", "slow for many ranks: a scratch file system is better", false},
    {0xEF53, "ext4", NULL, true},
    {0x58465342, "xfs", NULL, true},
    {0x9123683E, "btrfs", "chattr +C FOLDER before the run: draws are written in place",
     true},
    {0x2FC12FC1, "zfs", NULL, true},
    {0x01021994, "tmpfs", "in memory: gone after a reboot", true},
    {0x794C7630, "overlay", "of a container: gone with it", true},
    {0x65735546, "fuse", NULL, false},
};

static unsigned long magic_of(const struct statfs *info)
{
    return (unsigned long)info->f_type & 0xFFFFFFFFUL;
}

/* Its index, or -1. */
static int find_system(const struct statfs *info)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (systems[i].magic == magic_of(info)) return (int)i;
    return -1;
}

static void describe(const char *path, char *text, size_t size)
{
    char at[BENS_PATH_SIZE];
    struct statfs info;
    snprintf(at, sizeof at, "%s", path);
    while (statfs(at, &info) != 0) {
        if (errno != ENOENT || strcmp(at, ".") == 0 || strcmp(at, "/") == 0) {
            snprintf(text, size, "unknown: %s", strerror(errno));
            return;
        }
        parent_of(at);
    }
    const int i = find_system(&info);
    const char *hint = i >= 0 ? systems[i].hint : NULL;
    if (i >= 0)
        snprintf(text, size, "%s%s%s", systems[i].name, hint ? ": " : "",
                 hint ? hint : "");
    else
        snprintf(text, size, "file system 0x%lx", magic_of(&info));
}

bool bens_folder_is_local(const char *path)
{
    struct statfs info;
    if (statfs(path, &info) != 0) return false;
    const int i = find_system(&info);
    return i >= 0 && systems[i].local;
}
#else
static void describe(const char *path, char *text, size_t size)
{
    snprintf(text, size, "file system of '%s'", path);
}

bool bens_folder_is_local(const char *path)
{
    (void)path;
    return false;
}
#endif

void bens_folder_describe(const char *path, char *text, size_t size)
{
    describe(path, text, size);
}

void bens_file_hurry(int fd, size_t size, uint64_t address)
{
#ifdef __linux__
    (void)sync_file_range(fd, (off_t)address, (off_t)size, SYNC_FILE_RANGE_WRITE);
#else
    (void)fd, (void)size, (void)address;
#endif
}
