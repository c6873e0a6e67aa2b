/* Tables in CSV: every way to write the same one, what is
 * refused and how, damaged files. */
#include "data/table.h"
#include "core/rng.h"
#include "data/number.h"

#include <locale.h>
#include <math.h>

#define FILE_NAME "table.csv"

static bens_data *read_text(const char *text, bens_target kind)
{
    bens_data *d;
    table_write(FILE_NAME, text);
    const bens_status s = table_read(FILE_NAME, "class", kind, &d);
    if (s != BENS_OK) fail_msg("%s", bens_error_text());
    return d;
}

/* a,b,class with the rows 1,-2.5,no and 3e2,0.25,yes */
static void check_plain(const bens_data *d)
{
    const float x[4] = {1, -2.5f, 300, 0.25f};
    assert_int_equal(d->n_rows, 2);
    assert_int_equal(d->n_features, 2);
    assert_memory_equal(d->x, x, sizeof x);
    assert_string_equal(d->feature_names[0], "a");
    assert_string_equal(d->feature_names[1], "b");
    assert_int_equal(d->n_classes, 2);
    assert_string_equal(d->class_names[0], "no");
    assert_string_equal(d->class_names[1], "yes");
    assert_int_equal(d->label[0], 0);
    assert_int_equal(d->label[1], 1);
    assert_null(d->y);
    assert_null(d->x_mean);
}

static void every_way_to_write_a_table(void **unused)
{
    (void)unused;
    static const char *const ways[] = {
        "a,b,class\n1,-2.5,no\n3e2,0.25,yes\n",
        "a,b,class\n1,-2.5,no\n3e2,0.25,yes",
        "a,b,class\r\n1,-2.5,no\r\n3e2,0.25,yes\r\n",
        "\xef\xbb\xbf\x61,b,class\n1,-2.5,no\n3e2,0.25,yes\n",
        "a,b,class\n1,-2.5,no\n3e2,0.25,yes\n\n\r\n  \n",
        "\na,b,class\n\n1,-2.5,no\n\t\n3e2,0.25,yes\n",
        "\"a\",\"b\",\"class\"\n\"1\",\"-2.5\",\"no\"\n\"3e2\",\"0.25\",\"yes\"",
        "a , b,\tclass \n 1 ,-2.5 , no\n3e2,\t0.25 , yes \n",
        " \"a\" , \"b\",\"class\"\t\r\n1,-2.5, \"no\" \n3e2,0.25,yes\n",
        "class,a,b\nno,1,-2.5\nyes,3e2,0.25\n",
        "a,class,b\n1,no,-2.5\n3e2,yes,0.25\n",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        bens_data *d = read_text(ways[i], BENS_TARGET_CLASS);
        check_plain(d);
        bens_data_destroy(d);
    }
}

static void quotes_hold_commas_quotes_and_lines(void **unused)
{
    (void)unused;
    bens_data *d = read_text("\"a, \"\"b\"\"\",\"two\nlines\",5\" disk,class\n"
                             "1,2,3,\"yes, \"\"so\"\"\"\n4,5,6,\" no \"\n",
                             BENS_TARGET_CLASS);
    assert_string_equal(d->feature_names[0], "a, \"b\"");
    assert_string_equal(d->feature_names[1], "two\nlines");
    assert_string_equal(d->feature_names[2], "5\" disk");
    assert_string_equal(d->class_names[0], " no ");
    assert_string_equal(d->class_names[1], "yes, \"so\"");
    assert_int_equal(d->n_rows, 2);
    bens_data_destroy(d);

    /* lines are those of the file, also behind a field that has two */
    table_write(FILE_NAME, "a,\"two\nlines\",class\n1,2,x\n1,\"\n\",y\n");
    table_refused(table_read(FILE_NAME, "class", BENS_TARGET_CLASS, &d), BENS_ERR_CONFIG,
                  "table.csv:4: column 'two lines': wanted a number");
}

static void check_classes(const char *rows, const char *const *names, int64_t n,
                          const int32_t *label)
{
    char text[256];
    snprintf(text, sizeof text, "x,class\n%s", rows);
    bens_data *d = read_text(text, BENS_TARGET_CLASS);
    assert_int_equal(d->n_classes, n);
    for (int64_t k = 0; k < n; k++) assert_string_equal(d->class_names[k], names[k]);
    assert_memory_equal(d->label, label, (size_t)d->n_rows * sizeof *label);
    bens_data_destroy(d);
}

static void classes_are_in_order(void **unused)
{
    (void)unused;
    check_classes("0,10\n0,9\n0,-1\n0,9\n", TEXTS("-1", "9", "10"), 3,
                  (int32_t[]){2, 1, 0, 1});
    check_classes("0,1.0\n0,0\n0,1\n0,1e0\n0,-0\n", TEXTS("0", "1.0"), 2,
                  (int32_t[]){1, 0, 1, 1, 0});
    /* one text makes all of them texts */
    check_classes("0,10\n0,9\n0,1.0\n0,b\n0,1\n", TEXTS("1", "1.0", "10", "9", "b"), 5,
                  (int32_t[]){2, 3, 1, 4, 0});
    check_classes("0,b\n0,a\n0,B\n0,a\n", TEXTS("B", "a", "b"), 3,
                  (int32_t[]){2, 1, 0, 1});
}

static void targets_may_be_real(void **unused)
{
    (void)unused;
    const float y[3] = {0.1f, -3, 7e8f};
    bens_data *d = read_text("x,class\n1,.1\n2,-3.\n3,+7E+08\n", BENS_TARGET_REAL);
    assert_int_equal(d->n_rows, 3);
    assert_memory_equal(d->y, y, sizeof y);
    assert_null(d->label);
    assert_null(d->class_names);
    assert_int_equal(d->n_classes, 0);
    bens_data_destroy(d);
}

/* ---- numbers
 * ------------------------------------------------------------------------ */

static void check_number(const char *text)
{
    double value = 1e99;
    assert_true(bens_number_read(text, &value));
    const double wanted = strtod(text, NULL);
    if (memcmp(&value, &wanted, sizeof value) != 0)
        fail_msg("%s: wanted %.17g, found %.17g", text, wanted, value);
}

/* The same double as strtod, correctly rounded, for every length and size of number. */
static void numbers_are_strtods(void **unused)
{
    (void)unused;
    static const char *const texts[] =
        {"0",
         "-0",
         "0.0",
         "000",
         "00012.500",
         ".5",
         "5.",
         "-.5e1",
         "1e22",
         "1e23",
         "1e-22",
         "9007199254740993",
         "123456789012345",
         "1234567890123456",
         "0.1",
         "0.000000000001",
         "2.71828182845904523536028747135266249775724709369995",
         "179769313486231570000000000000000000000",
         "4.9e-324",
         "2.2250738585072014e-308",
         "1.7976931348623157e308",
         "1e-400",
         "0e999999999999",
         "1e00000000000000000001",
         "100000000000000000000000000000000000000000000000000000000000000000000000e-70",
         "0.00000000000000000000000000000000000000000000000000000000000000000000123e70"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_number(texts[i]);

    const bens_rng at = {.seed = 3, .stream = BENS_STREAM_GENERATOR};
    for (uint64_t i = 0; i < 50000; i++) {
        char text[80];
        uint32_t w[4];
        bens_rng_block(&at, i, w);
        const double whole = ldexp((double)w[0] * 4294967296.0 + (double)w[1], -64);
        const int digits = (int)(w[2] % 19), power = (int)(w[3] % 61) - 30;
        if (w[3] >> 31)
            snprintf(text, sizeof text, "%.*fe%d", digits, whole * (w[2] >> 20), power);
        else
            snprintf(text, sizeof text, "-%.*e", digits, whole * pow(10, power));
        check_number(text);
    }
    double value;
    assert_true(bens_number_read("1e309", &value) && isinf(value));
    assert_true(bens_number_read("-1e999999999999999999999", &value) && value < 0);
}

static void what_is_no_number(void **unused)
{
    (void)unused;
    static const char *const texts[] =
        {"",    "-",     ".",     "+.",  "e5",           "1e",    "1e+",     "nan",
         "inf", "-inf",  "0x10",  "1,5", "1.2.3",        " 1",    "1 ",      "--1",
         "1-",  "1e5.0", "1_000", "1f",  "\xef\xbc\x91", "1e5e5", "infinity"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value = 7;
        if (bens_number_read(texts[i], &value)) fail_msg("'%s' was read", texts[i]);
        assert_true(value == 7);
    }
}

/* A program that embeds bens may have set a locale with a decimal comma. */
static void numbers_know_no_locale(void **unused)
{
    (void)unused;
    static const char *const places[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    const char *set = NULL;
    double value;
    for (size_t i = 0; i < sizeof places / sizeof *places && set == NULL; i++)
        set = setlocale(LC_NUMERIC, places[i]);
    if (set == NULL) skip();
    assert_true(bens_number_read("1234567890.12345678901234567890", &value));
    assert_true(value == 1234567890.12345678901234567890);
    assert_false(bens_number_read("1,5", &value));
    setlocale(LC_NUMERIC, "C");
}

/* ---- what is refused
 * ---------------------------------------------------------------- */

static void refuse(const char *text, const char *says)
{
    bens_data *d = NULL;
    table_write(FILE_NAME, text);
    table_refused(table_read(FILE_NAME, "class", BENS_TARGET_CLASS, &d), BENS_ERR_CONFIG,
                  says);
    assert_null(d);
}

static void refuses_bad_headers(void **unused)
{
    (void)unused;
    refuse("", "'table.csv': wanted a CSV file, found an empty file");
    refuse("\n\n \r\n", "'table.csv': wanted a header");
    refuse("\xef\xbb\xbf", "'table.csv': wanted a header");
    refuse("a,class\n", "'table.csv': wanted rows below the header, found none");
    refuse("a,class\n\n\n", "wanted rows below the header, found none");
    refuse("a,clas\n1,2\n", "table.csv:1: header: wanted the column 'class'");
    refuse("a,clas\n1,2\n", "did you mean 'clas'?");
    refuse("alpha,beta,gamma\n1,2,3\n",
           "found no such column (3 columns, 'alpha' to 'gamma')");
    refuse("x;y;class\n1;2;0\n", "not separated by commas");
    refuse("6,148,1\n1,85,0\n", "has it a header?");
    refuse("class\n1\n0\n", "wanted columns beside the target 'class', found none");
    refuse("a,b,a,class\n1,2,3,0\n", "found 'a' more than once");
    refuse("class,a,class\n1,2,3\n", "found 'class' more than once");
    refuse(",a,class\n0,1,2\n", "found none for column 1 (is it an index?");
    refuse("a,,class\n0,1,2\n",
           "wanted a name for every column, found none for column 2");
}

static void refuses_bad_rows(void **unused)
{
    (void)unused;
    refuse("a,b,class\n1,2,0\n1,2\n", "table.csv:3: row: wanted 3 fields, found 2");
    refuse("a,b,class\n1,2,0,\n", "table.csv:2: row: wanted 3 fields, found 4");
    refuse("a,b,class\r\n\r\n1\r\n", "table.csv:3: row: wanted 3 fields, found 1");
    refuse("a,b,class\n1,2,0\n1,tall,1\n",
           "table.csv:3: column 'b': wanted a number, found 'tall'");
    refuse("a,b,class\n1,2,0\n,3,1\n", "table.csv:3: column 'a': missing value");
    refuse("a,b,class\n1,2,0\n1,\"\",1\n", "table.csv:3: column 'b': missing value");
    refuse("a,b,class\nNA,3,1\n", "table.csv:2: column 'a': missing value");
    refuse("a,b,class\n?,3,1\n", "found '?'");
    refuse("a,b,class\n1,nan,1\n", "table.csv:2: column 'b': missing value");
    refuse("a,b,class\n1,2,\n",
           "table.csv:2: column 'class': missing value: wanted a class");
    refuse("a,b,class\n1,2,NA\n", "column 'class': missing value");
    refuse("a,b,class\n1,-inf,1\n", "column 'b': wanted a number, found '-inf'");
    refuse("a,b,class\n1,1e39,1\n", "column 'b': wanted a number of at most 3.4e38");
    refuse("a,b,class\n1,\"1,5\",1\n", "wanted a number, found '1,5'");
}

/* 51 bytes, of which 40 are shown: the 40th is the first half of a character. */
static void long_texts_are_cut_between_characters(void **unused)
{
    (void)unused;
    char text[80] = "a,class\nz", says[80] = "found 'z";
    for (int i = 0; i < 25; i++) strcat(text, "\xc3\xa4");
    for (int i = 0; i < 19; i++) strcat(says, "\xc3\xa4");
    strcat(text, ",1\n");
    strcat(says, "...'");
    refuse(text, says);
}

static void refuses_what_is_no_text(void **unused)
{
    (void)unused;
    bens_data *d;
    refuse("a,class\n1,\"x\n2,y\n",
           "table.csv:2: wanted a quote that closes the one here");
    refuse("a,class\n1,\"x\"y\n", "table.csv:2: wanted a comma or the end of the line");
    refuse("a,class\r1,x\r2,y\r", "found the byte 0x0d without a line feed");
    refuse("\x1f\x8b\x08\x01", "table.csv:1: wanted CSV text, found the byte 0x1f");
    refuse("\xff\xfe"
           "a,class\n1,2\n",
           "table.csv:1: wanted text in UTF-8");
    refuse("a,class\n1,M\xfcller\n", "table.csv:2: wanted text in UTF-8");
    table_write_bytes(FILE_NAME, "a,class\n1,\0\n", 12);
    table_refused(table_read(FILE_NAME, "class", BENS_TARGET_CLASS, &d), BENS_ERR_CONFIG,
                  "table.csv:2: wanted CSV text, found the byte 0x00");
    table_refused(table_read("nothing.csv", "class", BENS_TARGET_CLASS, &d),
                  BENS_ERR_CONFIG,
                  "'nothing.csv': wanted a CSV file, found no such file");
    table_refused(table_read(".", "class", BENS_TARGET_CLASS, &d), BENS_ERR_CONFIG,
                  "'.': wanted a CSV file, found something that is no regular file");
    table_refused(table_read("table.csv/x", "class", BENS_TARGET_CLASS, &d),
                  BENS_ERR_CONFIG, "found no such file");
}

/* ---- size
 * --------------------------------------------------------------------------- */

enum { ROWS = 30000 };

/* Some 700 kB: many blocks of the reader, whose ends fall into every part of a row. */
static void large_tables_are_whole(void **unused)
{
    (void)unused;
    bens_data *d;
    FILE *const f = fopen(FILE_NAME, "wb");
    fprintf(f, "i,\"half, of i\",class\r\n");
    for (int i = 0; i < ROWS; i++)
        fprintf(f, i % 3 ? "%d,%.1f,c%d\n" : "%d,\"%.1f\",\"c%d\"\r\n", i, i / 2.0,
                i % 7);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(table_read(FILE_NAME, "class", BENS_TARGET_CLASS, &d), BENS_OK);
    assert_int_equal(d->n_rows, ROWS);
    assert_int_equal(d->n_classes, 7);
    for (int i = 0; i < ROWS; i++) {
        assert_true(d->x[2 * i] == (float)i && d->x[2 * i + 1] == (float)i / 2);
        assert_int_equal(d->label[i], i % 7);
    }
    bens_data_destroy(d);
}

/* n different classes from n rows. */
static bens_status read_many_classes(int n, bens_data **out)
{
    FILE *const f = fopen(FILE_NAME, "wb");
    fprintf(f, "x,class\n");
    for (int i = 0; i < n; i++) fprintf(f, "1,%d\n", n - i);
    assert_int_equal(fclose(f), 0);
    return table_read(FILE_NAME, "class", BENS_TARGET_CLASS, out);
}

static void measurements_are_no_classes(void **unused)
{
    (void)unused;
    bens_data *d;
    assert_int_equal(read_many_classes(10000, &d), BENS_OK);
    assert_int_equal(d->n_classes, 10000);
    assert_int_equal(d->label[0], 9999);
    assert_string_equal(d->class_names[1], "2");
    bens_data_destroy(d);
    table_refused(read_many_classes(10001, &d), BENS_ERR_CONFIG,
                  "table.csv:10002: column 'class': wanted at most 10000 classes");
}

/* A file of 1.4 MB must not make the reader ask for columns x lines = 160 GB. */
static void memory_is_bounded_by_the_file(void **unused)
{
    (void)unused;
    bens_data *d;
    FILE *const f = fopen(FILE_NAME, "wb");
    for (int i = 0; i < 200000; i++) fprintf(f, "%06d,", i);
    fprintf(f, "class");
    for (int i = 0; i < 200000; i++) fprintf(f, "\n");
    assert_int_equal(fclose(f), 0);
    table_refused(table_read(FILE_NAME, "class", BENS_TARGET_CLASS, &d), BENS_ERR_CONFIG,
                  "wanted rows below the header");
}

/* Changed bytes and cut files: an answer or one line, and nothing else (the sanitizers
 * watch). Some must be refused and some must pass, or the test would show nothing. */
static void damaged_files_are_refused_or_read(void **unused)
{
    (void)unused;
    static const char good[] = "\xef\xbb\xbf\"a\"\"\",b,class\r\n1,-2.5e3,\"no, not\"\n"
                               "3,.25,yes\n\n4,5,\xc3\xa4\n";
    static const char spice[] = "\",\n\r\t ;0e.-\xff\x01";
    const bens_rng at = {.seed = 8, .stream = BENS_STREAM_GENERATOR};
    int n_read = 0;
    for (uint64_t i = 0; i < 1500; i++) {
        char text[sizeof good];
        uint32_t w[4];
        bens_rng_block(&at, i, w);
        memcpy(text, good, sizeof good);
        text[w[0] % (sizeof good - 1)] = spice[w[1] % (sizeof spice - 1)];
        if (w[3] % 2)
            text[w[2] % (sizeof good - 1)] = spice[w[3] / 2 % (sizeof spice - 1)];
        const size_t size = w[3] % 5 == 0 ? w[2] % sizeof good : sizeof good - 1;
        bens_data *d = NULL;
        table_write_bytes(FILE_NAME, text, size);
        const bens_status s = table_read(FILE_NAME, "class", BENS_TARGET_CLASS, &d);
        assert_true(s == BENS_OK ? d != NULL : s == BENS_ERR_CONFIG && d == NULL);
        n_read += s == BENS_OK;
        bens_data_destroy(d);
    }
    assert_in_range(n_read, 150, 1350);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_a_table),
        cmocka_unit_test(quotes_hold_commas_quotes_and_lines),
        cmocka_unit_test(classes_are_in_order),
        cmocka_unit_test(targets_may_be_real),
        cmocka_unit_test(numbers_are_strtods),
        cmocka_unit_test(what_is_no_number),
        cmocka_unit_test(numbers_know_no_locale),
        cmocka_unit_test(refuses_bad_headers),
        cmocka_unit_test(refuses_bad_rows),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(large_tables_are_whole),
        cmocka_unit_test(measurements_are_no_classes),
        cmocka_unit_test(memory_is_bounded_by_the_file),
        cmocka_unit_test(damaged_files_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
