#include "run/diagnose_parts.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The run is what it was: nothing but thresholds may be set. */
static bens_status check_set(const bens_diagnose_request *request)
{
    for (size_t i = 0; i < request->n_set; i++)
        if (strncmp(request->set[i], "diagnose.", strlen("diagnose.")) != 0)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "--set: wanted diagnose.key=value, found '%.80s'; "
                      "the other settings are those of the run",
                      request->set[i]);
    return BENS_OK;
}

static bens_status check_skip(const bens_diagnose_request *request)
{
    if (request->skip >= 0) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG, "--skip: wanted a whole number >= 0, found %lld",
              (long long)request->skip);
}

static bens_status read_temperature(bens_diagnosis *d)
{
    const int64_t n = d->used.n_chains * d->used.n_draws;
    double *x, least = INFINITY, most = 0, sum = 0;
    BENS_TRY(bens_selection_stat(d, "temperature", &x));
    for (int64_t i = 0; i < n; i++) {
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
        sum += x[i];
    }
    free(x);
    d->heated = most - least > 1e-9 * most;
    d->temperature = d->heated ? sum / (double)n : most;
    return BENS_OK;
}

/* Of the last draw of each chain. */
static bens_status read_loss(bens_diagnosis *d)
{
    const int64_t n = d->used.n_chains;
    double *x, sum = 0, squares = 0;
    BENS_TRY(bens_selection_stat(d, "loss", &x));
    d->loss_min = INFINITY;
    d->loss_max = -INFINITY;
    for (int64_t k = 0; k < n; k++) {
        const double loss = x[(k + 1) * d->used.n_draws - 1];
        d->loss_min = fmin(d->loss_min, loss);
        d->loss_max = fmax(d->loss_max, loss);
        sum += loss;
    }
    d->loss_mean = sum / (double)n;
    for (int64_t k = 0; k < n; k++) {
        const double gap = x[(k + 1) * d->used.n_draws - 1] - d->loss_mean;
        squares += gap * gap;
    }
    d->loss_sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
    free(x);
    return BENS_OK;
}

static bens_status create(const bens_diagnose_request *request, bens_diagnosis *d)
{
    BENS_TRY(check_set(request));
    BENS_TRY(check_skip(request));
    BENS_TRY(bens_draws_open(request->run, &d->draws));
    BENS_TRY(bens_rebuilt_config(d->draws, request->set, request->n_set, &d->config));
    BENS_TRY(
        bens_backend_find(d->config.run.backend)
            ->start(request->threads > 0 ? request->threads : omp_get_max_threads()));
    BENS_TRY(bens_selection_create(d->draws, request->skip, d->config.init.superchain,
                                   &d->used));
    BENS_TRY(read_temperature(d));
    BENS_TRY(read_loss(d));
    bens_diagnose_bounds(d);
    BENS_TRY(bens_diagnose_look(d));
    BENS_TRY(bens_diagnose_heats(d));
    BENS_TRY(bens_diagnose_score(d));
    BENS_TRY(bens_diagnose_heat_again(d));
    bens_diagnose_judge(d);
    return BENS_OK;
}

bens_status bens_diagnosis_create(const bens_diagnose_request *request,
                                  bens_diagnosis *out)
{
    *out = (bens_diagnosis){.request = request};
    return create(request, out);
}

void bens_diagnosis_release(bens_diagnosis *d)
{
    free(d->scores.heat);
    bens_diagnose_columns_release(&d->columns);
    bens_rebuilt_release(&d->problem);
    bens_selection_release(&d->used);
    bens_config_release(&d->config);
    bens_draws_close(d->draws);
    *d = (bens_diagnosis){0};
}
