/* diagnose_select.c - which draws are looked at: those that all chains have which have
 * some and did not diverge. */
#include "run/diagnose_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_LISTED = 12 };

static bool diverged(const bens_draws *d, int64_t row)
{
    for (int64_t k = 0; k < d->n_done[row]; k++)
        if ((bens_draws_flags(d, row, k) & BENS_DRAW_DIVERGING) != 0) return true;
    return false;
}

/* Draws that every chain has, of those that have one behind the first `skip`; 0: none
 * has. */
static int64_t count_common(const bens_draws *d, int64_t skip)
{
    int64_t least = 0;
    for (int64_t row = 0; row < d->n_chains; row++)
        if (d->n_done[row] > skip && (least == 0 || d->n_done[row] < least))
            least = d->n_done[row];
    return least == 0 ? 0 : least - skip;
}

static bens_status refuse(const bens_draws *d, const bens_selection *used, int64_t skip)
{
    int64_t most = 0;
    for (int64_t row = 0; row < d->n_chains; row++)
        if (d->n_done[row] > most) most = d->n_done[row];
    if (most == 0)
        BENS_FAIL(BENS_ERR_TRUST,
                  "'%s' has no draw yet: wanted at least one of a chain, found 0 of "
                  "%" PRId64 "; wait until burn-in is over (bens status)",
                  d->path, d->n_chains * d->n_draws);
    if (used->n_draws == 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--skip: wanted less than the %" PRId64
                  " draws that are done, found %" PRId64,
                  most, skip);
    BENS_FAIL(BENS_ERR_TRUST,
              "'%s' is not to be trusted: all of its %" PRId64
              " chains with draws diverged; a smaller [sampler] step_size helps",
              d->path, used->n_diverged);
}

bens_status bens_selection_create(const bens_draws *d, int64_t skip, int64_t superchain,
                                  bens_selection *out)
{
    *out = (bens_selection){.first = skip, .n_draws = count_common(d, skip)};
    BENS_TRY(bens_alloc((size_t)d->n_chains, sizeof *out->row, &out->row));
    BENS_TRY(bens_alloc((size_t)d->n_chains, sizeof *out->superchain, &out->superchain));
    for (int64_t row = 0; row < d->n_chains; row++) {
        const int64_t k = out->n_chains, number = (d->first_chain + row) / superchain;
        if (diverged(d, row)) {
            out->n_diverged++;
        } else if (d->n_done[row] <= skip) {
            out->n_without++;
        } else {
            out->n_superchains += k == 0 || out->superchain[k - 1] != number;
            out->superchain[k] = number;
            out->row[k] = row;
            out->n_chains++;
        }
    }
    return out->n_chains == 0 ? refuse(d, out, skip) : BENS_OK;
}

void bens_selection_release(bens_selection *used)
{
    free(used->row);
    free(used->superchain);
    *used = (bens_selection){0};
}

bool bens_selection_is_all(const bens_selection *used, const bens_draws *d)
{
    return used->n_chains == d->n_chains && used->n_draws == d->n_draws;
}

/* "chain=[0, 1, 3], " while they are few; else as the file's own flags say. */
static void describe_chains(const bens_selection *used, const bens_draws *d, char *text,
                            size_t size)
{
    const long long first = used->first, end = used->first + used->n_draws;
    int at = 0;
    text[0] = '\0';
    if (used->n_chains == d->n_chains) return;
    if (used->n_chains > MOST_LISTED) {
        snprintf(text, size,
                 "chain=(dt.sample_stats.done[:, %lld:%lld].all(\"draw\")\n"
                 "    & ~dt.sample_stats.diverging.any(\"draw\")).values, ",
                 first, end);
        return;
    }
    for (int64_t k = 0; k < used->n_chains; k++)
        at += snprintf(text + at, size - (size_t)at, "%s%lld", k == 0 ? "chain=[" : ", ",
                       (long long)used->row[k]);
    snprintf(text + at, size - (size_t)at, "], ");
}

void bens_selection_describe(const bens_selection *used, const bens_draws *d, char *text,
                             size_t size)
{
    char chains[256];
    describe_chains(used, d, chains, sizeof chains);
    snprintf(text, size, "dt.isel(%sdraw=slice(%lld, %lld))", chains,
             (long long)used->first, (long long)(used->first + used->n_draws));
}

void bens_selection_take(const bens_selection *used, const bens_draws *d,
                         const double *column, double *x)
{
    for (int64_t k = 0; k < used->n_chains; k++)
        for (int64_t t = 0; t < used->n_draws; t++)
            x[k * used->n_draws + t] =
                column[used->row[k] * d->n_draws + used->first + t];
}

bens_status bens_selection_stat(const bens_diagnosis *d, const char *name, double **x)
{
    double *column;
    const bens_draws *draws = d->draws;
    BENS_TRY(
        bens_alloc((size_t)(draws->n_chains * draws->n_draws), sizeof *column, &column));
    bens_status s = bens_draws_stat(draws, name, column);
    if (s == BENS_OK)
        s = bens_alloc((size_t)(d->used.n_chains * d->used.n_draws), sizeof **x, x);
    if (s == BENS_OK) bens_selection_take(&d->used, draws, column, *x);
    free(column);
    return s;
}
