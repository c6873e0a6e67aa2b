#include "run/record.h"

#include "core/clock.h"
#include "io/folder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHAIN_BYTES = 1 << 20, /* of draws of a chain that are kept ... */
    RANK_BYTES = 256 << 20,
    MOST_WRITTEN = 16, /* ... and draws written as they came, before there is a wait */
    FLUSH_SECONDS = 10
};

typedef struct {
    float *theta;     /* [capacity][n]; NULL: values are written as they come */
    bens_draw *draw;  /* [capacity] */
    int64_t first, n; /* draws first ... first + n - 1 wait here */
    int64_t durable;  /* draws whose flags are on disk ...       */
    int64_t reported; /* ... and in metrics.jsonl                */
    bens_monitored seen;
    bens_draw latest; /* for metrics                             */
} pending;

/* A rectangle of the run that has rows of this rank. */
typedef struct {
    bens_rectangle at;
    bens_samples *samples;
} target;

struct bens_record {
    bens_record_spec spec; /* its paths and layout are not used after opening */
    target *target;        /* [n_targets] */
    int64_t n_targets;
    bens_metrics *metrics;
    int64_t capacity; /* draws a chain */
    pending *chain;   /* [n_chains]    */
    double flushed;   /* clock of the last flush */
    bool lost;        /* a wait for the disk has failed: what it had is not known */
    int64_t n_unreported;
};

static size_t draw_bytes(const bens_record_spec *spec)
{
    return spec->params->n * sizeof(float) + sizeof(bens_draw);
}

static size_t chain_bytes(const bens_record_spec *spec)
{
    const size_t share = RANK_BYTES / (size_t)spec->n_chains;
    return share < CHAIN_BYTES ? share : CHAIN_BYTES;
}

/* Draws of a chain whose theta is kept; 0: one that fills the buffer alone is
 * better written from where it is. */
static int64_t count_kept(const bens_record_spec *spec)
{
    int64_t n = (int64_t)(chain_bytes(spec) / draw_bytes(spec));
    if (n > spec->n_draws) n = spec->n_draws;
    return n > 1 ? n : 0;
}

/* Draws of a chain that may wait. */
static int64_t choose_capacity(const bens_record_spec *spec)
{
    int64_t n = count_kept(spec);
    if (n > 0) return n;
    n = (int64_t)(chain_bytes(spec) / sizeof(bens_draw));
    if (n > MOST_WRITTEN) n = MOST_WRITTEN;
    if (n > spec->n_draws) n = spec->n_draws;
    return n < 1 ? 1 : n;
}

static size_t kept_values(const bens_record_spec *spec)
{
    return (size_t)count_kept(spec) * spec->params->n;
}

size_t bens_record_bytes(const bens_record_spec *spec)
{
    return kept_values(spec) * sizeof(float) +
           (size_t)choose_capacity(spec) * sizeof(bens_draw);
}

static bens_status open_targets(const bens_record_spec *spec, bens_record *r)
{
    const bens_layout *l = spec->layout;
    const int64_t first = spec->first_row, last = first + spec->n_chains;
    BENS_TRY(bens_alloc((size_t)l->n_samples, sizeof *r->target, &r->target));
    for (int64_t i = 0; i < l->n_samples; i++) {
        const bens_rectangle *at = &l->samples[i];
        char path[BENS_PATH_SIZE];
        if (at->row >= last || at->row + at->n_rows <= first) continue;
        target *t = &r->target[r->n_targets];
        t->at = *at;
        BENS_TRY(bens_folder_join(spec->folder, at->name, path));
        BENS_TRY(
            bens_samples_open(path, spec->params, at->n_rows, at->n_draws, &t->samples));
        r->n_targets++;
    }
    return BENS_OK;
}

static bens_status open_all(const bens_record_spec *spec, bens_record *r)
{
    r->spec = *spec;
    r->capacity = choose_capacity(spec);
    r->flushed = bens_clock();
    BENS_TRY(open_targets(spec, r));
    BENS_TRY(bens_metrics_open(spec->metrics, &r->metrics));
    BENS_TRY(bens_alloc((size_t)spec->n_chains, sizeof *r->chain, &r->chain));
    const size_t kept = kept_values(spec);
    for (int64_t i = 0; i < spec->n_chains; i++) {
        pending *c = &r->chain[i];
        if (kept > 0) BENS_TRY(bens_alloc(kept, sizeof(float), &c->theta));
        BENS_TRY(bens_alloc((size_t)r->capacity, sizeof *c->draw, &c->draw));
        c->first = c->durable = c->reported = spec->drawn != NULL ? spec->drawn[i] : 0;
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
    for (int64_t i = 0; i < r->n_targets; i++) bens_samples_close(r->target[i].samples);
    free(r->target);
    free(r);
}

/* The draws have their place on the disk; a disk too full for
 * a line is no reason to stop. */
static void report(bens_record *r, int64_t i, int64_t step)
{
    const pending *c = &r->chain[i];
    const bens_metric metric = {.time = bens_clock_date(),
                                .rank = r->spec.rank,
                                .chain = r->spec.first_chain + i,
                                .step = step,
                                .draws = c->durable,
                                .loss = c->latest.loss,
                                .temperature_kinetic = c->latest.temperature_kinetic,
                                .diverging = c->latest.diverging,
                                .monitor = c->seen};
    if (bens_metrics_put(r->metrics, &metric) != BENS_OK) r->n_unreported++;
}

/* Those of some draws that fall into one rectangle. */
typedef struct {
    int64_t row, column; /* in the file */
    int64_t first, n;    /* of the run  */
} part;

/* Draws first ... first + n - 1 of chain i; false: none of them is there. */
static bool find_part(const bens_record *r, const target *t, int64_t i, int64_t first,
                      int64_t n, part *out)
{
    const int64_t row = r->spec.first_row + i - t->at.row;
    const int64_t end = t->at.draw + t->at.n_draws;
    const int64_t from = first > t->at.draw ? first : t->at.draw;
    const int64_t to = first + n < end ? first + n : end;
    *out = (part){.row = row, .column = from - t->at.draw, .first = from, .n = to - from};
    return row >= 0 && row < t->at.n_rows && from < to;
}

/* Draws first ... first + n - 1 of chain i, of those that wait; theta [n][params->n]. */
static bens_status write_draws(bens_record *r, int64_t i, int64_t first, int64_t n,
                               const float *theta)
{
    const pending *c = &r->chain[i];
    part p;
    for (int64_t k = 0; k < r->n_targets; k++)
        if (find_part(r, &r->target[k], i, first, n, &p))
            BENS_TRY(
                bens_samples_put(r->target[k].samples, p.row, p.column, p.n,
                                 theta + (size_t)(p.first - first) * r->spec.params->n,
                                 c->draw + (p.first - c->first)));
    return BENS_OK;
}

/* The values of what waits, but for those that were written as they came. */
static bens_status write_values(bens_record *r)
{
    for (int64_t i = 0; i < r->spec.n_chains; i++) {
        const pending *c = &r->chain[i];
        if (c->n > 0 && c->theta != NULL)
            BENS_TRY(write_draws(r, i, c->first, c->n, c->theta));
    }
    return BENS_OK;
}

/* The flags `done` of what waits, whose values are on disk. */
static bens_status write_flags(bens_record *r)
{
    part p;
    for (int64_t i = 0; i < r->spec.n_chains; i++)
        for (int64_t k = 0; k < r->n_targets; k++)
            if (find_part(r, &r->target[k], i, r->chain[i].first, r->chain[i].n, &p))
                BENS_TRY(bens_samples_done(r->target[k].samples, p.row, p.column, p.n));
    for (int64_t i = 0; i < r->spec.n_chains; i++) {
        pending *c = &r->chain[i];
        c->first += c->n;
        c->n = 0;
    }
    return BENS_OK;
}

/* The system tells a failure once and forgets it: the next wait would succeed. */
static bens_status wait_for_disk(bens_record *r)
{
    if (r->lost)
        BENS_FAIL(BENS_ERR_IO, "the disk failed before: what was written since the last "
                               "line of metrics.jsonl may not be there");
    for (int64_t k = 0; k < r->n_targets; k++) {
        r->lost = true;
        BENS_TRY(bens_samples_sync(r->target[k].samples));
    }
    r->lost = false;
    for (int64_t i = 0; i < r->spec.n_chains; i++)
        r->chain[i].durable = r->chain[i].first;
    return BENS_OK;
}

/* The chains that have new draws on disk; with step [n_chains] all chains. */
static void report_chains(bens_record *r, const int64_t *step)
{
    for (int64_t i = 0; i < r->spec.n_chains; i++) {
        pending *c = &r->chain[i];
        if (step == NULL && c->reported == c->durable) continue;
        c->reported = c->durable;
        report(r, i, step != NULL ? step[i] : c->latest.step);
    }
}

/* One wait: that for the values takes along the flags of those before them. Their own
 * flags are left to the next one, and so is their report. */
static bens_status make_room(bens_record *r)
{
    BENS_TRY(write_values(r));
    BENS_TRY(wait_for_disk(r));
    report_chains(r, NULL);
    return write_flags(r);
}

bens_status bens_record_put(bens_record *r, int64_t i, const float *theta,
                            const bens_draw *draw)
{
    pending *c = &r->chain[i];
    const size_t n = r->spec.params->n;
    bens_status s = BENS_OK;
    if (c->n == r->capacity) BENS_TRY(make_room(r));
    BENS_ASSERT(c->first + c->n < r->spec.n_draws);
    c->draw[c->n++] = *draw;
    if (c->theta != NULL)
        memcpy(c->theta + (size_t)(c->n - 1) * n, theta, n * sizeof *theta);
    else
        s = write_draws(r, i, c->first + c->n - 1, 1, theta);
    if (s == BENS_OK)
        c->latest = *draw;
    else
        c->n--;
    return s;
}

static bool is_behind(const bens_record *r)
{
    for (int64_t i = 0; i < r->spec.n_chains; i++)
        if (r->chain[i].n > 0 || r->chain[i].durable < r->chain[i].first) return true;
    return false;
}

/* Flags that a loss of power took back would stay so: the checkpoint that follows knows
 * of their draws. */
static bens_status flush(bens_record *r, const int64_t *step)
{
    if (is_behind(r)) {
        BENS_TRY(write_values(r));
        BENS_TRY(wait_for_disk(r));
        BENS_TRY(write_flags(r));
        BENS_TRY(wait_for_disk(r));
    }
    report_chains(r, step);
    r->flushed = bens_clock();
    return BENS_OK;
}

void bens_record_look(bens_record *r, int64_t i, const bens_monitored *seen, bool line)
{
    r->chain[i].seen = *seen;
    if (line) report(r, i, seen->step);
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
