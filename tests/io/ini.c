/* io/ini: what a file says, line by line, and everything that is refused. */
#include "io/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void expect(const bens_ini *ini, size_t i, int line, const char *section,
                   const char *key, const char *value)
{
    assert_true(i < ini->n);
    const bens_ini_entry *const e = &ini->entry[i];
    assert_int_equal(e->line, line);
    assert_string_equal(e->section, section);
    if (key == NULL) {
        assert_null(e->key);
        assert_null(e->value);
        return;
    }
    assert_string_equal(e->key, key);
    assert_string_equal(e->value, value);
}

static bens_ini parsed(const char *text)
{
    bens_ini ini;
    if (bens_ini_parse("a.ini", text, strlen(text), &ini) != BENS_OK)
        fail_msg("%s: %s", text, bens_error_text());
    return ini;
}

static void refused_bytes(const char *text, size_t size, const char *message)
{
    bens_ini ini;
    assert_int_equal(bens_ini_parse("a.ini", text, size, &ini), BENS_ERR_CONFIG);
    assert_null(ini.entry);
    assert_int_equal(ini.n, 0);
    if (strncmp(bens_error_text(), message, strlen(message)) != 0)
        fail_msg("wanted '%s...', found '%s'", message, bens_error_text());
}

static void refused(const char *text, const char *message)
{
    refused_bytes(text, strlen(text), message);
}

static void settings_come_with_their_lines(void **state)
{
    (void)state;
    bens_ini ini = parsed("# a comment\n"
                          "\n"
                          "[run]\n"
                          "output = runs/pima\n"
                          "  seed=7   \n"
                          "[ prior embed.* ]  ; behind it\n"
                          "name = normal\n"
                          "[run]\n"
                          "strict = true");
    assert_int_equal(ini.n, 7);
    expect(&ini, 0, 3, "run", NULL, NULL);
    expect(&ini, 1, 4, "run", "output", "runs/pima");
    expect(&ini, 2, 5, "run", "seed", "7");
    expect(&ini, 3, 6, "prior embed.*", NULL, NULL);
    expect(&ini, 4, 7, "prior embed.*", "name", "normal");
    expect(&ini, 5, 8, "run", NULL, NULL);
    expect(&ini, 6, 9, "run", "strict", "true");
    bens_ini_release(&ini);
}

static void comments_end_values(void **state)
{
    (void)state;
    bens_ini ini = parsed("[a]\n"
                          "one = 0.1 # note\n"
                          "two = 1 0.5 / 0.5 2 ; rows\n"
                          "three =          # nothing\n"
                          "four =# nothing\n"
                          "five = a#b;c\n"
                          "six = x = y : z\n"
                          "; seven = 1\n"
                          "eight =\n");
    expect(&ini, 1, 2, "a", "one", "0.1");
    expect(&ini, 2, 3, "a", "two", "1 0.5 / 0.5 2");
    expect(&ini, 3, 4, "a", "three", "");
    expect(&ini, 4, 5, "a", "four", "");
    expect(&ini, 5, 6, "a", "five", "a#b;c");
    expect(&ini, 6, 7, "a", "six", "x = y : z");
    expect(&ini, 7, 9, "a", "eight", "");
    bens_ini_release(&ini);
}

static void windows_files_are_read(void **state)
{
    (void)state;
    bens_ini ini = parsed("\xef\xbb\xbf[run]\r\nseed = 7\r\n\r\n[grid]\r\nchains = 4\r");
    assert_int_equal(ini.n, 4);
    expect(&ini, 1, 2, "run", "seed", "7");
    expect(&ini, 3, 5, "grid", "chains", "4");
    bens_ini_release(&ini);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    bens_ini ini = parsed("");
    assert_int_equal(ini.n, 0);
    bens_ini_release(&ini);
    ini = parsed("\n\n# only a comment");
    assert_int_equal(ini.n, 0);
    bens_ini_release(&ini);
}

static void lines_of_another_kind_are_refused(void **state)
{
    (void)state;
    refused("seed = 1\n[run]\n", "a.ini:1: wanted a [section] before the first key");
    refused("[run]\nseed = 1\nseed = 2\n",
            "a.ini:3: [run] seed: wanted once, found again (first in line 2)");
    refused("[run]\nseed = 1\n[grid]\nchains = 2\n[run]\nseed = 2\n",
            "a.ini:6: [run] seed");
    refused("[m]\nmean = 1 2\n  3 4\n", "a.ini:3: wanted key = value or [section], found "
                                        "'3 4' (a value stands on one line)");
    refused("[run]\nseed\n", "a.ini:2: wanted key = value or [section], found 'seed'");
    refused("[run]\nseed: 1\n",
            "a.ini:2: wanted key = value or [section], found 'seed: 1'");
    refused("[run]\na:b = 1\n", "a.ini:2: wanted key = value");
    refused("[run]\n= 1\n", "a.ini:2: wanted key = value");
    refused("[run]\nseed # = 1\n", "a.ini:2: wanted key = value");
}

static void sections_are_whole(void **state)
{
    char text[128];
    (void)state;
    refused("[run\nseed = 1\n",
            "a.ini:1: wanted [section] alone on its line, found '[run'");
    refused("\n[]\n", "a.ini:2: wanted [section], found '[]'");
    refused("[ ]\n", "a.ini:1: wanted [section]");
    refused("[[run]]\n", "a.ini:1: wanted [section]");
    refused("[prior [ab]]\n", "a.ini:1: wanted [section]");
    refused("[run] seed = 1\n", "a.ini:1: wanted [section] alone on its line");
    refused("[run #]\n", "a.ini:1: wanted [section] alone on its line");

    snprintf(text, sizeof text, "[%048d]\n", 0);
    bens_ini ini = parsed(text);
    assert_int_equal(strlen(ini.entry[0].section), 48);
    bens_ini_release(&ini);
    snprintf(text, sizeof text, "[%049d]\n", 0);
    refused(text, "a.ini:1: wanted a section of at most 48 characters");
}

static void other_bytes_are_refused(void **state)
{
    (void)state;
    refused_bytes("[run]\nse\0ed = 1\n", 16,
                  "a.ini:2: wanted text, found the control character 0x00");
    refused("[run]\rseed = 1\r",
            "a.ini:1: wanted text, found the control character 0x0d");
    refused("[run]\nseed = \x1b[31m1\n",
            "a.ini:2: wanted text, found the control character 0x1b");
    refused("[run]\noutput = caf\xe9\n", "a.ini:2: wanted text in UTF-8");
    bens_ini ini = parsed("[run]\noutput = caf\xc3\xa9\n");
    expect(&ini, 1, 2, "run", "output", "caf\xc3\xa9");
    bens_ini_release(&ini);
}

/* inih's buffer begins with 200 bytes and is doubled: lengths around every doubling. */
static void long_lines_are_whole(void **state)
{
    static const int sizes[] = {185,  186,   187,   188,   189,   190,  191,
                                192,  193,   386,   387,   388,   389,  390,
                                391,  392,   1588,  1589,  1590,  1591, 1592,
                                1593, 25588, 25589, 25590, 51190, 64980};
    char *const text = malloc(70000);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(text, 70000, "[a]\nk = %0*d\nlast = %d\n", sizes[i], 7, sizes[i]);
        bens_ini ini = parsed(text);
        assert_int_equal(ini.n, 3);
        assert_int_equal(strlen(ini.entry[1].value), sizes[i]);
        assert_int_equal(ini.entry[1].value[sizes[i] - 1], '7');
        assert_int_equal(ini.entry[2].line, 3);
        assert_int_equal(atoi(ini.entry[2].value), sizes[i]);
        bens_ini_release(&ini);
    }
    snprintf(text, 70000, "[a]\nk = %0*d\n", 65000, 7);
    refused(text, "a.ini:2: wanted a line of at most 65000 bytes, found 65005");
    free(text);
}

static void too_many_settings_are_refused(void **state)
{
    char *const text = malloc(200000);
    size_t used = (size_t)snprintf(text, 200000, "[a]\n");
    (void)state;
    for (int i = 0; i < 10000; i++)
        used += (size_t)snprintf(text + used, 200000 - used, "k%d=1\n", i);
    refused(text, "a.ini:10001: wanted at most 10000 settings and sections");
    free(text);
}

static void assignments_are_lines(void **state)
{
    static const struct {
        const char *text, *section, *key, *value;
    } good[] = {
        {"run.seed=7", "run", "seed", "7"},
        {"prior embed.*.scale=2", "prior embed.*", "scale", "2"},
        {"run.output=a.b/c=d.e", "run", "output", "a.b/c=d.e"},
        {"sampler.step_size = 0.1 # note", "sampler", "step_size", "0.1"},
        {"data.test=", "data", "test", ""},
        {"data.test=#x", "data", "test", ""},
    };
    static const char *const bad[] = {"",
                                      "run",
                                      "run.seed",
                                      "=",
                                      ".=1",
                                      ".seed=1",
                                      "run.=1",
                                      "seed=1",
                                      "run.seed\n=1",
                                      "run.seed=1\n[grid]\nchains=2",
                                      "run].seed=1",
                                      "run.[x=1",
                                      "run.#x=1",
                                      "run.a:b=1",
                                      "run.se\ted=\x01",
                                      " .x=1",
                                      "run. =1"};
    bens_ini ini;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(bens_ini_assign(good[i].text, &ini), BENS_OK);
        assert_int_equal(ini.n, 2);
        expect(&ini, 1, 0, good[i].section, good[i].key, good[i].value);
        bens_ini_release(&ini);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (bens_ini_assign(bad[i], &ini) != BENS_ERR_CONFIG)
            fail_msg("'%s' is taken", bad[i]);
        assert_int_equal(strncmp(bens_error_text(), "--set: wanted ", 14), 0);
        assert_null(ini.entry);
    }
    char text[100];
    snprintf(text, sizeof text, "prior %043d.scale=1", 0);
    assert_int_equal(bens_ini_assign(text, &ini), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "at most 48 characters"));
}

static void files_are_loaded_whole(void **state)
{
    char *text;
    size_t size;
    (void)state;
    FILE *const f = fopen("load.ini", "wb");
    assert_non_null(f);
    for (int i = 0; i < 20000; i++) fputs("# seven\n", f);
    fclose(f);
    assert_int_equal(bens_ini_load("load.ini", &text, &size), BENS_OK);
    assert_int_equal(size, 160000);
    assert_int_equal(text[size], 0);
    assert_int_equal(text[size - 2], 'n');
    free(text);

    assert_int_equal(truncate("load.ini", (16 << 20) + 1), 0);
    assert_int_equal(bens_ini_load("load.ini", &text, &size), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "16 MiB"));
    unlink("load.ini");
    assert_int_equal(bens_ini_load("load.ini", &text, &size), BENS_ERR_CONFIG);
    assert_string_equal(bens_error_text(),
                        "'load.ini': wanted a file of settings, found no such file");
    assert_int_equal(bens_ini_load(".", &text, &size), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "found a folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_come_with_their_lines),
        cmocka_unit_test(comments_end_values),
        cmocka_unit_test(windows_files_are_read),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(lines_of_another_kind_are_refused),
        cmocka_unit_test(sections_are_whole),
        cmocka_unit_test(other_bytes_are_refused),
        cmocka_unit_test(long_lines_are_whole),
        cmocka_unit_test(too_many_settings_are_refused),
        cmocka_unit_test(assignments_are_lines),
        cmocka_unit_test(files_are_loaded_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
