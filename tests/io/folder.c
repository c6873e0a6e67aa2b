/* What may be made, overwritten and removed: nothing but a run's own files. */
#define _DEFAULT_SOURCE /* flock, syscall */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/folder.h"
#include "io/metrics.h"
#include "io/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char base[32];

/* As NFS has it: no locks of folders, and one's own only of files that may be written. */
static bool network;
int flock(int fd, int operation)
{
    struct stat info;
    const bool reads = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
    if (network && fstat(fd, &info) == 0 &&
        (S_ISDIR(info.st_mode) || (reads && (operation & LOCK_EX) != 0))) {
        errno = EBADF;
        return -1;
    }
    return (int)syscall(SYS_flock, fd, operation);
}

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

/* What somebody else could put where a run is to be. */
static void links_are_not_followed(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(mkdir("victim", 0700), 0);
    touch("victim/metrics.jsonl");
    assert_int_equal(symlink("victim", "run"), 0);
    expect(BENS_ERR_IO, "found a symbolic link", "run", false);
    expect(BENS_ERR_IO, "found a symbolic link", "run/", true);
    int lock = 7;
    assert_int_equal(bens_folder_lock("run", &lock), BENS_ERR_IO);
    assert_int_equal(lock, -1);
    assert_int_equal(access("victim/metrics.jsonl", F_OK), 0);
    assert_int_equal(unlink("run"), 0);
    assert_int_equal(symlink("nowhere", "run"), 0);
    expect(BENS_ERR_IO, "found a symbolic link", "run", false);
    assert_int_not_equal(lstat("nowhere", &info), 0);
    assert_int_equal(unlink("run"), 0);
    /* a link further up is the user's own way */
    assert_int_equal(symlink("victim", "scratch"), 0);
    expect(BENS_OK, "", "scratch/run", false);
    assert_int_equal(access("victim/run", W_OK), 0);
}

/* By another run, and by ranks that only have their metrics left. */
static void a_folder_is_taken(void **state)
{
    (void)state;
    int lock, second = 7;
    bens_metrics *m, *n;
    assert_int_equal(mkdir("run", 0700), 0);
    assert_int_equal(bens_folder_lock("run", &lock), BENS_OK);
    if (lock < 0) skip(); /* the file system knows no locks */
    assert_int_equal(bens_folder_lock("run", &second), BENS_ERR_CONFIG);
    assert_int_equal(second, -1);
    assert_int_equal(bens_metrics_open("run/metrics.a.jsonl", &m), BENS_OK);
    assert_int_equal(bens_metrics_open("run/metrics.a.jsonl", &n), BENS_OK);
    close(lock);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(bens_folder_lock("run", &second), BENS_ERR_CONFIG);
        assert_non_null(strstr(bens_error_text(), "a run is going on in the folder"));
        assert_int_equal(second, -1);
        bens_metrics_close(k == 0 ? m : n);
    }
    assert_int_equal(bens_folder_lock("run", &lock), BENS_OK);
    assert_true(lock >= 0);
    close(lock);
}

/* By one who only looks (bens status), for an instant. */
static void a_folder_is_looked_at(void **state)
{
    (void)state;
    const struct timespec instant = {.tv_nsec = 30000000};
    int lock, locked[2];
    char word;
    assert_int_equal(mkdir("run", 0700), 0);
    assert_int_equal(pipe(locked), 0);
    const pid_t looker = fork();
    if (looker == 0) {
        int mine = -1;
        if (bens_folder_lock("run", &mine) != BENS_OK || write(locked[1], "x", 1) != 1)
            _exit(1);
        nanosleep(&instant, NULL);
        _exit(0);
    }
    assert_int_equal(read(locked[0], &word, 1), 1);
    assert_int_equal(bens_folder_lock("run", &lock), BENS_OK);
    int code;
    assert_int_equal(waitpid(looker, &code, 0), looker);
    assert_int_equal(code, 0);
    close(lock);
    close(locked[0]);
    close(locked[1]);
}

static void a_folder_is_taken_on_a_network(void **state)
{
    (void)state;
    int lock = 7;
    bens_metrics *m;
    network = true;
    assert_int_equal(mkdir("run", 0700), 0);
    assert_int_equal(bens_folder_lock("run", &lock), BENS_OK);
    assert_int_equal(lock, -1);
    assert_int_equal(bens_metrics_open("run/metrics.jsonl", &m), BENS_OK);
    assert_int_equal(bens_folder_lock("run", &lock), BENS_ERR_CONFIG);
    bens_metrics_close(m);
    assert_int_equal(bens_folder_lock("run", &lock), BENS_OK);
    network = false;
}

static void metrics_are_not_written_through_links(void **state)
{
    (void)state;
    bens_metrics *m;
    struct stat info;
    touch("victim");
    assert_int_equal(symlink("victim", "metrics.jsonl"), 0);
    assert_int_equal(bens_metrics_open("metrics.jsonl", &m), BENS_ERR_IO);
    assert_int_equal(unlink("metrics.jsonl"), 0);
    assert_int_equal(mkfifo("metrics.jsonl", 0600), 0);
    assert_int_equal(bens_metrics_open("metrics.jsonl", &m), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "found something else"));
    assert_int_equal(stat("victim", &info), 0);
    assert_int_equal(info.st_size, 0);
}

/* A text takes the place of a link that has its name; a name
 * that is free is made anew. */
static void texts_replace_links(void **state)
{
    (void)state;
    struct stat info;
    touch("victim");
    assert_int_equal(symlink("victim", "config.ini"), 0);
    assert_int_equal(bens_folder_write(".", "config.ini", "new"), BENS_OK);
    assert_int_equal(lstat("config.ini", &info), 0);
    assert_true(S_ISREG(info.st_mode) && info.st_size == 3);
    assert_int_equal(stat("victim", &info), 0);
    assert_int_equal(info.st_size, 0);
    assert_int_equal(symlink("victim", "config.ini.tmp"), 0);
    assert_int_equal(bens_folder_publish(".", "config.ini.tmp", "other"), BENS_ERR_IO);
    assert_int_not_equal(lstat("other", &info), 0);
}

/* A link that was planted under the name of samples.h5, or of its temporary. */
static void samples_are_not_written_through_links(void **state)
{
    (void)state;
    static const int64_t two = 2;
    bens_params params = {0};
    bens_samples *s;
    struct stat info;
    assert_int_equal(bens_params_add(&params, "theta", 1, &two, NULL), BENS_OK);
    const bens_samples_spec spec = {.params = &params,
                                    .n_chains = 1,
                                    .n_draws = 2,
                                    .n_data = 1,
                                    .version = "1"};
    touch("victim");
    assert_int_equal(symlink("victim", "samples.h5.tmp"), 0);
    assert_int_equal(bens_samples_create(".", "samples.h5.tmp", &spec), BENS_ERR_IO);
    assert_int_equal(symlink("nowhere", "samples.h5"), 0);
    assert_int_equal(bens_samples_create(".", "real.h5", &spec), BENS_OK);
    assert_int_equal(unlink("samples.h5"), 0);
    assert_int_equal(symlink("real.h5", "samples.h5"), 0);
    assert_int_equal(bens_samples_open("samples.h5", &params, 1, 2, &s), BENS_ERR_IO);
    assert_int_equal(bens_samples_open("real.h5", &params, 1, 2, &s), BENS_OK);
    bens_samples_close(s);
    assert_int_equal(stat("victim", &info), 0);
    assert_int_equal(info.st_size, 0);
    bens_params_release(&params);
}

static void folders_are_made_for_their_owner(void **state)
{
    (void)state;
    struct stat info;
    const mode_t before = umask(0);
    assert_int_equal(bens_folder_create("a/run", false, false), BENS_OK);
    umask(before);
    assert_int_equal(stat("a/run", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0750);
    assert_int_equal(stat("a", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0750);
    assert_int_equal(mkdir("open", 0777), 0);
    assert_int_equal(chmod("open", 0777), 0);
    expect(BENS_ERR_IO, "'open' is writable for everybody", "open/run", false);
    expect(BENS_ERR_IO, "'open' is writable for everybody", "open/new/run", false);
    assert_int_equal(mkdir("open/old", 0700), 0);
    expect(BENS_ERR_IO, "'open' is writable for everybody", "open/old/", false);
    assert_int_equal(chmod("open", 01777), 0);
    expect(BENS_OK, "", "open/new/run", false);
}

static void names_below_a_folder(void **state)
{
    (void)state;
    static const char *const below[] = {"a", "a/b", ".", "a/..b", "..."};
    static const char *const elsewhere[] = {"", "/a", "..", "../a", "a/..", "a/../../b"};
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        assert_true(bens_folder_is_below(below[i]));
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        assert_false(bens_folder_is_below(elsewhere[i]));
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
        cmocka_unit_test_setup_teardown(links_are_not_followed, make_base, remove_base),
        cmocka_unit_test_setup_teardown(a_folder_is_taken, make_base, remove_base),
        cmocka_unit_test_setup_teardown(a_folder_is_looked_at, make_base, remove_base),
        cmocka_unit_test_setup_teardown(a_folder_is_taken_on_a_network, make_base,
                                        remove_base),
        cmocka_unit_test_setup_teardown(metrics_are_not_written_through_links, make_base,
                                        remove_base),
        cmocka_unit_test_setup_teardown(texts_replace_links, make_base, remove_base),
        cmocka_unit_test_setup_teardown(samples_are_not_written_through_links, make_base,
                                        remove_base),
        cmocka_unit_test_setup_teardown(folders_are_made_for_their_owner, make_base,
                                        remove_base),
        cmocka_unit_test(names_below_a_folder),
        cmocka_unit_test_setup_teardown(text_is_written_whole, make_base, remove_base),
        cmocka_unit_test_setup_teardown(the_file_system_answers, make_base, remove_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
