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

/* Its options, with these three numbers. */
static inline settings variant_settings(const variant *v, double eps, double alpha,
                                        double sigma)
{
    char step[64], friction[64], mass[64];
    snprintf(step, sizeof step, "step_size=%.17g", eps);
    snprintf(friction, sizeof friction, "alpha=%.17g", alpha);
    snprintf(mass, sizeof mass, "sigma=%.17g", sigma);
    const char *const texts[] = {step, friction, mass,
                                 v->integrator[0] ? v->integrator : NULL, NULL};
    settings s = settings_make(v->sampler->options, v->sampler->options_size, texts);
    assert_int_equal(s.status, BENS_OK);
    return s;
}

#endif
