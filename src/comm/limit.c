/* limit.c - how long a peer may keep its group waiting.
 *
 * A stopped or lost rank answers no message, and no call of MPI that waits for it
 * returns. So an alarm is set while this rank waits, and it ends the process: the
 * launcher then ends the others. */
#include "comm/wire.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* What the alarm says; a signal handler may not make it. */
static char line[256];
static size_t length;

static struct timespec began; /* of the wait */
static double patience;       /* its limit   */
static unsigned again;        /* the same in whole seconds, for one that begins again */

static double waited(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began.tv_sec) +
           1e-9 * (double)(now.tv_nsec - began.tv_nsec);
}

/* A rank that was stopped itself wakes up here, late. Either it alone was: the others have
 * spoken (they wait for a moment first, so that it is late), and the launcher is ending
 * the job. Or the whole job was suspended and goes on: then the wait begins again. Only
 * what a signal handler may call; alarm takes whole seconds. */
static void give_up(int number)
{
    (void)number;
    if (waited() > patience + 0.5) {
        patience = again;
        clock_gettime(CLOCK_MONOTONIC, &began);
        alarm(again);
        return;
    }
    poll(NULL, 0, 1000);
    if (write(STDERR_FILENO, line, length) < 0) _exit(BENS_ERR_PEER);
    _exit(BENS_ERR_PEER);
}

void bens_comm_limit(bens_comm *comm, double seconds)
{
    struct sigaction action = {.sa_handler = give_up, .sa_flags = (int)SA_RESTART};
    if (comm->size == 1) return;
    /* the others wait a little longer than rank 0, which then speaks for all */
    comm->limit = seconds + 0.25 * comm->rank;
    again = (unsigned)seconds + 1 + (unsigned)comm->rank;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    length = (size_t)
        snprintf(line, sizeof line,
                 "bens: a shard of the group of rank %d has not answered for %g s "
                 "([grid] timeout): it "
                 "was stopped or lost; --resume auto goes on from the last checkpoint\n",
                 comm->world_rank, seconds);
}

static void set(double seconds)
{
    const struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)seconds,
                     .tv_usec =
                         (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

void bens_comm_wait_begin(const bens_comm *comm)
{
    if (!(comm->limit > 0)) return;
    patience = comm->limit;
    clock_gettime(CLOCK_MONOTONIC, &began);
    set(comm->limit);
}

void bens_comm_wait_end(const bens_comm *comm)
{
    if (comm->limit > 0) set(0);
}
