/* diagnose_look.c - the statistics of every number, a block of them at a time, so that
 * the draws of a large model need not be in memory at once. */
#include "run/diagnose_parts.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 128 << 20, MOST_KEPT = 100000 };

const double bens_diagnose_prob[BENS_DIAGNOSE_QUANTILES] = {0.05, 0.5, 0.95};

/* What a thread works with. */
typedef struct {
    bens_convergence *w;
    double *x; /* [n_chains][n_draws] */
} worker;

typedef struct {
    bens_diagnosis *d;
    int n_workers;
    worker *worker;         /* [n_workers] */
    size_t most;            /* elements of a block */
    double *block;          /* [most][all chains][all draws] */
    bens_diagnose_row *row; /* [most] */
    bool keep;
} look;

bool bens_diagnose_nests(const bens_selection *used)
{
    return used->n_superchains >= 3 && used->n_superchains < used->n_chains;
}

/* How far beyond its threshold a number is in the worst respect. Distances of R-hat are
 * taken in variances, as its thresholds are. */
static double excess_of(const bens_diagnosis *d, const bens_diagnose_row *r)
{
    const bens_diagnose_options *o = &d->config.diagnose;
    const double limit = d->nested_limit, nested = fmax(r->nested, r->nested_rank);
    if (!isfinite(r->c.mean)) return INFINITY;
    double worst = 0; /* fmax passes over what is NaN */
    worst = fmax(worst, (r->c.r_hat * r->c.r_hat - 1) / (o->r_hat * o->r_hat - 1));
    worst = fmax(worst, (nested * nested - 1) / (limit * limit - 1));
    return fmax(worst, o->ess / fmin(r->c.ess_bulk, r->c.ess_tail));
}

static bens_diagnose_row row_of(const look *l, worker *w, size_t i, int tensor,
                                size_t element)
{
    const bens_diagnosis *d = l->d;
    const size_t n_cells = (size_t)(d->draws->n_chains * d->draws->n_draws);
    bens_diagnose_row r = {.tensor = tensor,
                           .element = element,
                           .nested = NAN,
                           .nested_rank = NAN,
                           .quantile = {NAN, NAN, NAN},
                           .mcse_quantile = {NAN, NAN, NAN}};
    bens_selection_take(&d->used, d->draws, l->block + i * n_cells, w->x);
    r.c = bens_convergence_of(w->w, w->x);
    if (bens_diagnose_nests(&d->used)) {
        r.nested = bens_nested_r_hat(w->w, w->x, d->used.superchain, false);
        r.nested_rank = bens_nested_r_hat(w->w, w->x, d->used.superchain, true);
    }
    for (int q = 0; q < BENS_DIAGNOSE_QUANTILES && l->keep; q++) {
        r.quantile[q] = bens_quantile(w->w, w->x, bens_diagnose_prob[q]);
        if (d->used.n_draws >= 4)
            r.mcse_quantile[q] = bens_mcse_quantile(w->w, w->x, bens_diagnose_prob[q]);
    }
    r.excess = excess_of(d, &r);
    return r;
}

/* NaN is no value; a value is larger than none. */
static bool is_beyond(double value, double than, int sign)
{
    return !isnan(value) && (isnan(than) || sign * (value - than) > 0);
}

static void add_extreme(bens_diagnose_extreme *e, const bens_diagnose_row *r,
                        double value, double limit, int sign)
{
    e->n_beyond += sign * (value - limit) > 0;
    if (!is_beyond(value, e->tensor == -2 ? NAN : e->value, sign)) return;
    e->value = value;
    e->tensor = r->tensor;
    e->element = r->element;
}

static void add_worst(bens_diagnose_columns *c, const bens_diagnose_row *r)
{
    int at = c->n_worst;
    if (at == BENS_DIAGNOSE_WORST && c->worst[at - 1].excess >= r->excess) return;
    if (at < BENS_DIAGNOSE_WORST)
        c->n_worst++;
    else
        at--;
    for (; at > 0 && c->worst[at - 1].excess < r->excess; at--)
        c->worst[at] = c->worst[at - 1];
    c->worst[at] = *r;
}

static void add_to_group(bens_diagnose_group *g, const bens_diagnose_row *r,
                         bool constant)
{
    const double nested = fmax(r->nested, r->nested_rank);
    g->n++;
    g->n_beyond += r->excess > 1;
    g->n_constant += constant;
    g->r_hat = fmax(g->r_hat, r->c.r_hat);
    g->nested = fmax(g->nested, nested);
    if (constant) return;
    g->ess_bulk = fmin(g->ess_bulk, r->c.ess_bulk);
    g->ess_tail = fmin(g->ess_tail, r->c.ess_tail);
    g->autocorrelation_time = fmax(g->autocorrelation_time, r->c.autocorrelation_time);
}

static void add_row(bens_diagnosis *d, bens_diagnose_group *g, const bens_diagnose_row *r)
{
    const bens_diagnose_options *o = &d->config.diagnose;
    bens_diagnose_columns *c = &d->columns;
    const bool constant = r->c.sd < 1e-15; /* as convergence.h has it */
    add_to_group(g, r, constant);
    add_worst(c, r);
    if (c->all != NULL) c->all[c->n] = *r;
    c->n++;
    c->n_constant += constant;
    c->n_not_finite += !isfinite(r->c.mean);
    if (constant) return;
    add_extreme(&c->r_hat, r, r->c.r_hat, o->r_hat, 1);
    add_extreme(&c->nested, r, fmax(r->nested, r->nested_rank), d->nested_limit, 1);
    add_extreme(&c->ess_bulk, r, r->c.ess_bulk, o->ess, -1);
    add_extreme(&c->ess_tail, r, r->c.ess_tail, o->ess, -1);
    c->ess_mean = fmin(c->ess_mean, r->c.ess_mean);
}

/* The n numbers in l->block. */
static void add_block(look *l, bens_diagnose_group *g, size_t begin, size_t n)
{
    const int64_t end = (int64_t)n;
#pragma omp parallel for schedule(dynamic) num_threads(l->n_workers)
    for (int64_t i = 0; i < end; i++)
        l->row[i] = row_of(l, &l->worker[omp_get_thread_num()], (size_t)i, g->tensor,
                           begin + (size_t)i);
    for (size_t i = 0; i < n; i++) add_row(l->d, g, &l->row[i]);
}

static bens_diagnose_group *begin_group(bens_diagnose_columns *c, int tensor)
{
    bens_diagnose_group *g = &c->group[c->n_groups++];
    *g = (bens_diagnose_group){.tensor = tensor,
                               .r_hat = NAN,
                               .nested = NAN,
                               .ess_bulk = NAN,
                               .ess_tail = NAN,
                               .autocorrelation_time = NAN};
    return g;
}

static bens_status look_at_all(look *l)
{
    const bens_draws *draws = l->d->draws;
    bens_diagnose_columns *c = &l->d->columns;
    for (int i = 0; i < draws->params.n_tensors; i++) {
        const bens_tensor *t = &draws->params.tensors[i];
        bens_diagnose_group *g = begin_group(c, i);
        for (size_t begin = 0; begin < t->size; begin += l->most) {
            const size_t n = t->size - begin < l->most ? t->size - begin : l->most;
            BENS_TRY(bens_draws_elements(draws, t, begin, n, l->block));
            add_block(l, g, begin, n);
        }
    }
    BENS_TRY(bens_draws_stat(draws, "lp", l->block));
    add_block(l, begin_group(c, -1), 0, 1);
    return BENS_OK;
}

static bens_status reserve(look *l)
{
    bens_diagnosis *d = l->d;
    bens_diagnose_columns *c = &d->columns;
    const size_t n_cells = (size_t)(d->draws->n_chains * d->draws->n_draws);
    const size_t n_chains = (size_t)d->used.n_chains, n_draws = (size_t)d->used.n_draws;
    const size_t n = d->draws->params.n_values + 1;
    l->most = BLOCK_BYTES / sizeof(double) / n_cells;
    if (l->most < 1) l->most = 1;
    if (l->most > n) l->most = n;
    l->keep = d->request->all || n <= MOST_KEPT;
    BENS_TRY(bens_alloc(l->most * n_cells, sizeof *l->block, &l->block));
    BENS_TRY(bens_alloc(l->most, sizeof *l->row, &l->row));
    BENS_TRY(
        bens_alloc((size_t)d->draws->params.n_tensors + 1, sizeof *c->group, &c->group));
    if (l->keep) BENS_TRY(bens_alloc(n, sizeof *c->all, &c->all));
    BENS_TRY(bens_alloc((size_t)l->n_workers, sizeof *l->worker, &l->worker));
    for (int i = 0; i < l->n_workers; i++) {
        BENS_TRY(bens_convergence_create(n_chains, n_draws, &l->worker[i].w));
        BENS_TRY(bens_alloc(n_chains * n_draws, sizeof(double), &l->worker[i].x));
    }
    return BENS_OK;
}

static void release(look *l)
{
    for (int i = 0; i < l->n_workers && l->worker != NULL; i++) {
        bens_convergence_destroy(l->worker[i].w);
        free(l->worker[i].x);
    }
    free(l->worker);
    free(l->block);
    free(l->row);
}

bens_status bens_diagnose_look(bens_diagnosis *d)
{
    const bens_diagnose_extreme none = {.value = NAN, .tensor = -2};
    look l = {.d = d, .n_workers = omp_get_max_threads()};
    d->columns = (bens_diagnose_columns){.r_hat = none,
                                         .nested = none,
                                         .ess_bulk = none,
                                         .ess_tail = none,
                                         .ess_mean = NAN};
    bens_status s = reserve(&l);
    if (s == BENS_OK) s = look_at_all(&l);
    release(&l);
    return s;
}

void bens_diagnose_columns_release(bens_diagnose_columns *c)
{
    free(c->all);
    free(c->group);
    *c = (bens_diagnose_columns){0};
}
