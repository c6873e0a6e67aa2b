#include "run/progress.h"

#include "core/clock.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 24, LINE = 160 };
static const double BAR_SECONDS = 0.2, LINE_SECONDS = 30;

struct bens_progress {
    char label[64], note[80];
    double begin, total, start, next;
    bool terminal, drawn;
};

/* Is the standard error of process `pid` a terminal? (Linux; elsewhere no.) */
static bool process_on_terminal(long pid)
{
    char link[64], target[64] = "";
    snprintf(link, sizeof link, "/proc/%ld/fd/2", pid);
    if (readlink(link, target, sizeof target - 1) < 0) return false;
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

/* mpirun reads its ranks' standard error through a pipe, and what it reads it shows:
 * there the question is what mpirun itself, the parent of rank 0, writes to. */
static bool on_terminal(void)
{
    if (getenv("SLURM_JOB_ID") != NULL) return false;
    if (isatty(STDERR_FILENO) == 1) return true;
    return getenv("OMPI_COMM_WORLD_RANK") != NULL && process_on_terminal((long)getppid());
}

bens_status bens_progress_create(const char *label, double begin, double total,
                                 bens_progress **out)
{
    bens_progress *p;
    BENS_TRY(bens_alloc(1, sizeof *p, &p));
    snprintf(p->label, sizeof p->label, "%s", label);
    p->begin = begin;
    p->total = total;
    p->start = bens_clock();
    p->terminal = on_terminal();
    p->next = p->start + (p->terminal ? BAR_SECONDS : LINE_SECONDS);
    *out = p;
    return BENS_OK;
}

void bens_progress_destroy(bens_progress *p)
{
    free(p);
}

static void draw_bar(double part)
{
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++) bar[i] = i < (int)(part * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r[%s]", bar);
}

void bens_progress_show(bens_progress *p, double done, int64_t n_diverged)
{
    if (p == NULL || done <= p->begin) return;
    const double t = bens_clock();
    if (t < p->next) return;
    p->next = t + (p->terminal ? BAR_SECONDS : LINE_SECONDS);

    const double part = p->total > 0 ? done / p->total : 1,
                 rate = (done - p->begin) / (t - p->start);
    char left[32], speed[32], diverged[48] = "";
    bens_text_seconds(rate > 0 ? (p->total - done) / rate : 0, left, sizeof left);
    bens_text_count(rate, speed, sizeof speed);
    if (n_diverged > 0)
        snprintf(diverged, sizeof diverged, ", %lld diverged", (long long)n_diverged);
    if (p->terminal) draw_bar(part);
    p->drawn = true;
    fprintf(stderr, "%s%3.0f %%  %s  %s steps/s  %s left%s%s%s%s", p->terminal ? " " : "",
            100 * part, p->label, speed, left, diverged, p->note[0] != '\0' ? ", " : "",
            p->note, p->terminal ? "\033[K" : "\n");
    fflush(stderr);
}

void bens_progress_note(bens_progress *p, const char *text)
{
    if (p != NULL) snprintf(p->note, sizeof p->note, "%s", text);
}

void bens_progress_clear(bens_progress *p)
{
    if (p != NULL && p->terminal && p->drawn) fprintf(stderr, "\r\033[K");
}
