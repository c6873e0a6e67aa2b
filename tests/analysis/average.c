/* The averaged prediction of members against its definition, summed up directly. */
#include "analysis/average.h"
#include "analysis/draws.h"
#include "analysis/mixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 40, K = 3, M = 7 };

/* Answers of M members to N questions. */
typedef struct {
    bens_questions q;
    int32_t label[N];
    float y[N];
    double log_density[M][N], mean[M][N * K], variance[M][N];
} answers;

static void make_classes(answers *a)
{
    uint64_t seed = 5;
    a->q = (bens_questions){.n = N, .n_classes = K, .label = a->label};
    for (int i = 0; i < N; i++) a->label[i] = (int32_t)((uniform(&seed) + 1) * 1.499);
    for (int m = 0; m < M; m++)
        for (int i = 0; i < N; i++) {
            double *p = &a->mean[m][i * K], sum = 0;
            for (int k = 0; k < K; k++) sum += p[k] = exp(2 * uniform(&seed));
            for (int k = 0; k < K; k++) p[k] /= sum;
            a->log_density[m][i] = log(p[a->label[i]]);
        }
}

static void make_reals(answers *a)
{
    uint64_t seed = 6;
    a->q = (bens_questions){.n = N, .y = a->y};
    for (int i = 0; i < N; i++) a->y[i] = (float)uniform(&seed);
    for (int m = 0; m < M; m++)
        for (int i = 0; i < N; i++) {
            a->mean[m][i] = uniform(&seed);
            a->variance[m][i] = 1.5 + uniform(&seed);
            const double sd = sqrt(a->variance[m][i]);
            a->log_density[m][i] =
                bens_mixture_log_density(&(bens_mixture){.n_members = 1,
                                                         .mean = &a->mean[m][i],
                                                         .sd = &sd},
                                         (double)a->y[i]);
        }
}

static bens_member_scores add(const answers *a, int m, bens_average *to)
{
    const bens_answers one = {a->log_density[m], a->mean[m],
                              a->q.n_classes > 0 ? NULL : a->variance[m]};
    return bens_average_add(to, &a->q, &one);
}

static bens_average empty(const answers *a, double **values)
{
    const size_t n = bens_average_size(a->q.n, a->q.n_classes);
    *values = calloc(n, sizeof **values);
    assert_non_null(*values);
    return bens_average_over(*values, a->q.n, a->q.n_classes);
}

static bens_average_scores all_of(const answers *a)
{
    double *values;
    bens_average all = empty(a, &values);
    for (int m = 0; m < M; m++) add(a, m, &all);
    const bens_average_scores s = bens_average_finish(&all, &a->q);
    free(values);
    return s;
}

/* Sums of some hundred terms of size 1: 1e-13 is a thousand roundings. */
static void assert_near(double found, double wanted)
{
    if (!(fabs(found - wanted) < 1e-13 * (1 + fabs(wanted))))
        fail_msg("wanted %.17g, found %.17g", wanted, found);
}

static double mean_and_sd(const double *x, double *sd)
{
    double mean = 0, squares = 0;
    for (int m = 0; m < M; m++) mean += x[m] / M;
    for (int m = 0; m < M; m++) squares += (x[m] - mean) * (x[m] - mean);
    *sd = sqrt(squares / (M - 1));
    return mean;
}

static bool is_hit(const double *p, int32_t label)
{
    return p[label] > p[(label + 1) % K] && p[label] > p[(label + 2) % K];
}

static double entropy(const double *p)
{
    double sum = 0;
    for (int k = 0; k < K; k++) sum -= p[k] * log(p[k]);
    return sum;
}

static void classes_are_their_definition(void **state)
{
    static answers a;
    double loss[M] = {0}, hits[M] = {0}, all_loss = 0, all_hits = 0, tu = 0, au = 0, sd;
    (void)state;
    make_classes(&a);
    for (int i = 0; i < N; i++) {
        double p[K] = {0};
        for (int m = 0; m < M; m++) {
            const double *one = &a.mean[m][i * K];
            for (int k = 0; k < K; k++) p[k] += one[k] / M;
            loss[m] -= log(one[a.label[i]]) / N;
            hits[m] += is_hit(one, a.label[i]) / (double)N;
            au += entropy(one) / M / N;
        }
        all_loss -= log(p[a.label[i]]) / N;
        all_hits += is_hit(p, a.label[i]) / (double)N;
        tu += entropy(p) / N;
    }
    const bens_average_scores s = all_of(&a);
    assert_true(s.n_members == M);
    assert_near(s.mean.loss, mean_and_sd(loss, &sd));
    assert_near(s.sd.loss, sd);
    assert_near(s.mean.score, mean_and_sd(hits, &sd));
    assert_near(s.sd.score, sd);
    assert_near(s.all.loss, all_loss);
    assert_near(s.all.score, all_hits);
    assert_near(s.total, tu);
    assert_near(s.noise, au);
    assert_near(s.model, tu - au);
    assert_true(s.mean.score < s.all.score && s.all.loss < s.mean.loss);
}

static void reals_are_their_definition(void **state)
{
    static answers a;
    double loss[M] = {0}, squares[M] = {0}, all_loss = 0, all_squares = 0, sd;
    double noise = 0, model = 0;
    (void)state;
    make_reals(&a);
    for (int i = 0; i < N; i++) {
        double mean[M], sds[M], off;
        for (int m = 0; m < M; m++) {
            mean[m] = a.mean[m][i];
            sds[m] = sqrt(a.variance[m][i]);
            loss[m] -= a.log_density[m][i] / N;
            squares[m] += pow((double)a.y[i] - mean[m], 2) / N;
            noise += a.variance[m][i] / M / N;
        }
        const bens_mixture all = {.n_members = M, .mean = mean, .sd = sds};
        all_loss -= bens_mixture_log_density(&all, (double)a.y[i]) / N;
        off = (double)a.y[i] - mean_and_sd(mean, &sd);
        all_squares += off * off / N;
        model += sd * sd * (M - 1) / M / N;
    }
    for (int m = 0; m < M; m++) squares[m] = sqrt(squares[m]);
    const bens_average_scores s = all_of(&a);
    assert_near(s.mean.loss, mean_and_sd(loss, &sd));
    assert_near(s.sd.loss, sd);
    assert_near(s.mean.score, mean_and_sd(squares, &sd));
    assert_near(s.sd.score, sd);
    assert_near(s.all.loss, all_loss);
    assert_near(s.all.score, sqrt(all_squares));
    assert_near(s.noise, noise);
    assert_near(s.model, model);
    assert_near(s.total, noise + model);
}

/* Groups of 3 and 4 members that are joined say what the 7 say; a copy of the block of
 * doubles goes on with the same bits; groups without members change nothing. */
static void check_groups(const answers *a)
{
    double *values[4];
    bens_average first = empty(a, &values[0]), second = empty(a, &values[1]);
    bens_average all = empty(a, &values[2]), copy = empty(a, &values[3]);
    for (int m = 0; m < 2; m++) add(a, m, &first);
    memcpy(copy.values, first.values, first.n_values * sizeof(double));
    add(a, 2, &first);
    add(a, 2, &copy);
    assert_memory_equal(copy.values, first.values, first.n_values * sizeof(double));
    for (int m = 3; m < M; m++) add(a, m, &second);
    const bens_average none = all;
    bens_average_merge(&first, &none);
    assert_memory_equal(copy.values, first.values, first.n_values * sizeof(double));
    bens_average_merge(&all, &first);
    bens_average_merge(&all, &second);
    const bens_average_scores s = bens_average_finish(&all, &a->q), whole = all_of(a);
    for (size_t i = 0; i < sizeof s / sizeof(double); i++)
        assert_near(((const double *)&s)[i], ((const double *)&whole)[i]);
    for (int i = 0; i < 4; i++) free(values[i]);
}

static void groups_join(void **state)
{
    static answers a;
    (void)state;
    make_classes(&a);
    check_groups(&a);
    make_reals(&a);
    check_groups(&a);
}

/* No members, one member, densities that no double holds, and answers that are none. */
static void limits(void **state)
{
    static answers a;
    double *values;
    (void)state;
    make_classes(&a);
    bens_average all = empty(&a, &values);
    bens_average_scores s = bens_average_finish(&all, &a.q);
    assert_true(s.n_members == 0 && isnan(s.all.loss) && isnan(s.mean.loss));
    for (int i = 0; i < N; i++)
        for (int m = 0; m < 2; m++) a.log_density[m][i] = -2000 - 10 * m;
    add(&a, 0, &all);
    s = bens_average_finish(&all, &a.q);
    assert_true(s.n_members == 1 && isnan(s.sd.loss) && s.model == 0);
    assert_near(s.all.loss, 2000);
    add(&a, 1, &all);
    s = bens_average_finish(&all, &a.q);
    assert_near(s.all.loss, 2000 + log(2) - log1p(exp(-10)));
    for (int i = 0; i < N * K; i++) a.mean[2][i] = NAN;
    assert_true(add(&a, 2, &all).score == 0);
    for (int i = 0; i < N * K; i++) a.mean[3][i] = 1. / K;
    double first = 0; /* of equal ones the first is taken */
    for (int i = 0; i < N; i++) first += (a.label[i] == 0) / (double)N;
    assert_near(add(&a, 3, &all).score, first);
    assert_true(first > 0 && first < 1);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_their_definition),
        cmocka_unit_test(reals_are_their_definition),
        cmocka_unit_test(groups_join),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
