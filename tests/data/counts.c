/* Targets that are counts: whole numbers from 0 on, in every set of rows. */
#include "data/table.h"

#include <stdlib.h>

static bens_status read(const char *train, const char *test, double fraction,
                        bens_data **a, bens_data **b)
{
    const bens_data_request request = {.train = "train.csv",
                                       .test = test != NULL ? "test.csv" : "",
                                       .test_fraction = fraction};
    table_write("train.csv", train);
    if (test != NULL) table_write("test.csv", test);
    return table_open(&request, BENS_TARGET_COUNT, 1, a, b);
}

static void counts_are_reals(void **unused)
{
    (void)unused;
    bens_data *train, *test;
    assert_int_equal(read("x,class\n1,0\n2,3\n3,16777215\n4,2.0\n", "x,class\n1,1e3\n", 0,
                          &train, &test),
                     BENS_OK);
    assert_true(train->label == NULL && train->n_classes == 0);
    assert_true(train->y[0] == 0 && train->y[1] == 3 && train->y[2] == 16777215);
    assert_true(train->y[3] == 2 && test->y[0] == 1000);
    bens_data_destroy(train);
    bens_data_destroy(test);
}

/* The row is that of the file, with a part of it set aside too. */
static void others_are_refused(void **unused)
{
    (void)unused;
    bens_data *a, *b;
    const struct {
        const char *train, *test, *says;
        double fraction;
    } cases[] = {
        {"x,class\n1,0\n2,2.5\n", NULL,
         "'train.csv': wanted counts as the target (whole numbers from 0 to 16777215), "
         "found 2.5 in row 2",
         0},
        {"x,class\n1,0\n2,-1\n3,1\n4,1\n5,1\n6,1\n", NULL, "found -1 in row 2", 0.5},
        {"x,class\n1,16777217\n2,1\n", NULL, "found 16777216 in row 1", 0},
        {"x,class\n1,0\n2,1\n", "x,class\n1,0.25\n",
         "'test.csv': wanted counts as the target", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        table_refused(read(cases[i].train, cases[i].test, cases[i].fraction, &a, &b),
                      BENS_ERR_CONFIG, cases[i].says);
}

static void rows_to_predict(void **unused)
{
    (void)unused;
    const bens_source *csv = bens_source_find("csv");
    settings s = settings_make(csv->options, csv->options_size, TEXTS("target=class"));
    bens_data *train, *test, *d;
    assert_int_equal(read("x,class\n1,0\n2,5\n", NULL, 0, &train, &test), BENS_OK);
    table_write("new.csv", "class,x\n7,1\n8,2\n");
    assert_int_equal(bens_data_open_like(csv, s.options, "new.csv", BENS_TARGET_COUNT,
                                         train, &d),
                     BENS_OK);
    assert_true(d->y[0] == 7 && d->y[1] == 8);
    bens_data_destroy(d);
    table_write("new.csv", "x\n1\n2\n");
    assert_int_equal(bens_data_open_like(csv, s.options, "new.csv", BENS_TARGET_COUNT,
                                         train, &d),
                     BENS_OK);
    assert_null(d->y);
    bens_data_destroy(d);
    table_write("new.csv", "class,x\n7,1\n7.5,2\n");
    table_refused(bens_data_open_like(csv, s.options, "new.csv", BENS_TARGET_COUNT, train,
                                      &d),
                  BENS_ERR_CONFIG, "'new.csv': wanted counts as the target");
    bens_data_destroy(train);
    settings_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_reals),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(rows_to_predict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
