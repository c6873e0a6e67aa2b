/* Rows for a model that is there: features by name, the
 * run's classes, the run's scale. */
#include "data/table.h"

#include <math.h>

static bens_status open_like(const char *text, bens_target kind, const bens_data *like,
                             bens_data **out)
{
    const bens_source *csv = bens_source_find("csv");
    settings s = settings_make(csv->options, csv->options_size, TEXTS("target=class"));
    assert_int_equal(s.status, BENS_OK);
    table_write("like.csv", text);
    const bens_status status =
        bens_data_open_like(csv, s.options, "like.csv", kind, like, out);
    settings_release(&s);
    return status;
}

static char *features[] = {"a", "b"}, *classes[] = {"no", "yes"}, *numbers[] = {"1", "2"};
static double mean[] = {10, 20}, sd[] = {2, 4};

static bens_data like(void)
{
    return (bens_data){.n_features = 2,
                       .n_classes = 2,
                       .class_names = classes,
                       .feature_names = features,
                       .x_mean = mean,
                       .x_sd = sd};
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    const bens_data model = like();
    bens_data *d;
    assert_int_equal(open_like("id,b,class,a\nx1,24,yes,12\n?,20,yes,8\n",
                               BENS_TARGET_CLASS, &model, &d),
                     BENS_OK);
    static const float wanted[] = {1, 1, -1, 0}; /* of mean 10, 20 and sd 2, 4 */
    assert_int_equal(d->n_rows, 2);
    assert_int_equal(d->n_features, 2);
    assert_memory_equal(d->x, wanted, sizeof wanted);
    assert_true(d->label[0] == 1 && d->label[1] == 1); /* "yes", though it is alone */
    assert_int_equal(d->n_classes, 2);
    assert_string_equal(d->feature_names[0], "a");
    bens_data_destroy(d);

    bens_data plain = like(), *e;
    plain.x_mean = plain.x_sd = NULL;
    assert_int_equal(open_like("a,b\n1,2\n", BENS_TARGET_CLASS, &plain, &e), BENS_OK);
    assert_true(e->x[0] == 1 && e->x[1] == 2);
    assert_null(e->label);
    assert_null(e->y);
    bens_data_destroy(e);
}

static void targets_are_the_models(void **state)
{
    (void)state;
    bens_data model = like(), *d;
    assert_int_equal(open_like("a,b,class\n1,2,3.5\n", BENS_TARGET_REAL, &model, &d),
                     BENS_OK);
    assert_true(d->y[0] == 3.5F && d->label == NULL);
    bens_data_destroy(d);
    model.class_names = numbers; /* 2.0 is the class 2 */
    assert_int_equal(open_like("a,b,class\n1,2,2.0\n", BENS_TARGET_CLASS, &model, &d),
                     BENS_OK);
    assert_int_equal(d->label[0], 1);
    bens_data_destroy(d);
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    const bens_data model = like();
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"a,class\n1,yes\n",
         "like.csv:1: header: wanted all 2 features of the model, found "
         "no column 'b' (feature 2)"},
        {"a,B,class\n1,2,yes\n", "did you mean 'B'?"},
        {"a,b,class\n1,2,maybe\n",
         "wanted only classes of the training set, found 'maybe'"},
        {"a,b,class\n1,?,yes\n", "like.csv:2: column 'b': missing value"},
        {"b,a,class\n1,x,yes\n", "like.csv:2: column 'a': wanted a number, found 'x'"},
        {"a,b,class\n1,2,\n", "column 'class': missing value: wanted a class"},
        {"a,b,class\n1,2\n", "wanted 3 fields, found 2"},
        {"a,b,class\n", "wanted rows below the header"},
        {"a,b,a\n1,2,3\n", "wanted different names"},
        {"", "found an empty file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bens_data *d;
        table_refused(open_like(cases[i].text, BENS_TARGET_CLASS, &model, &d),
                      BENS_ERR_CONFIG, cases[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(targets_are_the_models),
        cmocka_unit_test(what_does_not_fit_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
