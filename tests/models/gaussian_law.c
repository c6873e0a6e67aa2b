/* ctest: timeout 600
 * Every sampler on Gaussians: mean, variance, kinetic and configurational temperature against
 * the closed forms of its own discretisation (docs/mathematics.md) within 4 standard errors.
 *
 * 3 curvatures x 2,048 independent coordinates. A coordinate's time average is one number;
 * the standard error is the spread of these 2,048 numbers / sqrt(2048), so nothing need be
 * known about correlation in time. The test asserts that 4 errors are below 0.8 %: noise that
 * is 1 % too strong (2 % in variance), or one method's formula in place of another's, fails. */
#include "models/toy.h"
#include "samplers/variant.h"

enum { EACH = 2048, N = 3 * EACH, BURN_IN = 600, STEPS = 20000, EVERY = 4 };
static const double CURVATURE[3] = {0.5, 1, 4};

typedef struct {
    double eps, alpha, sigma;
} setting;
static const setting SETTINGS[2] = {{0.05, 1, 1}, {0.2, 1.5, 2}};

/* In units of T: h Var(theta) and Var(m) / sigma^2. */
typedef struct {
    double configurational, kinetic;
} law;

/* numbers.md A.2: the stationary covariance of the linear recursion, in closed form. */
static law exact(const variant *v, setting s, double h)
{
    const double prec = 1 / (s.sigma * s.sigma);
    const double g = s.eps * s.alpha * prec, kappa = s.eps * s.eps * h * prec;
    if (strcmp(v->sampler->name, "baoa") == 0) return (law){1, 1};
    if (strcmp(v->integrator, "integrator=symplectic") == 0)
        return (law){1 / (1 - kappa / (2 * (2 - g))), 1 / (1 - g / 2 - kappa / 4)};
    assert_string_equal(v->integrator,
                        "integrator=euler"); /* a new one brings its law here */
    const double wide = 2 - g + kappa;
    const double S =
        2 * s.alpha * s.eps / (g * (2 - g) - kappa * (1 - g) - kappa * wide / 2);
    return (law){0.5 * prec * S * wide, S * prec};
}

enum { MEAN, VARIANCE, KINETIC, CONFIGURATIONAL, N_QUANTITIES };
static double sums[N_QUANTITIES][N];

static char *repeated(const char *key, const char *const *word, size_t n)
{
    char *text = malloc(n * 8 + 32);
    assert_non_null(text);
    size_t at = (size_t)sprintf(text, "%s=", key);
    for (size_t i = 0; i < n; i++)
        at += (size_t)sprintf(text + at, "%s ", word[i / EACH]);
    text[at - 1] = '\0';
    return text;
}

/* Starts at the posterior and the right momenta; the burn-in is for the integrator's own law. */
static void start(const toy *t, setting s, double T, float *theta, float *m)
{
    const bens_rng init = {.seed = 11, .stream = BENS_STREAM_INIT};
    const bens_rng momenta = {.seed = 11, .stream = BENS_STREAM_MOMENTA};
    t->be->normals(&init, 0, N, theta);
    t->be->normals(&momenta, 0, N, m);
    for (int i = 0; i < N; i++) {
        theta[i] = 1 + (float)sqrt(T / CURVATURE[i / EACH]) * theta[i];
        m[i] *= (float)(s.sigma * sqrt(T));
    }
}

/* Sums at theta with the gradient there, and the momentum that led to it. */
static void record(const float *theta, const float *m, const float *grad)
{
    for (int i = 0; i < N; i++) {
        const double x = (double)theta[i] - 1;
        sums[MEAN][i] += x;
        sums[VARIANCE][i] += x * x;
        sums[KINETIC][i] += (double)m[i] * (double)m[i];
        sums[CONFIGURATIONAL][i] -= x * (double)grad[i];
    }
}

static void run(toy *t, const bens_langevin *c, setting s, double T)
{
    float *theta = toy_arena(t), *m = toy_arena(t);
    double sum_m2 = 0, own = 0;
    start(t, s, T, theta, m);
    memset(sums, 0, sizeof sums);
    for (uint64_t k = 0; k < BURN_IN + STEPS; k++) {
        const bens_rng at = {.seed = 11, .step = k};
        const bens_batch batch = {.rows.n = 1, .at = at};
        assert_int_equal(t->model->log_lik(t->state, theta, &batch, NULL, t->grad),
                         BENS_OK);
        if (k >= BURN_IN && k % EVERY == 0) record(theta, m, t->grad);
        t->be->langevin(&t->params, theta, m, t->grad, 1, c, &at, NULL, &sum_m2);
    }
    for (int i = 0; i < N; i++) own += (double)m[i] * (double)m[i];
    assert_true(fabs(sum_m2 - own) <
                1e-6 * own); /* what the kinetic temperature is made of */
    free(theta);
    free(m);
}

/* z of one quantity on one curvature; *error is its standard error. */
static double z_score(int quantity, int group, double scale, double want, double *error)
{
    const double *x = sums[quantity] + group * EACH;
    double mean = 0, squares = 0;
    for (int i = 0; i < EACH; i++) mean += scale * x[i] / EACH;
    for (int i = 0; i < EACH; i++)
        squares += (scale * x[i] - mean) * (scale * x[i] - mean);
    *error = sqrt(squares / (EACH - 1.0) / EACH);
    return (mean - want) / *error;
}

static double check(const variant *v, setting s, double T)
{
    const double n = STEPS / EVERY;
    double widest = 0;
    for (int group = 0; group < 3; group++) {
        const double h = CURVATURE[group];
        const law want = exact(v, s, h);
        const double scale[] = {1 / n, h / n, 1 / (s.sigma * s.sigma * n), 1 / n};
        const double value[] = {0, want.configurational * T, want.kinetic * T,
                                want.configurational * T};
        for (int q = 0; q < N_QUANTITIES; q++) {
            double error;
            const double z = z_score(q, group, scale[q], value[q], &error);
            if (!(fabs(z) < 4))
                fail_msg("%s %s eps %g h %g T %g quantity %d: %g errors off (error %.2g "
                         "of %g)",
                         v->sampler->name, v->integrator, s.eps, h, T, q, z, error,
                         value[q]);
            if (q != MEAN) widest = fmax(widest, error / value[q]);
        }
    }
    return widest;
}

static void gaussians_have_their_law(void **unused)
{
    (void)unused;
    static const double temperatures[] = {0.5, 1, 2};
    const char *const h[] = {"0.5", "1", "4"}, *const ones[] = {"1", "1", "1"};
    char *precision = repeated("precision", h, N), *mean = repeated("mean", ones, N);
    toy t = toy_make("gaussian", NULL, NULL, TEXTS(precision, mean));
    double widest = 0;
    variant v;

    for (size_t i = 0; variant_at(i, &v); i++)
        for (int k = 0; k < 2; k++)
            for (int a = 0; a < 3; a++) {
                const setting s = SETTINGS[k];
                settings o = variant_settings(&v, s.eps, s.alpha, s.sigma);
                const bens_langevin c =
                    v.sampler->linear(o.options, s.eps, temperatures[a]);
                run(&t, &c, s, temperatures[a]);
                widest = fmax(widest, check(&v, s, temperatures[a]));
                settings_release(&o);
            }
    print_message("widest standard error: %.2f %%\n", 100 * widest);
    assert_true(4 * widest < 0.008);
    toy_release(&t);
    free(precision);
    free(mean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gaussians_have_their_law)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
