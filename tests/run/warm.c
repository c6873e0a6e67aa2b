/* Starts and priors from a run: which draw each chain gets, and whose mean and sd. */
#include "run/warm.h"
#include "io/samples_fixture.h"

/* 4 chains x 6 draws; those with (row + draw) mod 5 = 4 are flagged as diverging. Row 2
 * has four draws, row 3 none. */
static bens_draws *run(fixture *f)
{
    static const int64_t n[CHAINS] = {DRAWS, DRAWS, 4, 0};
    bens_samples *s;
    bens_draws *d = NULL;
    fixture_make(f);
    assert_int_equal(bens_samples_create(f->folder, "samples.h5", &f->spec), BENS_OK);
    assert_int_equal(bens_samples_open(f->path, &f->params, CHAINS, DRAWS, &s), BENS_OK);
    for (int64_t row = 0; row < CHAINS; row++)
        assert_int_equal(put_draws(s, &f->params, row, 0, n[row]), BENS_OK);
    bens_samples_close(s);
    assert_int_equal(bens_draws_open(f->folder, &d), BENS_OK);
    return d;
}

static void release(fixture *f, bens_draws *d)
{
    bens_draws_close(d);
    fixture_release(f);
}

static void expect_text(const char *text)
{
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
}

/* The run's chains are 7, 8, 9, 10. */
static void a_chain_starts_where_one_ended(void **state)
{
    (void)state;
    static const struct {
        uint32_t chain;
        int64_t row, draw;
    } wanted[] = {
        {7, 0, 5},              /* its own last draw                             */
        {8, 1, 5},  {9, 2, 3},  /* the last that is done                         */
        {11, 0, 3}, {12, 1, 4}, /* around once: one before; 4 of row 0 diverged  */
        {13, 2, 1}, {15, 0, 2}, /* and once more; 2 of row 2 diverged            */
        {0, 0, 5},  {1, 1, 5},
        {5, 1, 4} /* chains below the run's first: from 0          */
    };
    fixture f;
    float theta[64], expected[64];
    bens_draw unused;
    bens_draws *d = run(&f);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(bens_warm_start(d, &f.params, wanted[i].chain, theta), BENS_OK);
        fill_draw(&f.params, wanted[i].row, wanted[i].draw, expected, &unused);
        for (size_t e = 0; e < f.params.n; e++)
            if (expected[e] < -1e29F) expected[e] = 0; /* padding */
        assert_memory_equal(theta, expected, f.params.n * sizeof *theta);
    }
    release(&f, d);
}

static void too_few_draws_are_counted(void **state)
{
    (void)state;
    fixture f;
    float theta[64];
    bens_draws *d = run(&f);
    assert_int_equal(bens_warm_start(d, &f.params, 10, theta), BENS_ERR_CONFIG);
    expect_text("chain 10 wants to start from chain 10 of");
    expect_text("found 0 that are done");
    assert_int_equal(bens_warm_start(d, &f.params, 7 + 4 * 4, theta), BENS_OK);
    assert_int_equal(bens_warm_start(d, &f.params, 7 + 5 * 4, theta), BENS_ERR_CONFIG);
    expect_text("chain 27 wants to start from chain 7 of");
    expect_text("5 good draws before its last: found 5 that");
    release(&f, d);
}

static void another_model_is_refused(void **state)
{
    (void)state;
    fixture f;
    float theta[64];
    bens_params other = {0};
    const int64_t two = 2;
    bens_draws *d = run(&f);
    assert_int_equal(bens_params_add(&other, "weight", 1, &two, NULL), BENS_OK);
    assert_int_equal(bens_warm_start(d, &other, 7, theta), BENS_ERR_CONFIG);
    expect_text(
        "wanted weight [2], found weight [3]; wanted no bias []; wanted no block");
    assert_int_equal(bens_warm_prior(d, &other.tensors[0], theta, theta),
                     BENS_ERR_CONFIG);
    expect_text("wanted weight [2], found weight [3]");
    bens_params_release(&other);
    release(&f, d);
}

static void a_damaged_draw_is_no_start(void **state)
{
    (void)state;
    fixture f;
    float theta[64], found;
    const float wanted = value_at(1, 5, 1), wrong = wanted * 2;
    bens_draws *d = run(&f);
    FILE *file = fopen(f.path, "r+b");
    while (fread(&found, sizeof found, 1, file) == 1 && found != wanted) {
    }
    assert_int_equal(fseek(file, -(long)sizeof found, SEEK_CUR), 0);
    assert_int_equal(fwrite(&wrong, sizeof wrong, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(bens_warm_start(d, &f.params, 7, theta), BENS_OK);
    assert_int_equal(bens_warm_start(d, &f.params, 8, theta), BENS_ERR_IO);
    expect_text("draw 5 of chain 8");
    release(&f, d);
}

/* By the textbook, in long double. The values are at most 2,000 and stored
 * exactly; a float has 24 bits. */
static void check_moments(const bens_tensor *t, const float *means, const float *scales)
{
    static const int64_t n_done[CHAINS] = {DRAWS, DRAWS, 4, 0};
    for (size_t e = 0; e < t->size; e++) {
        long double sum = 0, squares = 0;
        int n = 0;
        for (int twice = 0; twice < 2; twice++)
            for (int64_t row = 0; row < CHAINS; row++)
                for (int64_t k = 0; k < n_done[row]; k++) {
                    if ((row + k) % 5 == 4) continue;
                    const long double x = (long double)value_at(row, k, t->offset + e);
                    if (twice == 0) {
                        sum += x;
                        n++;
                    } else {
                        squares += (x - sum / n) * (x - sum / n);
                    }
                }
        assert_int_equal(n, 13);
        assert_true(fabsl((long double)means[e] - sum / n) < 0x1p-24L * 2048);
        assert_true(fabsl((long double)scales[e] - sqrtl(squares / (n - 1))) <
                    0x1p-24L * 2048);
    }
}

static void a_prior_has_the_moments_of_the_draws(void **state)
{
    (void)state;
    fixture f;
    float means[8], scales[8];
    bens_draws *d = run(&f);
    for (int i = 0; i < f.params.n_tensors; i++) {
        const bens_tensor *t = &f.params.tensors[i];
        assert_int_equal(bens_warm_prior(d, t, means, scales), BENS_OK);
        check_moments(t, means, scales);
    }
    release(&f, d);
}

/* Draws [n] of one tensor [2, 2], one chain. */
static bens_status prior_of(int64_t n, const float (*x)[4], float *means, float *scales)
{
    const int64_t two[] = {2, 2};
    fixture f;
    bens_samples *s;
    bens_draws *d;
    fixture_make(&f);
    bens_params_release(&f.params);
    assert_int_equal(bens_params_add(&f.params, "w", 2, two, NULL), BENS_OK);
    f.spec.n_chains = 1;
    f.spec.n_draws = 3;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_samples_open(f.path, &f.params, 1, 3, &s), BENS_OK);
    for (int64_t k = 0; k < n; k++) {
        float theta[16] = {0};
        memcpy(theta, x[k], sizeof x[k]);
        assert_int_equal(bens_samples_put(s, 0, k, 1, theta, &(bens_draw){.lp = 0}),
                         BENS_OK);
        assert_int_equal(bens_samples_done(s, 0, k, 1), BENS_OK);
    }
    bens_samples_close(s);
    assert_int_equal(bens_draws_open(f.folder, &d), BENS_OK);
    const bens_status status = bens_warm_prior(d, &f.params.tensors[0], means, scales);
    release(&f, d);
    return status;
}

static void what_gives_no_prior_is_named(void **state)
{
    (void)state;
    static const float stuck[][4] = {{1, 2, 0.1F, 3}, {2, 3, 0.1F, 4}, {3, 4, 0.1F, 5}};
    static const float lost[][4] = {{1, 2, 3, 4}, {2, NAN, 4, 5}};
    static const float close[][4] = {{16777216, 0, 0, 0}, {16777218, 1, 1, 1}};
    float means[4], scales[4];
    assert_int_equal(prior_of(1, stuck, means, scales), BENS_ERR_CONFIG);
    expect_text("wanted at least 2 draws that are done and had not diverged, found 1");
    assert_int_equal(prior_of(3, stuck, means, scales), BENS_ERR_CONFIG);
    expect_text("standard deviations > 0, found 0.1 and 0 for w[1, 0]");
    assert_int_equal(prior_of(2, lost, means, scales), BENS_ERR_CONFIG);
    expect_text("for w[0, 1]");
    /* near 2^24 the squares have no room left in a float, nor sum of squares - n mean^2
     * in a double to spare: sd = sqrt(2) */
    assert_int_equal(prior_of(2, close, means, scales), BENS_OK);
    assert_true(scales[0] == (float)sqrt(2.0) && means[3] == 0.5F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_starts_where_one_ended),
        cmocka_unit_test(too_few_draws_are_counted),
        cmocka_unit_test(another_model_is_refused),
        cmocka_unit_test(a_damaged_draw_is_no_start),
        cmocka_unit_test(a_prior_has_the_moments_of_the_draws),
        cmocka_unit_test(what_gives_no_prior_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
