/* plugin.c - a density that a user brings in a shared object: include/bens/plugin.h.
 *
 * A plug-in sees theta and its gradient without the gaps between the tensors of the
 * arena, the rows always as a list, and every sum to be added to. Where a value that
 * it gives is not finite, so is the gradient: no chain goes on from a place whose
 * density is not a number. */
#include "models/model.h"
#include "models/plugin_open.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a range that are handed over at once; it decides the bits of long sums. */
enum { ROWS = 1 << 16 };

typedef struct {
    const char *path;
} plugin_options;

typedef struct {
    size_t offset, size;
} span;

/* A table of tensors, and its values without padding. */
typedef struct {
    int n_spans;
    span *spans;
    size_t n, n_packed;
    float *packed; /* [n_packed] scratch */
} layout;

typedef struct {
    const bens_plugin *table;
    void *user; /* the plug-in's own state */
    int64_t n_data;
    layout theta, output;
    float *grad;         /* [theta.n_packed] scratch; u of init() too */
    int64_t *index;      /* [min(n_data, ROWS)] scratch              */
    bens_params outputs; /* their table                              */
} plugin;

static const bens_option options[] = {
    {.name = "path",
     .kind = BENS_OPTION_PATH,
     .offset = offsetof(plugin_options, path),
     .doc = "shared object with a bens_plugin_v1; its own keys stand beside this one"},
    {0},
};

static bens_status plan(const bens_params *params, layout *out)
{
    *out = (layout){.n_spans = params->n_tensors,
                    .n = params->n,
                    .n_packed = params->n_values};
    BENS_TRY(bens_alloc((size_t)params->n_tensors, sizeof *out->spans, &out->spans));
    for (int i = 0; i < params->n_tensors; i++)
        out->spans[i] = (span){params->tensors[i].offset, params->tensors[i].size};
    return bens_alloc(out->n_packed, sizeof *out->packed, &out->packed);
}

static void layout_release(layout *l)
{
    free(l->spans);
    free(l->packed);
}

static const float *pack(const layout *l, const float *arena)
{
    float *to = l->packed;
    for (int i = 0; i < l->n_spans; to += l->spans[i].size, i++)
        memcpy(to, arena + l->spans[i].offset, l->spans[i].size * sizeof *to);
    return l->packed;
}

static void unpack(const layout *l, const float *packed, float *arena)
{
    for (int i = 0; i < l->n_spans; packed += l->spans[i].size, i++)
        memcpy(arena + l->spans[i].offset, packed, l->spans[i].size * sizeof *packed);
}

static void destroy(void *state)
{
    plugin *p = state;
    if (p == NULL) return;
    if (p->user != NULL && p->table->destroy != NULL) p->table->destroy(p->user);
    layout_release(&p->theta);
    layout_release(&p->output);
    bens_params_release(&p->outputs);
    free(p->grad);
    free(p->index);
    free(p);
}

static bens_status fill(const bens_model_setup *setup, bens_params *params, plugin *p)
{
    const plugin_options *o = setup->options;
    BENS_TRY(bens_plugin_open(o->path, &p->table));
    BENS_TRY(bens_plugin_create(p->table, o->path, setup->settings, &p->user, &p->n_data,
                                params, &p->outputs));
    BENS_TRY(plan(params, &p->theta));
    BENS_TRY(plan(&p->outputs, &p->output));
    BENS_TRY(bens_alloc(p->theta.n_packed, sizeof *p->grad, &p->grad));
    return bens_alloc((size_t)(p->n_data < ROWS ? p->n_data : ROWS), sizeof *p->index,
                      &p->index);
}

static bens_status create(const bens_model_setup *setup, bens_params *params,
                          void **state)
{
    plugin *p;
    BENS_TRY(bens_alloc(1, sizeof *p, &p));
    const bens_status s = fill(setup, params, p);
    if (s == BENS_OK)
        *state = p;
    else
        destroy(p);
    return s;
}

static int64_t n_data(const void *state)
{
    return ((const plugin *)state)->n_data;
}

/* u of value i: 23 bits of the 32-bit word i of stream PLUGIN, so that neither 0 nor 1
 * is one. */
static void uniforms(bens_rng at, size_t n, float *u)
{
    at.stream = BENS_STREAM_PLUGIN;
    for (size_t i = 0; i < n; i++) {
        uint32_t word[4];
        bens_rng_block(&at, i / 4, word);
        u[i] = ((float)(word[i % 4] >> 9) + 0.5F) * 0x1p-23F;
    }
}

static void init(const void *state, const bens_params *params, const bens_rng *at,
                 float *theta)
{
    const plugin *p = state;
    (void)params;
    if (p->table->init == NULL) return;
    memset(p->theta.packed, 0, p->theta.n_packed * sizeof(float));
    uniforms(*at, p->theta.n_packed, p->grad);
    p->table->init(p->user, p->grad, p->theta.packed);
    unpack(&p->theta, p->theta.packed, theta);
}

static void sum_range(plugin *p, const float *theta, const bens_rows *rows, double *value,
                      float *grad)
{
    for (int64_t done = 0; done < rows->n; done += ROWS) {
        const int64_t n = rows->n - done < ROWS ? rows->n - done : ROWS;
        for (int64_t k = 0; k < n; k++) p->index[k] = rows->first + done + k;
        p->table->log_lik(p->user, theta, p->index, n, value, grad);
    }
}

/* Where the value is not finite, the gradient becomes NaN. */
static void end_there(double value, size_t n, float *grad)
{
    if (isfinite(value)) return;
    for (size_t i = 0; i < n; i++) grad[i] = NAN;
}

static bens_status log_lik(void *state, const float *theta, const bens_batch *batch,
                           double *value, float *grad)
{
    plugin *p = state;
    const bens_rows *rows = &batch->rows;
    float *g = grad != NULL ? p->grad : NULL;
    double sum = 0;

    if (grad != NULL) memset(grad, 0, p->theta.n * sizeof *grad);
    if (value != NULL) *value = 0;
    if (rows->n == 0 || p->n_data == 0) return BENS_OK;
    if (g != NULL) memset(g, 0, p->theta.n_packed * sizeof *g);
    pack(&p->theta, theta);
    if (rows->index != NULL)
        p->table->log_lik(p->user, p->theta.packed, rows->index, rows->n, &sum, g);
    else
        sum_range(p, p->theta.packed, rows, &sum, g);
    if (value != NULL) *value = sum;
    if (g == NULL) return BENS_OK;
    end_there(sum, p->theta.n_packed, g);
    unpack(&p->theta, g, grad);
    return BENS_OK;
}

static void log_prior(void *state, const float *theta, double factor, double *value,
                      float *grad)
{
    plugin *p = state;
    float *g = grad != NULL ? p->grad : NULL;
    double sum = 0;

    if (p->table->log_prior == NULL) return;
    if (g != NULL) memset(g, 0, p->theta.n_packed * sizeof *g);
    p->table->log_prior(p->user, pack(&p->theta, theta), &sum, g);
    if (value != NULL) *value += sum;
    if (g == NULL) return;
    end_there(sum, p->theta.n_packed, g);
    for (int i = 0; i < p->theta.n_spans; g += p->theta.spans[i].size, i++)
        for (size_t e = 0; e < p->theta.spans[i].size; e++)
            grad[p->theta.spans[i].offset + e] += (float)factor * g[e];
}

static bens_status outputs(const void *state, bens_params *out)
{
    const plugin *p = state;
    for (int i = 0; i < p->outputs.n_tensors; i++) {
        const bens_tensor *t = &p->outputs.tensors[i];
        BENS_TRY(bens_params_add(out, t->name, t->rank, t->shape, NULL));
    }
    return BENS_OK;
}

static void output(void *state, const float *theta, float *out)
{
    plugin *p = state;
    if (p->output.n_packed == 0) return;
    memset(p->output.packed, 0, p->output.n_packed * sizeof(float));
    p->table->output(p->user, pack(&p->theta, theta), p->output.packed);
    unpack(&p->output, p->output.packed, out);
}

const bens_model bens_model_plugin = {
    .name = "plugin",
    .doc = "a density of your own in a shared object: docs/plugins.md",
    .options = options,
    .options_size = sizeof(plugin_options),
    .own_density = true,
    .own_data = true,
    .any_key = true,
    .create = create,
    .destroy = destroy,
    .n_data = n_data,
    .init = init,
    .log_lik = log_lik,
    .log_prior = log_prior,
    .outputs = outputs,
    .output = output,
};
