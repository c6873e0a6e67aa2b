/* From a file to what models see: split, standardisation, classes of a test file, the
 * hash; and Pima's posterior mode from the shipped file, by Newton in double. */
#include "data/table.h"
#include "core/permutation.h"

#include <math.h>
#include <xxhash.h>

static const char pima[] = BENS_SOURCE "/examples/data/pima.csv";

static bens_data *open_one(const char *path, bool standardize)
{
    const bens_data_request request = {.train = (char *)path,
                                       .test = "",
                                       .standardize = standardize};
    bens_data *train, *test;
    if (table_open(&request, BENS_TARGET_CLASS, 1, &train, &test) != BENS_OK)
        fail_msg("%s", bens_error_text());
    assert_null(test);
    return train;
}

/* ---- Pima
 * --------------------------------------------------------------------------- */

static void pima_is_as_shipped(void **unused)
{
    (void)unused;
    static const char *const names[] = {"preg", "plas", "pres", "skin",
                                        "insu", "mass", "pedi", "age"};
    /* The first and the last row, as its source prints them. */
    static const float first[8] = {6, 148, 72, 35, 0, 33.6f, 0.627f, 50},
                       last[8] = {1, 93, 70, 31, 0, 30.4f, 0.315f, 23};
    /* Means and sds (divisor n - 1) to one decimal as in the source's own description. */
    static const double mean[8] = {3.8, 120.9, 69.1, 20.5, 79.8, 32, .5, 33.2},
                        sd[8] = {3.4, 32, 19.4, 16, 115.2, 7.9, .3, 11.8};
    bens_data *d = open_one(pima, false), *z = open_one(pima, true);
    int n_positive = 0;

    assert_int_equal(d->n_rows, 768);
    assert_int_equal(d->n_features, 8);
    for (int j = 0; j < 8; j++) assert_string_equal(d->feature_names[j], names[j]);
    assert_memory_equal(d->x, first, sizeof first);
    assert_memory_equal(d->x + 767 * 8, last, sizeof last);
    assert_int_equal(d->n_classes, 2);
    assert_string_equal(d->class_names[0], "0");
    assert_string_equal(d->class_names[1], "1");
    for (int i = 0; i < 768; i++) n_positive += d->label[i];
    assert_int_equal(n_positive, 268);
    for (int j = 0; j < 8; j++) {
        assert_true(fabs(z->x_mean[j] - mean[j]) < .0501);
        assert_true(fabs(z->x_sd[j] * sqrt(768 / 767.0) - sd[j]) < .0501);
    }
    assert_null(d->x_mean);
    assert_true(d->hash == z->hash);
    bens_data_destroy(d);
    bens_data_destroy(z);
}

enum { D = 8 };

/* log posterior with N(0, 1) priors and no intercept, its
 * gradient and minus its Hessian. */
static double posterior(const bens_data *d, const double *w, double *g, double h[D][D])
{
    double lp = 0;
    for (int j = 0; j < D; j++) {
        lp -= w[j] * w[j] / 2;
        g[j] = -w[j];
        for (int k = 0; k < D; k++) h[j][k] = j == k;
    }
    for (int64_t i = 0; i < d->n_rows; i++) {
        const float *x = d->x + i * D;
        double logit = 0;
        for (int j = 0; j < D; j++) logit += w[j] * (double)x[j];
        const double p = 1 / (1 + exp(-logit));
        lp += log(d->label[i] == 1 ? p : 1 - p);
        for (int j = 0; j < D; j++) {
            g[j] += (d->label[i] - p) * (double)x[j];
            for (int k = 0; k < D; k++)
                h[j][k] += p * (1 - p) * (double)x[j] * (double)x[k];
        }
    }
    return lp;
}

/* g = h^-1 g by elimination; h is positive definite. */
static void solve(double h[D][D], double *g)
{
    for (int i = 0; i < D; i++)
        for (int r = i + 1; r < D; r++) {
            const double f = h[r][i] / h[i][i];
            for (int c = i; c < D; c++) h[r][c] -= f * h[i][c];
            g[r] -= f * g[i];
        }
    for (int i = D - 1; i >= 0; i--) {
        for (int c = i + 1; c < D; c++) g[i] -= h[i][c] * g[c];
        g[i] /= h[i][i];
    }
}

/* numbers.md A.1. The mode is printed to 5 digits after the point (insu's .0213 to 4),
 * and x is rounded to float32, which moves it by some 1e-7: half a digit and a bit. */
static void pimas_mode_is_the_published_one(void **unused)
{
    (void)unused;
    static const double mode[D] = {.38467,  1.0717, -.24004, .0213,
                                   -.15491, .58313, .32048,  .12425};
    static const double half[D] = {6e-6, 6e-5, 6e-6, 6e-5, 6e-6, 6e-6, 6e-6, 6e-6};
    bens_data *d = open_one(pima, true);
    double w[D] = {0}, g[D], h[D][D];
    for (int i = 0; i < 20; i++) {
        posterior(d, w, g, h);
        solve(h, g);
        for (int j = 0; j < D; j++) w[j] += g[j];
    }
    for (int j = 0; j < D; j++) assert_true(fabs(w[j] - mode[j]) < half[j]);
    assert_true(fabs(posterior(d, w, g, h) + 408.52522) < 6e-6);
    bens_data_destroy(d);
}

/* ---- standardisation
 * ---------------------------------------------------------------- */

static void features_have_mean_0_and_sd_1(void **unused)
{
    (void)unused;
    bens_data *raw = open_one(pima, false), *d = open_one(pima, true);
    for (int j = 0; j < D; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < 768; i++) {
            const double x = (double)d->x[i * D + j];
            const double back = x * d->x_sd[j] + d->x_mean[j];
            sum += x;
            squares += x * x;
            /* one rounding to float32, of numbers up to 7 sd */
            assert_true(fabs(back - (double)raw->x[i * D + j]) < 7 * 6e-8 * d->x_sd[j]);
        }
        /* 768 roundings to float32 of numbers of size 1, all of one sign at worst */
        assert_true(fabs(sum / 768) < 6e-8 && fabs(squares / 768 - 1) < 2e-7);
    }
    bens_data_destroy(raw);
    bens_data_destroy(d);
}

/* 0.1 three times has a mean that is not 0.1 in double: the sd must not become 1e-17. */
static void a_constant_feature_has_sd_1(void **unused)
{
    (void)unused;
    table_write("constant.csv", "a,b,class\n0.1,3e38,x\n0.1,-3e38,y\n0.1,0,x\n");
    bens_data *d = open_one("constant.csv", true);
    assert_true(d->x_sd[0] == 1);
    assert_true(fabs(d->x_mean[0] - 0.1) < 1e-8); /* 0.1 in float32 */
    for (int i = 0; i < 3; i++) assert_true(fabsf(d->x[2 * i]) < 1e-16f);
    assert_true(fabs(d->x_sd[1] / (3e38 * sqrt(2 / 3.0)) - 1) < 1e-7);
    assert_true(fabsf(d->x[1] - sqrtf(1.5f)) < 3e-7f);
    bens_data_destroy(d);
}

/* ---- the split
 * ---------------------------------------------------------------------- */

/* n rows whose feature is their number; classes in turn. */
static void write_rows(const char *path, int n)
{
    FILE *const f = fopen(path, "wb");
    fprintf(f, "i,class\n");
    for (int i = 0; i < n; i++) fprintf(f, "%d,%d\n", i, i % 2);
    assert_int_equal(fclose(f), 0);
}

static bens_status split(int n, double fraction, uint64_t seed, bool standardize,
                         bens_data **train, bens_data **test)
{
    const bens_data_request request = {.train = "rows.csv",
                                       .test = "",
                                       .test_fraction = fraction,
                                       .standardize = standardize};
    write_rows("rows.csv", n);
    return table_open(&request, BENS_TARGET_CLASS, seed, train, test);
}

static void the_first_images_are_the_test_set(void **unused)
{
    (void)unused;
    enum { N = 101, N_TEST = 25 }; /* round(25.25) */
    bens_data *train, *test;
    for (uint64_t seed = 1; seed < 4; seed++) {
        const bens_rng at = {.seed = seed, .stream = BENS_STREAM_SPLIT};
        const bens_permutation p = bens_permutation_make(N, &at);
        bool in_test[N] = {false};
        int r = 0, t = 0;
        for (uint64_t k = 0; k < N_TEST; k++) in_test[bens_permutation_at(&p, k)] = true;

        assert_int_equal(split(N, .25, seed, false, &train, &test), BENS_OK);
        assert_int_equal(train->n_rows, N - N_TEST);
        assert_int_equal(test->n_rows, N_TEST);
        for (int i = 0; i < N; i++) {
            const bens_data *d = in_test[i] ? test : train;
            const int k = in_test[i] ? t++ : r++;
            assert_true(d->x[k] == (float)i);
            assert_int_equal(d->label[k], i % 2);
        }
        assert_int_equal(test->n_classes, 2);
        assert_string_equal(test->class_names[1], "1");
        assert_string_equal(test->feature_names[0], "i");
        assert_true(train->hash != test->hash);
        bens_data_destroy(train);
        bens_data_destroy(test);
    }
}

static void seeds_split_differently(void **unused)
{
    (void)unused;
    uint64_t seen[8];
    bens_data *train, *test;
    for (uint64_t seed = 0; seed < 8; seed++) {
        assert_int_equal(split(100, .5, seed, false, &train, &test), BENS_OK);
        seen[seed] = test->hash;
        for (uint64_t k = 0; k < seed; k++) assert_true(seen[k] != seen[seed]);
        bens_data_destroy(train);
        bens_data_destroy(test);
    }
}

/* The test set must not leak: its rows get the mean and the sd of the others. */
static void the_training_set_standardises_both(void **unused)
{
    (void)unused;
    bens_data *raw, *raw_test, *train, *test;
    double mean = 0, variance = 0;
    assert_int_equal(split(40, .3, 5, false, &raw, &raw_test), BENS_OK);
    assert_int_equal(split(40, .3, 5, true, &train, &test), BENS_OK);
    assert_int_equal(test->n_rows, 12);
    for (int i = 0; i < 28; i++) mean += (double)raw->x[i] / 28;
    for (int i = 0; i < 28; i++) variance += pow((double)raw->x[i] - mean, 2) / 28;
    /* sums of 28 doubles */
    assert_true(fabs(train->x_mean[0] - mean) < 1e-13 * mean);
    assert_true(fabs(train->x_sd[0] - sqrt(variance)) < 1e-13 * mean);
    assert_true(test->x_mean[0] == train->x_mean[0] && test->x_sd[0] == train->x_sd[0]);
    for (int i = 0; i < 12; i++) {
        const double z = ((double)raw_test->x[i] - mean) / sqrt(variance);
        assert_true(fabs((double)test->x[i] - z) < 3e-7);
    }
    assert_true(raw->hash == train->hash && raw_test->hash == test->hash);
    bens_data_destroy(raw);
    bens_data_destroy(raw_test);
    bens_data_destroy(train);
    bens_data_destroy(test);
}

static void both_sets_have_rows(void **unused)
{
    (void)unused;
    bens_data *train, *test;
    table_refused(split(10, .04, 1, true, &train, &test), BENS_ERR_CONFIG,
                  "found 0 and 10 of the 10 rows of 'rows.csv'");
    table_refused(split(10, .97, 1, true, &train, &test), BENS_ERR_CONFIG,
                  "found 10 and 0 of the 10 rows");
}

/* ---- a test file
 * -------------------------------------------------------------------- */

static bens_status open_two(const char *train_text, const char *test_text,
                            bens_data **train, bens_data **test)
{
    const bens_data_request request = {.train = "train.csv", .test = "test.csv"};
    table_write("train.csv", train_text);
    table_write("test.csv", test_text);
    return table_open(&request, BENS_TARGET_CLASS, 1, train, test);
}

static void a_test_file_has_the_classes_of_training(void **unused)
{
    (void)unused;
    const int32_t text[3] = {2, 0, 2}, number[3] = {1, 2, 1};
    bens_data *train, *test;
    assert_int_equal(open_two("x,class\n1,b\n2,c\n3,a\n", "x,class\n4,c\n5,a\n6,c\n",
                              &train, &test),
                     BENS_OK);
    assert_memory_equal(test->label, text, sizeof text);
    assert_int_equal(test->n_classes, 3);
    assert_string_equal(test->class_names[1], "b");
    bens_data_destroy(train);
    bens_data_destroy(test);

    /* numbers are compared by value; one class is enough to test on */
    assert_int_equal(open_two("x,class\n1,9\n2,10\n3,-1\n",
                              "x,class\n4,9.0\n5,1e1\n6,9\n", &train, &test),
                     BENS_OK);
    assert_memory_equal(test->label, number, sizeof number);
    assert_string_equal(test->class_names[1], "9");
    bens_data_destroy(train);
    bens_data_destroy(test);
    assert_int_equal(open_two("x,class\n1,0\n2,1\n", "x,class\n4,1\n", &train, &test),
                     BENS_OK);
    assert_int_equal(test->label[0], 1);
    bens_data_destroy(train);
    bens_data_destroy(test);
}

static void refuses_a_test_file_of_another_kind(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"x,y,class\n1,2,d\n",
         "'test.csv': wanted only classes of the training set, found 'd'"},
        {"x,y,class\n1,2,1\n", "found '1'"},
        {"x,class\n1,a\n", "'test.csv': wanted the 2 features of 'train.csv', found 1"},
        {"y,x,class\n1,2,a\n", "in the same order, found 'y' in the place of 'x'"},
        {"x,y,class\n1,z,a\n", "test.csv:2: column 'y': wanted a number, found 'z'"},
        {"x,y,klass\n1,2,a\n", "test.csv:1: header: wanted the column 'class'"},
    };
    bens_data *train = NULL, *test = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        table_refused(open_two("x,y,class\n1,2,a\n2,4,b\n", bad[i].text, &train, &test),
                      BENS_ERR_CONFIG, bad[i].says);
        assert_true(train == NULL && test == NULL);
    }
}

static void refuses_a_training_set_without_choice(void **unused)
{
    (void)unused;
    bens_data *train, *test;
    table_refused(open_two("x,class\n1,b\n2,b\n3,b\n", "x,class\n4,b\n", &train, &test),
                  BENS_ERR_CONFIG,
                  "'train.csv': wanted at least two classes, found one class only: all 3 "
                  "rows have class 'b'");

    /* 9 of 10 rows go to the test set: of the 5 classes most are there alone */
    const bens_data_request request = {.train = "five.csv",
                                       .test = "",
                                       .test_fraction = .9};
    table_write("five.csv",
                "x,class\n1,a\n2,b\n3,c\n4,d\n5,e\n6,a\n7,b\n8,c\n9,d\n10,e\n");
    table_refused(table_open(&request, BENS_TARGET_CLASS, 1, &train, &test),
                  BENS_ERR_CONFIG, "in the test set only ([data] test_fraction = 0.9)");
}

/* ---- the hash and the registry
 * ------------------------------------------------------ */

static void the_hash_is_of_x_and_then_y(void **unused)
{
    (void)unused;
    const struct {
        float x[6];
        int32_t label[3];
    } classes = {{1, 2, 3, 4, 5, 6.5f}, {1, 0, 1}};
    const struct {
        float x[6], y[3];
    } real = {{1, 2, 3, 4, 5, 6.5f}, {7, -3, 12}};
    const bens_data_request request = {.train = "hash.csv",
                                       .test = "",
                                       .standardize = true};
    bens_data *train, *test;
    table_write("hash.csv", "x,class,y\n1,7,2\n3,-3,4\n5,12,6.5\n");
    assert_int_equal(table_open(&request, BENS_TARGET_REAL, 1, &train, &test), BENS_OK);
    assert_true(train->hash == XXH64(&real, sizeof real, 0));
    assert_true(train->y[2] == 12 && train->x_sd != NULL);
    bens_data_destroy(train);
    table_write("hash.csv", "x,class,y\n1,7,2\n3,-3,4\n5,7.0,6.5\n");
    assert_int_equal(table_open(&request, BENS_TARGET_CLASS, 1, &train, &test), BENS_OK);
    assert_true(train->hash == XXH64(&classes, sizeof classes, 0));
    bens_data_destroy(train);
}

static void sources_are_found_by_name(void **unused)
{
    (void)unused;
    size_t n = 0;
    for (const bens_source *s; (s = bens_source_at(n)) != NULL; n++) {
        assert_ptr_equal(bens_source_find(s->name), s);
        assert_true(s->doc[0] != '\0' && s->read != NULL);
    }
    assert_true(n >= 1);
    assert_null(bens_source_find("cvs"));
    bens_data_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pima_is_as_shipped),
        cmocka_unit_test(pimas_mode_is_the_published_one),
        cmocka_unit_test(features_have_mean_0_and_sd_1),
        cmocka_unit_test(a_constant_feature_has_sd_1),
        cmocka_unit_test(the_first_images_are_the_test_set),
        cmocka_unit_test(seeds_split_differently),
        cmocka_unit_test(the_training_set_standardises_both),
        cmocka_unit_test(both_sets_have_rows),
        cmocka_unit_test(a_test_file_has_the_classes_of_training),
        cmocka_unit_test(refuses_a_test_file_of_another_kind),
        cmocka_unit_test(refuses_a_training_set_without_choice),
        cmocka_unit_test(the_hash_is_of_x_and_then_y),
        cmocka_unit_test(sources_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
