/* diagnose_heat.c - kinetic and configurational temperature of the draws in use. */
#include "run/diagnose_parts.h"

#include <math.h>
#include <stdlib.h>

/* Of normal intervals: probability .95. */
static const double LEVEL = 0.95, NORMAL = 1.959963984540054;

static bool is_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static bens_status measure(const bens_diagnosis *d, const double *x, int64_t n_chains,
                           int64_t n_draws, bens_diagnose_heat *out)
{
    bens_convergence *w;
    if (!is_finite(x, n_chains * n_draws)) return BENS_OK;
    BENS_TRY(bens_convergence_create((size_t)n_chains, (size_t)n_draws, &w));
    out->t = bens_temperature_of(w, x, d->temperature);
    out->known = true;
    out->low = d->temperature - NORMAL * out->t.mcse;
    out->high = d->temperature + NORMAL * out->t.mcse;
    bens_convergence_destroy(w);
    return BENS_OK;
}

static bens_status read_heat(const bens_diagnosis *d, const char *name,
                             bens_diagnose_heat *out)
{
    double *x = NULL;
    *out = (bens_diagnose_heat){0};
    if (!bens_draws_has_stat(d->draws, name)) return BENS_OK;
    BENS_TRY(bens_selection_stat(d, name, &x));
    const bens_status s = measure(d, x, d->used.n_chains, d->used.n_draws, out);
    free(x);
    return s;
}

/* Parameters that have momenta: those that are no outputs. */
static double count_momenta(const bens_params *params)
{
    double n = 0;
    for (int i = 0; i < params->n_tensors; i++)
        if (!params->tensors[i].output) n += (double)params->tensors[i].size;
    return n;
}

bens_status bens_diagnose_heats(bens_diagnosis *d)
{
    bens_diagnose_heat *kinetic = &d->kinetic;
    BENS_TRY(read_heat(d, "temperature_kinetic", kinetic));
    if (kinetic->known && d->temperature > 0)
        bens_temperature_interval(d->temperature,
                                  kinetic->t.n_eff * count_momenta(&d->draws->params),
                                  LEVEL, &kinetic->low, &kinetic->high);
    return read_heat(d, "temperature_configurational", &d->configurational);
}

bens_status bens_diagnose_heat_again(bens_diagnosis *d)
{
    const bens_diagnose_scores *s = &d->scores;
    if (d->configurational.known || s->heat == NULL) return BENS_OK;
    d->configurational.again = true;
    return measure(d, s->heat, s->n_chains, s->n_draws, &d->configurational);
}
