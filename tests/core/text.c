/* core/text: the nearest name, UTF-8, and numbers for people. */
#include "core/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"step_size", "temperature", "alpha", "sigma",
                                    "integrator"};
enum { N_NAMES = sizeof names / sizeof *names };

static const char *nearest(const char *wanted)
{
    const int i = bens_text_nearest(wanted, names, N_NAMES);
    return i < 0 ? "none" : names[i];
}

static void nearest_is_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest("stepsize"), "step_size");      /* one left out        */
    assert_string_equal(nearest("setp_size"), "step_size");     /* swapped             */
    assert_string_equal(nearest("Temperature"), "temperature"); /* case               */
    assert_string_equal(nearest("alfa"), "none");               /* two changes in four */
    assert_string_equal(nearest("alpa"), "alpha");
    assert_string_equal(nearest("aplha"), "alpha");
    assert_string_equal(nearest("temp"), "temperature"); /* a beginning         */
    assert_string_equal(nearest("integration"), "integrator");
    assert_string_equal(nearest("momentum"), "none");
    assert_string_equal(nearest(""), "none");
    assert_string_equal(nearest("te"), "none");
}

static void nearest_prefers_the_smaller_distance(void **state)
{
    static const char *const near[] = {"thinner", "thins", "thin"};
    (void)state;
    assert_int_equal(bens_text_nearest("thim", near, 3), 2);
    assert_int_equal(bens_text_nearest("thims", near, 3), 1);
    assert_int_equal(bens_text_nearest("thim", near, 0), -1);
}

static void nearest_takes_long_texts(void **state)
{
    char wanted[4000];
    const char *const name = wanted;
    (void)state;
    memset(wanted, 'a', sizeof wanted - 1);
    wanted[sizeof wanted - 1] = '\0';
    assert_int_equal(bens_text_nearest(wanted, names, N_NAMES), -1);
    assert_int_equal(bens_text_nearest("aaa", &name, 1), -1);
    wanted[63] = '\0'; /* the longest that is looked at */
    assert_int_equal(bens_text_nearest(wanted, &name, 1), 0);
}

static void utf8_is_told_from_other_bytes(void **state)
{
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x99\x82",
                                       "\xed\x9f\xbf",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] =
        {"\xe9t\xe9", "\xc3",         "\xc0\x80",         "\xe0\x80\x80",
         "\x80",      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80",
         "\xff",      "\xe2\x82"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(bens_text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(bens_text_is_utf8(bad[i], strlen(bad[i])));
}

typedef void (*format)(double value, char *text, size_t size);

static void check(format f, double value, const char *expected)
{
    char text[32] = "garbage";
    f(value, text, sizeof text);
    assert_string_equal(text, expected);
}

static void numbers_read_well(void **state)
{
    (void)state;
    check(bens_text_bytes, 312, "312 B");
    check(bens_text_bytes, 0, "0 B");
    check(bens_text_bytes, 1434, "1.4 KiB");
    check(bens_text_bytes, 25.0 * 1048576, "25 MiB");
    check(bens_text_bytes, 3.2 * 1073741824, "3.2 GiB");
    check(bens_text_bytes, 1048575, "1 MiB"); /* not 1024 KiB */
    check(bens_text_bytes, 9.96 * 1024, "10 KiB");
    check(bens_text_seconds, .074, "0.07 s");
    check(bens_text_seconds, .996, "1.0 s");
    check(bens_text_seconds, 7.32, "7.3 s");
    check(bens_text_seconds, 9.96, "0:10");
    check(bens_text_seconds, 42, "0:42");
    check(bens_text_seconds, 760, "12:40");
    check(bens_text_seconds, 11100, "3:05:00");
    check(bens_text_seconds, 2 * 86400 + 11100, "2 d 3:05");
    check(bens_text_seconds, 59.7, "1:00");
    check(bens_text_seconds, -1, "0.00 s");
    check(bens_text_seconds, (double)NAN, "?");
    check(bens_text_seconds, (double)INFINITY, "?");
    check(bens_text_count, 950, "950");
    check(bens_text_count, 12400, "12.4 k");
    check(bens_text_count, 1.81e6, "1.81 M");
    check(bens_text_count, 2.4e9, "2.4 G");
    check(bens_text_count, 999.6, "1 k"); /* not 1e+03 */
    check(bens_text_count, 0, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_is_what_was_meant),
        cmocka_unit_test(nearest_prefers_the_smaller_distance),
        cmocka_unit_test(nearest_takes_long_texts),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(numbers_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
