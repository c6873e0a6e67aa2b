#include "run/plan_memory.h"

#include "run/keeper.h"
#include "run/monitor.h"
#include "run/record.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* The most that the process had at any time. */
static double peak(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return 1024 * (double)usage.ru_maxrss; /* kB on Linux and the BSDs */
}

/* What it has now (Linux; elsewhere the peak so far). */
static double resident(void)
{
    long size, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    const bool known = f != NULL && fscanf(f, "%ld %ld", &size, &pages) == 2;
    if (f != NULL) fclose(f);
    return known ? (double)pages * (double)sysconf(_SC_PAGESIZE) : peak();
}

static double chain_bytes(const bens_session *s, int64_t n_chains)
{
    const bens_problem *p = &s->problem;
    const double vectors =
        1 + s->config.sampler->n_aux + (p->noise == BENS_NOISE_EACH ? 2 : 0);
    const bens_record_spec record = {.params = &p->stored,
                                     .n_draws = p->n_draws,
                                     .n_chains = n_chains};
    return vectors * (double)p->params.n * sizeof(float) +
           (double)bens_record_bytes(&record) +
           (double)bens_monitor_size(p) * sizeof(double);
}

static double rows_bytes(const bens_data *d)
{
    if (d == NULL || !d->is_shared) return 0;
    const double values = (double)d->n_rows * (double)d->n_features;
    return values * (double)(d->x != NULL ? sizeof *d->x : bens_cell_size(d->cell));
}

bens_memory bens_plan_memory(const bens_session *s)
{
    const bens_problem *p = &s->problem;
    const int64_t n = (s->grid.n_chains + s->grid.n_groups - 1) / s->grid.n_groups;
    bens_memory m = {.n_chains = n, .chain = chain_bytes(s, n)};
    m.shared =
        resident() + (double)bens_keeper_bytes(p, n) + (double)bens_monitor_bytes(p);
    m.together = rows_bytes(p->train) + rows_bytes(p->test);
    m.rank = fmax(peak(), m.shared + (double)n * m.chain);
    return m;
}
