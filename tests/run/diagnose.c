/* run/diagnose: which draws are looked at, the bound on nested R-hat, and the verdict of
 * every kind of evidence. Real runs are in tests/diagnose.py. ctest: timeout 60 */
#include "io/samples_fixture.h"
#include "run/diagnose_parts.h"

static bens_draws *open_draws(fixture *f)
{
    bens_samples *s;
    bens_draws *d;
    fixture_make(f);
    assert_int_equal(bens_samples_create(f->folder, "samples.h5", &f->spec), BENS_OK);
    assert_int_equal(bens_samples_open(f->path, &f->params, CHAINS, DRAWS, &s), BENS_OK);
    /* (row + draw) % 5 == 4 diverges: rows 0, 1, 2, 3 have 4, 2, 0 and 6 draws. */
    assert_int_equal(put_draws(s, &f->params, 0, 0, 4), BENS_OK);
    assert_int_equal(put_draws(s, &f->params, 1, 0, 2), BENS_OK);
    assert_int_equal(put_draws(s, &f->params, 3, 0, 6), BENS_OK);
    bens_samples_close(s);
    assert_int_equal(bens_draws_open(f->path, &d), BENS_OK);
    return d;
}

static void the_draws_that_all_have(void **state)
{
    (void)state;
    fixture f;
    bens_selection used;
    char text[256];
    double column[CHAINS * DRAWS], x[CHAINS * DRAWS];
    bens_draws *d = open_draws(&f);

    /* Row 2 has none, row 3 diverged. Chains 7 and 8 are of superchains 3 and 4. */
    assert_int_equal(bens_selection_create(d, 1, 2, &used), BENS_OK);
    assert_true(used.n_chains == 2 && used.n_draws == 1 && used.first == 1);
    assert_true(used.row[0] == 0 && used.row[1] == 1);
    assert_true(used.n_diverged == 1 && used.n_without == 1);
    assert_true(used.superchain[0] == 3 && used.superchain[1] == 4);
    assert_int_equal(used.n_superchains, 2);
    assert_false(bens_selection_is_all(&used, d));
    bens_selection_describe(&used, d, text, sizeof text);
    assert_string_equal(text, "dt.isel(chain=[0, 1], draw=slice(1, 2))");
    for (int i = 0; i < CHAINS * DRAWS; i++) column[i] = i;
    bens_selection_take(&used, d, column, x);
    assert_true(x[0] == 1 && x[1] == DRAWS + 1);
    bens_selection_release(&used);

    /* Behind draw 3 there is row 0 only; behind draw 4 none that did not diverge. */
    assert_int_equal(bens_selection_create(d, 3, 1, &used), BENS_OK);
    assert_true(used.n_chains == 1 && used.n_draws == 1 && used.n_without == 2);
    bens_selection_release(&used);
    assert_int_equal(bens_selection_create(d, 4, 1, &used), BENS_ERR_TRUST);
    bens_selection_release(&used);
    assert_int_equal(bens_selection_create(d, 6, 1, &used), BENS_ERR_CONFIG);
    bens_selection_release(&used);
    bens_draws_close(d);
    fixture_release(&f);
}

/* 64 superchains of 32, nine numbers: scipy.stats.f.ppf(1 - .01 / 18, 63, 1984) =
 * 1.70348215442. */
static void the_bound_of_nested_r_hat(void **state)
{
    (void)state;
    enum { N = 2048 };
    static int64_t superchain[N];
    for (int64_t k = 0; k < N; k++) superchain[k] = k / 32;
    bens_draws draws = {.params = {.n_values = 8}};
    bens_diagnosis d = {.draws = &draws,
                        .config.diagnose.tau = .02,
                        .used = {.n_chains = N,
                                 .n_draws = 1,
                                 .superchain = superchain,
                                 .n_superchains = 64}};
    bens_diagnose_bounds(&d);
    assert_true(fabs(d.nested_bound - sqrt(1 + 1. / 32 + .02)) < 1e-12);
    assert_true(fabs(d.nested_limit - sqrt(1 + 1.70348215442 / 32 + .02)) < 1e-9);

    d.used.n_superchains = 2; /* too few to tell a difference from chance */
    bens_diagnose_bounds(&d);
    assert_true(isnan(d.nested_bound) && isnan(d.nested_limit));
    d.used.n_superchains = N; /* chains on their own are no superchains */
    bens_diagnose_bounds(&d);
    assert_true(isnan(d.nested_limit));
}

/* A run of which nothing bad is known: 8 chains of 1,000 draws that started apart. */
static void good_run(bens_diagnosis *d)
{
    static bens_draws draws;
    const bens_diagnose_extreme fine = {.value = 1.001, .tensor = -1};
    const bens_diagnose_extreme many = {.value = 5000, .tensor = -1};
    *d = (bens_diagnosis){.draws = &draws, .temperature = 1, .nested_limit = NAN};
    d->config.diagnose = (bens_diagnose_options){.r_hat = 1.01,
                                                 .tau = .02,
                                                 .ess = 400,
                                                 .temperature = .1,
                                                 .ksd = 2};
    d->used = (bens_selection){.n_chains = 8, .n_draws = 1000, .n_superchains = 8};
    d->columns = (bens_diagnose_columns){.n = 1,
                                         .r_hat = fine,
                                         .nested = {.tensor = -2},
                                         .ess_bulk = many,
                                         .ess_tail = many};
    d->configurational = (bens_diagnose_heat){.known = true, .t = {1.02, 100, .05, .4}};
    d->scores.starts = BENS_STARTS_APART;
    d->scores.ksd.ksd = d->scores.exact = .1;
}

static bens_verdict verdict(bens_diagnosis *d)
{
    d->n_reasons = 0;
    bens_diagnose_judge(d);
    assert_true(d->n_reasons > 0);
    return d->verdict;
}

/* Whatever is beyond its threshold is enough. */
static void one_reason_is_enough(void **state)
{
    (void)state;
    bens_diagnosis d;
    good_run(&d);
    assert_int_equal(verdict(&d), BENS_TRUST);
    d.columns.r_hat.n_beyond = 1;
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    good_run(&d);
    d.columns.ess_tail.value = 399;
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    good_run(&d);
    d.configurational.t = (bens_temperature){1.4, 100, .05, 8};
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    d.configurational.t = (bens_temperature){1.4, 100, .2, 2}; /* it may be chance */
    assert_int_equal(verdict(&d), BENS_TRUST);
    good_run(&d);
    d.scores.ksd.ksd = .21;
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    good_run(&d);
    d.columns.n_not_finite = 1;
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    good_run(&d);
    d.used.n_diverged = 1;
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    d.config.diagnose.diverged = .12; /* 1 of 9 */
    assert_int_equal(verdict(&d), BENS_TRUST);
    good_run(&d);
    d.heated = true; /* no one density */
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
    d.heated = false;
    d.kinetic = (bens_diagnose_heat){.known = true, .t = {1.4, 100, .01, 40}};
    assert_int_equal(verdict(&d), BENS_TRUST);
    d.configurational.known = false; /* now the momenta count */
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);
}

/* Nothing bad is known, but could anything have been? */
static void nothing_bad_is_not_enough(void **state)
{
    (void)state;
    bens_diagnosis d;
    good_run(&d);
    d.used = (bens_selection){.n_chains = 1, .n_draws = 8000, .n_superchains = 1};
    d.columns.r_hat.tensor = -2;
    assert_int_equal(verdict(&d), BENS_TRUST_OPEN);

    good_run(&d); /* 5,000 chains, a draw of each, from one point: the scores decide */
    d.used = (bens_selection){.n_chains = 5000, .n_draws = 1, .n_superchains = 5000};
    d.scores.starts = BENS_STARTS_COMMON;
    d.columns.r_hat.tensor = -2;
    assert_int_equal(verdict(&d), BENS_TRUST);
    snprintf(d.scores.missing, sizeof d.scores.missing, "no data");
    assert_int_equal(verdict(&d), BENS_TRUST_OPEN);

    d.used.n_superchains = 50; /* superchains that start apart can be compared */
    d.scores.starts = BENS_STARTS_APART;
    d.columns.nested = (bens_diagnose_extreme){.value = 1.01, .tensor = -1};
    assert_int_equal(verdict(&d), BENS_TRUST);
    d.scores.starts = BENS_STARTS_UNKNOWN;
    assert_int_equal(verdict(&d), BENS_TRUST_OPEN);
    d.columns.nested.n_beyond = 1; /* too large is too large, wherever they started */
    assert_int_equal(verdict(&d), BENS_TRUST_NOT);

    good_run(&d);
    d.temperature = 0;
    assert_int_equal(verdict(&d), BENS_TRUST_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_draws_that_all_have),
                                       cmocka_unit_test(the_bound_of_nested_r_hat),
                                       cmocka_unit_test(one_reason_is_enough),
                                       cmocka_unit_test(nothing_bad_is_not_enough)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
