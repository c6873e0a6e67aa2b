/* Work in a child process: whatever happens in it, one line comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/apart.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const bens_apart_limits limits = {.seconds = 1, .gib = 1};
static char text[BENS_APART_TEXT];
static const char path[] = "file.h5";

static void expect(bens_apart_work work, const char *wanted)
{
    assert_int_equal(bens_apart(work, path, sizeof path, path, &limits, text),
                     BENS_ERR_IO);
    if (strstr(bens_error_text(), wanted) == NULL)
        fail_msg("wanted '%s' in '%s'", wanted, bens_error_text());
}

static bens_status good(const void *context, char *out)
{
    snprintf(out, BENS_APART_TEXT, "looked at %s\n\033[31m", (const char *)context);
    return BENS_OK;
}

static bens_status bad(const void *context, char *out)
{
    (void)context;
    strcpy(out, "so far\n");
    BENS_FAIL(BENS_ERR_IO, "%s: wanted \033 or %%s", path);
}

static void what_is_said_comes_back(void **state)
{
    (void)state;
    assert_int_equal(bens_apart(good, path, sizeof path, path, &limits, text), BENS_OK);
    assert_string_equal(text, "looked at file.h5\n?[31m"); /* nothing for the terminal */
    expect(bad, "file.h5: wanted ? or %s");
    assert_string_equal(text, "so far\n");
}

static bens_status crash(const void *context, char *out)
{
    (void)context;
    (void)out;
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own */
    raise(SIGSEGV);
    return BENS_OK;
}

static bens_status leave(const void *context, char *out)
{
    (void)context;
    (void)out;
    _exit(0);
}

static bens_status spin(const void *context, char *out)
{
    const volatile int forever = 1;
    (void)context;
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
static bens_status write_file(const void *context, char *out)
{
    (void)context;
    (void)out;
    signal(SIGXFSZ, SIG_IGN);
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || write(fd, "x", 1) == 1) return BENS_OK;
    BENS_FAIL(BENS_ERR_IO, "nothing was written");
}

static bens_status look_at_limits(const void *context, char *out)
{
    struct rlimit core, time;
    (void)context;
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_CPU, &time);
    snprintf(out, BENS_APART_TEXT, "%d %d", (int)core.rlim_max, (int)time.rlim_max);
    return BENS_OK;
}

static void it_can_write_no_file(void **state)
{
    (void)state;
    expect(write_file, "nothing was written");
    unlink("file.h5");
    assert_int_equal(bens_apart(look_at_limits, path, sizeof path, path, &limits, text),
                     BENS_OK);
    assert_string_equal(text, "0 1");
}

static bens_status tell_process(const void *context, char *out)
{
    (void)context;
    snprintf(out, BENS_APART_TEXT, "%ld", (long)getpid());
    return BENS_OK;
}

static bens_status nest(const void *context, char *out)
{
    char inner[BENS_APART_TEXT];
    BENS_TRY(bens_apart(tell_process, path, sizeof path, path, &limits, inner));
    tell_process(context, out);
    if (strcmp(inner, out) != 0) BENS_FAIL(BENS_ERR_IO, "a child of a child");
    return BENS_OK;
}

static void a_child_makes_no_children(void **state)
{
    char here[32];
    (void)state;
    snprintf(here, sizeof here, "%ld", (long)getpid());
    assert_int_equal(bens_apart(nest, path, sizeof path, path, &limits, text), BENS_OK);
    assert_string_not_equal(text, here);
    assert_false(bens_apart_is_here());
}

/* Its number is that of the children's parent. */
static bens_status tell_parent(const void *context, char *out)
{
    (void)context;
    snprintf(out, BENS_APART_TEXT, "%ld", (long)getppid());
    return BENS_OK;
}

static pid_t parent_of_children(void)
{
    if (bens_apart(tell_parent, path, sizeof path, path, &limits, text) != BENS_OK)
        return -1;
    return (pid_t)atol(text);
}

/* Orphans come to this process; what is not ended is not waited for for ever. */
static void nothing_is_left_behind(void **state)
{
    int ends[2], status;
    pid_t orphan = 0;
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        bens_apart_start();
        orphan = parent_of_children();
        _exit(write(ends[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(orphan > 0 && orphan != child);
    alarm(30);
    assert_int_equal(waitpid(orphan, &status, 0), orphan);
    alarm(0);
}

static void without_a_parent_there_are_no_children(void **state)
{
    (void)state;
    const pid_t parent = parent_of_children();
    assert_true(parent > 0 && parent != getpid());
    kill(parent, SIGKILL);
    assert_int_equal(bens_apart(good, path, sizeof path, path, &limits, text),
                     BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "has been killed"));
    assert_int_equal(bens_apart(good, path, sizeof path, path, &limits, text),
                     BENS_ERR_FAILURE);
    bens_apart_stop();
    assert_int_equal(kill(parent, 0), -1); /* waited for */
    bens_apart_start();
    assert_int_equal(bens_apart(good, path, sizeof path, path, &limits, text), BENS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_said_comes_back),
                                       cmocka_unit_test(a_crash_is_told),
                                       cmocka_unit_test(it_can_write_no_file),
                                       cmocka_unit_test(a_child_makes_no_children)};
    const struct CMUnitTest ends[] = {
        cmocka_unit_test(without_a_parent_there_are_no_children)};
    int n_failed = cmocka_run_group_tests_name("forked from here", tests, NULL, NULL);
    const struct CMUnitTest start[] = {cmocka_unit_test(nothing_is_left_behind)};
    n_failed += cmocka_run_group_tests_name("start", start, NULL, NULL);
    bens_apart_start();
    n_failed += cmocka_run_group_tests_name("forked from a parent", tests, NULL, NULL);
    return n_failed + cmocka_run_group_tests_name("end", ends, NULL, NULL);
}
