#include "run/state.h"

#include "run/monitor.h"

#include <math.h>
#include <string.h>

enum { MOST_PARTS = 16 };

typedef struct {
    void *at;
    size_t bytes;
} part;

/* Without a chain: sizes only. The order is part of the format of checkpoint.h5. */
static int list_parts(const bens_problem *p, bens_chain *c, part *out)
{
    const bens_sampler_common *common = p->config->sampler_options;
    const size_t n = p->params.n * sizeof(float);
    const size_t tensors = (size_t)p->params.n_tensors * sizeof(double);
    bens_scalars *s = c != NULL ? &c->scalars : NULL;
    int k = 0;
#define PART(field, size) out[k++] = (part){c != NULL ? (void *)(field) : NULL, size}
    PART(&c->step, sizeof c->step);
    PART(&c->drawn, sizeof c->drawn);
    PART(&c->diverged, sizeof c->diverged);
    PART(&c->batch_value, sizeof c->batch_value);
    PART(&c->batch_rows, sizeof c->batch_rows);
    PART(s, offsetof(bens_scalars, sampler));
    PART(s->sampler, (size_t)p->n_scalars * sizeof(double));
    if (p->noise >= BENS_NOISE_TENSOR) PART(s->noise, tensors);
    if (common->mass == BENS_MASS_TENSOR) PART(s->square, tensors);
    PART(c->theta, n);
    for (int i = 0; i < p->config->sampler->n_aux; i++) PART(c->aux[i], n);
    if (p->noise == BENS_NOISE_EACH) PART(c->noise_each, n);
    if (p->monitored != NULL) {
        PART(&c->watch, offsetof(bens_watch, average));
        PART(c->watch.average, bens_monitor_size(p) * sizeof(double));
    }
#undef PART
    BENS_ASSERT(k <= MOST_PARTS);
    return k;
}

uint64_t bens_state_bytes(const bens_problem *problem)
{
    part list[MOST_PARTS];
    uint64_t bytes = 0;
    const int n = list_parts(problem, NULL, list);
    for (int i = 0; i < n; i++) bytes += list[i].bytes;
    return bytes;
}

void bens_state_save(const bens_chain *chain, void *state)
{
    part list[MOST_PARTS];
    bens_chain view = *chain;
    char *to = state;
    const int n = list_parts(chain->work->problem, &view, list);
    for (int i = 0; i < n; to += list[i++].bytes) memcpy(to, list[i].at, list[i].bytes);
}

void bens_state_load(const void *state, bens_chain *chain)
{
    part list[MOST_PARTS];
    const char *from = state;
    const int n = list_parts(chain->work->problem, chain, list);
    for (int i = 0; i < n; from += list[i++].bytes)
        memcpy(list[i].at, from, list[i].bytes);
    chain->c_eps = chain->c_T = NAN;
}

int64_t bens_state_drawn(const void *state)
{
    bens_chain head; /* the first two parts of the list */
    memcpy(&head.drawn, (const char *)state + sizeof head.step, sizeof head.drawn);
    return head.drawn;
}
