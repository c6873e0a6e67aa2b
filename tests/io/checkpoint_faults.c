/* A checkpoint whose writer ends, or whose disk fails, at each
 * of its calls. ctest: timeout 240
 *
 * The writer is this program itself with tests/faults preloaded. It reports each state
 * after the put that returned for it, on its standard output. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "io/checkpoint_fixture.h"

#include "core/status.h"

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>

enum { BYTES = 6000, PUTS = 3, LEFT_BEHIND = 97 };

/* Creates the file and puts states 1 ... PUTS, those of rows 0 and 1 together. */
static int write_states(const char *folder)
{
    fixture f = {.bytes = BYTES};
    int64_t first, n;
    bens_checkpoint *c;
    snprintf(f.folder, sizeof f.folder, "%s", folder);
    snprintf(f.path, sizeof f.path, "%s/checkpoint.h5", folder);
    f.state = malloc(2 * (size_t)BYTES);
    f.spec =
        (bens_checkpoint_spec){.first_chain = FIRST, .n_chains = CHAINS, .bytes = BYTES};
    bens_status s = bens_checkpoint_create(folder, "checkpoint.h5", &f.spec);
    if (s == BENS_OK) s = bens_checkpoint_open(f.path, BYTES, &first, &n, &c);
    for (int k = 1; k <= PUTS && s == BENS_OK; k++) {
        for (int64_t row = 0; row < 2; row++)
            fill_state(f.state + row * BYTES, BYTES, row, k);
        s = bens_checkpoint_put(c, 0, 2, f.state);
        const char report = (char)k;
        if (s == BENS_OK && write(STDOUT_FILENO, &report, 1) != 1) return LEFT_BEHIND;
    }
    if (s == BENS_OK) bens_checkpoint_close(c);
    if (s != BENS_OK) fprintf(stderr, "%s\n", bens_error_text());
    free(f.state);
    return (int)s;
}

typedef struct {
    int result, reported;
    char text[512]; /* what it said */
} outcome;

static void start_writer(const fixture *f, const char *kind, const char *at, int out,
                         int err)
{
    char folder[PATH_MAX], count[PATH_MAX + 16];
    if (realpath(f->folder, folder) == NULL) _exit(90);
    snprintf(count, sizeof count, "%s.count", folder);
    setenv("LD_PRELOAD", BENS_FAULTS, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
    setenv("BENS_FAULTS_FOLDER", folder, 1);
    if (kind == NULL) setenv("BENS_FAULTS_COUNT", count, 1);
    if (kind != NULL) setenv("BENS_FAULTS_KIND", kind, 1);
    if (kind != NULL) setenv("BENS_FAULTS_AT", at, 1);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execl("/proc/self/exe", "writer", folder, (char *)NULL);
    _exit(91);
}

static outcome run_writer(const fixture *f, const char *kind, const char *at)
{
    outcome o = {0};
    int out[2], err[2];
    char k;
    assert_true(pipe(out) == 0 && pipe(err) == 0);
    const pid_t child = fork();
    if (child == 0) start_writer(f, kind, at, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    while (read(out[0], &k, 1) == 1) o.reported = k;
    for (size_t n = 0; n < sizeof o.text - 1;) {
        const ssize_t m = read(err[0], o.text + n, sizeof o.text - 1 - n);
        if (m <= 0) break;
        n += (size_t)m;
    }
    close(out[0]);
    close(err[0]);
    o.result = wait_for(child);
    return o;
}

/* How many calls a run without faults makes. */
static int count_calls(void)
{
    fixture f;
    char path[128], line[64] = "";
    int rank = -1, n = 0;
    fixture_make(&f, BYTES);
    const outcome o = run_writer(&f, NULL, NULL);
    assert_true(o.result == 0 && o.reported == PUTS);
    snprintf(path, sizeof path, "%s.count", f.folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_int_equal(sscanf(line, "%d %d", &rank, &n), 2);
    assert_true(rank == 0);
    fclose(file);
    unlink(path);
    fixture_release(&f);
    return n;
}

static int count_entries(const fixture *f)
{
    char command[128];
    int n = -1;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", f->folder);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

/* Every reported state is there, or the one in progress, whole; and the file goes on:
 * what it gets next counts. Nothing was reported of a file that is not there. */
static void check_states(fixture *f, const outcome *o)
{
    if (access(f->path, F_OK) != 0) {
        assert_int_equal(o->reported, 0);
        return;
    }
    bens_checkpoint *c = fixture_open(f);
    for (int64_t row = 0; row < 2; row++) {
        const int k = get_state(f, c, row);
        if (k != o->reported && k != o->reported + 1)
            fail_msg("row %d: reported %d, found %d", (int)row, o->reported, k);
        assert_int_equal(put_state(f, c, row, 9), BENS_OK);
        assert_int_equal(get_state(f, c, row), 9);
    }
    assert_int_equal(get_state(f, c, 2), 0);
    bens_checkpoint_close(c);
}

/* At each of n calls. A killed writer may leave its temporary file; one that saw an error
 * leaves no file, or a whole one, and says why. */
static void fail_everywhere(const char *kind, const char *plus, const char *why)
{
    const int n = count_calls();
    int n_without = 0;
    for (int i = 1; i <= n; i++) {
        fixture f;
        char at[32];
        fixture_make(&f, BYTES);
        snprintf(at, sizeof at, "%d%s", i, plus);
        const outcome o = run_writer(&f, kind, at);
        const bool killed = WIFSIGNALED(o.result) && WTERMSIG(o.result) == SIGKILL;
        const bool failed = WIFEXITED(o.result) && WEXITSTATUS(o.result) == BENS_ERR_IO;
        if (why == NULL ? !killed : !failed || strstr(o.text, why) == NULL)
            fail_msg("%s at %s of %d: status 0x%x, '%s'", kind, at, n, (unsigned)o.result,
                     o.text);
        const bool there = access(f.path, F_OK) == 0;
        n_without += !there;
        if (why != NULL) assert_int_equal(count_entries(&f), there);
        assert_true(count_entries(&f) <= 1);
        check_states(&f, &o);
        fixture_release(&f);
    }
    print_message("%s: %d calls, %d of them before there is a file\n", kind, n,
                  n_without);
    assert_true(n_without > 2 && n - n_without >= 4 * PUTS);
}

static void a_kill_loses_nothing(void **state)
{
    (void)state;
    fail_everywhere("kill", "", NULL);
}

static void a_torn_write_loses_nothing(void **state)
{
    (void)state;
    fail_everywhere("torn", "", NULL);
}

static void a_loss_of_power_loses_nothing(void **state)
{
    (void)state;
    fail_everywhere("power", "", NULL);
    fail_everywhere("order", "", NULL);
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    fail_everywhere("enospc", "+", "No space left on device");
}

static void a_failing_disk_loses_nothing(void **state)
{
    (void)state;
    fail_everywhere("eio", "", "Input/output error");
}

/* Room for `limit` bytes of a file, at the most. */
static int create_within(const fixture *f, rlim_t limit)
{
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit most = {limit, limit};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &most);
        const bens_status s =
            bens_checkpoint_create(f->folder, "checkpoint.h5", &f->spec);
        const bool said = strstr(bens_error_text(), "too large") != NULL;
        exit(s == BENS_OK || said ? (int)s : LEFT_BEHIND);
    }
    return wait_for(child);
}

static void a_file_without_room_is_not_made(void **state)
{
    (void)state;
    fixture f;
    struct stat info;
    fixture_create(&f, 100000);
    assert_int_equal(stat(f.path, &info), 0);
    assert_int_equal(unlink(f.path), 0);
    for (rlim_t limit = 0; limit < (rlim_t)info.st_size; limit += 20011) {
        const int result = create_within(&f, limit);
        assert_true(WIFEXITED(result) && WEXITSTATUS(result) == BENS_ERR_IO);
        assert_int_equal(count_entries(&f), 0);
    }
    /* HDF5 asks for a little more at first than it keeps */
    assert_int_equal(create_within(&f, (rlim_t)info.st_size + 4096), 0);
    assert_int_equal(count_entries(&f), 1);
    fixture_release(&f);
}

static void too_little_room_is_said_before(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 100);
    f.spec.bytes = (uint64_t)1 << 55;
    assert_int_equal(bens_checkpoint_create(f.folder, "checkpoint.h5", &f.spec),
                     BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "of disk, found"));
    f.spec.bytes = UINT64_MAX;
    assert_int_equal(bens_checkpoint_create(f.folder, "checkpoint.h5", &f.spec),
                     BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "bytes for 3 chains: too much"));
    assert_int_equal(count_entries(&f), 0);
    fixture_release(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_loses_nothing),
        cmocka_unit_test(a_torn_write_loses_nothing),
        cmocka_unit_test(a_loss_of_power_loses_nothing),
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(a_failing_disk_loses_nothing),
        cmocka_unit_test(a_file_without_room_is_not_made),
        cmocka_unit_test(too_little_room_is_said_before),
    };
    return argc > 1 ? write_states(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
