#include "analysis/average.h"

#include "analysis/mixture.h"

#include <math.h>

enum { LOSS, SCORE, N_SCORES };

static size_t moments_size(size_t n, size_t n_classes)
{
    return n_classes > 0 ? bens_uncertainty_size(n, n_classes)
                         : bens_variances_size(n, 1);
}

size_t bens_average_size(size_t n, size_t n_classes)
{
    return bens_variances_size(N_SCORES, 1) + moments_size(n, n_classes) + n;
}

bens_average bens_average_over(double *values, size_t n, size_t n_classes)
{
    double *const moments = values + bens_variances_size(N_SCORES, 1);
    bens_average a = {.n_values = bens_average_size(n, n_classes),
                      .values = values,
                      .members = bens_variances_over(values, N_SCORES, 1),
                      .log_density = moments + moments_size(n, n_classes)};
    if (n_classes > 0)
        a.classes = bens_uncertainty_over(moments, n, n_classes);
    else
        a.reals = bens_variances_over(moments, n, 1);
    return a;
}

/* Is the largest of p [n] that of the label? A NaN is no hit. */
static bool hits(const double *p, size_t n, int32_t label)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        if (p[k] > p[best] || isnan(p[k])) best = k;
    return best == (size_t)label && !isnan(p[best]);
}

static double score_of(const bens_questions *q, const double *mean)
{
    double sum = 0;
    for (size_t i = 0; i < q->n; i++) {
        if (q->n_classes > 0) {
            sum += hits(mean + i * q->n_classes, q->n_classes, q->label[i]);
        } else {
            const double off = (double)q->y[i] - mean[i];
            sum += off * off;
        }
    }
    return q->n_classes > 0 ? sum / (double)q->n : sqrt(sum / (double)q->n);
}

/* shift: log of the number of members that log_density sums up. */
static double loss_of(const bens_questions *q, const double *log_density, double shift)
{
    double sum = 0;
    for (size_t i = 0; i < q->n; i++) sum -= log_density[i] - shift;
    return sum / (double)q->n;
}

bens_member_scores bens_answers_score(const bens_questions *q, const bens_answers *a)
{
    return (bens_member_scores){.loss = loss_of(q, a->log_density, 0),
                                .score = score_of(q, a->mean)};
}

/* Empty it is zeros, which are no logarithms of 0. */
static void add_densities(bens_average *average, const double *log_density, size_t n)
{
    const bool empty = *average->members.weight == 0;
    for (size_t i = 0; i < n; i++)
        average->log_density[i] =
            empty ? log_density[i]
                  : bens_log_add(average->log_density[i], log_density[i]);
}

bens_member_scores bens_average_add(bens_average *average, const bens_questions *q,
                                    const bens_answers *a)
{
    static const double no_noise[N_SCORES] = {0};
    const bens_member_scores one = bens_answers_score(q, a);
    const double scores[N_SCORES] = {[LOSS] = one.loss, [SCORE] = one.score};
    add_densities(average, a->log_density, q->n);
    if (q->n_classes > 0)
        bens_uncertainty_add(&average->classes, 1, a->mean);
    else
        bens_variances_add(&average->reals, 1, a->mean, a->variance);
    bens_variances_add(&average->members, 1, scores, no_noise);
    return one;
}

void bens_average_merge(bens_average *average, const bens_average *from)
{
    const size_t n = average->n_values - (size_t)(average->log_density - average->values);
    if (*from->members.weight == 0) return;
    add_densities(average, from->log_density, n);
    if (average->classes.values != NULL)
        bens_uncertainty_merge(&average->classes, &from->classes);
    else
        bens_variances_merge(&average->reals, &from->reals);
    bens_variances_merge(&average->members, &from->members);
}

/* Mean over data and members of what was summed over members. */
static double mean_of(const double *sum, size_t n, double weight)
{
    double all = 0;
    for (size_t i = 0; i < n; i++) all += sum[i];
    return all / (double)n / weight;
}

bens_average_scores bens_average_finish(const bens_average *average,
                                        const bens_questions *q)
{
    const bens_uncertainty *c = &average->classes;
    const bens_variances *r = &average->reals, *m = &average->members;
    const bens_member_scores unknown = {NAN, NAN};
    const bool classes = q->n_classes > 0;
    const double M = *m->weight;
    bens_average_scores s = {M, unknown, unknown, unknown, NAN, NAN, NAN};
    if (M == 0) return s;
    s.mean = (bens_member_scores){m->mean[LOSS], m->mean[SCORE]};
    if (M > 1)
        s.sd = (bens_member_scores){sqrt(m->spread[LOSS] / (M - 1)),
                                    sqrt(m->spread[SCORE] / (M - 1))};
    s.all.loss = loss_of(q, average->log_density, log(M));
    s.all.score = score_of(q, classes ? c->p : r->mean);
    s.noise = mean_of(classes ? c->entropy : r->noise, q->n, M);
    s.model = mean_of(classes ? c->divergence : r->spread, q->n, M);
    s.total = s.noise + s.model;
    return s;
}
