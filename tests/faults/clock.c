/* clock.c - a preloaded library in which the date jumps.
 *
 *     LD_PRELOAD=libclock.so BENS_CLOCK_JUMP=-3600 BENS_CLOCK_FILE=/tmp/run/metrics.jsonl
 *
 * As soon as the file has SIZE bytes, CLOCK_REALTIME is off by BENS_CLOCK_JUMP seconds: what a
 * person, or the time service of a node, does to it in the middle of a run. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { SIZE = 500 }; /* a few lines */

static bool has_begun(const char *path)
{
    struct stat info;
    return path != NULL && stat(path, &info) == 0 && info.st_size >= SIZE;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static __typeof__(&clock_gettime) real;
    const char *jump = getenv("BENS_CLOCK_JUMP");
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    const int result = real(clock, out);
    if (result == 0 && clock == CLOCK_REALTIME && jump != NULL &&
        has_begun(getenv("BENS_CLOCK_FILE")))
        out->tv_sec += (time_t)strtol(jump, NULL, 10);
    return result;
}
