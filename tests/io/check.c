/* The child process of a check: whatever happens in it, one line comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const bens_check_limits limits = {.seconds = 1, .gib = 1};
static char text[BENS_CHECK_TEXT];

static void expect(bens_check_work work, const char *wanted)
{
    assert_int_equal(bens_check_apart(work, "file.h5", &limits, text), BENS_ERR_IO);
    if (strstr(bens_error_text(), wanted) == NULL)
        fail_msg("wanted '%s' in '%s'", wanted, bens_error_text());
}

static bens_status good(const char *path, char *out)
{
    snprintf(out, BENS_CHECK_TEXT, "looked at %s\n\033[31m", path);
    return BENS_OK;
}

static bens_status bad(const char *path, char *out)
{
    strcpy(out, "so far\n");
    BENS_FAIL(BENS_ERR_IO, "%s: wanted \033 or %%s", path);
}

static void what_is_said_comes_back(void **state)
{
    (void)state;
    assert_int_equal(bens_check_apart(good, "file.h5", &limits, text), BENS_OK);
    assert_string_equal(text, "looked at file.h5\n?[31m"); /* nothing for the terminal */
    expect(bad, "file.h5: wanted ? or %s");
    assert_string_equal(text, "so far\n");
}

static bens_status crash(const char *path, char *out)
{
    (void)path;
    (void)out;
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own */
    raise(SIGSEGV);
    return BENS_OK;
}

static bens_status leave(const char *path, char *out)
{
    (void)path;
    (void)out;
    _exit(0);
}

static bens_status spin(const char *path, char *out)
{
    const volatile int forever = 1;
    (void)path;
    (void)out;
    while (forever == 1) continue;
    return BENS_OK;
}

static void a_crash_is_told(void **state)
{
    (void)state;
    expect(crash, "HDF5 crashed on 'file.h5'");
    expect(leave, "HDF5 crashed on 'file.h5' (it ended without a word)");
    expect(spin, "more than 1 s of processor time");
}

/* Past a limit of 0 bytes the system sends SIGXFSZ. */
static bens_status write_file(const char *path, char *out)
{
    (void)out;
    signal(SIGXFSZ, SIG_IGN);
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || write(fd, "x", 1) == 1) return BENS_OK;
    BENS_FAIL(BENS_ERR_IO, "nothing was written");
}

static bens_status look_at_limits(const char *path, char *out)
{
    struct rlimit core, time;
    (void)path;
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_CPU, &time);
    snprintf(out, BENS_CHECK_TEXT, "%d %d", (int)core.rlim_max, (int)time.rlim_max);
    return BENS_OK;
}

static void it_can_write_no_file(void **state)
{
    (void)state;
    expect(write_file, "nothing was written");
    unlink("file.h5");
    assert_int_equal(bens_check_apart(look_at_limits, "", &limits, text), BENS_OK);
    assert_string_equal(text, "0 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said_comes_back),
                                       cmocka_unit_test(a_crash_is_told),
                                       cmocka_unit_test(it_can_write_no_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
