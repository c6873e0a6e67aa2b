#include "io/samples_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAT(what, as, text)                                                             \
    {                                                                                    \
        .name = #what, .type = as, .doc = text, .offset = offsetof(bens_draw, what)      \
    }

static const bens_samples_variable stats[] = {
    STAT(lp, BENS_H5_FLOAT64, "log likelihood over all data + log prior, untempered"),
    STAT(loss, BENS_H5_FLOAT64, "mean negative log likelihood of a datum"),
    STAT(step, BENS_H5_INT64, "steps from the start of the chain"),
    STAT(step_size, BENS_H5_FLOAT64, "step size eps"),
    STAT(temperature, BENS_H5_FLOAT64, "temperature of the sampler; 1 = posterior"),
    STAT(temperature_kinetic, BENS_H5_FLOAT64, "kinetic temperature since the last draw"),
    STAT(temperature_configurational, BENS_H5_FLOAT64,
         "configurational temperature of the draw"),
    STAT(diverging, BENS_H5_BOOL, "the chain had diverged"),
    {.name = "done", .type = BENS_H5_BOOL, .flag = true, .doc = "the draw is complete"},
    {.name = "checksum",
     .type = BENS_H5_UINT64,
     .offset = offsetof(bens_samples_row, checksum),
     .doc = "xxh64, seed 0, of the posterior bytes of the draw"},
};
enum { N_STATS = sizeof stats / sizeof stats[0] };

bens_h5_type bens_samples_type(const bens_params *params)
{
    return params->half ? BENS_H5_FLOAT16 : BENS_H5_FLOAT32;
}

bool bens_samples_has_stat(const char *name)
{
    for (int i = 0; i < N_STATS; i++)
        if (strcmp(stats[i].name, name) == 0) return true;
    return false;
}

static int count_stats(const bens_params *params)
{
    int n = 0;
    while (params->stats != NULL && n < BENS_MAX_STATS && params->stats[n] != NULL) n++;
    return n;
}

/* The statistic of that place: those of every run, then those of this one. */
static bens_samples_variable make_stat(const bens_params *params, int i)
{
    bens_samples_variable v = {.type = BENS_H5_FLOAT64};
    if (i < N_STATS) {
        v = stats[i];
    } else {
        v.name = params->stats[i - N_STATS];
        v.offset = offsetof(bens_draw, stat) + (size_t)(i - N_STATS) * sizeof(double);
    }
    v.group = "sample_stats";
    v.n = 1;
    return v;
}

static void name_axis(const bens_tensor *t, int k, bens_samples_axis *out)
{
    const bens_axis *axis = t->axis[k];
    *out = (bens_samples_axis){.n = t->shape[k]};
    if (axis == NULL) {
        snprintf(out->name, sizeof out->name, "%s_dim_%d", t->name, k);
        return;
    }
    snprintf(out->name, sizeof out->name, "%s", axis->name);
    out->labels = axis->labels;
}

static bens_status check_names(const bens_samples_layout *layout)
{
    for (int i = 0; i < layout->n_tensors; i++)
        for (int k = 0; k < layout->variable[i].rank; k++) {
            const bens_samples_axis *axis = &layout->variable[i].axis[k];
            for (int j = 0; j < layout->n_tensors; j++)
                if (strcmp(layout->variable[j].name, axis->name) == 0)
                    BENS_FAIL(BENS_ERR_CONFIG,
                              "tensor '%s' has the name of a dimension of samples.h5: "
                              "wanted "
                              "another name",
                              axis->name);
        }
    return BENS_OK;
}

bens_status bens_samples_layout_create(const bens_samples_spec *spec,
                                       bens_samples_layout *out)
{
    const bens_params *params = spec->params;
    const bens_samples_axis chain = {.name = "chain",
                                     .n = spec->n_chains,
                                     .first = spec->first_chain};
    const bens_samples_axis draw = {.name = "draw",
                                    .n = spec->n_draws,
                                    .first = spec->first_draw};
    bens_samples_layout l = {.n = params->n_tensors + N_STATS + count_stats(params),
                             .n_tensors = params->n_tensors};
    BENS_TRY(bens_alloc((size_t)l.n, sizeof *l.variable, &l.variable));
    for (int i = 0; i < l.n; i++) {
        bens_samples_variable *v = &l.variable[i];
        if (i < l.n_tensors) {
            const bens_tensor *t = &params->tensors[i];
            *v = (bens_samples_variable){.group = "posterior",
                                         .name = t->name,
                                         .type = bens_samples_type(params),
                                         .offset = t->offset,
                                         .n = t->size,
                                         .rank = t->rank};
            for (int k = 0; k < t->rank; k++) name_axis(t, k, &v->axis[2 + k]);
        } else {
            *v = make_stat(params, i - l.n_tensors);
        }
        v->rank += 2;
        v->axis[0] = chain;
        v->axis[1] = draw;
    }
    const bens_status s = check_names(&l);
    if (s == BENS_OK)
        *out = l;
    else
        bens_samples_layout_release(&l);
    return s;
}

void bens_samples_layout_release(bens_samples_layout *layout)
{
    free(layout->variable);
    *layout = (bens_samples_layout){0};
}

void bens_samples_shape(const bens_samples_variable *v, hsize_t shape[BENS_SAMPLES_RANK])
{
    for (int k = 0; k < v->rank; k++) shape[k] = (hsize_t)v->axis[k].n;
}

bens_status bens_samples_places(const bens_samples_layout *l, bens_h5_place **out)
{
    bens_h5_place *place;
    BENS_TRY(bens_alloc((size_t)l->n, sizeof *place, &place));
    for (int i = 0; i < l->n; i++) {
        const bens_samples_variable *const v = &l->variable[i];
        snprintf(place[i].group, sizeof place[i].group, "%s", v->group);
        snprintf(place[i].name, sizeof place[i].name, "%s", v->name);
        place[i].type = v->type;
        place[i].rank = v->rank;
        bens_samples_shape(v, place[i].shape);
        for (int k = 0; k < v->rank; k++)
            snprintf(place[i].axis[k], sizeof place[i].axis[k], "%s", v->axis[k].name);
    }
    *out = place;
    return BENS_OK;
}

uint64_t bens_samples_size(const bens_samples_variable *v)
{
    return (uint64_t)v->axis[0].n * (uint64_t)v->axis[1].n * v->n * bens_h5_size(v->type);
}

uint64_t bens_samples_draw_bytes(const bens_params *params)
{
    uint64_t bytes = params->n_values * bens_h5_size(bens_samples_type(params));
    bytes += (uint64_t)count_stats(params) * sizeof(double);
    for (int i = 0; i < N_STATS; i++) bytes += bens_h5_size(stats[i].type);
    return bytes;
}

static uint64_t text_bytes(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

/* The draws exactly; what HDF5 puts around them as it was
 * measured (tests/io/samples.c). */
uint64_t bens_samples_bytes(const bens_samples_spec *spec)
{
    const bens_params *p = spec->params;
    const uint64_t draws = (uint64_t)spec->n_chains * (uint64_t)spec->n_draws;
    uint64_t bytes = draws * bens_samples_draw_bytes(p);
    bytes += 2 * 8 * ((uint64_t)spec->n_chains + (uint64_t)spec->n_draws);
    bytes += 16 * (uint64_t)spec->n_obs + 96 * (uint64_t)spec->n_features;
    for (int i = 0; i < p->n_tensors; i++) {
        for (int k = 0; k < p->tensors[i].rank; k++)
            bytes += 48 * (uint64_t)p->tensors[i].shape[k] + 2048;
        bytes += 8192;
    }
    if (spec->all != NULL) bytes += 512 * (uint64_t)spec->all->n_tensors;
    for (int64_t i = 0; spec->feature_names != NULL && i < spec->n_features; i++)
        bytes += text_bytes(spec->feature_names[i]) + 3; /* of inputs: "", */
    const char *const text[] = {spec->config, spec->argv,  spec->environment,
                                spec->hosts,  spec->build, spec->inputs};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) bytes += text_bytes(text[i]);
    return bytes + 65536;
}
