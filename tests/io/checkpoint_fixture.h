/* checkpoint_fixture.h - a checkpoint of three chains, and
 * states that say which they are. */
#ifndef TESTS_IO_CHECKPOINT_FIXTURE_H
#define TESTS_IO_CHECKPOINT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHAINS = 3, FIRST = 7, MOST_STATES = 64 };

typedef struct {
    char folder[64], path[128];
    uint64_t bytes;
    char *state; /* [CHAINS][bytes] */
    bens_checkpoint_spec spec;
} fixture;

static inline void fixture_make(fixture *f, uint64_t bytes)
{
    *f = (fixture){.folder = "checkpoint-XXXXXX", .bytes = bytes};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/checkpoint.h5", f->folder);
    f->state = malloc(CHAINS * (size_t)bytes);
    assert_non_null(f->state);
    f->spec = (bens_checkpoint_spec){.first_chain = FIRST,
                                     .n_chains = CHAINS,
                                     .bytes = bytes,
                                     .seed = UINT64_MAX,
                                     .version = "1.2.3",
                                     .config = "[run]\nseed = 1\n"};
}

static inline void fixture_create(fixture *f, uint64_t bytes)
{
    fixture_make(f, bytes);
    assert_int_equal(bens_checkpoint_create(f->folder, "checkpoint.h5", &f->spec),
                     BENS_OK);
}

static inline void fixture_release(fixture *f)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", f->folder);
    assert_int_equal(system(command), 0);
    free(f->state);
}

static inline bens_checkpoint *fixture_open(const fixture *f)
{
    bens_checkpoint *c;
    int64_t first, n;
    assert_int_equal(bens_checkpoint_open(f->path, f->bytes, &first, &n, &c), BENS_OK);
    assert_true(first == FIRST && n == CHAINS);
    return c;
}

/* State k = 1, 2, ... of a row. Two of them differ from the first byte on. */
static inline void fill_state(char *state, uint64_t bytes, int64_t row, int k)
{
    uint32_t x = (uint32_t)row * 7919U + (uint32_t)k;
    state[0] = (char)k;
    for (uint64_t i = 1; i < bytes; i++) {
        x = x * 1664525U + 1013904223U;
        state[i] = (char)(x >> 24);
    }
}

static inline bens_status put_state(fixture *f, bens_checkpoint *c, int64_t row, int k)
{
    fill_state(f->state, f->bytes, row, k);
    return bens_checkpoint_put(c, row, 1, f->state);
}

/* Which state of the row the file gives; 0: none yet, -1: an
 * error, -2: not a state of it. */
static inline int get_state(fixture *f, bens_checkpoint *c, int64_t row)
{
    char *wanted = malloc((size_t)f->bytes);
    bool found;
    int k = -1;
    assert_non_null(wanted);
    memset(f->state, 0, (size_t)f->bytes);
    if (bens_checkpoint_get(c, row, f->state, &found) == BENS_OK) {
        k = found ? (unsigned char)f->state[0] : 0;
        fill_state(wanted, f->bytes, row, k);
        if (found && (k == 0 || memcmp(f->state, wanted, (size_t)f->bytes) != 0)) k = -2;
    }
    free(wanted);
    return k;
}

static inline int wait_for(pid_t child)
{
    int result = 0;
    assert_true(waitpid(child, &result, 0) == child);
    return result;
}

static inline char *load(const char *path, size_t *size)
{
    struct stat info;
    const int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &info), 0);
    char *bytes = malloc((size_t)info.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)info.st_size), info.st_size);
    close(fd);
    *size = (size_t)info.st_size;
    return bytes;
}

/* Over what is there: an open descriptor sees it. */
static inline void change(const char *path, const char *bytes, size_t size, size_t at)
{
    const int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, bytes, size, (off_t)at), (ssize_t)size);
    close(fd);
}

#endif
