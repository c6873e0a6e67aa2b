/* What may be made, overwritten and removed: nothing but a run's own files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[32];

static int make_base(void **state)
{
    (void)state;
    strcpy(base, "folder-XXXXXX");
    return mkdtemp(base) == NULL || chdir(base) != 0;
}

static int remove_base(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", base);
    return chdir("..") != 0 || system(command) != 0;
}

static void touch(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
}

static void expect(bens_status wanted, const char *text, const char *path, bool overwrite)
{
    for (int try_only = 1; try_only >= 0; try_only--) {
        assert_int_equal(bens_folder_create(path, overwrite, try_only == 1), wanted);
        if (wanted != BENS_OK && strstr(bens_error_text(), text) == NULL)
            fail_msg("wanted '%s' in '%s'", text, bens_error_text());
    }
}

static void parents_are_made(void **state)
{
    (void)state;
    assert_int_equal(bens_folder_create("a/b//c/", false, true), BENS_OK);
    assert_int_not_equal(access("a", F_OK), 0); /* only tried */
    expect(BENS_OK, "", "a/b//c/", false);
    assert_int_equal(access("a/b/c", W_OK), 0);
    expect(BENS_OK, "", "a/b/c", false); /* exists and is empty */
    expect(BENS_ERR_CONFIG, "the folder '.' holds 'a' and no run", ".", false);
}

static void a_run_is_only_removed_when_asked(void **state)
{
    (void)state;
    static const char *const ours[] = {"r/samples.h5",         "r/samples.0001.h5",
                                       "r/metrics.jsonl",      "r/metrics.node7.jsonl",
                                       "r/config.ini",         "r/checkpoint.h5",
                                       "r/samples.h5.77-1.tmp"};
    static const char *const theirs[] = {"r/notes.txt", "r/samples.csv", "r/my.h5",
                                         "r/samples.old.h5"};
    enum {
        N_OURS = sizeof ours / sizeof *ours,
        N_THEIRS = sizeof theirs / sizeof *theirs
    };
    assert_int_equal(mkdir("r", 0777), 0);
    for (int i = 0; i < N_OURS; i++) touch(ours[i]);
    for (int i = 0; i < N_THEIRS; i++) touch(theirs[i]);
    expect(BENS_ERR_CONFIG, "--overwrite", "r", false);
    assert_int_equal(bens_folder_create("r", true, true), BENS_OK);
    for (int i = 0; i < N_OURS; i++) assert_int_equal(access(ours[i], F_OK), 0);
    assert_int_equal(bens_folder_create("r", true, false), BENS_OK);
    for (int i = 0; i < N_OURS; i++) assert_int_not_equal(access(ours[i], F_OK), 0);
    for (int i = 0; i < N_THEIRS; i++) assert_int_equal(access(theirs[i], F_OK), 0);
}

/* A config.ini alone may be the user's own: not even
 * --overwrite touches such a folder. */
static void a_folder_of_others_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(mkdir("project", 0777), 0);
    touch("project/config.ini");
    expect(BENS_ERR_CONFIG, "holds 'config.ini' and no run", "project", false);
    expect(BENS_ERR_CONFIG, "holds 'config.ini' and no run", "project", true);
    assert_int_equal(access("project/config.ini", F_OK), 0);
}

static void unfit_places_are_refused(void **state)
{
    (void)state;
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    touch("file");
    expect(BENS_ERR_IO, "wanted a folder at 'file', found a file", "file", false);
    expect(BENS_ERR_IO, "a folder", "file/below", false);
    expect(BENS_ERR_CONFIG, "found nothing", "", false);
    expect(BENS_ERR_IO, "too long", longest, false);
    assert_int_equal(mkdir("open", 0777), 0);
    assert_int_equal(chmod("open", 0777), 0);
    expect(BENS_ERR_IO, "writable for everybody", "open", false);
    expect(BENS_ERR_IO, "writable for everybody", "open/", false);
    assert_int_equal(chmod("open", 01777), 0);
    expect(BENS_OK, "", "open", false);
    if (geteuid() == 0) return; /* root may write everywhere */
    assert_int_equal(chmod("open", 0555), 0);
    expect(BENS_ERR_IO, "cannot write in the folder 'open'", "open/run", false);
}

static void text_is_written_whole(void **state)
{
    (void)state;
    char text[16] = "";
    assert_int_equal(bens_folder_write(".", "config.ini", "first"), BENS_OK);
    assert_int_equal(bens_folder_write(".", "config.ini", "second\n"), BENS_OK);
    FILE *f = fopen("config.ini", "r");
    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text, f), 7);
    assert_string_equal(text, "second\n");
    fclose(f);
    assert_int_equal(unlink("config.ini"), 0);
    assert_int_equal(bens_folder_write("nowhere", "config.ini", "x"), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "No such file"));
    assert_int_equal(mkdir("d", 0777), 0);
    assert_int_equal(mkdir("d/config.ini", 0777), 0);
    assert_int_equal(bens_folder_write("d", "config.ini", "x"), BENS_ERR_IO);
    assert_int_equal(rmdir("d/config.ini"), 0);
    assert_int_equal(rmdir("d"), 0); /* no temporary was left */
}

static void the_file_system_answers(void **state)
{
    (void)state;
    uint64_t here = 0, below = 0;
    char text[128] = "";
    assert_int_equal(bens_folder_free(".", &here), BENS_OK);
    assert_int_equal(bens_folder_free("not/yet/there", &below), BENS_OK);
    assert_true(here > 0 && below > 0);
    assert_int_equal(bens_folder_free("/not/yet/there", &below), BENS_OK);
    bens_folder_describe("not/yet/there", text, sizeof text);
    assert_true(strlen(text) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parents_are_made, make_base, remove_base),
        cmocka_unit_test_setup_teardown(a_run_is_only_removed_when_asked, make_base,
                                        remove_base),
        cmocka_unit_test_setup_teardown(a_folder_of_others_is_left_alone, make_base,
                                        remove_base),
        cmocka_unit_test_setup_teardown(unfit_places_are_refused, make_base, remove_base),
        cmocka_unit_test_setup_teardown(text_is_written_whole, make_base, remove_base),
        cmocka_unit_test_setup_teardown(the_file_system_answers, make_base, remove_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
