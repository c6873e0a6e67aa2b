/* diagnose_json.c - a diagnosis for programs. */
#include "run/diagnose_parts.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static int put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value);
}

static int put_real(json_t *object, const char *key, double x)
{
    return put(object, key, real(x));
}

static int put_count(json_t *object, const char *key, int64_t n)
{
    return put(object, key, json_integer((json_int_t)n));
}

static json_t *json_of_used(const bens_diagnosis *d)
{
    const bens_selection *used = &d->used;
    char text[1024];
    json_t *o = json_object(), *chains = json_array();
    bens_selection_describe(used, d->draws, text, sizeof text);
    for (int64_t k = 0; k < used->n_chains; k++)
        json_array_append_new(chains, json_integer((json_int_t)(d->draws->first_chain +
                                                                used->row[k])));
    put(o, "chains", chains);
    put_count(o, "first_draw", used->first);
    put_count(o, "draws", used->n_draws);
    put_count(o, "superchains", used->n_superchains);
    put_count(o, "diverged", used->n_diverged);
    put_count(o, "without_draws", used->n_without);
    put(o, "all", json_boolean(bens_selection_is_all(used, d->draws)));
    put(o, "arviz", json_string(text));
    return o;
}

static json_t *json_of_thresholds(const bens_diagnosis *d)
{
    const bens_diagnose_options *t = &d->config.diagnose;
    json_t *o = json_object();
    put_real(o, "r_hat", t->r_hat);
    put_real(o, "tau", t->tau);
    put_real(o, "nested_r_hat_bound", d->nested_bound);
    put_real(o, "nested_r_hat", d->nested_limit);
    put_real(o, "ess", t->ess);
    put_real(o, "temperature", t->temperature);
    put_real(o, "ksd", t->ksd);
    put_real(o, "diverged", t->diverged);
    return o;
}

static json_t *json_of_heat(const bens_diagnose_heat *h)
{
    if (!h->known) return json_null();
    json_t *o = json_object();
    put_real(o, "mean", h->t.mean);
    put_real(o, "mcse", h->t.mcse);
    put_real(o, "z", h->t.z);
    put_real(o, "n_eff", h->t.n_eff);
    put_real(o, "expected_low", h->low);
    put_real(o, "expected_high", h->high);
    put(o, "gradients_made_again", json_boolean(h->again));
    return o;
}

static json_t *json_of_ksd(const bens_diagnosis *d)
{
    const bens_diagnose_scores *s = &d->scores;
    const char *why_not = s->missing[0] != '\0' ? s->missing : s->no_ksd;
    json_t *o = json_object();
    put(o, "missing", why_not[0] == '\0' ? json_null() : json_string(why_not));
    if (why_not[0] != '\0') return o;
    put_real(o, "ksd", s->ksd.ksd);
    put_real(o, "unbiased_square", s->ksd.unbiased);
    put_real(o, "exact_independent", s->ksd.expected);
    put_real(o, "exact", s->exact);
    put_real(o, "relative", s->ksd.ksd / s->exact);
    put_real(o, "n_eff", s->n_eff);
    put_count(o, "chains", s->n_chains);
    put_count(o, "draws", s->n_draws);
    put_count(o, "coordinates", s->n_moving);
    return o;
}

/* What a row has, by name. */
typedef struct {
    const char *name;
    size_t offset;
} column;

#define AT(field) offsetof(bens_diagnose_row, field)
static const column columns[] = {{"mean", AT(c.mean)},
                                 {"sd", AT(c.sd)},
                                 {"q05", AT(quantile)},
                                 {"q50", AT(quantile) + sizeof(double)},
                                 {"q95", AT(quantile) + 2 * sizeof(double)},
                                 {"mcse_mean", AT(c.mcse_mean)},
                                 {"mcse_sd", AT(c.mcse_sd)},
                                 {"mcse_q05", AT(mcse_quantile)},
                                 {"mcse_q50", AT(mcse_quantile) + sizeof(double)},
                                 {"mcse_q95", AT(mcse_quantile) + 2 * sizeof(double)},
                                 {"r_hat", AT(c.r_hat)},
                                 {"r_hat_folded", AT(c.r_hat_folded)},
                                 {"nested_r_hat", AT(nested)},
                                 {"nested_r_hat_rank", AT(nested_rank)},
                                 {"ess_bulk", AT(c.ess_bulk)},
                                 {"ess_tail", AT(c.ess_tail)},
                                 {"ess_mean", AT(c.ess_mean)},
                                 {"autocorrelation_time", AT(c.autocorrelation_time)}};
#undef AT
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static json_t *value_of(const bens_diagnose_row *row, const column *c)
{
    return real(*(const double *)(const void *)((const char *)row + c->offset));
}

/* Rows [n] as a list of each column, or the one row of a scalar as numbers. */
static json_t *json_of_rows(const bens_diagnose_row *row, size_t n, bool scalar)
{
    json_t *o = json_object();
    for (int k = 0; k < N_COLUMNS; k++) {
        json_t *list = scalar ? value_of(row, &columns[k]) : json_array();
        for (size_t i = 0; i < n && !scalar; i++)
            json_array_append_new(list, value_of(&row[i], &columns[k]));
        put(o, columns[k].name, list);
    }
    return o;
}

static json_t *json_of_tensors(const bens_diagnosis *d)
{
    const bens_params *params = &d->draws->params;
    const bens_diagnose_row *row = d->columns.all;
    json_t *o = json_object();
    for (int i = 0; i < params->n_tensors; row += params->tensors[i++].size) {
        const bens_tensor *t = &params->tensors[i];
        json_t *statistics = json_of_rows(row, t->size, t->rank == 0);
        json_t *shape = json_array();
        for (int k = 0; k < t->rank; k++)
            json_array_append_new(shape, json_integer((json_int_t)t->shape[k]));
        put(statistics, "shape", shape);
        put(o, t->name, statistics);
    }
    return o;
}

static json_t *json_of_groups(const bens_diagnosis *d)
{
    json_t *list = json_array();
    for (int i = 0; i < d->columns.n_groups; i++) {
        const bens_diagnose_group *g = &d->columns.group[i];
        const bool is_lp = g->tensor < 0;
        json_t *o = json_object();
        put(o, "name",
            json_string(is_lp ? "lp" : d->draws->params.tensors[g->tensor].name));
        put(o, "group", json_string(is_lp ? "sample_stats" : "posterior"));
        put_count(o, "numbers", g->n);
        put_count(o, "beyond", g->n_beyond);
        put_count(o, "constant", g->n_constant);
        put_real(o, "r_hat", g->r_hat);
        put_real(o, "nested_r_hat", g->nested);
        put_real(o, "ess_bulk", g->ess_bulk);
        put_real(o, "ess_tail", g->ess_tail);
        put_real(o, "autocorrelation_time", g->autocorrelation_time);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *json_of_worst(const bens_diagnosis *d)
{
    json_t *list = json_array();
    char name[256];
    for (int i = 0; i < d->columns.n_worst; i++) {
        const bens_diagnose_row *r = &d->columns.worst[i];
        json_t *o = json_of_rows(r, 1, true);
        bens_diagnose_name(d, r->tensor, r->element, name, sizeof name);
        put(o, "name", json_string(name));
        put_real(o, "excess", r->excess);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *json_of_reasons(const bens_diagnosis *d)
{
    static const char *const kinds[] = {[BENS_REASON_GOOD] = "good",
                                        [BENS_REASON_BAD] = "bad",
                                        [BENS_REASON_NOTE] = "note"};
    json_t *list = json_array();
    for (int i = 0; i < d->n_reasons; i++) {
        json_t *o = json_object();
        put(o, "kind", json_string(kinds[d->reason[i].kind]));
        put(o, "text", json_string(d->reason[i].text));
        json_array_append_new(list, o);
    }
    return list;
}

static void put_run(const bens_diagnosis *d, json_t *o)
{
    static const char *const verdicts[] = {[BENS_TRUST] = "trust",
                                           [BENS_TRUST_NOT] = "do not trust",
                                           [BENS_TRUST_OPEN] = "cannot tell"};
    static const char *const starts[] = {[BENS_STARTS_UNKNOWN] = "unknown",
                                         [BENS_STARTS_APART] = "apart",
                                         [BENS_STARTS_COMMON] = "common"};
    put(o, "verdict", json_string(verdicts[d->verdict]));
    put(o, "trusted", json_boolean(d->verdict == BENS_TRUST));
    put(o, "reasons", json_of_reasons(d));
    put(o, "run", json_string(d->draws->path));
    put_count(o, "chains", d->draws->n_chains);
    put_count(o, "draws", d->draws->n_draws);
    put(o, "used", json_of_used(d));
    put(o, "starts", json_string(starts[d->scores.starts]));
    put(o, "thresholds", json_of_thresholds(d));
}

static void put_statistics(const bens_diagnosis *d, json_t *o)
{
    json_t *loss = json_object();
    put_real(loss, "mean", d->loss_mean);
    put_real(loss, "sd", d->loss_sd);
    put_real(loss, "min", d->loss_min);
    put_real(loss, "max", d->loss_max);
    put_real(o, "temperature", d->temperature);
    put(o, "temperature_differs", json_boolean(d->heated));
    put(o, "kinetic", json_of_heat(&d->kinetic));
    put(o, "configurational", json_of_heat(&d->configurational));
    put(o, "ksd", json_of_ksd(d));
    put(o, "last_loss", loss);
    put(o, "tensors", json_of_groups(d));
    put(o, "worst", json_of_worst(d));
    if (d->columns.all == NULL) return;
    json_t *stats = json_object();
    put(stats, "lp", json_of_rows(&d->columns.all[d->columns.n - 1], 1, true));
    put(o, "posterior", json_of_tensors(d));
    put(o, "sample_stats", stats);
}

bens_status bens_diagnosis_print_json(const bens_diagnosis *d, FILE *out)
{
    json_t *o = json_object();
    put_run(d, o);
    put_statistics(d, o);
    char *text = json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    json_decref(o);
    if (text == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the JSON text");
    fprintf(out, "%s\n", text);
    free(text);
    return BENS_OK;
}
