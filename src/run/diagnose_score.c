/* diagnose_score.c - what the density itself says about the draws: gradients over all
 * data at a thinned set of them, the configurational temperature and the kernel Stein
 * discrepancy. */
#include "run/diagnose_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Gradients of a large model take long: all of them together about this many products of
 * a parameter and a datum (minutes), but at least LEAST_GRADIENTS. */
static const double MOST_WORK = 2e11;
enum { LEAST_GRADIENTS = 8 };

/* The stored lp and that of the model built again agree to rounding: of sums over the
 * data in another order (another CPU or BLAS), with float32 terms. */
static const double LP_TOLERANCE = 1e-4;

/* Draws with their gradients. */
typedef struct {
    bens_diagnosis *d;
    int64_t n, n_values;
    float *theta;     /* [params.n] of one draw        */
    bool keep;        /* x and score are of all draws, not only of the latest */
    float *x, *score; /* [n or 1][n_values] without padding                    */
    double *lp; /* [used chains][used draws] as stored; NULL: not that of all data, */
                /* or of the draws before they were rounded to float16  */
} scores;

/* Places i of 0 ... m - 1 spread over 0 ... n - 1, the last of each stretch. */
static int64_t spread(int64_t i, int64_t n, int64_t m)
{
    return (i + 1) * n / m - 1;
}

static void plan(scores *s)
{
    bens_diagnose_scores *out = &s->d->scores;
    const bens_selection *used = &s->d->used;
    const bens_problem *p = &s->d->problem.problem;
    const double each = p->params.n_data * (double)p->params.n_values;
    const int64_t affordable =
        (int64_t)fmax(LEAST_GRADIENTS, fmin(MOST_WORK / each, 1e6));
    int64_t most = s->d->config.diagnose.gradients;
    if (most > affordable) most = affordable;
    out->n_chains = used->n_chains < most ? used->n_chains : most;
    out->n_draws = most / out->n_chains;
    if (out->n_draws > used->n_draws) out->n_draws = used->n_draws;
    s->n = out->n_chains * out->n_draws;
    s->n_values = (int64_t)p->params.n_values;
}

/* row [n_values] = arena [params->n] without its padding. */
static void pack(const bens_params *params, const float *arena, float *row)
{
    for (int i = 0; i < params->n_tensors; row += params->tensors[i].size, i++)
        memcpy(row, arena + params->tensors[i].offset,
               params->tensors[i].size * sizeof *row);
}

/* -theta . grad / n_values, in the user's units. */
static double heat_of(const float *x, const float *grad, int64_t n)
{
    double sum = 0;
    for (int64_t e = 0; e < n; e++) sum += (double)x[e] * (double)grad[e];
    return -sum / (double)n;
}

static bens_status check_lp(const scores *s, int64_t k, int64_t t, double lp)
{
    if (s->lp == NULL) return BENS_OK;
    const double stored = s->lp[k * s->d->used.n_draws + t];
    if (fabs(lp - stored) <= LP_TOLERANCE * fmax(1, fabs(stored))) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "the model built again is another than the run's: "
              "at draw %lld of chain %lld wanted the stored lp %.9g, found %.9g",
              (long long)(s->d->used.first + t),
              (long long)(s->d->draws->first_chain + s->d->used.row[k]), stored, lp);
}

static bens_status take_gradients(scores *s)
{
    bens_diagnose_scores *out = &s->d->scores;
    const bens_diagnosis *d = s->d;
    const bens_selection *used = &d->used;
    const bens_params *params = &s->d->problem.problem.params;
    bens_workspace *work = &s->d->problem.work;
    for (int64_t i = 0; i < s->n; i++) {
        const int64_t k = spread(i / out->n_draws, used->n_chains, out->n_chains);
        const int64_t t = spread(i % out->n_draws, used->n_draws, out->n_draws);
        const int64_t at = s->keep ? i * s->n_values : 0;
        float *x = s->x + at, *score = s->score + at;
        double lp, loss;
        BENS_TRY(
            bens_draws_theta(d->draws, params, used->row[k], used->first + t, s->theta));
        BENS_TRY(
            bens_chain_log_posterior(work,
                                     (uint32_t)(d->draws->first_chain + used->row[k]),
                                     s->theta, work->grad, &lp, &loss));
        BENS_TRY(check_lp(s, k, t, lp));
        pack(params, s->theta, x);
        pack(params, work->grad, score);
        out->heat[i] = heat_of(x, score, s->n_values);
        for (int64_t e = 0; e < s->n_values; e++)
            score[e] = (float)((double)score[e] / d->temperature);
    }
    return BENS_OK;
}

/* sd of coordinate e over the draws; 0 if it never moved. */
static double sd_of(const scores *s, int64_t e)
{
    double sum = 0, squares = 0;
    const double origin = (double)s->x[e];
    for (int64_t i = 0; i < s->n; i++) sum += (double)s->x[i * s->n_values + e] - origin;
    for (int64_t i = 0; i < s->n; i++) {
        const double gap =
            (double)s->x[i * s->n_values + e] - origin - sum / (double)s->n;
        squares += gap * gap;
    }
    return sqrt(squares / (double)(s->n - 1));
}

/* Coordinates that never moved are taken out of x and score; scale [n_moving] of the
 * others. */
static void keep_moving(scores *s, double *scale)
{
    const int64_t n = s->n_values;
    int64_t kept = 0;
    for (int64_t e = 0; e < n; e++) {
        const double sd = sd_of(s, e);
        if (!(sd > 0)) continue;
        for (int64_t i = 0; i < s->n; i++) {
            s->x[i * n + kept] = s->x[i * n + e];
            s->score[i * n + kept] = s->score[i * n + e];
        }
        scale[kept++] = sd;
    }
    for (int64_t i = 0; i < s->n && kept < n; i++) {
        memmove(s->x + i * kept, s->x + i * n, (size_t)kept * sizeof *s->x);
        memmove(s->score + i * kept, s->score + i * n, (size_t)kept * sizeof *s->score);
    }
    s->d->scores.n_moving = kept;
}

/* Independent draws that those with gradients are worth. Between chains they are
 * independent once the start is forgotten; along a chain the least effective sample size
 * tells. */
static double count_effective(const bens_diagnosis *d)
{
    const bens_diagnose_scores *s = &d->scores;
    const double n = (double)(s->n_chains * s->n_draws);
    return fmin(n,
                isnan(d->columns.ess_mean) ? (double)s->n_chains : d->columns.ess_mean);
}

static void __attribute__((format(printf, 2, 3)))
say(char text[BENS_REASON_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, BENS_REASON_SIZE, format, arguments);
    va_end(arguments);
}

static bens_status compare(scores *s)
{
    bens_diagnose_scores *out = &s->d->scores;
    double *scale;
    BENS_TRY(bens_alloc((size_t)s->n_values, sizeof *scale, &scale));
    keep_moving(s, scale);
    bens_status status = BENS_OK;
    if (out->n_moving == 0)
        say(out->no_ksd, "no parameter ever moved");
    else
        status = bens_ksd_compute(s->x, s->score, s->n, out->n_moving, scale, &out->ksd);
    free(scale);
    out->n_eff = count_effective(s->d);
    out->exact = out->ksd.expected * sqrt((double)s->n / out->n_eff);
    return status;
}

/* Why a discrepancy makes no sense or is too dear. */
static void refuse_ksd(const scores *s)
{
    const bens_diagnosis *d = s->d;
    char *text = s->d->scores.no_ksd;
    const int64_t most = d->config.diagnose.ksd_parameters;
    if (s->n < 2)
        say(text, "it wants at least 2 draws");
    else if (d->heated)
        say(text, "the temperature differs between draws: they are of no one density");
    else if (s->n_values > most)
        say(text, "%lld parameters are more than [diagnose] ksd_parameters = %lld",
            (long long)s->n_values, (long long)most);
}

static bens_status reserve(scores *s)
{
    bens_diagnosis *d = s->d;
    const size_t n = (size_t)(s->n_values * (s->keep ? s->n : 1));
    if (d->config.store.lp == BENS_LP_FULL && !d->draws->params.half)
        BENS_TRY(bens_selection_stat(d, "lp", &s->lp));
    BENS_TRY(bens_alloc(d->problem.problem.params.n, sizeof *s->theta, &s->theta));
    BENS_TRY(bens_alloc((size_t)s->n, sizeof *d->scores.heat, &d->scores.heat));
    BENS_TRY(bens_alloc(n, sizeof *s->x, &s->x));
    return bens_alloc(n, sizeof *s->score, &s->score);
}

/* No gradient is made that nobody wants. */
static bens_status measure(scores *s)
{
    plan(s);
    refuse_ksd(s);
    s->keep = s->d->scores.no_ksd[0] == '\0';
    if (!s->keep && s->d->configurational.known) return BENS_OK;
    BENS_TRY(reserve(s));
    BENS_TRY(take_gradients(s));
    return s->keep ? compare(s) : BENS_OK;
}

/* Do two superchains start apart? Most often the first two say it. */
static bens_status compare_starts(scores *s)
{
    const bens_diagnosis *d = s->d;
    const bens_problem *p = &s->d->problem.problem;
    const uint32_t first = (uint32_t)(d->draws->first_chain + d->used.row[0]);
    float *one, *other;
    bool same = true;
    BENS_TRY(bens_alloc(2 * p->params.n, sizeof *one, &one));
    other = one + p->params.n;
    bens_status status = bens_problem_start(p, first, one, NULL);
    for (int64_t k = 1; k < d->used.n_chains && same && status == BENS_OK; k++) {
        if (d->used.superchain[k] == d->used.superchain[k - 1]) continue;
        const uint32_t chain = (uint32_t)(d->draws->first_chain + d->used.row[k]);
        status = bens_problem_start(p, chain, other, NULL);
        same = memcmp(one, other, p->params.n * sizeof *one) == 0;
    }
    if (status == BENS_OK)
        s->d->scores.starts = same ? BENS_STARTS_COMMON : BENS_STARTS_APART;
    free(one);
    return status;
}

/* What the settings alone say of the starts. */
static bens_starts starts_by_settings(const bens_diagnosis *d)
{
    const char *from = d->config.init.from;
    if (d->used.n_superchains == 1 || strcmp(from, "zero") == 0)
        return BENS_STARTS_COMMON;
    return strcmp(from, "prior") == 0 ? BENS_STARTS_APART : BENS_STARTS_UNKNOWN;
}

static void forget(bens_diagnose_scores *s)
{
    free(s->heat);
    s->heat = NULL;
    s->n_chains = s->n_draws = 0;
}

bens_status bens_diagnose_score(bens_diagnosis *d)
{
    scores s = {.d = d};
    d->scores = (bens_diagnose_scores){.starts = starts_by_settings(d)};
    bens_status status = bens_rebuilt_create(d->draws, d->request->plugin, &d->problem);
    if (status == BENS_OK && d->scores.starts == BENS_STARTS_UNKNOWN)
        status = compare_starts(&s);
    if (status == BENS_OK && d->config.diagnose.gradients == 0)
        say(d->scores.missing, "[diagnose] gradients = 0");
    else if (status == BENS_OK && d->temperature == 0)
        say(d->scores.missing, "at temperature 0 there is no density to draw from");
    else if (status == BENS_OK)
        status = measure(&s);
    if (status != BENS_OK) {
        forget(&d->scores);
        bens_rebuilt_release(&d->problem);
    }
    if (status == BENS_ERR_CONFIG || status == BENS_ERR_IO)
        say(d->scores.missing, "%.*s", BENS_REASON_SIZE - 1, bens_error_text());
    free(s.theta);
    free(s.x);
    free(s.score);
    free(s.lp);
    return status == BENS_ERR_FAILURE || d->request->plugin != NULL ? status : BENS_OK;
}
