/* variant.h - every sampler of the registry, once for each of its integrators. */
#ifndef BENS_TESTS_VARIANT_H
#define BENS_TESTS_VARIANT_H

#include "samplers/settings.h"
#include "samplers/sampler.h"

typedef struct {
    const bens_sampler *sampler;
    char integrator[64]; /* "integrator=euler", or "" */
} variant;

/* Variant i of all; false behind the last. */
static inline int variant_at(size_t i, variant *out)
{
    const bens_sampler *s;
    for (size_t k = 0; (s = bens_sampler_at(k)) != NULL; k++) {
        const bens_option *o = bens_option_find(s->options, "integrator");
        *out = (variant){.sampler = s};
        if (o == NULL && i-- == 0) return 1;
        for (int c = 0; o != NULL; c++) {
            if (!settings_choice(o, c, out->integrator, sizeof out->integrator)) break;
            if (i-- == 0) return 1;
        }
    }
    return 0;
}

/* Variant i of those that sample a posterior. */
static inline int variant_sampler_at(size_t i, variant *out)
{
    for (size_t k = 0; variant_at(k, out); k++)
        if (!out->sampler->optimiser && i-- == 0) return 1;
    return 0;
}

static inline int variant_is(const variant *v, const char *sampler,
                             const char *integrator)
{
    return strcmp(v->sampler->name, sampler) == 0 &&
           strcmp(v->integrator, integrator) == 0;
}

/* Its options, with those of these three numbers that it has. */
static inline settings variant_settings(const variant *v, double eps, double alpha,
                                        double sigma)
{
    static const char *const names[] = {"step_size", "alpha", "sigma"};
    const double value[] = {eps, alpha, sigma};
    char text[3][64];
    const char *texts[5] = {0};
    int n = 0;
    for (int k = 0; k < 3; k++) {
        if (bens_option_find(v->sampler->options, names[k]) == NULL) continue;
        snprintf(text[k], sizeof text[k], "%s=%.17g", names[k], value[k]);
        texts[n++] = text[k];
    }
    if (v->integrator[0]) texts[n++] = v->integrator;
    settings s = settings_make(v->sampler->options, v->sampler->options_size, texts);
    assert_int_equal(s.status, BENS_OK);
    return s;
}

#endif
