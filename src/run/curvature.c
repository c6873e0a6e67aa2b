#include "run/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ITERATIONS = 100 };
/* Change of the estimate from one iteration to the next. */
static const double TOLERANCE = 1e-3;

typedef struct {
    bens_workspace *work;
    const float *theta;
    float *at;      /* [n] scratch */
    double *v, *hv; /* [n] unit vector and minus the Hessian times it */
} probe;

static double norm(const double *v, size_t n)
{
    double sum = 0;
    for (size_t e = 0; e < n; e++) sum += v[e] * v[e];
    return sqrt(sum);
}

/* Collective over the shards. hv = -(grad(theta + d v) - grad(theta - d v)) / (2 d N): d
 * is one hundredth of the size of theta, where rounding and curvature of float32
 * gradients are both far below a per cent. */
static bens_status multiply(probe *p)
{
    const bens_params *params = &p->work->problem->params;
    const float *grad = p->work->grad;
    double size = 0, lp, loss;
    for (size_t e = 0; e < params->n; e++)
        size += (double)p->theta[e] * (double)p->theta[e];
    const double d = 0.01 * fmax(1, sqrt(size));
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t e = 0; e < params->n; e++)
            p->at[e] = (float)((double)p->theta[e] + sign * d * p->v[e]);
        BENS_TRY(bens_chain_log_posterior(p->work, 0, p->at, p->work->grad, &lp, &loss));
        for (size_t e = 0; e < params->n; e++)
            p->hv[e] = (sign < 0 ? 0 : p->hv[e]) -
                       sign * (double)grad[e] / (2 * d * params->n_data);
    }
    return BENS_OK;
}

/* Collective over the shards. *value = the eigenvalue of (H - shift) of largest modulus.
 */
static bens_status iterate(probe *p, double shift, double *value)
{
    const bens_params *params = &p->work->problem->params;
    const bens_rng at = {.seed = p->work->problem->order.seed,
                         .stream = BENS_STREAM_PROBE};
    float *z = p->at;
    memset(p->v, 0, params->n * sizeof *p->v);
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        p->work->problem->be->normals(&at, t->offset, t->size, z + t->offset);
        for (size_t e = t->offset; e < t->offset + t->size; e++) p->v[e] = (double)z[e];
    }
    double previous = 0, length = norm(p->v, params->n);
    for (int k = 0; k < MAX_ITERATIONS; k++) {
        for (size_t e = 0; e < params->n; e++) p->v[e] /= length;
        BENS_TRY(multiply(p));
        double rayleigh = 0;
        for (size_t e = 0; e < params->n; e++) {
            p->hv[e] -= shift * p->v[e];
            rayleigh += p->v[e] * p->hv[e];
        }
        *value = rayleigh;
        memcpy(p->v, p->hv, params->n * sizeof *p->v);
        length = norm(p->v, params->n);
        if (!isfinite(length) || length == 0) break;
        if (fabs(rayleigh - previous) <= TOLERANCE * fabs(rayleigh)) break;
        previous = rayleigh;
    }
    return BENS_OK;
}

bens_status bens_plan_curvature(bens_workspace *work, const float *theta, double *h)
{
    const size_t n = work->problem->params.n;
    probe p = {.work = work, .theta = theta};
    double value = NAN, lp, loss;
    bens_status s = bens_alloc(n, sizeof(float), &p.at);
    if (s == BENS_OK) s = bens_alloc(n, sizeof(double), &p.v);
    if (s == BENS_OK) s = bens_alloc(n, sizeof(double), &p.hv);

    /* A shard without memory says so in a sum that all take part in. */
    work->failed = s;
    s = bens_chain_log_posterior(work, 0, theta, work->grad, &lp, &loss);
    if (s == BENS_OK) s = iterate(&p, 0, &value);
    if (s == BENS_OK && value < 0) {
        const double shift = value;
        s = iterate(&p, shift, &value);
        value += shift;
    }
    *h = value;
    free(p.at);
    free(p.v);
    free(p.hv);
    return s;
}
