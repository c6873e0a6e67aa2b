/* core/option: text to field, field to text, and what a refusal says. */
#include "core/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    bool flag;
    int64_t whole, batch;
    double positive, any, share;
    char *text, *name, *path, *test;
    int order;
    bens_matrix matrix, mean;
    bens_length length;
} fields;

/* clang-format off */
static const bens_option table[] = {
    {.name = "flag", .kind = BENS_OPTION_BOOL, .offset = offsetof(fields, flag)},
    {.name = "whole", .kind = BENS_OPTION_INT, .offset = offsetof(fields, whole),
     .max = 1e30},
    {.name = "batch", .kind = BENS_OPTION_INT, .offset = offsetof(fields, batch),
     .min = 1, .max = 64, .word = "full"},
    {.name = "positive", .kind = BENS_OPTION_REAL, .offset = offsetof(fields, positive),
     .max = 1e30, .above_min = true},
    {.name = "any", .kind = BENS_OPTION_REAL, .offset = offsetof(fields, any)},
    {.name = "share", .kind = BENS_OPTION_REAL, .offset = offsetof(fields, share),
     .max = 1, .below_max = true},
    {.name = "text", .kind = BENS_OPTION_TEXT, .offset = offsetof(fields, text),
     .preset = ""},
    {.name = "name", .kind = BENS_OPTION_TEXT, .offset = offsetof(fields, name)},
    {.name = "path", .kind = BENS_OPTION_PATH, .offset = offsetof(fields, path)},
    {.name = "test", .kind = BENS_OPTION_PATH, .offset = offsetof(fields, test),
     .preset = ""},
    {.name = "order", .kind = BENS_OPTION_CHOICE, .offset = offsetof(fields, order),
     .choices = "shuffle|iid|none"},
    {.name = "matrix", .kind = BENS_OPTION_MATRIX, .offset = offsetof(fields, matrix)},
    {.name = "mean", .kind = BENS_OPTION_MATRIX, .offset = offsetof(fields, mean),
     .preset = ""},
    {.name = "length", .kind = BENS_OPTION_LENGTH, .offset = offsetof(fields, length),
     .max = 1e30},
    {0}};
/* clang-format on */

static fields f;
static bens_pool *pool;

static int start(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    return bens_pool_create(&pool) == BENS_OK ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    bens_pool_destroy(pool);
    return 0;
}

static bens_status set(const char *name, const char *value)
{
    const bens_option *option = bens_option_find(table, name);
    assert_non_null(option);
    return bens_option_set(option, &f, pool, "/base", "a.ini:7", "room", value);
}

/* The value is taken and written again as `expected`, which is read to the same text. */
static void taken(const char *name, const char *value, const char *expected)
{
    char *text;
    for (int round = 0; round < 2; round++) {
        if (set(name, round == 0 ? value : expected) != BENS_OK)
            fail_msg("%s = %s: %s", name, value, bens_error_text());
        assert_int_equal(bens_option_print(bens_option_find(table, name), &f, pool,
                                           &text),
                         0);
        assert_string_equal(text, expected);
    }
}

static void refused(const char *name, const char *value, const char *says)
{
    const fields before = f;
    assert_int_equal(set(name, value), BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), says) == NULL)
        fail_msg("%s = %s: '%s' is not in: %s", name, value, says, bens_error_text());
    assert_memory_equal(&before, &f, sizeof f);
}

static void bools(void **state)
{
    (void)state;
    taken("flag", "true", "true");
    assert_true(f.flag);
    taken("flag", "false", "false");
    assert_false(f.flag);
    refused("flag", "yes", "a.ini:7: [room] flag: wanted true or false, found 'yes'");
    refused("flag", "True", "found 'True'");
    refused("flag", "", "found nothing");
}

static void whole_numbers(void **state)
{
    (void)state;
    taken("whole", "12", "12");
    taken("whole", "+12", "12");
    taken("whole", "9223372036854775807", "9223372036854775807");
    assert_true(f.whole == INT64_MAX);
    refused("whole", "9223372036854775808", "wanted a whole number >= 0, found");
    refused("whole", "-1", "wanted a whole number >= 0, found '-1'");
    static const char *const bad[] = {"1e3", "1_000", "0x10", "1.5", "1 2", " 1",
                                      "1 ",  "+",     "--1",  "1-",  "nan", "auto"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused("whole", bad[i], bad[i]);
    taken("batch", "full", "full");
    assert_true(f.batch == 0);
    taken("batch", "1", "1");
    taken("batch", "64", "64");
    refused("batch", "0", "wanted a whole number from 1 to 64 or full, found '0'");
    refused("batch", "65", "found '65'");
    refused("batch", "", "found nothing");
}

static void real_numbers(void **state)
{
    (void)state;
    taken("positive", "1e-3", "0.001");
    assert_true(f.positive == 1e-3);
    taken("positive", ".5", "0.5");
    taken("positive", "0.15811388", "0.15811388");
    taken("positive", "0.30000000000000004", "0.30000000000000004"); /* 17 digits */
    taken("positive", "1e6", "1e+06");
    taken("any", "-2.5E+2", "-2.5e+02");
    taken("share", "0", "0");
    refused("positive", "0", "wanted a number > 0, found '0'");
    refused("positive", "-1", "found '-1'");
    refused("positive", "1e-400", "found '1e-400'"); /* underflows to 0 */
    refused("share", "1", "wanted a number >= 0 and < 1, found '1'");
    static const char *const bad[] = {"abc",   "nan",   "NAN", "inf", "-inf", "infinity",
                                      "1e999", "0x1p3", "1,5", "1 2", " 1",   "1e",
                                      "e",     "1..2",  "-",   "."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused("any", bad[i], "wanted a number");
    refused("any", "", "wanted a number, found nothing");
}

static void texts(void **state)
{
    (void)state;
    taken("text", "two words", "two words");
    taken("text", "", "");
    taken("name", "x", "x");
    refused("name", "", "wanted a text, found nothing");
}

static void paths(void **state)
{
    char working[4096], long_path[5000], expected[4200];
    (void)state;
    taken("path", "/a/b.csv", "/a/b.csv");
    taken("path", "data/b.csv", "/base/data/b.csv");
    taken("path", "./b.csv", "/base/b.csv");
    taken("path", ".//./b.csv", "/base/b.csv");
    taken("path", "../b.csv", "/base/../b.csv");
    taken("path", ".", "/base");
    taken("path", "a#b;c", "/base/a#b;c");
    taken("test", "", "");
    refused("path", "", "wanted a path, found nothing");
    refused("path", "~/x", "~ is not expanded");
    refused("path", "/a #b", "start a comment");
    refused("path", "a ;b", "start a comment");
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    refused("path", long_path, "too long");

    /* up from folders that are there, and through a symbolic link to where it leads */
    const bens_option *path = bens_option_find(table, "path");
    assert_int_equal(bens_option_set(path, &f, pool, "/usr/lib", "x", "room",
                                     "../../../a/../b"),
                     0);
    assert_string_equal(f.path, "/a/../b");
    unlink("link");
    assert_int_equal(symlink("/usr/lib", "link"), 0);
    assert_int_equal(bens_option_set(path, &f, pool, "link", "x", "room", "..//b.csv"),
                     0);
    assert_string_equal(f.path, "/usr/b.csv");
    unlink("link");
    assert_int_equal(bens_option_set(path, &f, pool, "/a #1", "x", "room", "b"),
                     BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "in a folder whose name has ' #'"));

    assert_non_null(getcwd(working, sizeof working));
    assert_int_equal(bens_option_set(path, &f, pool, "", "--set", "room", "b.csv"),
                     BENS_OK);
    snprintf(expected, sizeof expected, "%s/b.csv", working);
    assert_string_equal(f.path, expected);
    assert_int_equal(bens_option_set(path, &f, pool, "sub", "x", "room", "b.csv"),
                     BENS_OK);
    snprintf(expected, sizeof expected, "%s/sub/b.csv", working);
    assert_string_equal(f.path, expected);
}

static void choices(void **state)
{
    (void)state;
    taken("order", "shuffle", "shuffle");
    assert_int_equal(f.order, 0);
    taken("order", "none", "none");
    assert_int_equal(f.order, 2);
    taken("order", "iid", "iid");
    assert_int_equal(f.order, 1);
    refused("order", "shufle",
            "wanted one of shuffle, iid, none, found 'shufle'; did you mean "
            "'shuffle'?");
    refused("order", "shuffle|iid", "found 'shuffle|iid'");
    refused("order", "ii", "found 'ii'");
    refused("order", "", "found nothing");
}

static void matrices(void **state)
{
    (void)state;
    taken("matrix", "1 0.5/0.5 2", "1 0.5 / 0.5 2");
    assert_true(f.matrix.rows == 2 && f.matrix.columns == 2);
    assert_true(f.matrix.value[1] == 0.5 && f.matrix.value[3] == 2);
    taken("matrix", "  3\t-4e-5 ", "3 -4e-05");
    assert_true(f.matrix.rows == 1 && f.matrix.columns == 2);
    taken("matrix", "1 / 2 / 0.1", "1 / 2 / 0.1");
    assert_true(f.matrix.rows == 3 && f.matrix.columns == 1);
    taken("mean", "", "");
    assert_true(f.mean.rows == 0 && f.mean.columns == 0);
    static const char *const bad[] = {"1 2 / 3", "1 2 /", "/ 1",   "1 // 2", "1 2 ; 3",
                                      "1, 2",    "1-2",   "1 nan", "a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused("matrix", bad[i], "wanted numbers, rows parted by /");
    refused("matrix", "", "found nothing");
}

static void lengths(void **state)
{
    (void)state;
    taken("length", "1000", "1000");
    assert_true(f.length.value == 1000 && f.length.unit == BENS_STEPS);
    taken("length", "30 epochs", "30 epochs");
    assert_true(f.length.value == 30 && f.length.unit == BENS_EPOCHS);
    taken("length", "1epoch", "1 epochs");
    taken("length", "0.5 epochs", "0.5 epochs");
    taken("length", "1e6 steps", "1000000");
    taken("length", "2e1epochs", "20 epochs");
    taken("length", "281474976710655", "281474976710655");
    static const char *const bad[] = {"-1",     "1.5", "10 min",      "3 epoch s",
                                      "epochs", "nan", "0x10",        "281474976710656",
                                      "1e300",  "3 3", "1e999 epochs"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused("length", bad[i],
                "wanted a number >= 0 of steps or, as '3 epochs', of epochs");
}

/* A message is one line however long what was found is. */
static void long_values_are_cut(void **state)
{
    char value[3000];
    (void)state;
    memset(value, 'z', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    refused("positive", value, "zzz...'");
    refused("order", value, "zzz...'");
}

static void pool_zeroes_and_copies(void **state)
{
    unsigned char *bytes;
    char *text;
    (void)state;
    assert_int_equal(bens_pool_bytes(pool, 100, &bytes), BENS_OK);
    for (int i = 0; i < 100; i++) assert_int_equal(bytes[i], 0);
    assert_int_equal((uintptr_t)bytes % 64, 0);
    assert_int_equal(bens_pool_text(pool, "abc", &text), BENS_OK);
    assert_string_equal(text, "abc");
    assert_int_equal(bens_pool_bytes(pool, SIZE_MAX, &bytes), BENS_ERR_FAILURE);
    bens_pool_destroy(NULL);
}

static void find_finds(void **state)
{
    (void)state;
    assert_ptr_equal(bens_option_find(table, "flag"), &table[0]);
    assert_null(bens_option_find(table, "fla"));
    assert_null(bens_option_find(NULL, "flag"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bools),
        TEST(whole_numbers),
        TEST(real_numbers),
        TEST(texts),
        TEST(paths),
        TEST(choices),
        TEST(matrices),
        TEST(lengths),
        TEST(long_values_are_cut),
        TEST(pool_zeroes_and_copies),
        TEST(find_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
