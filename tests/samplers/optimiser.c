/* At temperature 0: symplectic sghmc is PyTorch's SGD with momentum and euler is the
 * paper's recursion, bit for bit, through the real kernel. */
#include "samplers/variant.h"

#include <math.h>
#include <stdlib.h>

enum { N = 1003, STEPS = 200 }; /* N: no multiple of any vector */

typedef struct {
    float theta[N], m[N];
} trajectory;

/* Minus a loss with a different bend at every coordinate. */
static void gradient(const float *theta, float *grad)
{
    for (int i = 0; i < N; i++)
        grad[i] = (0.1f + (float)i / N) * (1 - theta[i]) -
                  0.05f * theta[i] * theta[i] * theta[i];
}

static void start(trajectory *t)
{
    for (int i = 0; i < N; i++) {
        t->theta[i] = (float)(i % 17) / 5 - 1.5f;
        t->m[i] = (float)(i % 13) / 7 - 0.9f;
    }
}

/* torch.optim.SGD from its second step on: buf = mu buf + (1 - tau) d; p = p - lr buf,
 * with d = -g and buf = -m. Multiply-adds round once. */
static void torch_sgd(trajectory *t, double eps, double alpha, double sigma)
{
    const double prec = 1 / (sigma * sigma);
    const float lr = (float)(eps * prec), mu = (float)(1 - eps * alpha / (sigma * sigma));
    const double tau = 1 - eps;
    const float weight = (float)(1 - tau);
    float g[N], buf[N];
    for (int i = 0; i < N; i++) buf[i] = -t->m[i];
    for (int k = 0; k < STEPS; k++) {
        gradient(t->theta, g);
        for (int i = 0; i < N; i++) {
            buf[i] = fmaf(mu, buf[i], weight * -g[i]);
            t->theta[i] = fmaf(-lr, buf[i], t->theta[i]);
        }
    }
    for (int i = 0; i < N; i++) t->m[i] = -buf[i];
}

/* theta' = theta + eps sigma^-2 m ; m' = m + eps g - eps sigma^-2 alpha m. */
static void paper_euler(trajectory *t, double eps, double alpha, double sigma)
{
    const float move = (float)(eps / (sigma * sigma)), kick = (float)eps;
    const float keep = (float)(1 - eps * alpha / (sigma * sigma));
    float g[N];
    for (int k = 0; k < STEPS; k++) {
        gradient(t->theta, g);
        for (int i = 0; i < N; i++) {
            const float m = t->m[i];
            t->m[i] = fmaf(keep, m, kick * g[i]);
            t->theta[i] = fmaf(move, m, t->theta[i]);
        }
    }
}

/* The program's own way: the sampler's numbers, the backend's kernel; T = 0. */
static void program(const char *integrator, double eps, double alpha, double sigma,
                    trajectory *t)
{
    variant v = {.sampler = bens_sampler_find("sghmc")};
    snprintf(v.integrator, sizeof v.integrator, "integrator=%s", integrator);
    settings o = variant_settings(&v, eps, alpha, sigma);
    const bens_backend *be = bens_backend_find("cpu");
    const bens_langevin c = v.sampler->linear(o.options, &(bens_step){.eps = eps});
    const bens_rng at = {.seed = 3};
    bens_params params = {.n_data = 1};
    float *theta, *m, *grad;

    assert_int_equal(be->start(1), BENS_OK);
    assert_int_equal(bens_params_add(&params, "x", 1, (const int64_t[]){N}, NULL),
                     BENS_OK);
    assert_int_equal(bens_alloc(params.n, sizeof(float), &theta), BENS_OK);
    assert_int_equal(bens_alloc(params.n, sizeof(float), &m), BENS_OK);
    assert_int_equal(bens_alloc(params.n, sizeof(float), &grad), BENS_OK);
    memcpy(theta, t->theta, sizeof t->theta);
    memcpy(m, t->m, sizeof t->m);
    for (int k = 0; k < STEPS; k++) {
        double sum_m2;
        gradient(theta, grad);
        be->langevin(&params, theta, m, grad, 1, &c, NULL, &at, NULL, &sum_m2);
    }
    memcpy(t->theta, theta, sizeof t->theta);
    memcpy(t->m, m, sizeof t->m);
    free(theta);
    free(m);
    free(grad);
    bens_params_release(&params);
    settings_release(&o);
}

typedef void recursion(trajectory *, double eps, double alpha, double sigma);

static void compare(const char *integrator, recursion *plain)
{
    static const double eps[] = {0.1, 0.01, 0.3}, alpha[] = {1, 5, 0.7},
                        sigma[] = {1, 0.8, 1.5};
    static trajectory want, have, begin;
    for (int k = 0; k < 3; k++) {
        start(&begin);
        want = have = begin;
        plain(&want, eps[k], alpha[k], sigma[k]);
        program(integrator, eps[k], alpha[k], sigma[k], &have);
        assert_memory_not_equal(have.theta, begin.theta, sizeof have.theta);
        for (int i = 0; i < N; i++) assert_true(isfinite(have.theta[i]));
        assert_memory_equal(have.theta, want.theta, sizeof have.theta);
        assert_memory_equal(have.m, want.m, sizeof have.m);
    }
}

static void symplectic_is_momentum_sgd(void **unused)
{
    (void)unused;
    compare("symplectic", torch_sgd);
}

static void euler_is_the_papers(void **unused)
{
    (void)unused;
    compare("euler", paper_euler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symplectic_is_momentum_sgd),
        cmocka_unit_test(euler_is_the_papers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
