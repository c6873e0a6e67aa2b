#define _DEFAULT_SOURCE /* RLIMIT_AS, strsignal */

#include "io/apart.h"

#include "io/folder.h"
#include "io/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* What comes back, once, at the end. */
typedef struct {
    int status;
    char error[1024], text[BENS_APART_TEXT];
} message;

/* What the reader is asked for; it has the addresses of this process. The bytes of context
 * come behind it. */
typedef struct {
    bens_apart_work work;
    bens_apart_limits limits;
    char path[BENS_PATH_SIZE];
    size_t size;
    const void *context;
} request;

static bool is_here;

static struct {
    pid_t process; /* 0: none was started; -1: none could be, or it was killed */
    int socket;    /* to it, and in it and its children to this process        */
} reader;

bool bens_apart_is_here(void)
{
    return is_here;
}

void bens_apart_stay(void)
{
    is_here = true;
}

/* The system's own limit may be lower. */
static bool limit(int what, uint64_t value)
{
    struct rlimit most;
    if (getrlimit(what, &most) != 0) return false;
    if (most.rlim_cur > value)
        most.rlim_cur = (rlim_t)value; /* unlimited is the largest */
    if (most.rlim_max > value) most.rlim_max = (rlim_t)value;
    return setrlimit(what, &most) == 0;
}

/* Bytes of addresses that are in use; 0: nobody tells. */
static uint64_t addresses(void)
{
    unsigned long long pages = 0;
    FILE *const f = fopen("/proc/self/statm", "r");
    if (f != NULL && fscanf(f, "%llu", &pages) != 1) pages = 0;
    if (f != NULL) fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The report of a sanitizer is wanted. */
static bool silence(void)
{
    const int null = open("/dev/null", O_RDWR);
    bool good = null >= 0;
    for (int fd = 0; fd <= (SANITIZED ? 1 : 2); fd++) good = dup2(null, fd) == fd && good;
    return good;
}

/* No byte is written to a file, no core, no new privileges; the address sanitizer needs
 * all the addresses that there are. Where a limit cannot be had the work is not done. */
static bool confine(const bens_apart_limits *limits)
{
    bool good = silence();
    good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && good;
    good = limit(RLIMIT_CPU, (uint64_t)limits->seconds) && good;
    if (!SANITIZED)
        good = limit(RLIMIT_AS, addresses() + ((uint64_t)limits->gib << 30)) && good;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && good;
}

/* Nothing of a run that was killed is left. */
static void end_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

/* Who reads may have gone: that is an error, no signal. */
static bool put(int to, const void *data, size_t size)
{
    const char *from = data;
    while (size > 0) {
        const ssize_t n = send(to, from, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        from += n;
        size -= (size_t)n;
    }
    return true;
}

static bool connect_two(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}

static bool get(int from, void *data, size_t size)
{
    char *to = data;
    while (size > 0) {
        const ssize_t n = read(from, to, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        size -= (size_t)n;
    }
    return true;
}

/* ---- the child ---- */

_Noreturn static void work_apart(int socket, const request *r)
{
    static message m;
    is_here = true;
    end_with_parent();
    if (reader.process == 0 && reader.socket > 0) close(reader.socket);
    if (confine(&r->limits))
        m.status = (int)r->work(r->context, m.text);
    else
        m.status = (int)bens_error_set(BENS_ERR_FAILURE, "cannot limit a process: %s",
                                       strerror(errno));
    if (m.status != BENS_OK) snprintf(m.error, sizeof m.error, "%s", bens_error_text());
    put(socket, &m, sizeof m);
    _exit(0);
}

/* Nothing in it is believed: the child may be somebody else's by now. */
static bool receive(int socket, message *m)
{
    if (!get(socket, m, sizeof *m)) {
        *m = (message){0};
        return false;
    }
    m->error[sizeof m->error - 1] = '\0';
    m->text[sizeof m->text - 1] = '\0';
    for (char *c = m->text; *c != '\0'; c++)
        if (((unsigned char)*c < ' ' && *c != '\n') || *c == 0x7f) *c = '?';
    for (char *c = m->error; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    return m->status >= BENS_OK && m->status <= BENS_ERR_PEER;
}

static bens_status pass_on(const message *m)
{
    if (m->status == BENS_OK) return BENS_OK;
    BENS_FAIL((bens_status)m->status, "%s", m->error);
}

static bens_status explain(const request *r, int ended)
{
    const int number = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
    /* past its time the first signal is KILL where both limits are the same */
    if (number == SIGXCPU || number == SIGKILL)
        BENS_FAIL(BENS_ERR_IO,
                  "'%s' took HDF5 more than %lld s of processor time, or its process was "
                  "killed: it is damaged, made to keep a reader busy, or very large",
                  r->path, (long long)r->limits.seconds);
    BENS_FAIL(BENS_ERR_IO, "HDF5 crashed on '%s' (%s): it is damaged, or made to do that",
              r->path, number != 0 ? strsignal(number) : "it ended without a word");
}

static bens_status fork_child(const request *r, message *m)
{
    int ends[2], ended = 0;
    if (!connect_two(ends))
        BENS_FAIL(BENS_ERR_FAILURE, "cannot make a socket: %s", strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        work_apart(ends[1], r);
    }
    const int why = errno;
    close(ends[1]);
    const bool whole = child > 0 && receive(ends[0], m);
    close(ends[0]);
    if (child < 0)
        BENS_FAIL(BENS_ERR_FAILURE, "cannot start a process: %s", strerror(why));
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) continue;
    return whole ? pass_on(m) : explain(r, ended);
}

/* ---- the reader ---- */

static bool get_request(request *r)
{
    if (!get(reader.socket, r, sizeof *r)) return false;
    void *const context = malloc(r->size + 1);
    r->context = context;
    return context != NULL && get(reader.socket, context, r->size);
}

/* Signals to the job are not for it. What who started the job waits to be closed is. */
_Noreturn static void serve(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP, SIGPIPE};
    static request r;
    end_with_parent();
    prctl(PR_SET_NAME, "bens-reader", 0, 0, 0);
    signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    silence();
    bens_h5_start(); /* once for all children */
    while (get_request(&r)) {
        static message m;
        m = (message){0};
        m.status = (int)fork_child(&r, &m);
        snprintf(m.error, sizeof m.error, "%s", bens_error_text());
        if (!put(reader.socket, &m, sizeof m)) break;
        free((void *)(uintptr_t)r.context);
    }
    _exit(0);
}

void bens_apart_start(void)
{
    int ends[2];
    if (reader.process > 0) return;
    reader.process = -1;
    if (!connect_two(ends)) return;
    fflush(NULL);
    const pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        reader.process = 0;
        reader.socket = ends[1];
        serve();
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return;
    }
    reader.process = process;
    reader.socket = ends[0];
}

/* It holds nothing, and may be stopped. */
void bens_apart_stop(void)
{
    if (reader.process <= 0) return;
    close(reader.socket);
    kill(reader.process, SIGKILL);
    while (waitpid(reader.process, NULL, 0) < 0 && errno == EINTR) continue;
    reader.process = 0;
    reader.socket = 0;
}

static bens_status ask(const request *r, message *m)
{
    if (!put(reader.socket, r, sizeof *r) || !put(reader.socket, r->context, r->size) ||
        !receive(reader.socket, m)) {
        bens_apart_stop();
        reader.process = -1;
        BENS_FAIL(BENS_ERR_IO, "the process in which '%s' was read has been killed",
                  r->path);
    }
    return pass_on(m);
}

bens_status bens_apart(bens_apart_work work, const void *context, size_t size,
                       const char *path, const bens_apart_limits *limits,
                       char text[BENS_APART_TEXT])
{
    static request r;
    static message m;
    text[0] = '\0';
    if (is_here) return work(context, text);
    if (reader.process < 0)
        BENS_FAIL(BENS_ERR_FAILURE, "there is no process to read '%s'", path);
    r = (request){.work = work, .limits = *limits, .context = context, .size = size};
    snprintf(r.path, sizeof r.path, "%s", path);
    m = (message){0};
    const bens_status s = reader.process > 0 ? ask(&r, &m) : fork_child(&r, &m);
    memcpy(text, m.text, sizeof m.text);
    return s;
}
