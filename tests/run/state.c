/* state.c - the state of a chain is complete: saved in the middle of a run and loaded
 * into another chain, it goes on bit for bit. Every sampler, with what it may carry:
 * thermostat, masses, estimated noise, schedules, a prior of its own kind.
 * ctest: timeout 120 */
#include "run/monitor.h"
#include "run/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { END = 700 };

typedef struct {
    bens_config config;
    bens_problem problem;
    bens_workspace work;
    bens_comm *self;
} fixture;

static void start(fixture *f, const char *sampler, const char *rest)
{
    char text[1024];
    const int size =
        snprintf(text, sizeof text,
                 "[run]\noutput = x\n[data]\ntrain = data/pima.csv\ntarget = class\n"
                 "batch = 32\norder = iid\n[model]\nname = logistic\n"
                 "[chain]\nburn_in = 600\nthin = 20\ndraws = 5\n"
                 "[sampler]\nname = %s\nstep_size = 0.02\n%s\n",
                 sampler, rest);
    const bens_backend *be = bens_backend_find("cpu");
    const bens_status s = bens_config_create(BENS_SOURCE "/examples/test.ini", text,
                                             (size_t)size, NULL, 0, &f->config);
    if (s != BENS_OK) fail_msg("%s", bens_error_text());
    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_comm_self(&f->self), BENS_OK);
    if (bens_problem_create(&f->config, be, NULL, 2, &f->problem) != BENS_OK)
        fail_msg("%s", bens_error_text());
    assert_int_equal(bens_workspace_create(&f->problem, "none", f->self, &f->work),
                     BENS_OK);
}

static void stop(fixture *f)
{
    bens_workspace_release(&f->work);
    bens_problem_release(&f->problem);
    bens_config_release(&f->config);
    bens_comm_destroy(f->self);
}

static void assert_same(const bens_chain *a, const bens_chain *b, const char *what)
{
    const bens_problem *p = a->work->problem;
    const size_t n = p->params.n * sizeof(float);
    if (memcmp(a->theta, b->theta, n) != 0) fail_msg("%s: theta differs", what);
    for (int i = 0; a->aux[i] != NULL; i++)
        if (memcmp(a->aux[i], b->aux[i], n) != 0)
            fail_msg("%s: aux[%d] differs", what, i);
    assert_true(a->step == b->step);
    assert_memory_equal(&a->scalars, &b->scalars, offsetof(bens_scalars, sampler));
    assert_memory_equal(a->scalars.sampler, b->scalars.sampler,
                        (size_t)p->n_scalars * sizeof(double));
}

/* The other chain has another number of steps and another
 * state before it is written over. */
static void check_at(int64_t middle, const char *sampler, const char *rest)
{
    fixture f;
    bens_chain whole, copy;
    bens_draw a, b;
    const float *row;
    start(&f, sampler, rest);
    assert_int_equal(bens_chain_create(&f.work, 3, &whole), BENS_OK);
    assert_int_equal(bens_chain_create(&f.work, 3, &copy), BENS_OK);
    assert_int_equal(bens_chain_run(&copy, 57), BENS_OK);
    assert_int_equal(bens_chain_run(&whole, middle), BENS_OK);
    void *state;
    assert_int_equal(bens_alloc(bens_state_bytes(&f.problem), 1, &state), BENS_OK);
    bens_state_save(&whole, state);
    bens_state_load(state, &copy);
    free(state);
    assert_int_equal(bens_chain_run(&whole, END), BENS_OK);
    assert_int_equal(bens_chain_run(&copy, END), BENS_OK);
    assert_false(whole.diverged);
    assert_same(&whole, &copy, sampler);
    assert_int_equal(bens_chain_draw(&whole, &a, &row), BENS_OK);
    assert_int_equal(bens_chain_draw(&copy, &b, &row), BENS_OK);
    assert_memory_equal(&a.temperature_kinetic, &b.temperature_kinetic, sizeof(double));
    assert_memory_equal(a.stat, b.stat, sizeof a.stat);
    bens_chain_release(&whole);
    bens_chain_release(&copy);
    stop(&f);
}

/* While masses adapt (until step 300) and after. */
static void check(const char *sampler, const char *rest)
{
    check_at(123, sampler, rest);
    check_at(333, sampler, rest);
}

/* The keys that a sampler must be given. */
static const char *needed(const bens_sampler *s)
{
    if (s->optimiser) return "temperature = 0\n";
    if (strcmp(s->name, "sghmc") == 0) return "alpha = 2\nintegrator = euler\n";
    return bens_option_find(s->options, "alpha") != NULL ? "alpha = 2\n" : "";
}

static void test_every_sampler(void **state)
{
    (void)state;
    const bens_sampler *s;
    for (size_t i = 0; (s = bens_sampler_at(i)) != NULL; i++) {
        char rest[512];
        check(s->name, needed(s));
        snprintf(rest, sizeof rest,
                 "%s[schedule]\nstep_size = polynomial\noffset = 100\nwarmup = 50\n"
                 "[prior]\nname = laplace\nscale = 2\n",
                 needed(s));
        check(s->name, rest);
        if (bens_option_find(s->options, "gradient_noise") == NULL) continue;
        snprintf(rest, sizeof rest, "%sgradient_noise = estimated\nmass = tensor\n",
                 needed(s));
        check(s->name, rest);
    }
}

/* What the monitor has seen goes on, too. */
static void test_watch(void **state)
{
    (void)state;
    fixture f;
    bens_chain whole, copy;
    bens_monitor *m;
    start(&f, "baoa", "alpha = 2\n[monitor]\ndata = train\n");
    assert_int_equal(bens_monitor_create(&f.problem, f.self, &m), BENS_OK);
    assert_int_equal(bens_chain_create(&f.work, 3, &whole), BENS_OK);
    assert_int_equal(bens_chain_create(&f.work, 3, &copy), BENS_OK);
    void *saved;
    assert_int_equal(bens_alloc(bens_state_bytes(&f.problem), 1, &saved), BENS_OK);
    for (int64_t step = 50; step <= 250; step += 50) {
        assert_int_equal(bens_chain_run(&whole, step), BENS_OK);
        assert_int_equal(bens_monitor_draw(m, &whole, step == 200), BENS_OK);
        if (step == 100) {
            bens_state_save(&whole, saved);
            bens_state_load(saved, &copy);
        }
        if (step <= 100) continue;
        assert_int_equal(bens_chain_run(&copy, step), BENS_OK);
        assert_int_equal(bens_monitor_draw(m, &copy, step == 200), BENS_OK);
    }
    assert_memory_equal(&whole.watch, &copy.watch, offsetof(bens_watch, average));
    assert_memory_equal(whole.watch.average, copy.watch.average,
                        bens_monitor_size(&f.problem) * sizeof(double));
    assert_true(whole.watch.n_lost == 1 && whole.watch.step == 250);
    assert_true(whole.watch.average[0] == 4); /* members */
    free(saved);
    bens_monitor_destroy(m);
    bens_chain_release(&whole);
    bens_chain_release(&copy);
    stop(&f);
}

/* Var of the mean gradient of 32 rows of Pima at the posterior mode is .00586
 * (numbers.md A.5, mean over the coordinates; without intercept). The estimate has 2 /
 * (window x coordinates) of relative variance: 1,000 effective draws x 8: 1.6 %, and
 * the chain moves about: 10 %. */
static void test_noise_is_estimated(void **state)
{
    (void)state;
    fixture f;
    bens_chain chain;
    bens_draw draw;
    const float *row;
    start(&f, "baoa", "alpha = 2\ngradient_noise = estimated\n");
    assert_int_equal(bens_chain_create(&f.work, 0, &chain), BENS_OK);
    assert_int_equal(bens_chain_run(&chain, 40000), BENS_OK);
    assert_int_equal(bens_chain_draw(&chain, &draw, &row), BENS_OK);
    printf("estimated gradient noise %.5f, reference .00586\n", draw.stat[0]);
    assert_true(fabs(draw.stat[0] / .00586 - 1) < .1);
    assert_true(draw.stat[1] == 0);
    bens_chain_release(&chain);
    stop(&f);
}

/* lp = batch is that of the batch whether or not its gradient was made in halves. */
static void test_value_of_halves(void **state)
{
    (void)state;
    double lp[2];
    for (int estimated = 0; estimated < 2; estimated++) {
        fixture f;
        bens_chain chain;
        bens_draw draw;
        const float *row;
        start(&f, "baoa",
              estimated ? "alpha = 2\ngradient_noise = estimated\n[store]\nlp = batch\n"
                        : "alpha = 2\n[store]\nlp = batch\n");
        assert_int_equal(bens_chain_create(&f.work, 0, &chain), BENS_OK);
        assert_int_equal(bens_chain_run(&chain, 1), BENS_OK);
        assert_int_equal(bens_chain_draw(&chain, &draw, &row), BENS_OK);
        lp[estimated] = draw.loss;
        bens_chain_release(&chain);
        stop(&f);
    }
    /* from zero every row has log 2, in whatever order they are added */
    assert_true(fabs(lp[0] - log(2)) < 1e-6);
    assert_true(fabs(lp[1] - log(2)) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sampler),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_noise_is_estimated),
        cmocka_unit_test(test_value_of_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
