#include "io/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bens_status check(int fd, const char *path, uint64_t offset, uint64_t size)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        BENS_FAIL(BENS_ERR_IO, "'%s': wanted a regular file, found another", path);
    const uint64_t there = (uint64_t)about.st_size;
    if (offset > there || size > there - offset || size > SIZE_MAX / 2)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s': wanted %llu bytes behind the first %llu, found a file of %llu",
                  path, (unsigned long long)size, (unsigned long long)offset,
                  (unsigned long long)there);
    return BENS_OK;
}

/* Mappings begin with a page. */
static bens_status map(int fd, const char *path, uint64_t offset, uint64_t size,
                       bens_map *out)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), lead = offset % page;
    const size_t length = (size_t)(lead + size);
    void *const base =
        mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)(offset - lead));
    if (base == MAP_FAILED)
        BENS_FAIL(BENS_ERR_IO, "cannot map '%s': %s", path, strerror(errno));
    *out = (bens_map){.bytes = (const char *)base + lead,
                      .base = base,
                      .length = length,
                      .path = strdup(path),
                      .offset = offset,
                      .size = size};
    if (out->path != NULL) return BENS_OK;
    bens_map_close(out);
    BENS_FAIL(BENS_ERR_FAILURE, "no memory for a path");
}

bens_status bens_map_open(const char *path, uint64_t offset, uint64_t size, bens_map *out)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) BENS_FAIL(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    bens_status s = check(fd, path, offset, size);
    if (s == BENS_OK) s = map(fd, path, offset, size, out);
    close(fd);
    return s;
}

void bens_map_close(bens_map *m)
{
    if (m->base != NULL) munmap(m->base, m->length);
    free(m->path);
    *m = (bens_map){0};
}
