#include "run/predict_members.h"

#include "core/permutation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole number >= 1 at the beginning of text; *end is what follows. */
static bool read_count(const char *text, int64_t *out, const char **end)
{
    char *rest;
    if (text[0] < '0' || text[0] > '9') return false;
    errno = 0;
    *out = strtoll(text, &rest, 10);
    *end = rest;
    return errno == 0 && *out >= 1;
}

bens_status bens_member_choice_parse(const char *text, bens_member_choice *out)
{
    bens_member_choice c = {.kind = BENS_MEMBERS_ALL};
    const char *end = "";
    bool good = true;
    if (strcmp(text, "last") == 0)
        c.kind = BENS_MEMBERS_LAST;
    else if (strncmp(text, "thin=", 5) == 0) {
        c.kind = BENS_MEMBERS_THIN;
        good = read_count(text + 5, &c.n, &end);
    } else if (strcmp(text, "all") != 0) {
        c.kind = BENS_MEMBERS_SOME;
        good = read_count(text, &c.n, &end);
        if (good && strncmp(end, " of ", 4) == 0) good = read_count(end + 4, &c.of, &end);
    }
    if (!good || end[0] != '\0')
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--members: wanted all, last, thin=K, N or 'N of M', found '%.60s'",
                  text);
    *out = c;
    return BENS_OK;
}

static bool diverged(const bens_draws *d, int64_t row)
{
    for (int64_t k = 0; k < d->n_draws; k++)
        if ((bens_draws_flags(d, row, k) & BENS_DRAW_DIVERGING) != 0) return true;
    return false;
}

static int64_t count_good(const bens_draws *d, int64_t row)
{
    int64_t n = 0;
    for (int64_t k = 0; k < d->n_draws; k++) n += bens_draws_is_good(d, row, k);
    return n;
}

/* Is good draw i of the n that a chain has one of those chosen? */
static bool is_chosen(const bens_member_choice *choice, int64_t i, int64_t n)
{
    if (choice->kind == BENS_MEMBERS_LAST) return i == n - 1;
    if (choice->kind == BENS_MEMBERS_THIN) return (i + 1) % choice->n == 0;
    return true;
}

static void add_chain(const bens_draws *d, const bens_member_choice *choice, int64_t row,
                      bens_members *out)
{
    const int64_t n = count_good(d, row);
    if (diverged(d, row)) {
        out->n_diverged++;
        return;
    }
    out->n_empty += n == 0;
    out->n_missing += d->n_draws - n;
    out->n_good += n;
    for (int64_t k = 0, i = 0; k < d->n_draws; k++) {
        if (!bens_draws_is_good(d, row, k)) continue;
        if (is_chosen(choice, i++, n)) out->member[out->n++] = (bens_member){row, k};
    }
}

/* Keeps the first choice->n images of a keyed permutation, in the order that they had. */
static bens_status keep_some(const bens_draws *d, const bens_member_choice *choice,
                             uint64_t repeat, bens_members *m)
{
    const bens_rng at = {.seed = d->seed, .step = repeat, .stream = BENS_STREAM_MEMBERS};
    if (choice->n > m->n || (choice->of > 0 && choice->of != m->n))
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--members: wanted %" PRId64 " of %" PRId64 ", found %" PRId64
                  " draws that are done and of chains that have not diverged",
                  choice->n, choice->of > 0 ? choice->of : m->n, m->n);
    const bens_permutation p = bens_permutation_make((uint64_t)m->n, &at);
    char *kept;
    BENS_TRY(bens_alloc((size_t)m->n, 1, &kept));
    for (int64_t i = 0; i < choice->n; i++)
        kept[bens_permutation_at(&p, (uint64_t)i)] = 1;
    int64_t n = 0;
    for (int64_t i = 0; i < m->n; i++)
        if (kept[i]) m->member[n++] = m->member[i];
    m->n = n;
    free(kept);
    return BENS_OK;
}

static bens_status refuse(const bens_draws *d, const bens_member_choice *choice,
                          const bens_members *m)
{
    if (m->n_good > 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "--members: wanted every %" PRId64
                  "th draw of a chain, found less than "
                  "%" PRId64 " good draws of any",
                  choice->n, choice->n);
    if (m->n_diverged == 0)
        BENS_FAIL(BENS_ERR_TRUST,
                  "'%s' has no draw yet: wanted at least one of a chain, found 0 of "
                  "%" PRId64 "; wait until burn-in is over (bens status)",
                  d->path, d->n_chains * d->n_draws);
    BENS_FAIL(BENS_ERR_TRUST,
              "'%s' is not to be trusted: all of its %" PRId64
              " chains with draws diverged; a smaller [sampler] step_size helps",
              d->path, m->n_diverged);
}

static bens_status fill(const bens_draws *d, const bens_member_choice *choice,
                        uint64_t repeat, bens_members *m)
{
    const size_t most = (size_t)d->n_chains * (size_t)d->n_draws;
    BENS_TRY(bens_alloc(most, sizeof *m->member, &m->member));
    for (int64_t row = 0; row < d->n_chains; row++) add_chain(d, choice, row, m);
    if (m->n == 0) return refuse(d, choice, m);
    if (choice->kind == BENS_MEMBERS_SOME) BENS_TRY(keep_some(d, choice, repeat, m));
    return bens_members_group(m);
}

bens_status bens_members_create(const bens_draws *draws, const bens_member_choice *choice,
                                uint64_t repeat, bens_members *out)
{
    *out = (bens_members){0};
    const bens_status s = fill(draws, choice, repeat, out);
    if (s != BENS_OK) bens_members_release(out);
    return s;
}

void bens_members_release(bens_members *m)
{
    free(m->member);
    free(m->begin);
    free(m->cluster);
    *m = (bens_members){0};
}

/* The members of the chain that begins at i end before the index returned. */
static int64_t end_of_chain(const bens_members *m, int64_t i)
{
    const int64_t row = m->member[i].row;
    while (i < m->n && m->member[i].row == row) i++;
    return i;
}

/* A unit that begins with member i. */
static void add_unit(bens_members *m, int64_t i, bool apart)
{
    if (m->n_units == 0 || apart) m->n_clusters++;
    m->cluster[m->n_units] = m->n_clusters - 1;
    m->begin[m->n_units++] = i;
}

/* Chain c of C is in unit c U / C. */
static void group_chains(bens_members *m, int64_t n_units)
{
    for (int64_t i = 0, chain = 0; i < m->n; i = end_of_chain(m, i), chain++)
        if (chain * n_units / m->n_chains >= m->n_units) add_unit(m, i, true);
}

static void cut_chains(bens_members *m, int64_t most)
{
    for (int64_t i = 0, end; i < m->n; i = end) {
        end = end_of_chain(m, i);
        const int64_t n = end - i, blocks = n < most ? n : most;
        for (int64_t b = 0; b < blocks; b++)
            add_unit(m, i + b * n / blocks, b == 0 || m->n_chains < BENS_FEW_CHAINS);
    }
}

bens_status bens_members_group(bens_members *m)
{
    m->n_chains = m->n_units = m->n_clusters = 0;
    for (int64_t i = 0; i < m->n; i = end_of_chain(m, i)) m->n_chains++;
    BENS_TRY(bens_alloc(BENS_MOST_UNITS + 1, sizeof *m->begin, &m->begin));
    BENS_TRY(bens_alloc(BENS_MOST_UNITS, sizeof *m->cluster, &m->cluster));
    if (m->n_chains > BENS_MOST_UNITS)
        group_chains(m, BENS_MOST_UNITS);
    else
        cut_chains(m, BENS_MOST_UNITS / m->n_chains);
    m->begin[m->n_units] = m->n;
    return BENS_OK;
}

void bens_members_describe(const bens_members *m, const bens_member_choice *choice,
                           char *text, size_t size)
{
    char what[64] = "all";
    if (choice->kind == BENS_MEMBERS_LAST) snprintf(what, sizeof what, "last");
    if (choice->kind == BENS_MEMBERS_THIN)
        snprintf(what, sizeof what, "thin=%" PRId64, choice->n);
    if (choice->kind == BENS_MEMBERS_SOME)
        snprintf(what, sizeof what, "%" PRId64 " of %" PRId64, choice->n, m->n_good);
    snprintf(text, size, "%s: %" PRId64 " draw%s of %" PRId64 " chain%s", what, m->n,
             m->n == 1 ? "" : "s", m->n_chains, m->n_chains == 1 ? "" : "s");
}

/* count [n_draws] = of how many chains a draw is a member; row [m->n_chains]. */
static void count_draws(const bens_members *m, int64_t *row, int64_t *count)
{
    int64_t n_rows = 0;
    for (int64_t i = 0; i < m->n; i++) {
        if (i == 0 || m->member[i].row != m->member[i - 1].row)
            row[n_rows++] = m->member[i].row;
        count[m->member[i].draw]++;
    }
}

bens_status bens_rectangle_create(const bens_members *m, int64_t n_draws,
                                  bens_rectangle *out)
{
    bens_rectangle r = {.n_rows = m->n_chains};
    BENS_TRY(bens_alloc((size_t)m->n_chains, sizeof *r.row, &r.row));
    bens_status s = bens_alloc((size_t)n_draws, sizeof *r.draw, &r.draw);
    if (s == BENS_OK) {
        count_draws(m, r.row, r.draw);
        for (int64_t k = 0; k < n_draws; k++)
            if (r.draw[k] == m->n_chains) r.draw[r.n_draws++] = k;
        if (r.n_draws == 0)
            s = bens_error_set(BENS_ERR_CONFIG,
                               "--log-likelihood, --posterior-predictive: wanted a draw "
                               "that "
                               "is a member of all %" PRId64
                               " chains, found none; take other --members",
                               m->n_chains);
    }
    if (s == BENS_OK)
        *out = r;
    else
        bens_rectangle_release(&r);
    return s;
}

void bens_rectangle_release(bens_rectangle *r)
{
    free(r->row);
    free(r->draw);
    *r = (bens_rectangle){0};
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t bens_rectangle_find(const bens_rectangle *r, bens_member member)
{
    const int64_t *row =
        bsearch(&member.row, r->row, (size_t)r->n_rows, sizeof *row, ascending);
    const int64_t *draw =
        bsearch(&member.draw, r->draw, (size_t)r->n_draws, sizeof *draw, ascending);
    if (row == NULL || draw == NULL) return -1;
    return (row - r->row) * r->n_draws + (draw - r->draw);
}
