/* predict_rows.c - what a row adds to the sums of a replicate: the mixture there, made of
 * what units of members say, and its scores. */
#include "run/predict_replicates.h"

#include "analysis/mixture.h"

#include <math.h>

/* Sums of E|Y - Y'| over the members of two units, at row i of n. */
static double pair_sum(const bens_unit *a, const bens_unit *b, int64_t n, int64_t i)
{
    double sum = 0;
    for (int64_t j = i; j < a->n_pairing * n; j += n)
        for (int64_t k = i; k < b->n_pairing * n; k += n)
            sum +=
                bens_normal_distance(a->mean[j] - b->mean[k], hypot(a->sd[j], b->sd[k]));
    return sum;
}

void bens_scoring_pair(bens_scoring *s, const bens_unit *unit, int64_t n, int64_t first,
                       int64_t end)
{
    const int64_t U = s->p->members.n_units;
#pragma omp parallel for schedule(static) num_threads(s->p->n_workers)
    for (int64_t i = first; i < end; i++) {
        double *pairs = s->pairs + (i - first) * U * U,
               *self = s->selves + (i - first) * U;
        for (int64_t u = 0; u < U; u++) {
            for (int64_t v = 0; v <= u; v++)
                pairs[u * U + v] = pairs[v * U + u] = pair_sum(&unit[u], &unit[v], n, i);
            self[u] = 0;
            for (int64_t j = i; j < unit[u].n_pairing * n; j += n)
                self[u] += bens_normal_distance(0, sqrt(2) * unit[u].sd[j]);
        }
    }
}

/* E|Y - Y'| of two members drawn from all M by their weights, from Q that stand for them:
 * the pairs of two different ones are (1 - 1/M) of all. */
static double mean_pair(const bens_scoring *s, const bens_replicate *r,
                        const bens_unit *unit, int64_t at)
{
    const int64_t U = s->p->members.n_units;
    const double *pairs = s->pairs + at * U * U, *selves = s->selves + at * U;
    double M = 0, Q = 0, all = 0, self = 0;
    for (int64_t u = 0; u < U; u++) {
        double row = 0;
        if (r->weight[u] == 0) continue;
        for (int64_t v = 0; v < U; v++) row += r->weight[v] * pairs[u * U + v];
        all += r->weight[u] * row;
        self += r->weight[u] * selves[u];
        M += r->weight[u] * unit[u].n_members;
        Q += r->weight[u] * (double)unit[u].n_pairing;
    }
    const double different = Q > 1 ? (all - self) / (Q * (Q - 1)) : self / Q;
    return (1 - 1 / M) * different + self / Q / M;
}

static void note(bens_replicate *r, int set, int64_t row, double total, double noise,
                 double model)
{
    if (r->tu[set] != NULL) {
        r->tu[set][row] = total;
        r->eu[set][row] = model;
    }
    if (set != BENS_SET_DATA) return;
    r->n++;
    r->total += total;
    r->noise += noise;
    r->model += model;
}

/* log of the mean density under the weights of a replicate. */
static double mean_density(const bens_replicate *r, const bens_unit *unit,
                           int64_t n_units, double weight, int64_t i)
{
    double most = -INFINITY, sum = 0;
    for (int64_t u = 0; u < n_units; u++)
        if (r->weight[u] > 0 && !(unit[u].log_density[i] <= most))
            most = unit[u].log_density[i];
    if (!isfinite(most)) return most;
    for (int64_t u = 0; u < n_units; u++)
        if (r->weight[u] > 0) sum += r->weight[u] * exp(unit[u].log_density[i] - most);
    return most + log(sum / weight);
}

static void add_classes(const bens_scoring *s, bens_replicate *r, const bens_unit *unit,
                        int set, int64_t first, int64_t i)
{
    const bens_predictor *p = s->p;
    const size_t K = (size_t)p->n_outputs;
    double weight = 0, au = 0, tu = 0;
    for (size_t k = 0; k < K; k++) r->p[k] = 0;
    for (int64_t u = 0; u < p->members.n_units; u++) {
        const bens_uncertainty *c = &unit[u].classes;
        const double w = r->weight[u] * *c->weight;
        if (r->weight[u] == 0) continue;
        weight += w;
        au += r->weight[u] * c->entropy[i];
        for (size_t k = 0; k < K; k++) r->p[k] += w * c->p[(size_t)i * K + k];
    }
    for (size_t k = 0; k < K; k++) {
        r->p[k] /= weight;
        if (r->p[k] > 0) tu -= r->p[k] * log(r->p[k]);
    }
    au /= weight;
    note(r, set, first + i, tu, au, tu - au);
    const bens_forecast *f = &p->set[set];
    if (set != BENS_SET_DATA || !f->scored) return;
    bens_class_sums_add(&r->classes, r->p, &f->data->label[first + i], 1, K);
    r->reals.n++; /* from logs: p itself may be 0 where its log is -1000 */
    r->reals.nll -= mean_density(r, unit, p->members.n_units, weight, i);
}

static double total_weight(const bens_replicate *r, const bens_unit *unit,
                           int64_t n_units)
{
    double weight = 0;
    for (int64_t u = 0; u < n_units; u++) weight += r->weight[u] * unit[u].n_members;
    return weight;
}

/* A count is in the central interval unless P(Y <= y) or P(Y >= y) is too small: `below`
 * has half of P(Y = y). */
static void add_y(const bens_scoring *s, bens_replicate *r, const bens_unit *unit,
                  double off, double weight, int64_t i)
{
    const int64_t U = s->p->members.n_units;
    const double log_density = mean_density(r, unit, U, weight, i);
    const double half = s->p->counts ? 0.5 * exp(log_density) : 0;
    double below = 0, distance = 0;
    for (int64_t u = 0; u < U; u++) {
        below += r->weight[u] * unit[u].below[i];
        distance += r->weight[u] * unit[u].distance[i];
    }
    r->reals.n++;
    r->reals.nll -= log_density;
    r->reals.squares += off * off;
    r->reals.inside += fabs(below / weight - 0.5) <= BENS_COVERAGE_LEVEL / 2 + half;
    if (s->pairs == NULL) return;
    r->reals.crps +=
        distance / weight - mean_pair(s, r, unit, i % BENS_REPLICATE_ROWS) / 2;
}

static void add_reals(const bens_scoring *s, bens_replicate *r, const bens_unit *unit,
                      int set, int64_t first, int64_t i)
{
    const int64_t U = s->p->members.n_units;
    const double weight = total_weight(r, unit, U);
    const bens_forecast *f = &s->p->set[set];
    double mean = 0, noise = 0, model = 0;
    for (int64_t u = 0; u < U; u++) {
        mean += r->weight[u] * unit[u].n_members * unit[u].reals.mean[i] / weight;
        noise += r->weight[u] * unit[u].reals.noise[i] / weight;
    }
    for (int64_t u = 0; u < U; u++) {
        const double off = unit[u].reals.mean[i] - mean;
        const double spread = unit[u].reals.spread[i] + unit[u].n_members * off * off;
        model += r->weight[u] * spread / weight;
    }
    note(r, set, first + i, noise + model, noise, model);
    if (set == BENS_SET_DATA && f->scored)
        add_y(s, r, unit, (double)f->data->y[first + i] - mean, weight, i);
}

void bens_replicate_add(const bens_scoring *s, bens_replicate *r, const bens_unit *unit,
                        int set, int64_t first, int64_t i)
{
    const int64_t U = s->p->members.n_units;
    if (s->p->kind == BENS_PREDICTS_CLASSES) {
        add_classes(s, r, unit, set, first, i);
    } else if (s->p->kind == BENS_PREDICTS_REALS) {
        add_reals(s, r, unit, set, first, i);
    } else {
        r->reals.n++;
        r->reals.nll -= mean_density(r, unit, U, total_weight(r, unit, U), i);
    }
}
