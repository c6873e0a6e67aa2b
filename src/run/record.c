#include "run/record.h"

#include "core/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_BYTES = 1 << 20, RANK_BYTES = 256 << 20, FLUSH_SECONDS = 10 };

typedef struct {
    float *theta;     /* [capacity][n] */
    bens_draw *draw;  /* [capacity]    */
    int64_t first, n; /* draws first ... first + n - 1 wait here */
    bens_draw latest; /* for metrics                             */
} pending;

struct bens_record {
    bens_record_spec spec; /* its paths are not used after opening */
    bens_samples *samples;
    bens_metrics *metrics;
    int64_t capacity; /* draws a chain */
    pending *chain;   /* [n_chains]    */
    double flushed;   /* clock of the last flush */
    int64_t n_unreported;
};

static int64_t choose_capacity(const bens_record_spec *spec)
{
    const size_t draw = spec->params->n * sizeof(float) + sizeof(bens_draw);
    size_t bytes = CHAIN_BYTES;
    if (bytes > RANK_BYTES / (size_t)spec->n_chains)
        bytes = RANK_BYTES / (size_t)spec->n_chains;
    const int64_t n = (int64_t)(bytes / draw);
    return n < 1 ? 1 : n > spec->n_draws ? spec->n_draws : n;
}

static bens_status open_all(const bens_record_spec *spec, bens_record *r)
{
    r->spec = *spec;
    r->capacity = choose_capacity(spec);
    r->flushed = bens_clock();
    BENS_TRY(bens_samples_open(spec->samples, spec->params, spec->file_chains,
                               spec->n_draws, &r->samples));
    BENS_TRY(bens_metrics_open(spec->metrics, &r->metrics));
    BENS_TRY(bens_alloc((size_t)spec->n_chains, sizeof *r->chain, &r->chain));
    for (int64_t i = 0; i < spec->n_chains; i++) {
        pending *c = &r->chain[i];
        BENS_TRY(
            bens_alloc((size_t)r->capacity * spec->params->n, sizeof(float), &c->theta));
        BENS_TRY(bens_alloc((size_t)r->capacity, sizeof *c->draw, &c->draw));
        c->latest = (bens_draw){.loss = NAN, .temperature_kinetic = NAN};
    }
    return BENS_OK;
}

bens_status bens_record_open(const bens_record_spec *spec, bens_record **out)
{
    bens_record *r;
    BENS_TRY(bens_alloc(1, sizeof *r, &r));
    const bens_status s = open_all(spec, r);
    if (s != BENS_OK)
        bens_record_close(r);
    else
        *out = r;
    return s;
}

void bens_record_close(bens_record *r)
{
    if (r == NULL) return;
    for (int64_t i = 0; i < r->spec.n_chains && r->chain != NULL; i++) {
        free(r->chain[i].theta);
        free(r->chain[i].draw);
    }
    free(r->chain);
    bens_metrics_close(r->metrics);
    bens_samples_close(r->samples);
    free(r);
}

bens_status bens_record_put(bens_record *r, int64_t i, const float *theta,
                            const bens_draw *draw)
{
    pending *c = &r->chain[i];
    const size_t n = r->spec.params->n;
    if (c->n == r->capacity) BENS_TRY(bens_record_flush(r));
    BENS_ASSERT(c->first + c->n < r->spec.n_draws);
    memcpy(c->theta + (size_t)c->n * n, theta, n * sizeof *theta);
    c->draw[c->n++] = *draw;
    c->latest = *draw;
    return BENS_OK;
}

/* The draws have their place on the disk; a disk too full for a line is no reason to stop. */
static void report(bens_record *r, int64_t i, int64_t step)
{
    const pending *c = &r->chain[i];
    const bens_metric metric = {.time = bens_clock_date(),
                                .rank = r->spec.rank,
                                .chain = r->spec.first_chain + i,
                                .step = step,
                                .draws = c->first,
                                .loss = c->latest.loss,
                                .temperature_kinetic = c->latest.temperature_kinetic,
                                .diverging = c->latest.diverging};
    if (bens_metrics_put(r->metrics, &metric) != BENS_OK) r->n_unreported++;
}

/* Chains with step[i] >= 0 are reported even if nothing of theirs waits. */
static bens_status flush(bens_record *r, const int64_t *step)
{
    const int64_t n_chains = r->spec.n_chains, row = r->spec.first_row;
    bool any = false;
    for (int64_t i = 0; i < n_chains; i++) {
        const pending *c = &r->chain[i];
        if (c->n == 0) continue;
        any = true;
        BENS_TRY(
            bens_samples_put(r->samples, row + i, c->first, c->n, c->theta, c->draw));
    }
    if (any) BENS_TRY(bens_samples_sync(r->samples));
    for (int64_t i = 0; i < n_chains; i++) {
        pending *c = &r->chain[i];
        if (c->n > 0) BENS_TRY(bens_samples_done(r->samples, row + i, c->first, c->n));
        const bool had = c->n > 0;
        c->first += c->n;
        c->n = 0;
        if (step != NULL || had) report(r, i, step != NULL ? step[i] : c->latest.step);
    }
    r->flushed = bens_clock();
    return BENS_OK;
}

bens_status bens_record_flush(bens_record *r)
{
    return flush(r, NULL);
}

int64_t bens_record_unreported(const bens_record *r)
{
    return r->n_unreported;
}

bens_status bens_record_tick(bens_record *r, const int64_t *step)
{
    if (bens_clock() - r->flushed < FLUSH_SECONDS) return BENS_OK;
    return flush(r, step);
}
