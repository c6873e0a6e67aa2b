/* diagnose_print.c - a diagnosis for people: 90 columns, the worst first. */
#include "run/diagnose_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 90, LABEL = 13 };

/* The words of text, in lines of at most WIDTH columns that begin at `indent`. */
static void wrap(FILE *out, int indent, const char *text)
{
    int at = indent;
    while (*text != '\0') {
        const int n = (int)strcspn(text, " ");
        if (at > indent && at + 1 + n > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        }
        at += fprintf(out, "%s%.*s", at > indent ? " " : "", n, text);
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

static void print_run(const bens_diagnosis *d, FILE *out)
{
    char text[1024];
    const bens_selection *used = &d->used;
    const bens_draws *draws = d->draws;
    fprintf(out, "%-*s%s: %lld chain%s x %lld draw%s, temperature %g\n", LABEL, "run",
            d->request->run, (long long)draws->n_chains, draws->n_chains == 1 ? "" : "s",
            (long long)draws->n_draws, draws->n_draws == 1 ? "" : "s", d->temperature);
    if (bens_selection_is_all(used, draws)) return;
    fprintf(out, "%-*s%lld draw%s of ", LABEL, "used", (long long)used->n_draws,
            used->n_draws == 1 ? "" : "s");
    if (used->n_chains == 1)
        fprintf(out, "one chain");
    else
        fprintf(out, "each of %lld chains", (long long)used->n_chains);
    if (used->n_diverged > 0)
        fprintf(out, "; %lld diverged", (long long)used->n_diverged);
    if (used->n_without > 0)
        fprintf(out, "; %lld without draws", (long long)used->n_without);
    bens_selection_describe(used, draws, text, sizeof text);
    fprintf(out, "; in ArviZ:\n%s\n", text);
}

static void print_starts(const bens_diagnosis *d, FILE *out)
{
    const bens_selection *used = &d->used;
    static const char *const how[] = {[BENS_STARTS_UNKNOWN] =
                                          "whether from different points is not known",
                                      [BENS_STARTS_APART] = "from different points",
                                      [BENS_STARTS_COMMON] = "all from one point"};
    fprintf(out, "%-*s%lld chain%s", LABEL, "starts", (long long)used->n_chains,
            used->n_chains == 1 ? "" : "s");
    if (used->n_superchains < used->n_chains)
        fprintf(out, " in %lld superchain%s", (long long)used->n_superchains,
                used->n_superchains == 1 ? "" : "s");
    if (used->n_chains > 1) fprintf(out, ", %s", how[d->scores.starts]);
    fputc('\n', out);
}

/* A number in `width` columns, "-" where there is none. */
static void cell(FILE *out, int width, const char *format, double x)
{
    char text[32];
    snprintf(text, sizeof text, format, x);
    fprintf(out, " %*s", width - 1, isnan(x) ? "-" : text);
}

static void cell_r_hat(FILE *out, double r_hat)
{
    cell(out, 8, r_hat < 10 ? "%.4f" : "%.3g", r_hat);
}

/* Its end is what tells a long name from its neighbours. */
static void cell_name(FILE *out, int width, const char *name)
{
    const int n = (int)strlen(name);
    if (n <= width)
        fprintf(out, "%-*s", width, name);
    else
        fprintf(out, "..%s", name + n - width + 2);
}

typedef struct {
    FILE *out;
    bool nested, dynamic; /* which columns there are */
    int name;             /* width                   */
} table;

static table plan_table(const bens_diagnosis *d, FILE *out)
{
    table t = {.out = out,
               .nested = bens_diagnose_nests(&d->used) && d->temperature > 0,
               .dynamic = d->used.n_draws >= 4 && d->temperature > 0};
    t.name = t.nested && t.dynamic ? 20 : 24;
    return t;
}

static void print_row(const table *t, const bens_diagnosis *d, const bens_diagnose_row *r)
{
    char name[256];
    bens_diagnose_name(d, r->tensor, r->element, name, sizeof name);
    cell_name(t->out, t->name, name);
    cell(t->out, 11, "%.5g", r->c.mean);
    cell(t->out, 10, "%.4g", r->c.sd);
    if (t->dynamic) {
        cell(t->out, 9, "%.2g", r->c.mcse_mean);
        cell_r_hat(t->out, r->c.r_hat);
    }
    if (t->nested) cell_r_hat(t->out, fmax(r->nested, r->nested_rank));
    if (t->dynamic) {
        cell(t->out, 9, "%.0f", r->c.ess_bulk);
        cell(t->out, 9, "%.0f", r->c.ess_tail);
        cell(t->out, 7, "%.1f", r->c.autocorrelation_time);
    }
    fprintf(t->out, "%s\n", r->excess > 1 && d->temperature > 0 ? " !" : "");
}

static void print_head(const table *t)
{
    fprintf(t->out, "\n%-*s %10s %9s", t->name, "", "mean", "sd");
    if (t->dynamic) fprintf(t->out, " %8s %7s", "mcse", "r_hat");
    if (t->nested) fprintf(t->out, " %7s", "nested");
    if (t->dynamic) fprintf(t->out, " %8s %8s %6s", "ess_bulk", "ess_tail", "tau");
    fputc('\n', t->out);
}

static int by_excess(const void *a, const void *b)
{
    const bens_diagnose_row *x = a, *y = b;
    if (x->excess != y->excess) return x->excess > y->excess ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* All rows, worst first. */
static void print_all(const table *t, const bens_diagnosis *d)
{
    const bens_diagnose_columns *c = &d->columns;
    bens_diagnose_row *sorted;
    const size_t n = (size_t)c->n;
    if (bens_alloc(n, sizeof *sorted, &sorted) != BENS_OK) {
        for (size_t i = 0; i < n; i++) print_row(t, d, &c->all[i]);
        return;
    }
    memcpy(sorted, c->all, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_excess);
    for (size_t i = 0; i < n; i++) print_row(t, d, &sorted[i]);
    free(sorted);
}

static void print_numbers(const bens_diagnosis *d, bool all, FILE *out)
{
    const bens_diagnose_columns *c = &d->columns;
    const table t = plan_table(d, out);
    print_head(&t);
    if (all && c->all != NULL)
        print_all(&t, d);
    else
        for (int i = 0; i < c->n_worst; i++) print_row(&t, d, &c->worst[i]);
    if (!all && c->n > c->n_worst)
        fprintf(out, "(the worst %d of %lld numbers; --all shows all)\n", c->n_worst,
                (long long)c->n);
}

/* Tensors with the largest share of numbers beyond a threshold come first. */
static int by_share(const void *a, const void *b)
{
    const bens_diagnose_group *const *x = a, *const *y = b;
    const double one = (double)(*x)->n_beyond / (double)(*x)->n;
    const double other = (double)(*y)->n_beyond / (double)(*y)->n;
    if (one != other) return one > other ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static void print_group(const bens_diagnosis *d, const bens_diagnose_group *g, FILE *out)
{
    cell_name(out, 30, g->tensor < 0 ? "lp" : d->draws->params.tensors[g->tensor].name);
    fprintf(out, " %9lld %9lld", (long long)g->n, (long long)g->n_beyond);
    cell_r_hat(out, g->r_hat);
    cell_r_hat(out, g->nested);
    cell(out, 9, "%.0f", g->ess_bulk);
    cell(out, 9, "%.0f", g->ess_tail);
    cell(out, 6, "%.0f", g->autocorrelation_time);
    fputc('\n', out);
}

/* Where not all numbers are shown: what is the worst of each tensor. */
static void print_groups(const bens_diagnosis *d, bool all, FILE *out)
{
    const bens_diagnose_columns *c = &d->columns;
    const bens_diagnose_group **sorted;
    const int most = all ? c->n_groups : BENS_DIAGNOSE_WORST;
    if (c->n <= BENS_DIAGNOSE_WORST || d->temperature == 0) return;
    if (bens_alloc((size_t)c->n_groups, sizeof *sorted, &sorted) != BENS_OK) return;
    for (int i = 0; i < c->n_groups; i++) sorted[i] = &c->group[i];
    qsort(sorted, (size_t)c->n_groups, sizeof *sorted, by_share);
    fprintf(out, "\n%-30s %9s %9s %7s %7s %8s %8s %5s\n", "worst of each tensor",
            "numbers", "beyond", "r_hat", "nested", "ess_bulk", "ess_tail", "tau");
    for (int i = 0; i < c->n_groups && i < most; i++) print_group(d, sorted[i], out);
    if (c->n_groups > most)
        fprintf(out, "(%d of %d tensors; --all shows all)\n", most, c->n_groups);
    free(sorted);
}

static void print_heat(const char *name, const bens_diagnosis *d,
                       const bens_diagnose_heat *h, FILE *out)
{
    fprintf(out, "%-18s", name);
    if (!h->known) {
        fprintf(out, "not known\n");
        return;
    }
    if (isnan(h->t.mcse))
        fprintf(out, "%.4f; its error is not known", h->t.mean);
    else
        fprintf(out, "%.4f +- %.2g; a mean from %.4f to %.4f is expected", h->t.mean,
                h->t.mcse, h->low, h->high);
    if (h->again)
        fprintf(out, " (%lld x %lld draws)", (long long)d->scores.n_chains,
                (long long)d->scores.n_draws);
    fputc('\n', out);
}

static void print_scores(const bens_diagnosis *d, FILE *out)
{
    const bens_diagnose_scores *s = &d->scores;
    fputs("\ntemperature\n", out);
    print_heat("  kinetic", d, &d->kinetic, out);
    print_heat("  configurational", d, &d->configurational, out);
    if (s->missing[0] != '\0' || s->no_ksd[0] != '\0') return;
    fprintf(out,
            "ksd               %.4g of %lld x %lld draws in %lld coordinates; as many "
            "exact draws:\n                  about %.4g (worth %.0f independent ones)\n",
            s->ksd.ksd, (long long)s->n_chains, (long long)s->n_draws,
            (long long)s->n_moving, s->exact, s->n_eff);
}

void bens_diagnosis_print(const bens_diagnosis *d, bool all, FILE *out)
{
    static const char *const words[] = {[BENS_TRUST] =
                                            "trust these draws, as far as this can see",
                                        [BENS_TRUST_NOT] = "do not trust these draws",
                                        [BENS_TRUST_OPEN] =
                                            "cannot tell whether to trust these draws"};
    static const char marks[] =
        {[BENS_REASON_GOOD] = '+', [BENS_REASON_BAD] = '!', [BENS_REASON_NOTE] = '-'};
    print_run(d, out);
    print_starts(d, out);
    print_numbers(d, all, out);
    print_groups(d, all, out);
    if (d->temperature > 0) print_scores(d, out);
    fprintf(out, "\nverdict: %s\n", words[d->verdict]);
    for (int i = 0; i < d->n_reasons; i++) {
        fprintf(out, "  %c ", marks[d->reason[i].kind]);
        wrap(out, 4, d->reason[i].text);
    }
}
