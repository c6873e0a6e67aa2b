#include "run/summary.h"

#include "core/half.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>

static void add(bens_thermometer *t, double temperature, double wanted)
{
    if (!isfinite(temperature)) return;
    t->wanted += wanted;
    t->n++;
    t->sum += temperature;
    t->squares += temperature * temperature;
}

void bens_summary_add(bens_summary *summary, const bens_draw *draw)
{
    if (draw->diverging) return;
    add(&summary->kinetic, draw->temperature_kinetic, draw->temperature);
    add(&summary->configurational, draw->temperature_configurational, draw->temperature);
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
                "bens train: warning: %.0f of %lld chains diverged: their draws are NaN "
                "and flagged `diverging`; a smaller [sampler] step_size helps\n",
                summary->n_diverged, (long long)s->grid.n_chains);
    if (summary->n_unreported > 0)
        fprintf(stderr,
                "bens train: warning: metrics.jsonl lacks %.0f lines, which the disk did "
                "not take; the draws are complete\n",
                summary->n_unreported);
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
