#include "io/predictions_layout.h"

#include <string.h>

enum { MOST = 32 };

static bens_samples_axis axis(const char *name, int64_t n)
{
    bens_samples_axis a = {.n = n};
    memcpy(a.name, name, strlen(name) + 1);
    return a;
}

static bens_samples_variable *add(bens_samples_layout *l, const char *group,
                                  const char *name, const char *doc)
{
    BENS_ASSERT(l->n < MOST);
    bens_samples_variable *v = &l->variable[l->n++];
    *v = (bens_samples_variable){.group = group,
                                 .name = name,
                                 .doc = doc,
                                 .type = BENS_H5_FLOAT64,
                                 .n = 1};
    return v;
}

/* Its next axis. The first two count as those of chains and draws (bens_samples_size). */
static void extend(bens_samples_variable *v, bens_samples_axis next)
{
    if (v->rank >= 2) v->n *= (size_t)next.n;
    v->axis[v->rank++] = next;
}

static void add_rows(bens_samples_layout *l, const bens_predictions_spec *spec,
                     const char *group, int64_t n, const char *name, const char *doc,
                     const char *second)
{
    bens_samples_variable *v = add(l, group, name, doc);
    extend(v, axis("obs_id", n));
    if (second == NULL) return;
    bens_samples_axis a = axis(second, spec->n_outputs);
    a.labels = spec->class_names;
    extend(v, a);
}

static void add_predictive(bens_samples_layout *l, const bens_predictions_spec *spec,
                           const char *group, int64_t n)
{
    if (n == 0) return;
    if (spec->kind == BENS_PREDICTS_CLASSES) {
        add_rows(l, spec, group, n, "p", "mean probability over members", "class");
        add_rows(l, spec, group, n, "tu", "total uncertainty, H(p), nats", NULL);
        add_rows(l, spec, group, n, "au", "aleatoric: mean H of members, nats", NULL);
        add_rows(l, spec, group, n, "eu", "epistemic: tu - au, nats", NULL);
    } else if (spec->kind == BENS_PREDICTS_REALS) {
        add_rows(l, spec, group, n, "mean", "mean of y", "output");
        add_rows(l, spec, group, n, "sd", "standard deviation of y", "output");
        add_rows(l, spec, group, n, "var_total", "variance of y", "output");
        add_rows(l, spec, group, n, "var_noise", "mean noise variance of members",
                 "output");
        add_rows(l, spec, group, n, "var_model", "variance of the members' means",
                 "output");
    } else {
        add_rows(l, spec, group, n, "log_density", "log of the mean density over members",
                 NULL);
    }
}

static void add_scores(bens_samples_layout *l, const bens_predictions_spec *spec)
{
    static const struct {
        const char *name, *doc;
    } table[] = {{"value", "the score; with repeats their mean"},
                 {"mcse", "its Monte Carlo error, from a finite number of members"},
                 {"sd", "its standard deviation over repeats"}};
    bens_samples_axis metric = axis("metric", spec->n_metrics);
    metric.labels = spec->metric;
    if (spec->n_metrics == 0) return;
    for (int i = 0; i < (spec->n_repeats > 1 ? 3 : 2); i++)
        extend(add(l, "scores", table[i].name, table[i].doc), metric);
    if (spec->n_repeats == 1) return;
    bens_samples_variable *v =
        add(l, "scores", "by_repeat", "the score of each random subset of members");
    extend(v, axis("repeat", spec->n_repeats));
    extend(v, metric);
}

static void add_reliability(bens_samples_layout *l, int64_t n_bins)
{
    static const char *const name[] = {"confidence", "accuracy", "count"};
    for (int i = 0; i < 3 && n_bins > 0; i++)
        extend(add(l, "reliability", name[i], NULL), axis("bin", n_bins));
}

static void add_draws(bens_samples_layout *l, const bens_predictions_spec *spec,
                      const char *group, const char *doc, bens_h5_type type)
{
    bens_samples_variable *v = add(l, group, "y", doc);
    bens_samples_axis chain = axis("chain", spec->n_chains),
                      draw = axis("draw", spec->n_draws);
    chain.value = spec->chain;
    draw.value = spec->draw;
    v->type = type;
    extend(v, chain);
    extend(v, draw);
    extend(v, axis("obs_id", spec->n_obs));
}

bens_status bens_predictions_layout_create(const bens_predictions_spec *spec,
                                           bens_samples_layout *out)
{
    bens_samples_layout l = {0};
    BENS_TRY(bens_alloc(MOST, sizeof *l.variable, &l.variable));
    add_predictive(&l, spec, "predictive", spec->n_obs);
    add_predictive(&l, spec, "ood", spec->n_ood);
    add_scores(&l, spec);
    add_reliability(&l, spec->n_bins);
    if (spec->posterior_predictive)
        add_draws(&l, spec, "posterior_predictive", "y as each member makes it",
                  spec->kind == BENS_PREDICTS_CLASSES ? BENS_H5_INT32 : BENS_H5_FLOAT32);
    if (spec->log_likelihood)
        add_draws(&l, spec, "log_likelihood", "log p(y) of each member", BENS_H5_FLOAT32);
    for (int i = 0; i < l.n; i++) /* bens_samples_size counts two axes */
        for (int k = l.variable[i].rank; k < 2; k++) l.variable[i].axis[k].n = 1;
    *out = l;
    return BENS_OK;
}
