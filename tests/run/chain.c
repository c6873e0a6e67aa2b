/* chain.c - the production loop on the Pima data: pieces, divergence, curvature.
 * ctest: timeout 60 */
#include "run/chain.h"
#include "run/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A run of one rank: settings, problem, workspace. */
typedef struct {
    bens_config config;
    bens_problem problem;
    bens_workspace work;
    bens_comm *self;
} fixture;

static fixture start(const char *model, const char *rest)
{
    fixture f;
    char text[1024];
    const int size =
        snprintf(text, sizeof text, "[run]\noutput = x\n%s\n%s\n", model, rest);
    assert_int_equal(bens_config_create(BENS_SOURCE "/examples/test.ini", text,
                                        (size_t)size, NULL, 0, &f.config),
                     BENS_OK);
    const bens_backend *be = bens_backend_find("cpu");
    assert_int_equal(be->start(1), BENS_OK);
    return f;
}

static void plan(fixture *f)
{
    assert_int_equal(bens_comm_self(&f->self), BENS_OK);
    assert_int_equal(bens_problem_create(&f->config, bens_backend_find("cpu"), NULL, 1,
                                         &f->problem),
                     BENS_OK);
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

static const char pima[] = "[data]\ntrain = data/pima.csv\ntarget = class\n"
                           "[model]\nname = logistic\n";

static void test_pieces_have_the_same_bits(void **state)
{
    (void)state;
    fixture f = start(pima, "[sampler]\nstep_size = 0.3\nalpha = 0.5\n");
    plan(&f);
    bens_chain whole, pieces;
    assert_int_equal(bens_chain_create(&f.work, 3, &whole), BENS_OK);
    assert_int_equal(bens_chain_create(&f.work, 3, &pieces), BENS_OK);
    assert_int_equal(bens_chain_run(&whole, 500), BENS_OK);
    for (int64_t until = 1; until <= 500; until += until % 7 + 1)
        assert_int_equal(bens_chain_run(&pieces, until), BENS_OK);
    assert_int_equal(bens_chain_run(&pieces, 500), BENS_OK);
    assert_memory_equal(whole.theta, pieces.theta, f.problem.params.n * sizeof(float));
    assert_memory_equal(whole.aux[0], pieces.aux[0], f.problem.params.n * sizeof(float));
    bens_chain_release(&whole);
    bens_chain_release(&pieces);
    stop(&f);
}

/* At the MAP of the Pima posterior the value is -408.52522 and the largest eigenvalue of
 * the Hessian .32556 (both by Newton's method in double). float32 gradients of 768 rows
 * differ by about 1e-4; the power iteration stops at changes of 1e-3. */
static void test_value_and_curvature(void **state)
{
    (void)state;
    static const float map[8] = {.38467f,  1.07170f, -.24004f, .02130f,
                                 -.15491f, .58313f,  .32048f,  .12425f};
    fixture f = start(pima, "[sampler]\nstep_size = 0.3\nalpha = 0.5\n");
    plan(&f);
    float *theta, *grad;
    double lp, loss, h;
    assert_int_equal(bens_alloc(f.problem.params.n, sizeof *theta, &theta), BENS_OK);
    assert_int_equal(bens_alloc(f.problem.params.n, sizeof *grad, &grad), BENS_OK);
    memcpy(theta, map, sizeof map);
    assert_int_equal(bens_chain_log_posterior(&f.work, 0, theta, grad, &lp, &loss),
                     BENS_OK);
    assert_true(fabs(lp + 408.52522) < 1e-3);
    for (int e = 0; e < 8; e++) assert_true(fabsf(grad[e]) < 5e-3f);
    assert_int_equal(bens_plan_curvature(&f.work, theta, &h), BENS_OK);
    assert_true(fabs(h / .32556 - 1) < .02);
    free(theta);
    free(grad);
    stop(&f);
}

/* The largest eigenvalue, not the one of largest modulus: at the top of the double well
 * the curvature of -log p is -2 in all directions. */
static void test_curvature_where_it_is_negative(void **state)
{
    (void)state;
    fixture f = start("[model]\nname = double_well\ndim = 5\n",
                      "[sampler]\nstep_size = 0.3\nalpha = 0.5\n");
    plan(&f);
    float *theta;
    double h;
    assert_int_equal(bens_alloc(f.problem.params.n, sizeof *theta, &theta), BENS_OK);
    theta[2] = 2.236068f; /* a well: curvature 1.2 x^2 - 2 = 4 */
    assert_int_equal(bens_plan_curvature(&f.work, theta, &h), BENS_OK);
    assert_true(fabs(h / 4 - 1) < .02);
    theta[2] = .5f; /* 1.2 / 4 - 2 = -1.7 is the largest of all five */
    assert_int_equal(bens_plan_curvature(&f.work, theta, &h), BENS_OK);
    assert_true(fabs(h / -1.7 - 1) < .02);
    free(theta);
    stop(&f);
}

static void test_divergence_is_flagged(void **state)
{
    (void)state;
    fixture f =
        start("[model]\nname = double_well\n", "[sampler]\nstep_size = 2\nalpha = 0.5\n");
    plan(&f);
    bens_chain chain;
    bens_draw draw;
    const float *row;
    assert_int_equal(bens_chain_create(&f.work, 0, &chain), BENS_OK);
    assert_int_equal(bens_chain_run(&chain, 1000), BENS_OK);
    assert_true(chain.diverged);
    assert_true(chain.step < 1000);
    assert_int_equal(bens_chain_draw(&chain, &draw, &row), BENS_OK);
    assert_true(draw.diverging);
    assert_true(isnan(draw.lp));
    for (int e = 0; e < 2; e++) assert_true(isnan(chain.theta[e]));
    const int64_t step = chain.step;
    assert_int_equal(bens_chain_run(&chain, 2000), BENS_OK);
    assert_true(chain.step == step);
    bens_chain_release(&chain);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_have_the_same_bits),
        cmocka_unit_test(test_value_and_curvature),
        cmocka_unit_test(test_curvature_where_it_is_negative),
        cmocka_unit_test(test_divergence_is_flagged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
