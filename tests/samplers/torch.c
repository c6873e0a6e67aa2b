/* sgd, adam and adamw against 200 steps of PyTorch's own (torch_golden.py made the
 * numbers). */
#include "samplers/torch_golden.h"
#include "samplers/variant.h"

#include <math.h>
#include <stdlib.h>

enum { N_CASES = sizeof GOLDEN / sizeof *GOLDEN, STEPS = 200 };

typedef struct {
    const bens_sampler *sampler;
    settings settings;
    bens_params params;
    float *theta, *grad, *aux[2];
} optimiser;

/* step_size and the words of the golden file. */
static settings settings_of(const bens_sampler *s, int number)
{
    char text[128], step[64];
    const char *texts[8] = {step};
    int n = 1;
    snprintf(step, sizeof step, "step_size=%.17g", GOLDEN[number].step_size);
    snprintf(text, sizeof text, "%s", GOLDEN[number].settings);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        texts[n++] = word;
    return settings_make(s->options, s->options_size, texts);
}

static optimiser make(int number)
{
    optimiser o = {.sampler = bens_sampler_find(GOLDEN[number].sampler),
                   .params = {.n_data = 1}};
    assert_non_null(o.sampler);
    assert_true(o.sampler->optimiser);
    o.settings = settings_of(o.sampler, number);
    assert_int_equal(o.settings.status, BENS_OK);
    assert_int_equal(bens_params_add(&o.params, "x", 1, (const int64_t[]){GOLDEN_N},
                                     NULL),
                     BENS_OK);
    assert_int_equal(bens_alloc(o.params.n, sizeof *o.theta, &o.theta), BENS_OK);
    assert_int_equal(bens_alloc(o.params.n, sizeof *o.grad, &o.grad), BENS_OK);
    for (int k = 0; k < o.sampler->n_aux; k++)
        assert_int_equal(bens_alloc(o.params.n, sizeof(float), &o.aux[k]), BENS_OK);
    return o;
}

static void release(optimiser *o)
{
    free(o->theta);
    free(o->grad);
    free(o->aux[0]);
    free(o->aux[1]);
    bens_params_release(&o->params);
    settings_release(&o->settings);
}

/* torch_golden.py's objective is a loss: bens climbs. A step sees a batch of four equal
 * rows. */
static void gradient(const float *theta, float *grad)
{
    for (int i = 0; i < GOLDEN_N; i++) {
        const float bend = 0.25f + 0.5f * (float)i, x = theta[i];
        grad[i] = -4 * (bend * (x - 1) + 0.25f * x * x * x);
    }
}

static void one_step(optimiser *o, const bens_backend *be, double step_size, int64_t done)
{
    const bens_step at = {.eps = step_size, .step = done};
    const bens_rng rng = {.step = (uint64_t)done};
    double sum_m2;
    gradient(o->theta, o->grad);
    if (o->sampler->linear != NULL) {
        const bens_langevin c = o->sampler->linear(o->settings.options, &at);
        be->langevin(&o->params, o->theta, o->aux[0], o->grad, 0.25, &c, NULL, &rng, NULL,
                     &sum_m2);
        return;
    }
    const bens_update on = {.be = be,
                            .params = &o->params,
                            .theta = o->theta,
                            .aux = o->aux,
                            .grad = o->grad,
                            .scale = 0.25,
                            .rng = rng};
    o->sampler->update(o->settings.options, &at, &on, &sum_m2);
}

/* 1e-6 of numbers of order one: some twenty roundings of float32; 4.8e-7 is the largest
 * seen. */
static double follow(int number, const bens_backend *be)
{
    optimiser o = make(number);
    double widest = 0;
    int point = 0;
    for (int i = 0; i < GOLDEN_N; i++) o.theta[i] = 1.75f - 0.5f * (float)i;
    for (int k = 0; k < STEPS; k++) {
        one_step(&o, be, GOLDEN[number].step_size, k);
        if (GOLDEN[number].at[point].step != k + 1) continue;
        for (int i = 0; i < GOLDEN_N; i++) {
            const double off =
                fabs((double)o.theta[i] - GOLDEN[number].at[point].theta[i]);
            if (!(off < 1e-6))
                fail_msg("%s %s: element %d is %.9g after %d steps, PyTorch's %.9g",
                         GOLDEN[number].sampler, GOLDEN[number].settings, i,
                         (double)o.theta[i], k + 1, GOLDEN[number].at[point].theta[i]);
            widest = fmax(widest, off);
        }
        point++;
    }
    assert_int_equal(point, GOLDEN_POINTS);
    release(&o);
    return widest;
}

static void trajectories_are_pytorchs(void **unused)
{
    (void)unused;
    const bens_backend *be = bens_backend_find("cpu");
    double widest = 0;
    assert_int_equal(be->start(1), BENS_OK);
    for (int k = 0; k < N_CASES; k++) widest = fmax(widest, follow(k, be));
    print_message("largest difference: %.2g\n", widest);
}

/* Every optimiser of the registry has cases; weight_decay is told to the warning. */
static void all_optimisers_are_here(void **unused)
{
    (void)unused;
    const bens_sampler *s;
    for (size_t i = 0; (s = bens_sampler_at(i)) != NULL; i++) {
        int n = 0;
        for (int k = 0; k < N_CASES; k++) {
            if (strcmp(GOLDEN[k].sampler, s->name) != 0) continue;
            settings o = settings_of(s, k);
            const char *decay = strstr(GOLDEN[k].settings, "weight_decay=");
            const double want = decay != NULL ? atof(strchr(decay, '=') + 1) : 0;
            assert_true(s->weight_decay(o.options) == want);
            settings_release(&o);
            n++;
        }
        assert_true(s->optimiser ? n >= 3 : n == 0 && s->weight_decay == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trajectories_are_pytorchs),
        cmocka_unit_test(all_optimisers_are_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
