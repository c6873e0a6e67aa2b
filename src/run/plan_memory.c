#include "run/plan_memory.h"

#include "run/keeper.h"
#include "run/monitor.h"
#include "run/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    FILES = 6 << 20
}; /* HDF5 at work and buffers of files: 6.2 to 6.9 MiB were seen */

/* What Linux says of this process under a name of /proc/self/status; elsewhere the most
 * that it ever had, in kB on the BSDs. */
static double look_up(const char *name)
{
    struct rusage usage;
    char line[128];
    double kib = getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss : 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) kib = atof(line + strlen(name));
    if (f != NULL) fclose(f);
    return 1024 * kib;
}

/* What a chain itself has. */
static double chain_bytes(const bens_problem *p)
{
    const double vectors =
        1 + p->config->sampler->n_aux + (p->noise == BENS_NOISE_EACH ? 2 : 0);
    return vectors * (double)p->params.n * sizeof(float) +
           (double)bens_monitor_size(p) * sizeof(double);
}

/* Draws that wait for the disk, of each of n chains. */
static double waiting_bytes(const bens_problem *p, int64_t n)
{
    const bens_record_spec record = {.params = &p->stored,
                                     .n_draws = p->n_draws,
                                     .n_chains = n};
    return (double)bens_record_bytes(&record);
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
    bens_memory m = {.n_chains = n, .chain = chain_bytes(p) + waiting_bytes(p, n)};
    m.shared = look_up("VmRSS:") - chain_bytes(p) + FILES +
               (double)bens_keeper_bytes(p, n) + (double)bens_monitor_bytes(p);
    m.together = rows_bytes(p->train) + rows_bytes(p->test);
    m.rank = fmax(look_up("VmHWM:"), m.shared + (double)n * m.chain);
    return m;
}
