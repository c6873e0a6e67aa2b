#include "run/summary.h"

#include "core/half.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* wanted [n_draws]: the temperatures that the row was to have; seen [n_draws]: scratch. */
static bens_status read_thermometer(const bens_draws *d, const char *name, int64_t row,
                                    const double *wanted, double *seen,
                                    bens_thermometer *t)
{
    BENS_TRY(bens_draws_stat_row(d, name, row, seen));
    for (int64_t k = 0; k < d->n_draws; k++) {
        if (!bens_draws_is_good(d, row, k) || !isfinite(seen[k])) continue;
        t->n++;
        t->wanted += wanted[k];
        t->sum += seen[k];
        t->squares += seen[k] * seen[k];
    }
    return BENS_OK;
}

/* value [2][n_draws] is scratch. */
static bens_status read_chain(const bens_draws *d, int64_t row, double *value,
                              bens_summary *out)
{
    double *const seen = value + d->n_draws;
    bool diverged = false;
    for (int64_t k = 0; k < d->n_draws; k++)
        diverged = diverged || !bens_draws_is_good(d, row, k);
    out->n_diverged += diverged;
    BENS_TRY(bens_draws_stat_row(d, "temperature", row, value));
    BENS_TRY(read_thermometer(d, "temperature_kinetic", row, value, seen, &out->kinetic));
    BENS_TRY(read_thermometer(d, "temperature_configurational", row, value, seen,
                              &out->configurational));
    if (bens_draws_has_stat(d, "overflow")) {
        BENS_TRY(bens_draws_stat_row(d, "overflow", row, value));
        for (int64_t k = 0; k < d->n_draws; k++) out->n_overflows += value[k];
    }
    if (bens_draws_has_stat(d, "noise_clamped")) { /* the steps up to a draw */
        BENS_TRY(bens_draws_stat_row(d, "noise_clamped", row, value));
        out->n_clamped += value[d->n_draws - 1];
    }
    return BENS_OK;
}

bens_status bens_summary_read(const bens_draws *d, bens_summary *out)
{
    double *value;
    *out = (bens_summary){.n_diverged = 0};
    if (d->n_complete < d->n_draws)
        BENS_FAIL(BENS_ERR_IO,
                  "wanted %lld draws of every chain in '%s', found %lld: the file system "
                  "has lost what was written; --resume auto makes them again",
                  (long long)d->n_draws, d->path, (long long)d->n_complete);
    BENS_TRY(bens_alloc(2 * (size_t)d->n_draws, sizeof *value, &value));
    bens_status s = BENS_OK;
    for (int64_t row = 0; row < d->n_chains && s == BENS_OK; row++)
        s = read_chain(d, row, value, out);
    free(value);
    return s;
}

/* Is a thermometer off by a factor of two and more, and by more than chance (four times
 * the error of its mean)? Says so. */
static bool is_off(const bens_session *s, const char *name, const bens_thermometer *t)
{
    const double n = t->n, mean = t->sum / n, wanted = t->wanted / n;
    if (n < 2 || wanted == 0 || (mean < 2 * wanted && mean > wanted / 2)) return false;
    const double variance = fmax(t->squares / n - mean * mean, 0);
    if (fabs(mean - wanted) < 4 * sqrt(variance / (n - 1))) return false;
    fprintf(stderr,
            "bens train: warning: the %s temperature is %.3g where %.3g was asked for: "
            "these are not draws of it; %s%s\n",
            name, mean, wanted,
            mean < wanted
                ? "a longer burn_in, or a larger step_size, helps"
                : "a smaller step_size, a larger batch or a longer burn_in helps",
            s->config.sampler->largest_step != NULL && s->config.model->build == NULL
                ? " (--dry-run shows the largest stable step)"
                : "");
    return true;
}

/* Steps that all chains have done; diverged ones count as if they had gone on. */
static double count_steps(const bens_session *s)
{
    const bens_problem *p = &s->problem;
    return (double)s->grid.n_chains * (double)bens_problem_draw_step(p, p->n_draws - 1);
}

static void warn_of_clamped(const bens_session *s, const bens_summary *summary)
{
    if (summary->n_clamped == 0) return;
    fprintf(stderr,
            "bens train: warning: in %.3g %% of the steps [sampler] gradient_noise "
            "exceeded "
            "the noise to inject, and none was; if it is right the chains were too hot "
            "there (a smaller step_size, a larger alpha or batch helps), else too cold\n",
            100 * summary->n_clamped / count_steps(s));
}

static void warn_of_overflows(const bens_summary *summary)
{
    if (summary->n_overflows == 0) return;
    fprintf(stderr,
            "bens train: warning: %.0f numbers of draws were beyond %g, the largest "
            "float16, and are infinite in samples.h5 (sample_stats/overflow counts "
            "them); "
            "[store] dtype = float32 keeps them\n",
            summary->n_overflows, (double)BENS_HALF_MAX);
}

bool bens_summary_judge(const bens_session *s, const bens_summary *summary)
{
    if (summary->n_diverged > 0)
        fprintf(stderr,
                "bens train: warning: %lld of %lld chains diverged: their draws are NaN "
                "and flagged `diverging`; a smaller [sampler] step_size helps\n",
                (long long)summary->n_diverged, (long long)s->grid.n_chains);
    warn_of_overflows(summary);
    warn_of_clamped(s, summary);
    const bool hot = is_off(s, "kinetic", &summary->kinetic);
    const bool off = is_off(s, "configurational", &summary->configurational);
    return summary->n_diverged == 0 && !hot && !off;
}

static void show(const char *name, const bens_thermometer *t)
{
    if (t->n > 0) printf("; %s %.3f", name, t->sum / t->n);
}

void bens_summary_show(const bens_session *s, const bens_summary *summary, double seconds)
{
    const bens_problem *p = &s->problem;
    const long long chains = (long long)s->grid.n_chains, draws = (long long)p->n_draws;
    const double steps = count_steps(s);
    char time[32], rate[32];
    bens_text_seconds(seconds, time, sizeof time);
    bens_text_count(steps / seconds, rate, sizeof rate);
    printf("%lld chain%s x %lld draw%s in %s (%s chain-steps/s): %s/samples.h5\n", chains,
           chains == 1 ? "" : "s", draws, draws == 1 ? "" : "s", time, rate,
           s->config.run.output);
    printf("temperature %g", p->temperature);
    show("kinetic", &summary->kinetic);
    show("configurational", &summary->configurational);
    printf("\n");
    fflush(stdout);
}
