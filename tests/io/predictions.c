/* predictions.h5: what is put is what readers find; nothing is left of a file that
 * failed; what a samples file says of its inputs. */
#include "io/predictions.h"
#include "io/samples_fixture.h"

#include <dirent.h>
#include <hdf5.h>

enum { N_OBS = 6, N_OOD = 4, N_CHAINS = 2, N_DRAWS = 3 };

static const char *const metric[] = {"nll", "tu"};
static const int64_t chain[N_CHAINS] = {7, 9}, draw[N_DRAWS] = {1, 4, 5};
static const int32_t y[N_OBS] = {0, 1, 1, 0, 0, 1};

static bens_predictions_spec classes(void)
{
    return (bens_predictions_spec){.kind = BENS_PREDICTS_CLASSES,
                                   .n_obs = N_OBS,
                                   .n_ood = N_OOD,
                                   .n_outputs = 2,
                                   .class_names = class_names,
                                   .obs_label = y,
                                   .n_metrics = 2,
                                   .metric = metric,
                                   .n_repeats = 3,
                                   .n_bins = 15,
                                   .posterior_predictive = true,
                                   .log_likelihood = true,
                                   .n_chains = N_CHAINS,
                                   .n_draws = N_DRAWS,
                                   .chain = chain,
                                   .draw = draw,
                                   .version = "1.2.3",
                                   .members = "all",
                                   .n_members = 6,
                                   .seed = UINT64_MAX};
}

static int count_files(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void read_set(const char *path, const char *name, hid_t type, void *out)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(set >= 0);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Dclose(set);
    H5Fclose(file);
}

static bens_predictions *create(const char *path, const bens_predictions_spec *spec,
                                char temporary[BENS_PATH_SIZE])
{
    bens_predictions *p = NULL;
    if (bens_predictions_create(path, spec, temporary) != BENS_OK ||
        bens_predictions_open(temporary, spec, &p) != BENS_OK)
        fail_msg("%s", bens_error_text());
    return p;
}

/* Two ranks write their parts; the name comes last, and replaces what had it. */
static void what_is_put_comes_back(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f);
    const bens_predictions_spec spec = classes();
    char temporary[BENS_PATH_SIZE];
    double tu[N_OBS], p[N_OBS * 2], back[N_OBS * 2];
    float each[N_OBS], all[N_CHAINS * N_DRAWS * N_OBS];
    for (int i = 0; i < N_OBS; i++) tu[i] = 0.25 * i;
    for (int i = 0; i < N_OBS * 2; i++) p[i] = 0.125 * i;
    FILE *old = fopen(f.path, "w");
    assert_non_null(old);
    fclose(old);

    bens_predictions *a = create(f.path, &spec, temporary), *b = NULL;
    assert_int_equal(bens_predictions_open(temporary, &spec, &b), BENS_OK);
    assert_int_equal(bens_predictions_put(a, "predictive", "tu", 0, N_OBS, tu), BENS_OK);
    assert_int_equal(bens_predictions_put(b, "predictive", "p", 0, 2 * N_OBS, p),
                     BENS_OK);
    for (int cell = 0; cell < N_CHAINS * N_DRAWS; cell++) {
        for (int i = 0; i < N_OBS; i++) each[i] = (float)(cell * 10 + i);
        assert_int_equal(bens_predictions_put(cell % 2 ? a : b, "log_likelihood", "y",
                                              (uint64_t)(cell * N_OBS), N_OBS, each),
                         BENS_OK);
    }
    assert_int_equal(bens_predictions_sync(a), BENS_OK);
    bens_predictions_close(a);
    bens_predictions_close(b);
    assert_int_equal(bens_predictions_publish(f.path, temporary), BENS_OK);
    assert_int_equal(count_files(f.folder), 1);

    read_set(f.path, "predictive/tu", H5T_NATIVE_DOUBLE, back);
    assert_memory_equal(back, tu, sizeof tu);
    read_set(f.path, "predictive/p", H5T_NATIVE_DOUBLE, back);
    assert_memory_equal(back, p, sizeof p);
    read_set(f.path, "log_likelihood/y", H5T_NATIVE_FLOAT, all);
    for (int i = 0; i < N_CHAINS * N_DRAWS * N_OBS; i++)
        assert_true(all[i] == (float)(i / N_OBS * 10 + i % N_OBS));
    int64_t coordinate[N_DRAWS];
    read_set(f.path, "log_likelihood/draw", H5T_NATIVE_INT64, coordinate);
    assert_memory_equal(coordinate, draw, sizeof draw);
    read_set(f.path, "ood/tu", H5T_NATIVE_DOUBLE, back);
    for (int i = 0; i < N_OOD; i++) assert_true(isnan(back[i])); /* not put */
    fixture_release(&f);
}

static void every_kind_has_its_variables(void **state)
{
    (void)state;
    static const struct {
        bens_prediction_kind kind;
        const char *last;
    } kinds[] = {{BENS_PREDICTS_REALS, "var_model"},
                 {BENS_PREDICTS_DENSITY, "log_density"}};
    for (size_t i = 0; i < 2; i++) {
        fixture f;
        fixture_make(&f);
        bens_predictions_spec spec = {.kind = kinds[i].kind,
                                      .n_obs = N_OBS,
                                      .n_outputs = 1,
                                      .n_repeats = 1,
                                      .version = "1"};
        char temporary[BENS_PATH_SIZE];
        double value[N_OBS] = {1, 2, 3, 4, 5, 6}, back[N_OBS];
        bens_predictions *p = create(f.path, &spec, temporary);
        assert_int_equal(bens_predictions_put(p, "predictive", kinds[i].last, 0, N_OBS,
                                              value),
                         BENS_OK);
        bens_predictions_close(p);
        char name[64];
        snprintf(name, sizeof name, "predictive/%s", kinds[i].last);
        read_set(temporary, name, H5T_NATIVE_DOUBLE, back);
        assert_memory_equal(back, value, sizeof value);
        fixture_release(&f);
    }
}

static void a_file_that_cannot_be_made_leaves_nothing(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f);
    bens_predictions_spec spec = classes();
    char temporary[BENS_PATH_SIZE];
    assert_int_equal(bens_predictions_create("nowhere/x.h5", &spec, temporary),
                     BENS_ERR_IO);
    spec.n_obs = INT64_C(1) << 40; /* more than any disk here */
    spec.obs_label = NULL;
    assert_int_equal(bens_predictions_create(f.path, &spec, temporary), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "of disk, found"));
    assert_int_equal(count_files(f.folder), 0);
    fixture_release(&f);
}

static void only_predictions_are_replaced(void **state)
{
    (void)state;
    fixture f;
    char temporary[BENS_PATH_SIZE], path[BENS_PATH_SIZE];
    const bens_predictions_spec spec = classes();
    fixture_make(&f);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_predictions_check(f.path), BENS_ERR_CONFIG);
    assert_int_equal(bens_predictions_check(f.folder), BENS_ERR_CONFIG);
    snprintf(path, sizeof path, "%s/rows.csv", f.folder);
    assert_int_equal(bens_predictions_check(path), BENS_OK); /* nothing is there */
    assert_int_equal(bens_folder_write(f.folder, "rows.csv", "a,y\n1,2\n"), BENS_OK);
    assert_int_equal(bens_predictions_check(path), BENS_ERR_CONFIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(bens_predictions_create(path, &spec, temporary), BENS_OK);
    assert_int_equal(bens_predictions_publish(path, temporary), BENS_OK);
    assert_int_equal(bens_predictions_check(path), BENS_OK);
    fixture_release(&f);
}

static void inputs_are_known_from_the_samples(void **state)
{
    (void)state;
    fixture f;
    bens_origin o;
    fixture_make(&f);
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_origin_read(f.path, &o), BENS_OK);
    assert_int_equal(o.n_features, FEATURES);
    assert_int_equal(o.n_classes, 2);
    for (int i = 0; i < FEATURES; i++) {
        assert_string_equal(o.feature_names[i], feature_names[i]);
        assert_true(o.x_mean[i] == x_mean[i] && o.x_sd[i] == x_sd[i]);
    }
    for (int k = 0; k < 2; k++) assert_string_equal(o.class_names[k], class_names[k]);
    bens_origin_release(&o);
    fixture_release(&f);

    fixture_make(&f); /* not standardised: the weights have the names */
    f.spec.n_features = 0;
    f.spec.n_obs = 0;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_origin_read(f.path, &o), BENS_OK);
    assert_int_equal(o.n_features, FEATURES);
    assert_int_equal(o.n_classes, 0);
    assert_null(o.x_mean);
    assert_string_equal(o.feature_names[2], feature_names[2]);
    bens_origin_release(&o);
    fixture_release(&f);
}

/* Of a network no tensor has an axis of inputs: bens/inputs tells. */
static void the_shape_of_a_row_is_known(void **state)
{
    (void)state;
    static const int64_t image[] = {28, 20, 3}, table[] = {FEATURES};
    fixture f;
    bens_origin o;
    fixture_make(&f);
    f.spec.row_rank = 3;
    f.spec.row_dim = image;
    f.spec.n_features = 28 * 20 * 3;
    f.spec.feature_names = NULL;
    f.spec.x_mean = f.spec.x_sd = NULL;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_origin_read(f.path, &o), BENS_OK);
    assert_int_equal(o.rank, 3);
    assert_memory_equal(o.dim, image, sizeof image);
    assert_int_equal(o.n_features, 28 * 20 * 3);
    assert_null(o.feature_names);
    bens_origin_release(&o);
    fixture_release(&f);

    fixture_make(&f);
    f.spec.row_rank = 1;
    f.spec.row_dim = table;
    f.spec.x_mean = f.spec.x_sd = NULL;
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
    assert_int_equal(bens_origin_read(f.path, &o), BENS_OK);
    assert_true(o.rank == 1 && o.n_features == FEATURES);
    assert_string_equal(o.feature_names[1], feature_names[1]);
    bens_origin_release(&o);
    fixture_release(&f);
}

static void foreign_shapes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *inputs, *says;
    } cases[] = {
        {"", "wanted the shape of a row in bens/inputs"},
        {"{\"shape\": []}", "wanted the shape of a row"},
        {"{\"shape\": [1, 2, 3, 4]}", "wanted the shape of a row"},
        {"{\"shape\": [0]}", "wanted the shape of a row"},
        {"{\"shape\": [\"7\"]}", "wanted the shape of a row"},
        {"{\"shape\": [4294967296, 4294967296, 4294967296]}",
         "wanted the shape of a row"},
        {"{\"shape\": [3], \"names\": [\"a\"]}", "a JSON list of 3 names, found 1"},
        {"{\"shape\": [3], \"names\": 3}", "a JSON list of 3 names, found 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        bens_origin o;
        fixture_make(&f);
        f.spec.inputs = cases[i].inputs;
        assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
        assert_int_equal(bens_origin_read(f.path, &o), BENS_ERR_IO);
        if (strstr(bens_error_text(), cases[i].says) == NULL)
            fail_msg("wanted '%s', found '%s'", cases[i].says, bens_error_text());
        fixture_release(&f);
    }
}

/* Opens the file for a change, as somebody may have. */
static void change(const char *path, void (*what)(hid_t file))
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    what(file);
    H5Fclose(file);
}

static void numbers_for_names(hid_t file)
{
    const hsize_t n = FEATURES;
    const hid_t space = H5Screate_simple(1, &n, NULL);
    H5Ldelete(file, "constant_data/feature", H5P_DEFAULT);
    H5Dclose(H5Dcreate2(file, "constant_data/feature", H5T_NATIVE_INT, space, H5P_DEFAULT,
                        H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void one_mean(hid_t file)
{
    const hsize_t n = 1;
    const hid_t space = H5Screate_simple(1, &n, NULL);
    H5Ldelete(file, "constant_data/x_mean", H5P_DEFAULT);
    H5Dclose(H5Dcreate2(file, "constant_data/x_mean", H5T_NATIVE_DOUBLE, space,
                        H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void a_link_elsewhere(hid_t file)
{
    H5Ldelete(file, "constant_data/feature", H5P_DEFAULT);
    H5Ldelete(file, "posterior/feature", H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "x", file, "constant_data/feature", H5P_DEFAULT,
                       H5P_DEFAULT);
}

static void foreign_inputs_are_refused(void **state)
{
    (void)state;
    static const struct {
        void (*what)(hid_t file);
        const char *says;
    } cases[] = {{numbers_for_names, "wanted a list of names"},
                 {one_mean, "wanted 3 numbers in constant_data/x_mean, found 1"},
                 {a_link_elsewhere, "wanted the names of features, found none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        bens_origin o;
        fixture_make(&f);
        assert_int_equal(bens_samples_create(f.folder, "samples.h5", &f.spec), BENS_OK);
        change(f.path, cases[i].what);
        assert_int_equal(bens_origin_read(f.path, &o), BENS_ERR_IO);
        if (strstr(bens_error_text(), cases[i].says) == NULL)
            fail_msg("wanted '%s', found '%s'", cases[i].says, bens_error_text());
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_comes_back),
        cmocka_unit_test(every_kind_has_its_variables),
        cmocka_unit_test(a_file_that_cannot_be_made_leaves_nothing),
        cmocka_unit_test(only_predictions_are_replaced),
        cmocka_unit_test(inputs_are_known_from_the_samples),
        cmocka_unit_test(the_shape_of_a_row_is_known),
        cmocka_unit_test(foreign_shapes_are_refused),
        cmocka_unit_test(foreign_inputs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
