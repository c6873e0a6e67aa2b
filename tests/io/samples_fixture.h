/* samples_fixture.h - a small run for the tests of samples.h5: four
 * chains, three tensors, one of them with named features (one label is not
 * ASCII), padding in the arena. */
#ifndef TESTS_IO_SAMPLES_FIXTURE_H
#define TESTS_IO_SAMPLES_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/folder.h"
#include "io/samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHAINS = 4, DRAWS = 6, FEATURES = 3, OBS = 5 };

typedef struct {
    char folder[64], path[128];
    bens_params params;
    bens_axis feature;
    bens_samples_spec spec;
} fixture;

static const char *const feature_names[FEATURES] = {"plas", "gr\303\266\303\237e", "age"};
static const char *const class_names[2] = {"negative", "positive"};
static const int32_t labels[OBS] = {0, 1, 1, 0, 1};
static const double x_mean[FEATURES] = {120.5, 31, 33}, x_sd[FEATURES] = {32, 8, 12};

static inline fixture fixture_make(fixture *f)
{
    const int64_t one = FEATURES, two[] = {2, 2};
    bens_tensor *t;
    *f = (fixture){.folder = "samples-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/samples.h5", f->folder);
    f->feature = (bens_axis){.name = "feature", .n = FEATURES, .labels = feature_names};
    assert_int_equal(bens_params_add(&f->params, "weight", 1, &one, &t), BENS_OK);
    t->axis[0] = &f->feature;
    t->prior = (bens_prior){.kind = BENS_PRIOR_NORMAL, .scale = 2};
    assert_int_equal(bens_params_add(&f->params, "bias", 0, NULL, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&f->params, "block.0.w", 2, two, NULL), BENS_OK);
    f->spec = (bens_samples_spec){.params = &f->params,
                                  .first_chain = 7,
                                  .n_chains = CHAINS,
                                  .n_draws = DRAWS,
                                  .n_data = 768,
                                  .seed = UINT64_MAX,
                                  .data_hash = 0x0123456789abcdefU,
                                  .version = "1.2.3",
                                  .config = "[run]\nseed = 1\n",
                                  .argv = "bens train \xff.ini",
                                  .n_obs = OBS,
                                  .obs_name = "y",
                                  .obs_label = labels,
                                  .n_classes = 2,
                                  .class_names = class_names,
                                  .n_features = FEATURES,
                                  .feature_names = feature_names,
                                  .x_mean = x_mean,
                                  .x_sd = x_sd};
    return *f;
}

static inline void fixture_release(fixture *f)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", f->folder);
    assert_int_equal(system(command), 0);
    bens_params_release(&f->params);
}

/* Every number of a draw says where it belongs; the padding
 * must not get into the file. */
static inline float value_at(int64_t row, int64_t draw, size_t element)
{
    return (float)(row * 1000 + draw * 100 + (int64_t)element) + 0.25F;
}

static inline void fill_draw(const bens_params *p, int64_t row, int64_t draw,
                             float *theta, bens_draw *out)
{
    for (size_t e = 0; e < p->n; e++) theta[e] = -1e30F;
    for (int i = 0; i < p->n_tensors; i++) {
        const bens_tensor *t = &p->tensors[i];
        for (size_t e = t->offset; e < t->offset + t->size; e++)
            theta[e] = value_at(row, draw, e);
    }
    const double x = (double)(row * 10 + draw);
    *out = (bens_draw){.lp = -x,
                       .loss = x / 4,
                       .step = 1000 * row + draw,
                       .step_size = 0.5,
                       .temperature = 1,
                       .temperature_kinetic = x / 8,
                       .temperature_configurational = NAN,
                       .diverging = (row + draw) % 5 == 4,
                       .stat = {x / 16}};
}

/* Puts draws first ... first + n - 1 of a row, and sets their flags. */
static inline bens_status put_draws(bens_samples *s, const bens_params *p, int64_t row,
                                    int64_t first, int64_t n)
{
    float *theta = calloc((size_t)n * p->n, sizeof *theta);
    bens_draw *draw = calloc((size_t)n, sizeof *draw);
    assert_non_null(theta);
    assert_non_null(draw);
    for (int64_t k = 0; k < n; k++)
        fill_draw(p, row, first + k, theta + (size_t)k * p->n, &draw[k]);
    bens_status status = bens_samples_put(s, row, first, n, theta, draw);
    if (status == BENS_OK) status = bens_samples_sync(s);
    if (status == BENS_OK) status = bens_samples_done(s, row, first, n);
    free(theta);
    free(draw);
    return status;
}

/* One draw of a run, of that row and draw, into its place at (at_row, at_draw) of a file;
 * without waiting for the disk. */
static inline void put_cell(bens_samples *s, const bens_params *p, int64_t at_row,
                            int64_t at_draw, int64_t row, int64_t draw)
{
    bens_draw stats;
    float *theta = calloc(p->n, sizeof *theta);
    assert_non_null(theta);
    fill_draw(p, row, draw, theta, &stats);
    assert_int_equal(bens_samples_put(s, at_row, at_draw, 1, theta, &stats), BENS_OK);
    assert_int_equal(bens_samples_done(s, at_row, at_draw, 1), BENS_OK);
    free(theta);
}

/* FOLDER/NAME, a rectangle of the run with all its draws. */
static inline void put_rectangle(const fixture *f, const char *name,
                                 const bens_samples_part *part)
{
    char path[256];
    bens_samples *s;
    bens_samples_spec spec = f->spec;
    spec.first_chain += part->row;
    spec.n_chains = part->n_rows;
    spec.first_draw += part->draw;
    spec.n_draws = part->n_draws;
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    assert_int_equal(bens_samples_create(f->folder, name, &spec), BENS_OK);
    assert_int_equal(bens_samples_open(path, &f->params, part->n_rows, part->n_draws, &s),
                     BENS_OK);
    for (int64_t row = 0; row < part->n_rows; row++)
        for (int64_t k = 0; k < part->n_draws; k++)
            put_cell(s, &f->params, row, k, part->row + row, part->draw + k);
    bens_samples_close(s);
}

#endif
