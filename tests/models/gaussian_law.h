/* gaussian_law.h - every sampler of a posterior on Gaussians: mean, variance, kinetic and
 * configurational temperature against the closed forms of its own discretisation
 * (docs/mathematics.md), within 4 standard errors.
 *
 * A coordinate's time average is one number; the standard error is the spread of these
 * numbers over the root of their count, so nothing need be known about correlation in
 * time. The three curvatures share one run, but for sgnht: there 10,000 coordinates share
 * one friction, and a run has one curvature. */
#ifndef BENS_TESTS_GAUSSIAN_LAW_H
#define BENS_TESTS_GAUSSIAN_LAW_H

#include "models/drive.h"

enum { N_CURVATURES = 3, MOST = 10000, EVERY = 4 };
static const double CURVATURE[N_CURVATURES] = {0.5, 1, 4};

typedef struct {
    double eps, alpha, sigma;
} setting;
static const setting SETTINGS[2] = {{0.05, 1, 1}, {0.2, 1.5, 2}};

/* `each` coordinates of each of n curvatures, one after another. */
typedef struct {
    int each, n;
    const double *curvature;
    int64_t burn_in, steps;
    double gradient_sd, noise; /* of every coordinate; variance taken off for it */
} plan;

/* In units of T: h Var(theta) and Var(m) / sigma^2; and the friction, where it moves. */
typedef struct {
    double configurational, kinetic, friction;
} gaussian_law;

/* numbers.md A.2: friction g that holds Var(m) = sigma^2 T under the explicit recursion,
 * whose noise is 2 alpha eps T: the smaller root of 2 alpha eps / sigma^2 = g (2 - g) -
 * kappa (1 - g) - kappa (2 - g + kappa) / 2. */
static inline double thermostat_of_euler(setting s, double kappa)
{
    const double prec = 1 / (s.sigma * s.sigma), half = 1 + 0.75 * kappa;
    const double c =
        2 * s.alpha * s.eps * prec + kappa * (1.5 + 0.5 * kappa) + 0.5 * kappa;
    return half - sqrt(half * half - c);
}

/* The stationary covariance in closed form, for an element of mass M. A new sampler
 * brings its law here. */
static inline gaussian_law exact(const variant *v, setting s, double h, double M)
{
    const double prec = 1 / (s.sigma * s.sigma);
    const double g = s.eps * s.alpha * prec, kappa = s.eps * s.eps * h * prec;
    const double wide = 2 - g + kappa;
    if (variant_is(v, "baoa", "")) return (gaussian_law){1, 1, 0};
    if (variant_is(v, "rmsprop_sghmc", "")) return (gaussian_law){1, 1, 0};
    if (variant_is(v, "sgld", ""))
        return (gaussian_law){.configurational = 1 / (1 - s.eps * h / 2)};
    if (variant_is(v, "psgld", ""))
        return (gaussian_law){.configurational = 1 / (1 - s.eps * h / (2 * M))};
    if (variant_is(v, "sgnht", "integrator=baoa")) return (gaussian_law){1, 1, s.alpha};
    if (variant_is(v, "sgnht", "integrator=euler")) {
        const double held = thermostat_of_euler(s, kappa);
        return (gaussian_law){(2 - held + kappa) / 2, 1, held / (s.eps * prec)};
    }
    if (variant_is(v, "sghmc", "integrator=symplectic"))
        return (gaussian_law){1 / (1 - kappa / (2 * (2 - g))),
                              1 / (1 - g / 2 - kappa / 4), 0};
    assert_true(variant_is(v, "sghmc", "integrator=euler"));
    const double S =
        2 * s.alpha * s.eps / (g * (2 - g) - kappa * (1 - g) - kappa * wide / 2);
    return (gaussian_law){0.5 * prec * S * wide, S * prec, 0};
}

enum { MEAN, VARIANCE, KINETIC, CONFIGURATIONAL, N_QUANTITIES };
static const char *const QUANTITY[] = {"mean", "variance", "kinetic", "configurational"};
static double sums[N_QUANTITIES][MOST];
static double mass[MOST];

/* Mean 1 everywhere. */
static inline toy make_gaussian(const plan *p)
{
    const size_t n = (size_t)(p->each * p->n);
    char *precision = malloc(n * 8 + 32), *mean = malloc(n * 2 + 32), sd[64];
    assert_true(precision != NULL && mean != NULL && n <= MOST);
    char *at = precision + sprintf(precision, "precision=");
    char *to = mean + sprintf(mean, "mean=");
    for (size_t i = 0; i < n; i++) {
        at += sprintf(at, "%g ", p->curvature[i / (size_t)p->each]);
        to += sprintf(to, "1 ");
    }
    at[-1] = to[-1] = '\0';
    snprintf(sd, sizeof sd, "gradient_sd=%.17g", p->gradient_sd);
    const toy t = toy_make("gaussian", NULL, NULL, TEXTS(precision, mean, sd));
    free(precision);
    free(mean);
    return t;
}

/* Sums at theta with the gradient there, and the momentum that led to it. */
static inline void record(const drive *d, int n)
{
    const float *m = d->sampler->momenta ? d->aux[0] : NULL;
    for (int i = 0; i < n; i++) {
        const double x = (double)d->theta[i] - 1;
        sums[MEAN][i] += x;
        sums[VARIANCE][i] += x * x;
        sums[CONFIGURATIONAL][i] -= x * (double)d->t->grad[i];
        if (m != NULL) sums[KINETIC][i] += (double)m[i] * (double)m[i];
    }
}

/* The mass of every element as backend.h defines it, in float32, where there is one. */
static inline void read_masses(const drive *d, const settings *o, int n)
{
    const bens_option *beta = bens_option_find(d->sampler->options, "beta");
    for (int i = 0; i < n; i++) mass[i] = 1;
    if (beta == NULL) return;
    const bens_option *lambda = bens_option_find(d->sampler->options, "lambda");
    const char *base = o->options;
    double b, l;
    memcpy(&b, base + beta->offset, sizeof b);
    memcpy(&l, base + lambda->offset, sizeof l);
    const float unbias = (float)(1 / (1 - pow(b, (double)d->adapt)));
    const float *v = d->aux[d->sampler->n_aux - 1];
    for (int i = 0; i < n; i++) mass[i] = (double)((float)l + sqrtf(unbias * v[i]));
}

/* Starts at the posterior and the right momenta; the burn-in is for the integrator's own
 * law. Returns the mean friction. */
static inline double run(toy *t, const variant *v, const settings *o, const plan *p,
                         double T)
{
    const int n = p->each * p->n;
    drive d = drive_make(t, v, o, T, 11);
    double own = 0, friction = 0;
    d.adapt = p->burn_in / 2;
    d.noise = p->noise;
    drive_normals(&d, BENS_STREAM_INIT, sqrt(T), d.theta);
    drive_start_momenta(&d);
    for (int i = 0; i < n; i++)
        d.theta[i] = 1 + d.theta[i] / (float)sqrt(p->curvature[i / p->each]);
    memset(sums, 0, sizeof sums);
    for (int64_t k = 0; k < p->burn_in + p->steps; k++) {
        drive_gradient(&d);
        if (k >= p->burn_in && k % EVERY == 0) record(&d, n);
        if (k >= p->burn_in) friction += d.scalar[0] / (double)p->steps;
        drive_step(&d);
    }
    for (int i = 0; i < n && d.sampler->momenta; i++)
        own += (double)d.aux[0][i] * (double)d.aux[0][i];
    assert_true(!d.sampler->momenta || fabs(d.sum_m2 - own) < 1e-6 * own);
    read_masses(&d, o, n);
    drive_release(&d);
    return friction;
}

/* The mean over one curvature of (scale x - want), in its standard errors. */
static inline double z_score(const double *x, double scale, const double *want, int n,
                             double *error)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < n; i++) mean += (scale * x[i] - want[i]) / n;
    for (int i = 0; i < n; i++) {
        const double off = scale * x[i] - want[i] - mean;
        squares += off * off;
    }
    *error = sqrt(squares / (n - 1.0) / n);
    return mean / *error;
}

/* Every quantity of one curvature against law [each]; the largest relative standard error
 * of a variance. */
static inline double check_group(const variant *v, setting s, double T, const plan *p,
                                 int group, const gaussian_law *law)
{
    static double want[N_QUANTITIES][MOST];
    const double h = p->curvature[group], n = (double)(p->steps / EVERY);
    const double scale[] = {1 / n, h / n, 1 / (s.sigma * s.sigma * n), 1 / n};
    double widest = 0;
    for (int i = 0; i < p->each; i++) {
        want[MEAN][i] = 0;
        want[VARIANCE][i] = want[CONFIGURATIONAL][i] = law[i].configurational * T;
        want[KINETIC][i] = law[i].kinetic * T;
    }
    for (int q = 0; q < N_QUANTITIES; q++) {
        double error;
        if (q == KINETIC && !v->sampler->momenta) continue;
        const double z =
            z_score(sums[q] + group * p->each, scale[q], want[q], p->each, &error);
        if (!(fabs(z) < 4))
            fail_msg("%s %s eps %g h %g T %g: %s is %g errors off (error %.2g)",
                     v->sampler->name, v->integrator, s.eps, h, T, QUANTITY[q], z, error);
        if (q != MEAN) widest = fmax(widest, error / want[q][0]);
    }
    return widest;
}

static inline double check_run(const variant *v, setting s, double T, const plan *p)
{
    settings o = variant_settings(v, s.eps, s.alpha, s.sigma);
    toy t = make_gaussian(p);
    const double friction = run(&t, v, &o, p, T);
    static gaussian_law law[MOST];
    double widest = 0;
    for (int group = 0; group < p->n; group++) {
        for (int i = 0; i < p->each; i++)
            law[i] = exact(v, s, p->curvature[group], mass[group * p->each + i]);
        widest = fmax(widest, check_group(v, s, T, p, group, law));
    }
    /* Its sd is sigma / sqrt(d) = .01 sigma, correlated over few steps. */
    if (v->sampler->advance != NULL)
        assert_true(fabs(friction - exact(v, s, p->curvature[0], 1).friction) <
                    0.005 * s.sigma);
    toy_release(&t);
    settings_release(&o);
    return widest;
}

/* All settings and temperatures; `size`: how many times the shortest run that says
 * anything. The largest relative standard error of a variance or temperature. */
static inline double check_variant(const variant *v, int size)
{
    static const double temperatures[] = {0.5, 1, 2};
    double widest = 0;
    for (int k = 0; k < 2; k++)
        for (int a = 0; a < 3; a++) {
            plan p = {2048, N_CURVATURES, CURVATURE, 1500, 10000 * size, 0, 0};
            if (v->sampler->advance == NULL) {
                widest = fmax(widest, check_run(v, SETTINGS[k], temperatures[a], &p));
                continue;
            }
            p = (plan){MOST, 1, CURVATURE, 1500, 3000 * size, 0, 0};
            for (; p.curvature < CURVATURE + N_CURVATURES; p.curvature++)
                widest = fmax(widest, check_run(v, SETTINGS[k], temperatures[a], &p));
        }
    return widest;
}

/* 4 standard errors are what a run can see; `wanted` of a variance has to be seen. */
static inline void check_all(int size, double wanted)
{
    variant v;
    int n = 0;
    for (; variant_sampler_at((size_t)n, &v); n++) {
        const double seen = 4 * check_variant(&v, size);
        print_message("%-14s %-22s sees an error of %.2f %% in a variance\n",
                      v.sampler->name, v.integrator, 100 * seen);
        assert_true(seen < wanted);
    }
    assert_int_equal(n, 8);
}

#endif
