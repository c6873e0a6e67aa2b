/* predict_print.c - `bens predict` on a terminal: what was left out, and a table of
 * scores. */
#include "run/predict_parts.h"

#include "core/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

void bens_predictor_warn(const bens_predictor *p)
{
    const bens_members *m = &p->members;
    const int64_t idle = bens_comm_size(p->world) - m->n_units;
    if (m->n_diverged > 0)
        fprintf(stderr,
                "bens predict: warning: left out: %" PRId64 " of %" PRId64
                " chains, which diverged\n",
                m->n_diverged, p->draws->n_chains);
    if (m->n_missing > 0)
        fprintf(stderr,
                "bens predict: warning: the run is not finished: used as far as it is, "
                "without %" PRId64 " draws that are to come\n",
                m->n_missing);
    if (m->n_empty > 0)
        fprintf(stderr,
                "bens predict: warning: %" PRId64 " of %" PRId64
                " chains have no draw yet\n",
                m->n_empty, p->draws->n_chains);
    if (!p->set[BENS_SET_DATA].scored)
        fprintf(stderr, "bens predict: warning: the data have no target: predictions, no "
                        "scores\n");
    if (m->n == 1)
        fprintf(stderr, "bens predict: warning: one member has no Monte Carlo error\n");
    if (idle > 0)
        fprintf(stderr,
                "bens predict: warning: %" PRId64 " of %d ranks have nothing to do: the "
                "members are shared in %" PRId64 " part%s\n",
                idle, bens_comm_size(p->world), m->n_units, plural(m->n_units));
}

/* Digits behind the point: up to the second one of the error. */
static int digits(double error)
{
    if (!(error > 1e-10)) return 5;
    return (int)fmin(fmax(1 - floor(log10(error)), 0), 8);
}

static void print_number(double x, int width, int precision)
{
    if (isnan(x))
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, precision, x);
}

static void print_score(const bens_predictor *p, const bens_scores *scores, bens_metric m)
{
    static const char *const meaning[BENS_N_METRICS] = {
        [BENS_NLL] = "mean -log p(y), nats",
        [BENS_ACCURACY] = "share of right answers",
        [BENS_BRIER] = "squared error of p, 0 to 2",
        [BENS_ECE] = "confidence against accuracy, 15 bins",
        [BENS_RMSE] = "root mean square error of the mean",
        [BENS_CRPS] = "continuous ranked probability score",
        [BENS_COVERAGE] = "y within the central 95 % of its prediction",
        [BENS_AUROC_TU] = "total uncertainty tells --ood from data",
        [BENS_AUROC_EU] = "that part which is ignorance does",
        [BENS_FPR95_TU] = "data taken for --ood where 95 % of that is found",
        [BENS_FPR95_EU] = "the same by ignorance",
    };
    const bool classes = p->kind == BENS_PREDICTS_CLASSES;
    const char *text = meaning[m];
    if (m == BENS_TOTAL)
        text = classes ? "total uncertainty, mean over rows, nats" : "mean variance of y";
    if (m == BENS_NOISE)
        text = classes ? "aleatoric: noise in the data" : "of it noise in the data";
    if (m == BENS_MODEL)
        text = classes ? "epistemic: ignorance, tu - au" : "of it ignorance";
    const bens_summed_score all = bens_scores_sum(scores, p->request->repeats, m);
    const int n = digits(all.error);
    printf("%-10s", bens_metric_name(p, m));
    print_number(all.mean, 12, n);
    print_number(all.error, 10, n);
    if (p->request->repeats > 1) print_number(all.sd, 10, n);
    printf("  %s\n", text);
}

void bens_predictor_print(const bens_predictor *p, const bens_scores *scores)
{
    const bens_predict_request *r = p->request;
    const bens_forecast *f = p->set;
    char members[128], time[32];
    bens_members_describe(&p->members, &r->members, members, sizeof members);
    bens_text_seconds(p->seconds, time, sizeof time);
    printf("members   %s", members);
    if (r->repeats > 1) printf(", %" PRId64 " random choices", r->repeats);
    printf("\ndata      %" PRId64 " row%s", f[BENS_SET_DATA].n,
           plural(f[BENS_SET_DATA].n));
    if (f[BENS_SET_OOD].n > 0)
        printf(", and %" PRId64 " out of distribution", f[BENS_SET_OOD].n);
    printf("\n\n%-10s %12s %10s", "", "value", "error");
    if (r->repeats > 1) printf(" %10s", "sd");
    printf("\n");
    for (bens_metric m = 0; m < BENS_N_METRICS; m++)
        if (bens_metric_applies(p, m)) print_score(p, scores, m);
    printf("\nerror: what other members would change (bootstrap)%s\n",
           r->repeats > 1 ? "; sd: over the random choices" : "");
    printf("%s in %s\n", p->path, time);
    fflush(stdout);
}
