/* The draws of a run, read back: what was put is what comes. draws_refused.c has the
 * files that must not be read. */
#include "io/draws.h"
#include "io/samples_fixture.h"

#include <time.h>

static const char *const stats[] = {"thermostat", NULL};

/* The fixture with an output, a statistic of a sampler and a
 * tensor of more than a page. */
enum { LARGE = 1500 };
static void make(fixture *f)
{
    const int64_t large = LARGE;
    bens_tensor *t;
    fixture_make(f);
    assert_int_equal(bens_params_add(&f->params, "noise", 0, NULL, &t), BENS_OK);
    t->output = true;
    assert_int_equal(bens_params_add(&f->params, "large", 1, &large, NULL), BENS_OK);
    f->params.stats = stats;
}

static bens_samples *create(const fixture *f)
{
    bens_samples *s;
    assert_int_equal(bens_samples_create(f->folder, "samples.h5", &f->spec), BENS_OK);
    assert_int_equal(bens_samples_open(f->path, &f->params, f->spec.n_chains,
                                       f->spec.n_draws, &s),
                     BENS_OK);
    return s;
}

/* Row 0 whole; row 1 without draw 2; row 2 four draws; row 3 none. */
static void put_some(const fixture *f)
{
    bens_samples *s = create(f);
    assert_int_equal(put_draws(s, &f->params, 0, 0, DRAWS), BENS_OK);
    assert_int_equal(put_draws(s, &f->params, 1, 0, 2), BENS_OK);
    assert_int_equal(put_draws(s, &f->params, 1, 3, 3), BENS_OK);
    assert_int_equal(put_draws(s, &f->params, 2, 0, 4), BENS_OK);
    bens_samples_close(s);
}

static bool is_put(int64_t row, int64_t draw)
{
    return row == 0 || (row == 1 && draw != 2) || (row == 2 && draw < 4);
}

static bens_draws *open_draws(const char *path)
{
    bens_draws *d = NULL;
    const bens_status s = bens_draws_open(path, &d);
    if (s != BENS_OK) fail_msg("cannot open: %s", bens_error_text());
    return d;
}

static void what_a_file_says_comes_back(void **state)
{
    (void)state;
    fixture f;
    const double before = (double)time(NULL);
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.folder);
    assert_string_equal(d->path, f.path);
    assert_int_equal(d->params.n_tensors, f.params.n_tensors);
    for (int i = 0; i < d->params.n_tensors; i++) {
        const bens_tensor *a = &d->params.tensors[i], *b = &f.params.tensors[i];
        assert_string_equal(a->name, b->name);
        assert_true(a->rank == b->rank && a->offset == b->offset && a->size == b->size);
        assert_memory_equal(a->shape, b->shape, sizeof a->shape);
        assert_true(a->output == b->output && a->prior.kind == BENS_PRIOR_FLAT);
    }
    assert_true(d->params.n == f.params.n && d->params.n_data == 768);
    assert_true(d->n_chains == CHAINS && d->n_draws == DRAWS && d->first_chain == 7);
    assert_true(d->n_data == 768 && d->seed == UINT64_MAX);
    assert_true(d->data_hash == 0x0123456789abcdefU);
    assert_true(d->created >= before && d->created <= (double)time(NULL));
    assert_string_equal(d->config, "[run]\nseed = 1\n");
    assert_non_null(strstr(d->layout, "\"tensor\":\"block.0.w\",\"offset\":32"));
    bens_draws_close(d);
    bens_draws_close(NULL);
    fixture_release(&f);
}

static void flags_say_what_is_there(void **state)
{
    (void)state;
    fixture f;
    bens_samples *s;
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.path);
    for (int64_t row = 0; row < CHAINS; row++)
        for (int64_t k = 0; k < DRAWS; k++) {
            const bool done = is_put(row, k), diverging = done && (row + k) % 5 == 4;
            assert_int_equal(bens_draws_flags(d, row, k),
                             (done ? BENS_DRAW_DONE : 0) |
                                 (diverging ? BENS_DRAW_DIVERGING : 0));
            assert_int_equal(bens_draws_is_good(d, row, k), done && !diverging);
        }
    assert_true(d->n_done[0] == DRAWS && d->n_done[1] == 2 && d->n_done[2] == 4);
    assert_true(d->n_done[3] == 0 && d->n_complete == 0);

    /* a flag of a draw that was cut off in its middle means nothing */
    bens_draw draw;
    float theta[2048];
    fill_draw(&f.params, 3, 1, theta, &draw);
    assert_true(draw.diverging);
    assert_int_equal(bens_samples_open(f.path, &f.params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(bens_samples_put(s, 3, 1, 1, theta, &draw), BENS_OK);
    bens_samples_close(s);
    bens_draws_close(d);
    d = open_draws(f.path);
    assert_int_equal(bens_draws_flags(d, 3, 1), 0);

    /* what a run adds is seen by those who open the file after it */
    assert_int_equal(bens_samples_open(f.path, &f.params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 3, 0, 3), BENS_OK);
    bens_samples_close(s);
    assert_int_equal(bens_draws_flags(d, 3, 0), 0);
    bens_draws_close(d);
    d = open_draws(f.path);
    assert_true(d->n_done[3] == 3 && d->n_complete == 2);
    bens_draws_close(d);
    fixture_release(&f);
}

static void check_theta(const bens_draws *d, const bens_params *p,
                        const bens_params *source, int64_t row, int64_t k)
{
    float *theta = malloc(p->n * sizeof *theta);
    char *seen = calloc(p->n, 1);
    assert_non_null(theta);
    assert_non_null(seen);
    for (size_t e = 0; e < p->n; e++) theta[e] = -7;
    assert_int_equal(bens_draws_theta(d, p, row, k, theta), BENS_OK);
    for (int i = 0; i < p->n_tensors; i++) {
        const bens_tensor *t = &p->tensors[i];
        const bens_tensor *from = bens_params_find(source, t->name);
        for (size_t e = 0; e < t->size && !t->output; e++) {
            assert_true(theta[t->offset + e] == value_at(row, k, from->offset + e));
            seen[t->offset + e] = 1;
        }
    }
    for (size_t e = 0; e < p->n; e++) assert_true(seen[e] || theta[e] == 0);
    free(theta);
    free(seen);
}

/* In the order of the file and in another; padding and outputs are 0. */
static void a_draw_comes_back(void **state)
{
    (void)state;
    fixture f;
    bens_params other = {0};
    const int64_t one = FEATURES, two[] = {2, 2}, large = LARGE;
    bens_tensor *t;
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.path);
    assert_int_equal(bens_params_add(&other, "large", 1, &large, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&other, "own", 1, &one, &t), BENS_OK);
    t->output = true; /* of the other: nowhere in the file */
    assert_int_equal(bens_params_add(&other, "block.0.w", 2, two, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&other, "bias", 0, NULL, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&other, "weight", 1, &one, NULL), BENS_OK);
    assert_int_equal(bens_draws_match(d, &other), BENS_OK);
    for (int64_t row = 0; row < CHAINS; row++)
        for (int64_t k = 0; k < DRAWS; k++) {
            if (!is_put(row, k)) continue;
            check_theta(d, &d->params, &f.params, row, k);
            check_theta(d, &other, &f.params, row, k);
        }
    float values[3][4];
    t = &d->params.tensors[2];
    assert_int_equal(bens_draws_tensor(d, t, 1, 1, 3, values[0]), BENS_OK);
    for (size_t e = 0; e < 4; e++) {
        assert_true(values[0][e] == value_at(1, 1, t->offset + e));
        assert_true(isnan(values[1][e])); /* draw 2 is not there */
        assert_true(values[2][e] == value_at(1, 3, t->offset + e));
    }
    bens_params_release(&other);
    bens_draws_close(d);
    fixture_release(&f);
}

static void check_elements(const bens_draws *d, const char *name, size_t begin, size_t n,
                           bool (*there)(int64_t, int64_t))
{
    const bens_tensor *t = bens_params_find(&d->params, name);
    const int64_t cells = d->n_chains * d->n_draws;
    double *x = calloc(n * (size_t)cells, sizeof *x);
    assert_non_null(x);
    assert_int_equal(bens_draws_elements(d, t, begin, n, x), BENS_OK);
    for (size_t e = 0; e < n; e++)
        for (int64_t c = 0; c < cells; c++) {
            const int64_t row = c / d->n_draws, k = c % d->n_draws;
            const double found = x[(int64_t)e * cells + c];
            if (there(row, k))
                assert_true(found == (double)value_at(row, k, t->offset + begin + e));
            else
                assert_true(isnan(found));
        }
    free(x);
}

/* One element or many, of tensors that are read whole and of one
 * of which the rest is skipped. */
static void columns_come_back(void **state)
{
    (void)state;
    fixture f;
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.path);
    check_elements(d, "weight", 1, 1, is_put);
    check_elements(d, "bias", 0, 1, is_put);
    check_elements(d, "block.0.w", 0, 4, is_put);
    check_elements(d, "noise", 0, 1, is_put);
    check_elements(d, "large", LARGE - 1, 1, is_put);
    check_elements(d, "large", 700, 100, is_put);
    check_elements(d, "large", 0, LARGE, is_put);
    bens_draws_close(d);
    fixture_release(&f);
}

static void statistics_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double factor, row; /* of 10 row + draw; of row */
    } wanted[] = {{"lp", -1, 0},
                  {"loss", 0.25, 0},
                  {"thermostat", 0.0625, 0},
                  {"temperature_kinetic", 0.125, 0},
                  {"step", 1, 990}};
    fixture f;
    double x[CHAINS][DRAWS], one[DRAWS];
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.path);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_true(bens_draws_has_stat(d, wanted[i].name));
        assert_int_equal(bens_draws_stat(d, wanted[i].name, x[0]), BENS_OK);
        for (int row = 0; row < CHAINS; row++)
            for (int k = 0; k < DRAWS; k++)
                if (is_put(row, k))
                    assert_true(x[row][k] ==
                                wanted[i].factor * (10 * row + k) + wanted[i].row * row);
                else
                    assert_true(isnan(x[row][k]));
        for (int row = 0; row < CHAINS; row++) {
            assert_int_equal(bens_draws_stat_row(d, wanted[i].name, row, one), BENS_OK);
            for (int k = 0; k < DRAWS; k++)
                assert_true(one[k] == x[row][k] || (isnan(one[k]) && isnan(x[row][k])));
        }
    }
    assert_int_equal(bens_draws_stat(d, "diverging", x[0]), BENS_OK);
    assert_true(x[0][4] == 1 && x[0][3] == 0 && isnan(x[3][0]));
    assert_false(bens_draws_has_stat(d, "weight"));
    assert_false(bens_draws_has_stat(d, "chain"));
    assert_int_equal(bens_draws_stat(d, "xi", x[0]), BENS_ERR_CONFIG);
    assert_int_equal(bens_draws_stat_row(d, "xi", 0, one), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "sample_stats/xi, found none"));
    bens_draws_close(d);
    fixture_release(&f);
}

static bool all(int64_t row, int64_t draw)
{
    return row >= 0 && draw >= 0;
}

/* More than one block of 1 MiB of every kind of read: 5,000
 * chains x 1 draw, 3 x 2,000. */
static void many_draws_come_back(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{5000, 1}, {3, 2000}};
    for (int i = 0; i < 2; i++) {
        const int64_t chains = shapes[i][0], draws = shapes[i][1];
        fixture f;
        make(&f);
        f.spec.n_chains = chains;
        f.spec.n_draws = draws;
        bens_samples *s = create(&f);
        for (int64_t row = 0; row < chains; row++)
            for (int64_t k = 0; k < draws; k++) put_cell(s, &f.params, row, k, row, k);
        bens_samples_close(s);
        bens_draws *d = open_draws(f.path);
        assert_true(d->n_complete == draws);
        check_elements(d, "weight", 0, FEATURES, all);
        check_elements(d, "large", 3, 2, all);
        check_elements(d, "large", 0, 20, all);
        check_theta(d, &d->params, &f.params, chains - 1, draws - 1);
        bens_draws_close(d);
        fixture_release(&f);
    }
}

static void check_index(const fixture *f, bool (*there)(int64_t, int64_t))
{
    bens_draws *d = open_draws(f->path);
    assert_true(d->n_chains == CHAINS && d->first_chain == 7);
    check_elements(d, "weight", 0, FEATURES, there);
    check_elements(d, "large", 5, 9, there);
    for (int64_t row = 0; row < CHAINS; row++) {
        double lp[DRAWS];
        assert_int_equal(bens_draws_stat_row(d, "lp", row, lp), BENS_OK);
        for (int64_t k = 0; k < DRAWS; k++)
            assert_true(there(row, k) ? lp[k] == -(double)(10 * row + k) : isnan(lp[k]));
    }
    for (int64_t row = 0; row < CHAINS; row++)
        for (int64_t k = 0; k < DRAWS; k++) {
            assert_int_equal(bens_draws_flags(d, row, k) & BENS_DRAW_DONE,
                             there(row, k) ? BENS_DRAW_DONE : 0);
            if (!there(row, k)) continue;
            check_theta(d, &d->params, &f->params, row, k);
            assert_int_equal(bens_draws_verify(d, row, k), BENS_OK);
        }
    bens_draws_close(d);
}

static bool in_first(int64_t row, int64_t draw)
{
    return row == 0 && draw != 1;
}

static bool not_second(int64_t row, int64_t draw)
{
    return row >= 0 && draw != 1;
}

/* An index over rectangles of 1 and 3 chains, by their folder;
 * then one of them is missing. */
static void an_index_reads_as_one_file(void **state)
{
    (void)state;
    static const bens_samples_part part[] =
        {{.name = "samples.0000.h5", .row = 0, .n_rows = 1, .n_draws = DRAWS},
         {.name = "samples.0001.h5", .row = 1, .n_rows = CHAINS - 1, .n_draws = DRAWS}};
    fixture f;
    char path[128];
    make(&f);
    for (int i = 0; i < 2; i++) {
        bens_samples_spec spec = f.spec;
        bens_samples *s;
        spec.first_chain += part[i].row;
        spec.n_chains = part[i].n_rows;
        assert_int_equal(bens_samples_create(f.folder, part[i].name, &spec), BENS_OK);
        snprintf(path, sizeof path, "%s/%s", f.folder, part[i].name);
        assert_int_equal(bens_samples_open(path, &f.params, spec.n_chains, DRAWS, &s),
                         BENS_OK);
        for (int64_t row = 0; row < part[i].n_rows; row++)
            for (int64_t k = 0; k < DRAWS; k++)
                if (k != 1) put_cell(s, &f.params, row, k, part[i].row + row, k);
        bens_samples_close(s);
    }
    assert_int_equal(bens_samples_index(f.folder, "samples.h5", &f.spec, part, 2),
                     BENS_OK);
    check_index(&f, not_second);
    assert_int_equal(unlink(path), 0);
    check_index(&f, in_first);
    fixture_release(&f);
}

static void expect_differences(const bens_draws *d, const bens_params *p,
                               const char *text)
{
    assert_int_equal(bens_draws_match(d, p), BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
}

static void another_model_is_named(void **state)
{
    (void)state;
    fixture f;
    bens_params p = {0};
    float theta[64];
    const int64_t one = FEATURES + 1, two[] = {2, 2}, large = LARGE;
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.path);
    assert_int_equal(bens_draws_match(d, &f.params), BENS_OK);
    assert_int_equal(bens_params_add(&p, "weight", 1, &one, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&p, "gain", 0, NULL, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&p, "block.0.w", 2, two, NULL), BENS_OK);
    expect_differences(d, &p,
                       "samples.h5' is of another model: wanted weight [4], found weight "
                       "[3]; wanted gain [], found none; wanted no bias []; wanted no "
                       "large [1500]");
    assert_int_equal(bens_draws_theta(d, &p, 0, 0, theta), BENS_ERR_CONFIG);
    assert_int_equal(bens_draws_elements(d, &p.tensors[1], 0, 1, NULL), BENS_ERR_CONFIG);
    assert_int_equal(bens_draws_tensor(d, &p.tensors[0], 0, 0, 1, theta),
                     BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "wanted weight [4], found weight [3]"));
    bens_params_release(&p);

    const int64_t more[] = {FEATURES, 2};
    assert_int_equal(bens_params_add(&p, "weight", 2, more, NULL), BENS_OK);
    expect_differences(d, &p, "wanted weight [3, 2], found weight [3]; wanted no bias");
    bens_params_release(&p);

    /* a parameter that is an output of the run is none of its parameters */
    assert_int_equal(bens_params_add(&p, "noise", 0, NULL, NULL), BENS_OK);
    expect_differences(d, &p,
                       "wanted noise [], found an output of that name; wanted no "
                       "weight [3]");
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        assert_int_equal(bens_params_add(&p, name, 1, &large, NULL), BENS_OK);
    }
    expect_differences(d, &p, "wanted w3 [1500], found none; and 12 more");
    bens_params_release(&p);
    bens_draws_close(d);
    fixture_release(&f);
}

/* One wrong bit in a draw. */
static void damage_is_seen(void **state)
{
    (void)state;
    fixture f;
    make(&f);
    put_some(&f);
    bens_draws *d = open_draws(f.path);
    assert_int_equal(bens_draws_verify(d, 2, 3), BENS_OK);
    FILE *file = fopen(f.path, "r+b");
    assert_non_null(file);
    const float wanted = value_at(2, 3, 17 + 16), wrong = wanted + 1;
    float found;
    while (fread(&found, sizeof found, 1, file) == 1 && found != wanted) {
    }
    assert_int_equal(fseek(file, -(long)sizeof found, SEEK_CUR), 0);
    assert_int_equal(fwrite(&wrong, sizeof wrong, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(bens_draws_verify(d, 2, 2), BENS_OK);
    assert_int_equal(bens_draws_verify(d, 2, 3), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "draw 3 of chain 9 in"));
    assert_int_equal(truncate(f.path, 4096), 0); /* while it is open */
    assert_int_equal(bens_draws_verify(d, 2, 2), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "the file was cut"));
    bens_draws_close(d);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_file_says_comes_back),
        cmocka_unit_test(flags_say_what_is_there),
        cmocka_unit_test(a_draw_comes_back),
        cmocka_unit_test(columns_come_back),
        cmocka_unit_test(statistics_come_back),
        cmocka_unit_test(many_draws_come_back),
        cmocka_unit_test(an_index_reads_as_one_file),
        cmocka_unit_test(another_model_is_named),
        cmocka_unit_test(damage_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
