/* run.h - a small run of two rectangles, as samples.h5 and samples.0000.h5,
 * samples.0001.h5, and its checkpoint, to be replaced by the bytes of a fuzz target. */
#ifndef TESTS_FUZZ_RUN_H
#define TESTS_FUZZ_RUN_H

#include "fuzz/file.h"
#include "fuzz/objects.h"
#include "io/checkpoint.h"
#include "io/draws.h"
#include "io/samples.h"

enum { FUZZ_CHAINS = 4, FUZZ_DRAWS = 3, FUZZ_STATE = 40 };

static bens_params fuzz_params;

static inline bens_samples_spec fuzz_spec(int64_t first_chain, int64_t n_chains)
{
    return (bens_samples_spec){.params = &fuzz_params,
                               .first_chain = first_chain,
                               .n_chains = n_chains,
                               .n_draws = FUZZ_DRAWS,
                               .n_data = 5,
                               .seed = 1,
                               .version = "1",
                               .config = "[run]\nseed = 1\n"};
}

/* FOLDER/NAME with all draws but the last one of the last chain. */
static inline void fuzz_make_rectangle(const char *name, int64_t first, int64_t n)
{
    bens_samples *s;
    const bens_samples_spec spec = fuzz_spec(first, n);
    FUZZ_PROMISE(bens_samples_create(fuzz_folder, name, &spec) == BENS_OK);
    FUZZ_PROMISE(bens_samples_open(fuzz_path(name), &fuzz_params, n, FUZZ_DRAWS, &s) ==
                 BENS_OK);
    float *theta = calloc(fuzz_params.n, sizeof *theta);
    FUZZ_PROMISE(theta != NULL);
    for (int64_t row = 0; row < n; row++)
        for (int64_t k = 0; k < FUZZ_DRAWS - (row == n - 1); k++) {
            const bens_draw draw = {.step = k};
            FUZZ_PROMISE(bens_samples_put(s, row, k, 1, theta, &draw) == BENS_OK);
            FUZZ_PROMISE(bens_samples_done(s, row, k, 1) == BENS_OK);
        }
    free(theta);
    bens_samples_close(s);
}

static inline void fuzz_make_run(void)
{
    static const int64_t two = 2;
    const bens_samples_part part[] =
        {{.name = "samples.0000.h5", .n_rows = 2, .n_draws = FUZZ_DRAWS},
         {.name = "samples.0001.h5", .row = 2, .n_rows = 2, .n_draws = FUZZ_DRAWS}};
    const bens_samples_spec spec = fuzz_spec(0, FUZZ_CHAINS);
    const bens_checkpoint_spec states = {.n_chains = 2,
                                         .bytes = FUZZ_STATE,
                                         .version = "1"};
    const char state[2 * FUZZ_STATE] = "a state";
    bens_checkpoint *c;
    int64_t first, n;
    fuzz_choose_process();
    fuzz_make_folder();
    FUZZ_PROMISE(bens_params_add(&fuzz_params, "w", 1, &two, NULL) == BENS_OK);
    fuzz_make_rectangle("samples.0000.h5", 0, 2);
    fuzz_make_rectangle("samples.0001.h5", 2, 2);
    FUZZ_PROMISE(bens_samples_index(fuzz_folder, "samples.h5", &spec, part, 2) ==
                 BENS_OK);
    FUZZ_PROMISE(bens_checkpoint_create(fuzz_folder, "checkpoint.h5", &states) ==
                 BENS_OK);
    FUZZ_PROMISE(bens_checkpoint_open(fuzz_path("checkpoint.h5"), FUZZ_STATE, &first, &n,
                                      &c) == BENS_OK);
    FUZZ_PROMISE(bens_checkpoint_put(c, 0, 2, state) == BENS_OK);
    bens_checkpoint_close(c);
}

/* Reads all that can be read of a run. */
static inline void fuzz_read_run(const char *path)
{
    bens_draws *d;
    const bens_status s = bens_draws_open(path, &d);
    fuzz_check_error(s);
    if (s != BENS_OK) return;
    const size_t n_cells = (size_t)(d->n_chains * d->n_draws);
    double *values = malloc((n_cells + 1) * sizeof *values);
    float *theta = malloc((d->params.n + 1) * sizeof *theta);
    FUZZ_PROMISE(values != NULL && theta != NULL);
    fuzz_check_error(bens_draws_stat(d, "lp", values));
    for (int64_t row = 0; row < d->n_chains; row++) {
        FUZZ_PROMISE(d->n_complete <= d->n_done[row] && d->n_done[row] <= d->n_draws);
        for (int64_t k = 0; k < d->n_draws; k++) {
            if ((bens_draws_flags(d, row, k) & BENS_DRAW_DONE) == 0) continue;
            fuzz_check_error(bens_draws_verify(d, row, k));
            fuzz_check_error(bens_draws_theta(d, &d->params, row, k, theta));
        }
    }
    for (int i = 0; i < d->params.n_tensors; i++)
        if (d->params.tensors[i].size > 0)
            fuzz_check_error(bens_draws_elements(d, &d->params.tensors[i], 0, 1, values));
    free(values);
    free(theta);
    bens_draws_close(d);
}

#endif
