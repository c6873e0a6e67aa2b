#include "run/stop.h"

#include "core/clock.h"

#include <signal.h>
#include <stddef.h>

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}, {SIGTERM, "TERM"}, {SIGINT, "INT"}};

/* The one thing that a signal may touch. */
static volatile sig_atomic_t caught;
static double began, limit;

/* SA_RESETHAND: the second one does what it does to any process. */
static void note(int number)
{
    caught = number;
}

void bens_stop_watch(void)
{
    struct sigaction action = {.sa_handler = note,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i].number, &action, NULL);
    began = bens_clock();
}

void bens_stop_unwatch(void)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i].number, SIG_DFL);
    if (caught != 0) raise(caught);
}

void bens_stop_after(double seconds)
{
    limit = seconds;
}

bool bens_stop_asked(void)
{
    return caught != 0 || (limit > 0 && bens_clock() - began >= limit);
}

const char *bens_stop_reason(void)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == caught) return signals[i].name;
    return bens_stop_asked() ? "the time limit" : "";
}
