#define _DEFAULT_SOURCE /* RLIMIT_AS, strsignal */

#include "io/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* What the child sends, once, at its end. */
typedef struct {
    int status;
    char error[1024], text[BENS_CHECK_TEXT];
} message;

static bool limit(int what, uint64_t value)
{
    const struct rlimit most = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
    return setrlimit(what, &most) == 0;
}

/* No files are written (a limit of 0 bytes), no core, no new privileges; the
 * address sanitizer needs all the addresses that there are. Where one cannot
 * be had the work is not done. */
static bool confine(const bens_check_limits *limits)
{
    const int null = open("/dev/null", O_RDWR);
    bool good = null >= 0;
    for (int fd = 0; fd <= 2; fd++) good = dup2(null, fd) == fd && good;
    good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && good;
    good = limit(RLIMIT_CPU, (uint64_t)limits->seconds) && good;
    if (!SANITIZED) good = limit(RLIMIT_AS, (uint64_t)limits->gib << 30) && good;
#ifdef __linux__
    good = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && good;
#endif
    return good;
}

_Noreturn static void work_apart(int pipe, bens_check_work work, const char *path,
                                 const bens_check_limits *limits)
{
    static message m;
    const char *from = (const char *)&m;
    size_t left = sizeof m;
    if (confine(limits))
        m.status = (int)work(path, m.text);
    else
        m.status = (int)bens_error_set(BENS_ERR_FAILURE, "cannot limit a process: %s",
                                       strerror(errno));
    if (m.status != BENS_OK) snprintf(m.error, sizeof m.error, "%s", bens_error_text());
    while (left > 0) {
        const ssize_t n = write(pipe, from, left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        from += n;
        left -= (size_t)n;
    }
    _exit(0);
}

/* Nothing in it is believed: the child may be somebody else's by now. */
static bool receive(int pipe, message *m)
{
    char *to = (char *)m;
    size_t left = sizeof *m;
    while (left > 0) {
        const ssize_t n = read(pipe, to, left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        left -= (size_t)n;
    }
    m->error[sizeof m->error - 1] = '\0';
    m->text[sizeof m->text - 1] = '\0';
    for (char *c = m->text; *c != '\0'; c++)
        if (((unsigned char)*c < ' ' && *c != '\n') || *c == 0x7f) *c = '?';
    for (char *c = m->error; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    return m->status >= BENS_OK && m->status <= BENS_ERR_PEER;
}

static bens_status explain(const char *path, int ended, const bens_check_limits *limits)
{
    const int number = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
    /* past its time the first signal is KILL where both limits are the same */
    if (number == SIGXCPU || number == SIGKILL)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s' took more than %lld s of processor time, or its reader was "
                  "killed: it is very large (then give it more: --seconds), or made to "
                  "keep a reader busy",
                  path, (long long)limits->seconds);
    BENS_FAIL(BENS_ERR_IO, "HDF5 crashed on '%s' (%s): do not open it", path,
              number != 0 ? strsignal(number) : "it ended without a word");
}

bens_status bens_check_apart(bens_check_work work, const char *path,
                             const bens_check_limits *limits, char text[BENS_CHECK_TEXT])
{
    static message m;
    int ends[2], ended = 0;
    text[0] = '\0';
    fflush(NULL);
    if (pipe(ends) != 0)
        BENS_FAIL(BENS_ERR_FAILURE, "cannot make a pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        work_apart(ends[1], work, path, limits);
    }
    const int why = errno;
    close(ends[1]);
    const bool whole = child > 0 && receive(ends[0], &m);
    close(ends[0]);
    if (child < 0)
        BENS_FAIL(BENS_ERR_FAILURE, "cannot start a process: %s", strerror(why));
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) continue;
    if (!whole) return explain(path, ended, limits);
    memcpy(text, m.text, sizeof m.text);
    if (m.status == BENS_OK) return BENS_OK;
    BENS_FAIL((bens_status)m.status, "%s", m.error);
}
