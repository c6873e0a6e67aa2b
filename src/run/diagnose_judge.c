/* diagnose_judge.c - the verdict, and why. Whatever is beyond a threshold is a reason not
 * to trust the draws. Where nothing is, they are trusted if something could have spoken
 * against them: a comparison of chains, or of several chains with the density's own
 * scores. */
#include "run/diagnose_parts.h"

#include "analysis/distributions.h"

#include <math.h>
#include <stdarg.h>

/* What of stationary runs nested R-hat may condemn by chance. */
static const double FALSE_ALARMS = 0.01;
/* A temperature is off if it is so by more than its error times this. */
static const double Z_MOST = 4;

static void __attribute__((format(printf, 3, 4)))
add(bens_diagnosis *d, bens_reason_kind kind, const char *format, ...)
{
    va_list arguments;
    BENS_ASSERT(d->n_reasons < BENS_MOST_REASONS);
    bens_reason *r = &d->reason[d->n_reasons++];
    r->kind = kind;
    va_start(arguments, format);
    vsnprintf(r->text, sizeof r->text, format, arguments);
    va_end(arguments);
}

/* Of stationary superchains of M independent draws, M B / W is F distributed with K - 1
 * and K (M - 1) degrees of freedom (of longer chains it is less): the quantile that none
 * of n numbers, of values and of ranks, exceeds but with probability FALSE_ALARMS. */
static double chance(const bens_selection *used, double n)
{
    const double k = (double)used->n_superchains, inside = (double)used->n_chains - k;
    const double x = bens_beta_quantile(1 - FALSE_ALARMS / (2 * n), 0.5 * (k - 1),
                                        fmax(0.5 * inside, 1));
    return inside / (k - 1) * x / (1 - x);
}

void bens_diagnose_bounds(bens_diagnosis *d)
{
    const bens_selection *used = &d->used;
    const double tau = d->config.diagnose.tau;
    d->nested_bound = d->nested_limit = NAN;
    if (!bens_diagnose_nests(used)) return;
    d->nested_bound =
        bens_nested_threshold(used->superchain, (size_t)used->n_chains, tau);
    const double share = d->nested_bound * d->nested_bound - 1 - tau; /* mean of 1 / M */
    d->nested_limit =
        sqrt(1 + share * chance(used, (double)d->draws->params.n_values + 1) + tau);
}

static void judge_finite(bens_diagnosis *d)
{
    const long long left_out = d->used.n_diverged, used = d->used.n_chains;
    const double share = (double)left_out / (double)(left_out + used);
    if (left_out > 0)
        add(d, share > d->config.diagnose.diverged ? BENS_REASON_BAD : BENS_REASON_NOTE,
            "%lld of %lld chains diverged and are left out: where they were when they "
            "did, the others were not stable either; a smaller [sampler] step_size helps",
            left_out, left_out + used);
    if (d->columns.n_not_finite > 0)
        add(d, BENS_REASON_BAD, "%lld of %lld numbers are not finite in some draw",
            (long long)d->columns.n_not_finite, (long long)d->columns.n);
    if (d->columns.n_constant == d->columns.n && d->temperature > 0 &&
        d->used.n_chains * d->used.n_draws > 1)
        add(d, BENS_REASON_BAD, "no number ever moved");
}

static void judge_r_hat(bens_diagnosis *d)
{
    const bens_diagnose_extreme *e = &d->columns.r_hat;
    char name[128];
    if (e->tensor == -2) return;
    bens_diagnose_name(d, e->tensor, e->element, name, sizeof name);
    if (e->n_beyond > 0)
        add(d, BENS_REASON_BAD,
            "R-hat is %.4g at %s, wanted at most %g; %lld of %lld numbers are beyond: "
            "the chains, or their halves, do not agree; a longer burn_in and run helps "
            "if they still move, not if they sit in different modes",
            e->value, name, d->config.diagnose.r_hat, (long long)e->n_beyond,
            (long long)d->columns.n);
    else
        add(d, BENS_REASON_GOOD, "R-hat is at most %.4f (%s), wanted at most %g",
            e->value, name, d->config.diagnose.r_hat);
}

/* Nested R-hat that is too large speaks against the run however its chains started. */
static void judge_nested(bens_diagnosis *d)
{
    const bens_diagnose_extreme *e = &d->columns.nested;
    char name[128];
    if (e->tensor == -2) return;
    bens_diagnose_name(d, e->tensor, e->element, name, sizeof name);
    if (e->n_beyond > 0)
        add(d, BENS_REASON_BAD,
            "nested R-hat is %.4g at %s, wanted below %.4f (%.4f and room for chance); "
            "%lld of %lld numbers are beyond: the superchains have not forgotten their "
            "starts; a longer burn_in helps",
            e->value, name, d->nested_limit, d->nested_bound, (long long)e->n_beyond,
            (long long)d->columns.n);
    else
        add(d, BENS_REASON_GOOD,
            "nested R-hat is at most %.4f (%s), "
            "wanted below %.4f (%.4f and room for chance)",
            e->value, name, d->nested_limit, d->nested_bound);
}

/* Can chains be compared, and if not, why? Says so. */
static bool judge_chains(bens_diagnosis *d)
{
    const bens_selection *used = &d->used;
    const bens_starts starts = d->scores.starts;
    const bool long_enough = used->n_draws >= 4, several = used->n_chains >= 2;
    const bool nests = bens_diagnose_nests(used), common = starts == BENS_STARTS_COMMON;
    if (long_enough && several) judge_r_hat(d);
    if (nests && !common) judge_nested(d);
    if (!several)
        add(d, BENS_REASON_NOTE,
            "one chain: R-hat wants at least 2, and nothing here can tell a chain that "
            "has not moved on from one that has converged");
    else if (common && long_enough)
        add(d, BENS_REASON_NOTE,
            "all chains start from one point: that they agree does not show that they "
            "have been everywhere; [init] from = prior starts them apart, where the "
            "model has a prior");
    else if (common)
        add(d, BENS_REASON_NOTE,
            "R-hat wants 4 draws of a chain, found %lld, and all chains start from one "
            "point: comparing them cannot show that they have forgotten it; nested R-hat "
            "can if [init] superchain = M gives every M of them a start of their own, as "
            "from = prior does",
            (long long)used->n_draws);
    else if (!long_enough && !nests)
        add(d, BENS_REASON_NOTE,
            "R-hat wants 4 draws of a chain, found %lld; nested R-hat wants 3 "
            "superchains of several chains ([init] superchain), found %lld of %lld "
            "chains: chains of so few draws that start on their own cannot be compared",
            (long long)used->n_draws, (long long)used->n_superchains,
            (long long)used->n_chains);
    else if (!long_enough && starts == BENS_STARTS_UNKNOWN)
        add(d, BENS_REASON_NOTE,
            "whether the superchains start from different points is not known; if not, "
            "nested R-hat says nothing");
    return several && (long_enough || (nests && starts == BENS_STARTS_APART));
}

static void judge_ess(bens_diagnosis *d)
{
    const double wanted = d->config.diagnose.ess;
    const bens_diagnose_extreme *bulk = &d->columns.ess_bulk,
                                *tail = &d->columns.ess_tail;
    const bens_diagnose_extreme *e = bulk->value < tail->value ? bulk : tail;
    const double n = (double)d->used.n_chains;
    char name[128];
    if (d->used.n_draws < 4) {
        add(d, n < wanted ? BENS_REASON_BAD : BENS_REASON_GOOD,
            "%g chain%s of %lld draw%s %s worth at most about %g independent draw%s, "
            "wanted at least %g%s",
            n, n == 1 ? "" : "s", (long long)d->used.n_draws,
            d->used.n_draws == 1 ? "" : "s", n == 1 ? "is" : "are", n, n == 1 ? "" : "s",
            wanted,
            n < wanted ? "; more chains, or a lower [diagnose] ess, if so few are enough"
                       : "");
        return;
    }
    if (e->tensor == -2) return;
    bens_diagnose_name(d, e->tensor, e->element, name, sizeof name);
    if (e->value < wanted)
        add(d, BENS_REASON_BAD,
            "the %s effective sample size is %.0f at %s, wanted at least %g: about %.0f "
            "times as many draws, or a larger thin, are needed",
            e == bulk ? "bulk" : "tail", e->value, name, wanted, ceil(wanted / e->value));
    else
        add(d, BENS_REASON_GOOD,
            "the effective sample size is at least %.0f (%s, %s), wanted at least %g",
            e->value, name, e == bulk ? "bulk" : "tail", wanted);
}

/* "1.02 +- 0.01"; that of one draw has no error. */
static const char *describe(const bens_diagnose_heat *h, int digits, char text[64])
{
    const int n = snprintf(text, 64, "%.*g", digits, h->t.mean);
    if (!isnan(h->t.mcse)) snprintf(text + n, 64 - (size_t)n, " +- %.2g", h->t.mcse);
    return text;
}

/* Of the temperature that decides: far off, within what is wanted, or not known well
 * enough. */
static void judge_heat(bens_diagnosis *d, const char *name, const bens_diagnose_heat *h)
{
    const double off = fabs(h->t.mean / d->temperature - 1);
    const double wanted = d->config.diagnose.temperature;
    char text[64];
    if (off <= wanted)
        add(d, BENS_REASON_GOOD, "the %s temperature is %s, wanted %g within %g %%", name,
            describe(h, 4, text), d->temperature, 100 * wanted);
    else if (fabs(h->t.z) > Z_MOST)
        add(d, BENS_REASON_BAD,
            "the %s temperature is %s, wanted %g within %g %%: the draws are "
            "not of the density asked for; a smaller step_size, a larger batch or a "
            "longer burn_in helps",
            name, describe(h, 3, text), d->temperature, 100 * wanted);
    else
        add(d, BENS_REASON_NOTE,
            "the %s temperature is %s: too uncertain to tell whether it is %g "
            "within %g %%, as is wanted",
            name, describe(h, 3, text), d->temperature, 100 * wanted);
}

/* Gradients of shuffled batches heat the momenta more than the parameters, and Euler's
 * recursion does so without any: where both temperatures are known the kinetic one
 * decides nothing. */
static void judge_heats(bens_diagnosis *d)
{
    const bens_diagnose_heat *kinetic = &d->kinetic;
    const double off = fabs(kinetic->t.mean / d->temperature - 1);
    if (!d->configurational.known) {
        if (kinetic->known) judge_heat(d, "kinetic", kinetic);
        return;
    }
    judge_heat(d, "configurational", &d->configurational);
    if (kinetic->known && off > d->config.diagnose.temperature &&
        fabs(kinetic->t.z) > Z_MOST)
        add(d, BENS_REASON_NOTE,
            "the kinetic temperature is %.3g +- %.2g: "
            "momenta may be hotter than parameters (noise of batches, "
            "a large step), and it is the parameters that count",
            kinetic->t.mean, kinetic->t.mcse);
}

/* Do the scores say that the draws are of the density? */
static bool judge_ksd(bens_diagnosis *d)
{
    const bens_diagnose_scores *s = &d->scores;
    const double wanted = d->config.diagnose.ksd, times = s->ksd.ksd / s->exact;
    if (s->missing[0] != '\0') {
        add(d, BENS_REASON_NOTE, "no kernel Stein discrepancy: %s", s->missing);
        return false;
    }
    if (s->no_ksd[0] != '\0') {
        add(d, BENS_REASON_NOTE, "no kernel Stein discrepancy: %s", s->no_ksd);
        return false;
    }
    const bool fine = times <= wanted;
    add(d, fine ? BENS_REASON_GOOD : BENS_REASON_BAD,
        "the kernel Stein discrepancy is %.3g times that of as many exact draws, wanted "
        "at most %g%s",
        times, wanted,
        fine ? ""
             : ": the draws are not of the density asked for, whatever the chains say");
    return fine;
}

static void judge_optimiser(bens_diagnosis *d)
{
    add(d, BENS_REASON_NOTE,
        "temperature 0: these are end points of an optimiser, not draws of a posterior, "
        "and nothing here says whether they are good ones; their loss: mean %.6g, from "
        "%.6g to %.6g",
        d->loss_mean, d->loss_min, d->loss_max);
}

static bool has_bad(const bens_diagnosis *d)
{
    for (int i = 0; i < d->n_reasons; i++)
        if (d->reason[i].kind == BENS_REASON_BAD) return true;
    return false;
}

void bens_diagnose_judge(bens_diagnosis *d)
{
    bool compared = false, scored = false;
    judge_finite(d);
    if (d->temperature == 0) {
        judge_optimiser(d);
    } else {
        compared = judge_chains(d);
        judge_ess(d);
        if (!d->heated) judge_heats(d);
        scored = judge_ksd(d) && d->used.n_chains > 1;
        if (d->heated)
            add(d, BENS_REASON_BAD,
                "the temperature differs between draws, so that together they are of no "
                "one density; a constant [schedule] temperature from burn_in on helps");
    }
    if (scored && !compared && !has_bad(d))
        add(d, BENS_REASON_NOTE,
            "so the verdict rests on the scores, "
            "which cannot see a mode that no chain has reached");
    d->verdict = has_bad(d)           ? BENS_TRUST_NOT
                 : compared || scored ? BENS_TRUST
                                      : BENS_TRUST_OPEN;
}
