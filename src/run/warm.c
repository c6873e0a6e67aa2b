#include "run/warm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20 };

/* Which draw of which row chain `chain` starts from. */
static bens_status find(const bens_draws *d, uint32_t chain, int64_t *row, int64_t *draw)
{
    const int64_t k = chain >= d->first_chain ? chain - d->first_chain : chain;
    const int64_t back = k / d->n_chains;
    int64_t n_good = 0;
    *row = k % d->n_chains;
    *draw = d->n_draws;
    while (n_good <= back && *draw > 0) n_good += bens_draws_is_good(d, *row, --*draw);
    if (n_good > back) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "chain %lu wants to start from chain %lld of '%s', %lld good draws before "
              "its last: found %lld that are done and had not diverged; start fewer "
              "chains, or from a run that has more",
              (unsigned long)chain, (long long)(d->first_chain + *row), d->path,
              (long long)back, (long long)n_good);
}

bens_status bens_warm_check(const bens_draws *d, const bens_params *params,
                            uint32_t first, int64_t n)
{
    int64_t row, draw;
    BENS_TRY(bens_draws_match(d, params));
    for (int64_t i = 0; i < n; i++) BENS_TRY(find(d, first + (uint32_t)i, &row, &draw));
    return BENS_OK;
}

bens_status bens_warm_start(const bens_draws *d, const bens_params *params,
                            uint32_t chain, float *theta)
{
    int64_t row, draw;
    BENS_TRY(bens_draws_match(d, params));
    BENS_TRY(find(d, chain, &row, &draw));
    BENS_TRY(bens_draws_verify(d, row, draw));
    return bens_draws_theta(d, params, row, draw, theta);
}

/* Over the good draws, n of them: the sum of x and, in the second pass, of (x - mean)^2;
 * both [size]. An element that never moved has squares of exactly 0: sums of less than
 * 2^29 equal floats are exact in a double. */
typedef struct {
    const bens_draws *draws;
    const bens_tensor *tensor;
    float *x; /* [most][size] */
    int64_t most, n;
    double *sum, *squares;
    bool second;
} moments;

static void add_draw(moments *m, const float *x)
{
    const size_t size = m->tensor->size;
    if (!m->second) {
        for (size_t e = 0; e < size; e++) m->sum[e] += (double)x[e];
        m->n++;
        return;
    }
    for (size_t e = 0; e < size; e++) {
        const double gap = (double)x[e] - m->sum[e] / (double)m->n;
        m->squares[e] += gap * gap;
    }
}

static bens_status pass(moments *m)
{
    const bens_draws *d = m->draws;
    for (int64_t row = 0; row < d->n_chains; row++)
        for (int64_t first = 0; first < d->n_draws; first += m->most) {
            const int64_t left = d->n_draws - first;
            const int64_t n = left < m->most ? left : m->most;
            BENS_TRY(bens_draws_tensor(d, m->tensor, row, first, n, m->x));
            for (int64_t k = 0; k < n; k++)
                if (bens_draws_is_good(d, row, first + k))
                    add_draw(m, m->x + (size_t)k * m->tensor->size);
        }
    return BENS_OK;
}

/* "block.0.w[1, 0]" */
static void name_element(const bens_tensor *t, size_t e, char *text, size_t size)
{
    int64_t at[BENS_MAX_RANK];
    for (int k = t->rank - 1; k >= 0; k--) {
        at[k] = (int64_t)(e % (size_t)t->shape[k]);
        e /= (size_t)t->shape[k];
    }
    snprintf(text, size, "%s", t->name);
    for (int k = 0; k < t->rank; k++) {
        const size_t n = strlen(text);
        snprintf(text + n, size - n, "%s%lld%s", k == 0 ? "[" : ", ", (long long)at[k],
                 k == t->rank - 1 ? "]" : "");
    }
}

static bens_status finish(const moments *m, float *means, float *scales)
{
    char name[BENS_NAME_SIZE + 24 * BENS_MAX_RANK];
    for (size_t e = 0; e < m->tensor->size; e++) {
        const double n = (double)m->n;
        means[e] = (float)(m->sum[e] / n);
        scales[e] = (float)sqrt(m->squares[e] / (n - 1));
        if (isfinite(means[e]) && isfinite(scales[e]) && scales[e] > 0) continue;
        name_element(m->tensor, e, name, sizeof name);
        BENS_FAIL(BENS_ERR_CONFIG,
                  "a prior from '%s': wanted finite means and standard deviations > 0, "
                  "found %g and %g for %s",
                  m->draws->path, (double)means[e], (double)scales[e], name);
    }
    return BENS_OK;
}

static bens_status run_passes(moments *m, float *means, float *scales)
{
    BENS_TRY(pass(m));
    if (m->n < 2)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "a prior from '%s': wanted at least 2 draws that are done and had not "
                  "diverged, found %lld",
                  m->draws->path, (long long)m->n);
    m->second = true;
    BENS_TRY(pass(m));
    return finish(m, means, scales);
}

bens_status bens_warm_prior(const bens_draws *d, const bens_tensor *tensor, float *means,
                            float *scales)
{
    const size_t size = tensor->size;
    moments m = {.draws = d, .tensor = tensor, .most = d->n_draws};
    const int64_t block = (int64_t)(BLOCK_BYTES / (size * sizeof *m.x));
    if (m.most > block) m.most = block < 1 ? 1 : block;
    BENS_TRY(bens_alloc(2 * size, sizeof *m.sum, &m.sum));
    m.squares = m.sum + size;
    bens_status s = bens_alloc((size_t)m.most * size, sizeof *m.x, &m.x);
    if (s == BENS_OK) s = run_passes(&m, means, scales);
    free(m.x);
    free(m.sum);
    return s;
}
