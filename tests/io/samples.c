/* What is in samples.h5: read back with HDF5 itself.
 * tests/readers.py reads it with Python. */
#include "io/samples_fixture.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <xxhash.h>

static hid_t open_file(const char *path)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static void read_all(hid_t file, const char *name, hid_t type, hssize_t n, void *out)
{
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    assert_true(set >= 0);
    assert_true(H5Sget_simple_extent_npoints(space) == n);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(set);
}

static void expect_text(hid_t file, const char *name, const char *wanted)
{
    char *text;
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(set);
    assert_true(H5Tis_variable_str(type) > 0 && H5Tget_cset(type) == H5T_CSET_UTF8);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0);
    assert_string_equal(text, wanted);
    H5free_memory(text);
    H5Tclose(type);
    H5Dclose(set);
}

static void expect_attribute(hid_t file, const char *object, const char *name,
                             const char *wanted)
{
    char *text;
    const hid_t at = H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t type = H5Aget_type(at);
    assert_true(at >= 0 && H5Tis_variable_str(type) > 0);
    assert_true(H5Aread(at, type, &text) >= 0);
    assert_string_equal(text, wanted);
    H5free_memory(text);
    H5Tclose(type);
    H5Aclose(at);
}

static void expect_no_draw(hid_t file, int64_t first_row)
{
    float weight[CHAINS][DRAWS][FEATURES];
    double lp[CHAINS][DRAWS];
    int8_t done[CHAINS][DRAWS];
    int64_t step[CHAINS][DRAWS];
    uint64_t sum[CHAINS][DRAWS];
    const hssize_t n = CHAINS * DRAWS;
    read_all(file, "posterior/weight", H5T_NATIVE_FLOAT, n * FEATURES, weight);
    read_all(file, "sample_stats/lp", H5T_NATIVE_DOUBLE, n, lp);
    read_all(file, "sample_stats/done", H5T_NATIVE_INT8, n, done);
    read_all(file, "sample_stats/step", H5T_NATIVE_INT64, n, step);
    read_all(file, "sample_stats/checksum", H5T_NATIVE_UINT64, n, sum);
    for (int64_t c = first_row; c < CHAINS; c++)
        for (int k = 0; k < DRAWS; k++) {
            for (int j = 0; j < FEATURES; j++) assert_true(isnan(weight[c][k][j]));
            assert_true(isnan(lp[c][k]));
            assert_true(done[c][k] == 0 && step[c][k] == 0 && sum[c][k] == 0);
        }
}

static void a_new_file_has_no_draws(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    const hid_t file = open_file(f.path);
    expect_no_draw(file, 0);
    H5Fclose(file);
    fixture_release(&f);
}

static void coordinates_and_provenance_are_there(void **state)
{
    (void)state;
    fixture f;
    int64_t chain[CHAINS], draw[DRAWS], n_data, index[2];
    uint64_t seed, hash;
    int32_t y[OBS];
    double mean[FEATURES];
    fixture_make(&f);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    const hid_t file = open_file(f.path);
    const char *const groups[] = {"posterior", "sample_stats"};
    for (int g = 0; g < 2; g++) {
        char name[64];
        snprintf(name, sizeof name, "%s/chain", groups[g]);
        read_all(file, name, H5T_NATIVE_INT64, CHAINS, chain);
        for (int i = 0; i < CHAINS; i++) assert_true(chain[i] == 7 + i);
        snprintf(name, sizeof name, "%s/draw", groups[g]);
        read_all(file, name, H5T_NATIVE_INT64, DRAWS, draw);
        for (int i = 0; i < DRAWS; i++) assert_true(draw[i] == i);
        expect_attribute(file, groups[g], "inference_library", "bens");
    }
    read_all(file, "posterior/block.0.w_dim_1", H5T_NATIVE_INT64, 2, index);
    assert_true(index[0] == 0 && index[1] == 1);
    read_all(file, "observed_data/y", H5T_NATIVE_INT32, OBS, y);
    assert_memory_equal(y, labels, sizeof y);
    read_all(file, "constant_data/x_mean", H5T_NATIVE_DOUBLE, FEATURES, mean);
    assert_memory_equal(mean, x_mean, sizeof mean);
    read_all(file, "bens/n_data", H5T_NATIVE_INT64, 1, &n_data);
    read_all(file, "bens/seed", H5T_NATIVE_UINT64, 1, &seed);
    read_all(file, "bens/data_hash", H5T_NATIVE_UINT64, 1, &hash);
    assert_true(n_data == 768 && seed == UINT64_MAX && hash == 0x0123456789abcdefU);
    expect_text(file, "bens/config", "[run]\nseed = 1\n");
    expect_text(file, "bens/argv", "bens train ?.ini"); /* was no UTF-8 */
    expect_text(file, "bens/hosts", "");
    expect_text(file, "bens/layout",
                "[{\"tensor\":\"weight\",\"offset\":0,\"shape\":[3],\"prior\":{\"name\":"
                "\"normal\",\"scale\":2.0}},{\"tensor\":\"bias\",\"offset\":16,\"shape\":"
                "[],"
                "\"prior\":{\"name\":\"flat\"}},{\"tensor\":\"block.0.w\",\"offset\":32,"
                "\"shape\":[2,2],\"prior\":{\"name\":\"flat\"}}]");
    expect_attribute(file, "/", "schema", "bens-samples-1");
    expect_attribute(file, "/", "creation_library_version", "1.2.3");
    expect_attribute(file, "sample_stats/done", "dtype", "bool");
    expect_attribute(file, "sample_stats/diverging", "dtype", "bool");
    expect_attribute(file, "observed_data/y", "classes", "[\"negative\",\"positive\"]");
    assert_true(H5Aexists_by_name(file, "sample_stats/lp", "_FillValue", H5P_DEFAULT) >
                0);
    assert_true(H5Aexists_by_name(file, "sample_stats/step", "_FillValue", H5P_DEFAULT) ==
                0);
    H5Fclose(file);
    fixture_release(&f);
}

/* Every draw where it belongs, whatever the number of draws in a call; no padding. */
static void draws_come_back(void **state)
{
    (void)state;
    fixture f;
    bens_samples *s;
    float weight[CHAINS][DRAWS][FEATURES], bias[CHAINS][DRAWS], w[CHAINS][DRAWS][2][2];
    double lp[CHAINS][DRAWS];
    int64_t step[CHAINS][DRAWS];
    int8_t done[CHAINS][DRAWS], diverging[CHAINS][DRAWS];
    uint64_t sum[CHAINS][DRAWS];
    const hssize_t n = CHAINS * DRAWS;
    fixture_make(&f);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_samples_open(f.path, &f.params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 0, 0, DRAWS), BENS_OK);
    for (int k = 0; k < DRAWS; k++)
        assert_int_equal(put_draws(s, &f.params, 1, k, 1), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 2, 4, 2), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 2, 0, 4), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 2, 0, 0), BENS_OK);
    bens_samples_close(s);

    const hid_t file = open_file(f.path);
    read_all(file, "posterior/weight", H5T_NATIVE_FLOAT, n * FEATURES, weight);
    read_all(file, "posterior/bias", H5T_NATIVE_FLOAT, n, bias);
    read_all(file, "posterior/block.0.w", H5T_NATIVE_FLOAT, n * 4, w);
    read_all(file, "sample_stats/lp", H5T_NATIVE_DOUBLE, n, lp);
    read_all(file, "sample_stats/step", H5T_NATIVE_INT64, n, step);
    read_all(file, "sample_stats/done", H5T_NATIVE_INT8, n, done);
    read_all(file, "sample_stats/diverging", H5T_NATIVE_INT8, n, diverging);
    read_all(file, "sample_stats/checksum", H5T_NATIVE_UINT64, n, sum);
    for (int64_t c = 0; c < 3; c++)
        for (int64_t k = 0; k < DRAWS; k++) {
            float bytes[FEATURES + 1 + 4];
            memcpy(bytes, weight[c][k], sizeof weight[c][k]);
            bytes[FEATURES] = bias[c][k];
            memcpy(bytes + FEATURES + 1, w[c][k], sizeof w[c][k]);
            for (size_t e = 0; e < FEATURES; e++)
                assert_true(weight[c][k][e] == value_at(c, k, e));
            assert_true(bias[c][k] == value_at(c, k, 16));
            assert_true(w[c][k][1][1] == value_at(c, k, 35));
            assert_true(lp[c][k] == -(double)(10 * c + k) && step[c][k] == 1000 * c + k);
            assert_true(done[c][k] == 1 && diverging[c][k] == ((c + k) % 5 == 4));
            assert_true(sum[c][k] == XXH64(bytes, sizeof bytes, 0));
        }
    expect_no_draw(file, 3);
    H5Fclose(file);
    fixture_release(&f);
}

/* Another process: opens the file, says so, waits for a byte,
 * reads `done` of the first draw. */
static int read_later(const char *path, int said, int heard)
{
    int8_t done[CHAINS * DRAWS];
    char byte = 0;
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, "sample_stats/done", H5P_DEFAULT);
    if (set < 0 || write(said, &byte, 1) != 1 || read(heard, &byte, 1) != 1) return 2;
    if (H5Dread(set, H5T_NATIVE_INT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, done) < 0) return 3;
    return done[0] == 1 && done[1] == 0 ? 0 : 4;
}

/* A reader that keeps the file open (ArviZ is lazy) neither
 * blocks a run nor is it harmed. */
static void an_open_reader_does_not_block(void **state)
{
    (void)state;
    fixture f;
    bens_samples *s;
    int to[2], from[2], result;
    char byte = 0;
    fixture_make(&f);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_true(pipe(to) == 0 && pipe(from) == 0);
    const pid_t child = fork();
    if (child == 0) _exit(read_later(f.path, from[1], to[0]));
    assert_int_equal(read(from[0], &byte, 1), 1);
    assert_int_equal(bens_samples_open(f.path, &f.params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 0, 0, 1), BENS_OK);
    bens_samples_close(s);
    assert_int_equal(write(to[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    fixture_release(&f);
}

/* bens_samples_bytes is what the user is told and what is asked of the disk: never less
 * than the file has; at most 20 % and 128 KiB more. */
static void the_size_is_foretold(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1}, {4, 5000}, {5000, 1}, {300, 70}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        fixture f;
        struct stat info;
        fixture_make(&f);
        f.spec.n_chains = shapes[i][0];
        f.spec.n_draws = shapes[i][1];
        assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
        assert_int_equal(stat(f.path, &info), 0);
        const double said = (double)bens_samples_bytes(&f.spec),
                     is = (double)info.st_size;
        assert_true(said >= is && said <= 1.2 * is + 131072);
        assert_true(info.st_blocks * 512 >= info.st_size); /* no holes to fill later */
        fixture_release(&f);
    }
}

static void expect_refused(const fixture *f, const bens_params *p, int64_t chains,
                           int64_t draws, const char *text)
{
    bens_samples *s = NULL;
    assert_int_equal(bens_samples_open(f->path, p, chains, draws, &s), BENS_ERR_IO);
    assert_null(s);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
}

static void another_shape_is_refused(void **state)
{
    (void)state;
    fixture f;
    bens_params other = {0};
    const int64_t n = FEATURES + 1;
    fixture_make(&f);
    expect_refused(&f, &f.params, CHAINS, DRAWS, "No such file");
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    expect_refused(&f, &f.params, CHAINS + 1, DRAWS, "wanted 5 along 'chain' of");
    expect_refused(&f, &f.params, CHAINS, DRAWS - 1, "wanted 5 along 'draw' of");
    assert_int_equal(bens_params_add(&other, "weight", 1, &n, NULL), BENS_OK);
    expect_refused(&f, &other, CHAINS, DRAWS, "along 'weight_dim_0' of posterior/weight");
    other.tensors[0].rank = 0;
    expect_refused(&f, &other, CHAINS, DRAWS, "with 2 axes, found 3");
    strcpy(other.tensors[0].name, "w8");
    expect_refused(&f, &other, CHAINS, DRAWS, "posterior/w8, found none");
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "exists"));
    bens_params_release(&other);
    fixture_release(&f);
}

static void names_may_not_clash(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f);
    strcpy(f.params.tensors[1].name, "feature");
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec),
                     BENS_ERR_CONFIG);
    strcpy(f.params.tensors[1].name, "chain");
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec),
                     BENS_ERR_CONFIG);
    strcpy(f.params.tensors[1].name, "bias");
    bens_axis other = f.feature;
    other.n = 2;
    f.params.tensors[2].axis[0] = &other;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec),
                     BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "dimension 'feature'"));
    assert_int_equal(rmdir(f.folder), 0); /* nothing was left behind */
    assert_int_equal(mkdir(f.folder, 0777), 0);
    fixture_release(&f);
}

/* An index over rectangles of 1 and 3 chains shows what they hold, now and later; where a
 * rectangle is missing there is no draw. */
static void an_index_joins_rectangles(void **state)
{
    (void)state;
    static const bens_samples_part part[] =
        {{.name = "samples.0000.h5", .row = 0, .n_rows = 1, .n_draws = DRAWS},
         {.name = "samples.0001.h5", .row = 1, .n_rows = CHAINS - 1, .n_draws = DRAWS}};
    fixture f;
    bens_samples_summary sum;
    float weight[CHAINS][DRAWS][FEATURES];
    int64_t chain[CHAINS];
    fixture_make(&f);
    for (int i = 0; i < 2; i++) {
        bens_samples_spec spec = f.spec;
        spec.first_chain += part[i].row;
        spec.n_chains = part[i].n_rows;
        assert_int_equal(bens_samples_create(f.folder, part[i].name, &spec), BENS_OK);
    }
    for (int twice = 0; twice < 2; twice++) /* the second replaces the first */
        assert_int_equal(bens_samples_index(f.folder, "samples.h5", &f.spec, part, 2),
                         BENS_OK);
    for (int64_t row = 0; row < CHAINS; row++) {
        char path[128];
        bens_samples *s;
        const bens_samples_part *p = &part[row >= part[1].row];
        snprintf(path, sizeof path, "%s/%s", f.folder, p->name);
        assert_int_equal(bens_samples_open(path, &f.params, p->n_rows, DRAWS, &s),
                         BENS_OK);
        float theta[64];
        bens_draw draw;
        fill_draw(&f.params, row, 2, theta, &draw);
        assert_int_equal(bens_samples_put(s, row - p->row, 2, 1, theta, &draw), BENS_OK);
        assert_int_equal(bens_samples_done(s, row - p->row, 2, 1), BENS_OK);
        bens_samples_close(s);
    }
    const hid_t file = open_file(f.path);
    read_all(file, "posterior/weight", H5T_NATIVE_FLOAT, CHAINS * DRAWS * FEATURES,
             weight);
    read_all(file, "posterior/chain", H5T_NATIVE_INT64, CHAINS, chain);
    for (int64_t c = 0; c < CHAINS; c++) {
        assert_true(chain[c] == 7 + c);
        for (size_t j = 0; j < FEATURES; j++)
            assert_true(weight[c][2][j] == value_at(c, 2, j) && isnan(weight[c][1][j]));
    }
    H5Fclose(file);
    assert_int_equal(bens_samples_summarize(f.path, &sum), BENS_OK);
    assert_true(sum.n_done == CHAINS && sum.first_chain == 7 && sum.n_chains == CHAINS);
    assert_true(sum.diverging[2] == 1 && sum.diverging[1] == 0);
    bens_samples_summary_release(&sum);

    char path[128];
    snprintf(path, sizeof path, "%s/%s", f.folder, part[1].name);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bens_samples_summarize(f.path, &sum), BENS_OK);
    assert_true(sum.n_done == 1 && sum.done[0] == 1 && sum.done[1] == 0);
    bens_samples_summary_release(&sum);
    fixture_release(&f);
}

static void a_summary_counts(void **state)
{
    (void)state;
    fixture f;
    bens_samples *s;
    bens_samples_summary sum;
    fixture_make(&f);
    assert_int_equal(bens_samples_summarize(f.path, &sum), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "No such file"));
    const double before = (double)time(NULL);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_samples_open(f.path, &f.params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 0, 0, 5), BENS_OK);
    assert_int_equal(put_draws(s, &f.params, 2, 0, 2), BENS_OK);
    bens_samples_close(s);
    assert_int_equal(bens_samples_summarize(f.path, &sum), BENS_OK);
    assert_true(sum.n_chains == CHAINS && sum.n_draws == DRAWS && sum.first_chain == 7);
    assert_true(sum.n_done == 7 && sum.done[0] == 5 && sum.done[1] == 0 &&
                sum.done[2] == 2);
    assert_true(sum.diverging[0] == 1 && sum.diverging[2] == 0 && sum.n_data == 768);
    assert_true(sum.created >= before && sum.created <= (double)time(NULL));
    assert_string_equal(sum.config, "[run]\nseed = 1\n");
    bens_samples_summary_release(&sum);
    fixture_release(&f);
}

int main(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_has_no_draws),
        cmocka_unit_test(coordinates_and_provenance_are_there),
        cmocka_unit_test(draws_come_back),
        cmocka_unit_test(an_open_reader_does_not_block),
        cmocka_unit_test(the_size_is_foretold),
        cmocka_unit_test(another_shape_is_refused),
        cmocka_unit_test(names_may_not_clash),
        cmocka_unit_test(an_index_joins_rectangles),
        cmocka_unit_test(a_summary_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
