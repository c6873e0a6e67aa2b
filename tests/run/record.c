/* record.c - draws on their way to disk: a disk that is full for a while loses
 * none of them; when their flags come. ctest: timeout 60 */
#include "io/samples_fixture.h"
#include "run/record.h"

#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>

static bens_record *open_record(const fixture *f)
{
    char metrics[160];
    bens_record *r;
    snprintf(metrics, sizeof metrics, "%s/metrics.jsonl", f->folder);
    bens_rectangle all = {.name = "samples.h5",
                          .n_rows = CHAINS,
                          .n_draws = f->spec.n_draws};
    const bens_layout layout = {.samples = &all, .n_samples = 1, .lock = -1};
    const bens_record_spec spec = {.folder = f->folder,
                                   .metrics = metrics,
                                   .layout = &layout,
                                   .params = &f->params,
                                   .n_draws = f->spec.n_draws,
                                   .first_row = 1,
                                   .first_chain = 8,
                                   .n_chains = 2};
    assert_int_equal(bens_record_open(&spec, &r), BENS_OK);
    return r;
}

static bens_status put(bens_record *r, const fixture *f, int64_t i, int64_t draw)
{
    bens_draw d;
    float *theta = calloc(f->params.n, sizeof *theta);
    assert_non_null(theta);
    fill_draw(&f->params, 1 + i, draw, theta, &d);
    const bens_status s = bens_record_put(r, i, theta, &d);
    free(theta);
    return s;
}

/* Files may not grow beyond `bytes`, and nothing may be
 * written behind them: a full disk. */
static void limit_files(rlim_t bytes)
{
    struct rlimit now;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &now), 0);
    now.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

/* The first n draws of a row are those that were put. */
static void check_weights(const fixture *f, int64_t row, int64_t n)
{
    float weight[32][FEATURES];
    const hsize_t start[] = {(hsize_t)row, 0, 0}, count[] = {1, (hsize_t)n, FEATURES};
    assert_true(n <= 32);
    const hid_t file = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, "posterior/weight", H5P_DEFAULT);
    const hid_t all = H5Dget_space(set), memory = H5Screate_simple(3, count, NULL);
    H5Sselect_hyperslab(all, H5S_SELECT_SET, start, NULL, count, NULL);
    assert_true(H5Dread(set, H5T_NATIVE_FLOAT, memory, all, H5P_DEFAULT, weight) >= 0);
    for (int64_t k = 0; k < n; k++)
        for (size_t e = 0; e < FEATURES; e++)
            assert_true(weight[k][e] == value_at(row, k, e));
    H5Sclose(memory);
    H5Sclose(all);
    H5Dclose(set);
    H5Fclose(file);
}

/* Draws of 2 MiB are written as they come. */
static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    const int64_t large = 1 << 19;
    fixture f;
    bens_samples_summary found;
    fixture_make(&f);
    assert_int_equal(bens_params_add(&f.params, "large", 1, &large, NULL), BENS_OK);
    f.spec.n_draws = 3;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    bens_record *r = open_record(&f);
    assert_int_equal(put(r, &f, 0, 0), BENS_OK);

    signal(SIGXFSZ, SIG_IGN);
    limit_files(4096);
    for (int k = 0; k < 3; k++) assert_int_equal(put(r, &f, 0, 1), BENS_ERR_IO);
    limit_files(RLIM_INFINITY);
    assert_int_equal(put(r, &f, 0, 1), BENS_OK);
    assert_int_equal(put(r, &f, 0, 2), BENS_OK);
    assert_int_equal(bens_record_flush(r), BENS_OK);
    bens_record_close(r);

    assert_int_equal(bens_samples_summarize(f.path, &found), BENS_OK);
    assert_true(found.n_done == 3 && found.done[1] == 3);
    bens_samples_summary_release(&found);
    check_weights(&f, 1, 3);
    fixture_release(&f);
}

static int64_t count_done(const fixture *f)
{
    bens_samples_summary found;
    assert_int_equal(bens_samples_summarize(f->path, &found), BENS_OK);
    const int64_t n = found.n_done;
    bens_samples_summary_release(&found);
    return n;
}

/* Draws of 640 kB, two of which a buffer does not hold: the 17th of a chain waits for
 * those before it, and the flush for all. */
static void large_draws_wait_together(void **state)
{
    (void)state;
    enum { N = 20, TOGETHER = 16 };
    const int64_t large = 160000;
    fixture f;
    fixture_make(&f);
    assert_int_equal(bens_params_add(&f.params, "large", 1, &large, NULL), BENS_OK);
    f.spec.n_draws = N;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    bens_record *r = open_record(&f);
    for (int64_t k = 0; k < TOGETHER; k++) assert_int_equal(put(r, &f, 0, k), BENS_OK);
    assert_int_equal(put(r, &f, 1, 0), BENS_OK);
    assert_int_equal(count_done(&f), 0);
    assert_int_equal(put(r, &f, 0, TOGETHER), BENS_OK);
    assert_int_equal(count_done(&f), TOGETHER + 1);
    for (int64_t k = TOGETHER + 1; k < N; k++)
        assert_int_equal(put(r, &f, 0, k), BENS_OK);
    assert_int_equal(count_done(&f), TOGETHER + 1);
    assert_int_equal(bens_record_flush(r), BENS_OK);
    assert_int_equal(count_done(&f), N + 1);
    bens_record_close(r);
    check_weights(&f, 1, N);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_disk_loses_nothing),
                                       cmocka_unit_test(large_draws_wait_together)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
