#include "io/draws.h"
#include "io/h5.h"
#include "io/samples.h"

#include <stdio.h>
#include <stdlib.h>

static void count_flags(const bens_draws *d, bens_samples_summary *out)
{
    for (int64_t row = 0; row < d->n_chains; row++)
        for (int64_t k = 0; k < d->n_draws; k++) {
            const uint8_t flags = bens_draws_flags(d, row, k);
            out->done[row] += (flags & BENS_DRAW_DONE) != 0;
            out->diverging[row] += (flags & BENS_DRAW_DIVERGING) != 0;
            out->n_done += (flags & BENS_DRAW_DONE) != 0;
        }
}

bens_status bens_samples_summarize(const char *path, bens_samples_summary *out)
{
    bens_draws *d;
    BENS_TRY(bens_draws_open(path, &d));
    bens_samples_summary found = {.n_chains = d->n_chains,
                                  .n_draws = d->n_draws,
                                  .first_chain = d->first_chain,
                                  .n_data = d->n_data,
                                  .created = d->created};
    const size_t n = (size_t)d->n_chains;
    bens_status s = bens_alloc(n, sizeof *found.done, &found.done);
    if (s == BENS_OK) s = bens_alloc(n, sizeof *found.diverging, &found.diverging);
    if (s == BENS_OK) {
        count_flags(d, &found);
        found.config = d->config;
        d->config = NULL;
        *out = found;
    } else {
        bens_samples_summary_release(&found);
    }
    bens_draws_close(d);
    return s;
}

void bens_samples_summary_release(bens_samples_summary *summary)
{
    free(summary->done);
    free(summary->diverging);
    free(summary->config);
    *summary = (bens_samples_summary){0};
}

void bens_samples_describe(char *text, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;
    bens_h5_start();
    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "HDF5 %u.%u.%u", major, minor, release);
}
