/* A run that was made larger: rectangles under an index, with a corner that none covers,
 * and the way there, killed anywhere. tests/readers.py reads such a folder with Python:
 * `test_io_samples_parts FOLDER` makes it. */
#include "io/draws.h"
#include "io/samples_fixture.h"

#include <hdf5.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* Two chains x four draws; then two draws more; then two chains more, of which the last
 * two draws are still to come. */
static const bens_samples_part grown[] = {
    {.name = "samples.0000.h5", .row = 0, .n_rows = 2, .draw = 0, .n_draws = 4},
    {.name = "samples.0001.h5", .row = 0, .n_rows = 2, .draw = 4, .n_draws = 2},
    {.name = "samples.0002.h5", .row = 2, .n_rows = 2, .draw = 0, .n_draws = 4},
};
enum { PARTS = sizeof grown / sizeof *grown };

static bool is_there(int64_t row, int64_t draw)
{
    return row < 2 || draw < 4;
}

/* The run as it began, and the rectangles that it is to have. */
static void make_start(fixture *f)
{
    fixture_make(f);
    put_rectangle(f, "samples.h5", &grown[0]);
    for (int i = 1; i < PARTS; i++) put_rectangle(f, grown[i].name, &grown[i]);
}

/* All that changes samples.h5; may follow itself, whole or killed. */
static bens_status grow(const fixture *f)
{
    bens_samples_part *part;
    int64_t chains, draws;
    int n;
    BENS_TRY(bens_samples_parts(f->folder, &part, &n, &chains, &draws));
    free(part);
    if (n == 1) BENS_TRY(bens_samples_promote(f->folder));
    return bens_samples_index(f->folder, "samples.h5", &f->spec, grown, PARTS);
}

static void expect_parts(const fixture *f, const bens_samples_part *wanted, int n_wanted,
                         int64_t n_chains, int64_t n_draws)
{
    bens_samples_part *part;
    int64_t chains = -1, draws = -1;
    int n = -1;
    assert_int_equal(bens_samples_parts(f->folder, &part, &n, &chains, &draws), BENS_OK);
    assert_true(n == n_wanted && chains == n_chains && draws == n_draws);
    for (int i = 0; i < n; i++) {
        assert_string_equal(part[i].name, wanted[i].name);
        assert_true(part[i].row == wanted[i].row && part[i].n_rows == wanted[i].n_rows);
        assert_true(part[i].draw == wanted[i].draw &&
                    part[i].n_draws == wanted[i].n_draws);
    }
    free(part);
}

static void expect_start(const fixture *f)
{
    bens_samples_part whole = grown[0];
    whole.name = "samples.h5";
    expect_parts(f, &whole, 1, 2, 4);
}

static void check_draw(const bens_draws *d, int64_t row, int64_t k)
{
    const bens_tensor *t = bens_params_find(&d->params, "block.0.w");
    float w[4];
    assert_int_equal(bens_draws_flags(d, row, k) & BENS_DRAW_DONE,
                     is_there(row, k) ? BENS_DRAW_DONE : 0);
    assert_int_equal(bens_draws_tensor(d, t, row, k, 1, w), BENS_OK);
    for (size_t e = 0; e < 4; e++)
        assert_true(is_there(row, k) ? w[e] == value_at(row, k, t->offset + e)
                                     : (bool)isnan(w[e]));
    if (is_there(row, k)) assert_int_equal(bens_draws_verify(d, row, k), BENS_OK);
}

/* As the program reads it, draw by draw and all at once. */
static void check_draws(const fixture *f, int64_t n_chains, int64_t n_draws)
{
    bens_draws *d;
    double lp[CHAINS * DRAWS], x[FEATURES * CHAINS * DRAWS];
    if (bens_draws_open(f->folder, &d) != BENS_OK) fail_msg("%s", bens_error_text());
    assert_true(d->n_chains == n_chains && d->n_draws == n_draws && d->first_chain == 7);
    assert_true(d->n_complete == 4 && d->n_done[0] == n_draws);
    assert_int_equal(bens_draws_stat(d, "lp", lp), BENS_OK);
    assert_int_equal(bens_draws_elements(d, &d->params.tensors[0], 0, FEATURES, x),
                     BENS_OK);
    for (int64_t row = 0; row < n_chains; row++)
        for (int64_t k = 0; k < n_draws; k++) {
            const int64_t cell = row * n_draws + k;
            check_draw(d, row, k);
            assert_true(is_there(row, k) ? lp[cell] == -(double)(10 * row + k)
                                         : (bool)isnan(lp[cell]));
            for (int64_t e = 0; e < FEATURES; e++) {
                const double found = x[e * n_chains * n_draws + cell];
                assert_true(is_there(row, k)
                                ? found == (double)value_at(row, k, (size_t)e)
                                : (bool)isnan(found));
            }
        }
    bens_draws_close(d);
}

static void read_ints(const fixture *f, const char *name, const char *set, int64_t *out)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t values = H5Dopen2(file, set, H5P_DEFAULT);
    assert_true(H5Dread(values, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >=
                0);
    H5Dclose(values);
    H5Fclose(file);
}

static void a_plain_file_is_one_part(void **state)
{
    (void)state;
    fixture f;
    make_start(&f);
    expect_start(&f);
    check_draws(&f, 2, 4);
    fixture_release(&f);
}

static void a_larger_run_has_a_missing_corner(void **state)
{
    (void)state;
    fixture f;
    bens_samples_summary sum;
    int64_t step[CHAINS * DRAWS], draw[DRAWS] = {0};
    make_start(&f);
    assert_int_equal(grow(&f), BENS_OK);
    expect_parts(&f, grown, PARTS, CHAINS, DRAWS);
    check_draws(&f, CHAINS, DRAWS);
    assert_int_equal(bens_samples_summarize(f.path, &sum), BENS_OK);
    assert_true(sum.n_done == 20 && sum.n_chains == CHAINS && sum.n_draws == DRAWS);
    assert_true(sum.done[1] == 6 && sum.done[2] == 4);
    bens_samples_summary_release(&sum);

    /* as HDF5 itself reads it; what has no NaN is 0 */
    read_ints(&f, "samples.h5", "sample_stats/step", step);
    for (int64_t i = 0; i < CHAINS * DRAWS; i++)
        assert_true(
            step[i] ==
            (is_there(i / DRAWS, i % DRAWS) ? 1000 * (i / DRAWS) + i % DRAWS : 0));
    read_ints(&f, "samples.h5", "posterior/draw", draw);
    for (int64_t k = 0; k < DRAWS; k++) assert_true(draw[k] == k);
    read_ints(&f, "samples.0001.h5", "sample_stats/draw", draw);
    assert_true(draw[0] == 4 && draw[1] == 5);
    read_ints(&f, "samples.0002.h5", "posterior/chain", draw);
    assert_true(draw[0] == 9 && draw[1] == 10);
    fixture_release(&f);
}

/* It was larger before: rectangles are named once more, in
 * another order, with the corner. */
static void an_index_keeps_its_order(void **state)
{
    (void)state;
    static const bens_samples_part more[] = {
        {.name = "samples.0003.h5", .row = 2, .n_rows = 2, .draw = 4, .n_draws = 2},
        {.name = "a/long.name.h5", .row = 0, .n_rows = 2, .draw = 4, .n_draws = 1},
        {.name = "samples.0000.h5", .row = 0, .n_rows = 2, .draw = 0, .n_draws = 4},
        {.name = "b", .row = 2, .n_rows = 2, .draw = 0, .n_draws = 4},
    };
    fixture f;
    make_start(&f);
    assert_int_equal(grow(&f), BENS_OK);
    assert_int_equal(bens_samples_index(f.folder, "samples.h5", &f.spec, more, 4),
                     BENS_OK);
    expect_parts(&f, more, 4, CHAINS, DRAWS);
    fixture_release(&f);
}

static void expect_refused(const fixture *f, const bens_samples_part *part, int n,
                           const char *text)
{
    assert_int_equal(bens_samples_index(f->folder, "samples.h5", &f->spec, part, n),
                     BENS_ERR_IO);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
    expect_start(f); /* the file that was there still is */
}

static void a_wrong_index_is_not_made(void **state)
{
    (void)state;
    static const char outside[] = "within 4 chains x 6 draws, found 'b' outside";
    fixture f;
    bens_samples_part p[] =
        {grown[0], {.name = "b", .row = 1, .n_rows = 2, .draw = 3, .n_draws = 1}};
    make_start(&f);
    expect_refused(&f, p, 2, "found 'samples.0000.h5' and 'b' with the same");
    expect_refused(&f, p, 0, "wanted 1 to 65536 rectangles in an index, found 0");
    p[1].row = 3;
    expect_refused(&f, p, 2, outside);
    p[1].row = INT64_MAX;
    expect_refused(&f, p, 2, outside);
    p[1].row = 2;
    p[1].draw = 6;
    expect_refused(&f, p, 2, outside);
    p[1].draw = -1;
    expect_refused(&f, p, 2, outside);
    fixture_release(&f);
}

static void what_has_no_parts_is_said(void **state)
{
    (void)state;
    fixture f;
    bens_samples_part *part = NULL;
    int64_t chains, draws;
    int n;
    fixture_make(&f);
    assert_int_equal(bens_samples_parts(f.folder, &part, &n, &chains, &draws),
                     BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "samples.h5': No such file"));
    put_rectangle(&f, "samples.h5", &grown[0]);
    assert_int_equal(truncate(f.path, 5000), 0);
    assert_int_equal(bens_samples_parts(f.folder, &part, &n, &chains, &draws),
                     BENS_ERR_IO);
    assert_null(part);
    fixture_release(&f);
}

static ino_t inode(const fixture *f, const char *name)
{
    char path[256];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    assert_int_equal(lstat(path, &info), 0);
    return info.st_ino;
}

/* One file with two names, and then the index in place of one of them. */
static void promoted_is_one_file(void **state)
{
    (void)state;
    fixture f;
    make_start(&f);
    const ino_t file = inode(&f, "samples.h5");
    for (int twice = 0; twice < 2; twice++) { /* the first was killed after the link */
        assert_int_equal(bens_samples_promote(f.folder), BENS_OK);
        assert_true(inode(&f, "samples.h5") == file);
        assert_true(inode(&f, "samples.0000.h5") == file);
        expect_start(&f);
    }
    check_draws(&f, 2, 4);
    assert_int_equal(grow(&f), BENS_OK); /* it was killed between link and index */
    assert_true(inode(&f, "samples.h5") != file);
    assert_true(inode(&f, "samples.0000.h5") == file);
    check_draws(&f, CHAINS, DRAWS);
    fixture_release(&f);
}

/* Neither a file nor a link of somebody else is taken for ours, or lost. */
static void another_file_is_not_promoted_over(void **state)
{
    (void)state;
    fixture f;
    char path[128];
    make_start(&f);
    snprintf(path, sizeof path, "%s/samples.0000.h5", f.folder);
    for (int i = 0; i < 2; i++) {
        if (i == 0) put_rectangle(&f, "samples.0000.h5", &grown[0]);
        if (i == 1) assert_int_equal(symlink("samples.h5", path), 0);
        const ino_t other = inode(&f, "samples.0000.h5");
        assert_int_equal(bens_samples_promote(f.folder), BENS_ERR_IO);
        assert_non_null(strstr(bens_error_text(), "found another file there"));
        assert_true(inode(&f, "samples.0000.h5") == other);
        expect_start(&f);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(unlink(f.path), 0);
    assert_int_equal(bens_samples_promote(f.folder), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "No such file"));
    fixture_release(&f);
}

/* Back to where make_start left off, in one step. */
static void shrink(const fixture *f)
{
    char path[128];
    snprintf(path, sizeof path, "%s/samples.0000.h5", f->folder);
    assert_int_equal(rename(path, f->path), 0);
}

static long elapsed(struct timespec a)
{
    struct timespec b;
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (b.tv_sec - a.tv_sec) * 1000000000L + (b.tv_nsec - a.tv_nsec);
}

/* Killed anywhere from the first look at the folder to the rename of the index:
 * samples.h5 is the one or the other, whole; the next try goes through. */
static void killed_while_growing(void **state)
{
    (void)state;
    enum { RUNS = 60 };
    fixture f;
    unsigned random = 2024;
    int n_linked = 0, n_index = 0;
    struct timespec begin;
    make_start(&f);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(grow(&f), BENS_OK);
    const long most = elapsed(begin) < 200000000L ? elapsed(begin) : 200000000L;
    for (int run = 0; run < RUNS; run++) {
        bens_samples_part *part;
        int64_t chains, draws;
        int n, result;
        shrink(&f);
        random = random * 1103515245U + 12345U;
        const struct timespec pause = {0, (long)(random >> 16) % 1000 * (most / 800)};
        const pid_t child = fork();
        if (child == 0) _exit(grow(&f) == BENS_OK ? 0 : 1);
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        assert_true(waitpid(child, &result, 0) == child);
        assert_true(WIFSIGNALED(result) || WEXITSTATUS(result) == 0);
        assert_int_equal(bens_samples_parts(f.folder, &part, &n, &chains, &draws), 0);
        free(part);
        char path[128];
        snprintf(path, sizeof path, "%s/samples.0000.h5", f.folder);
        const bool linked = access(path, F_OK) == 0;
        assert_true(n == 1 || (n == PARTS && linked));
        n_index += n > 1;
        n_linked += n == 1 && linked;
        check_draws(&f, n > 1 ? CHAINS : 2, n > 1 ? DRAWS : 4);
        assert_int_equal(grow(&f), BENS_OK);
        check_draws(&f, CHAINS, DRAWS);
    }
    print_message("of %d kills %d came before the link, %d between link and index\n",
                  RUNS, RUNS - n_linked - n_index, n_linked);
    assert_true(n_linked > 0 && n_index < RUNS);
    fixture_release(&f);
}

/* Looks at the folder until a byte comes. 0: it never saw anything but one of the two. */
static int watch(const fixture *f, int heard)
{
    for (;;) {
        struct pollfd end = {.fd = heard, .events = POLLIN};
        bens_draws *d;
        if (poll(&end, 1, 0) > 0) return 0;
        if (bens_draws_open(f->folder, &d) != BENS_OK) return 2;
        const bool small = d->n_chains == 2 && d->n_draws == 4 && d->n_complete == 4;
        const bool large = d->n_chains == 4 && d->n_draws == 6 && d->n_done[1] == 6;
        bens_draws_close(d);
        if (!small && !large) return 3;
    }
}

static void a_reader_sees_one_of_the_two(void **state)
{
    (void)state;
    fixture f;
    int tell[2], result;
    make_start(&f);
    assert_int_equal(pipe(tell), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(tell[1]); /* it ends with its parent, too */
        _exit(watch(&f, tell[0]));
    }
    for (int i = 0; i < 50; i++) {
        assert_int_equal(bens_samples_promote(f.folder), BENS_OK);
        assert_int_equal(bens_samples_index(f.folder, "samples.h5", &f.spec, grown,
                                            PARTS),
                         BENS_OK);
        char path[128], copy[128];
        snprintf(path, sizeof path, "%s/samples.0000.h5", f.folder);
        snprintf(copy, sizeof copy, "%s/samples.h5.tmp", f.folder);
        /* back, while samples.0000.h5 stays for those who have just read the index */
        assert_int_equal(link(path, copy), 0);
        assert_int_equal(rename(copy, f.path), 0);
    }
    assert_int_equal(write(tell[1], "", 1), 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    fixture_release(&f);
}

/* The folder for those who read it with other programs. */
static int make_folder(const char *folder)
{
    fixture f;
    make_start(&f);
    if (grow(&f) != BENS_OK || rename(f.folder, folder) != 0) return 1;
    bens_params_release(&f.params);
    return 0;
}

int main(int argc, char **argv)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (argc > 1) return make_folder(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_is_one_part),
        cmocka_unit_test(a_larger_run_has_a_missing_corner),
        cmocka_unit_test(an_index_keeps_its_order),
        cmocka_unit_test(a_wrong_index_is_not_made),
        cmocka_unit_test(what_has_no_parts_is_said),
        cmocka_unit_test(promoted_is_one_file),
        cmocka_unit_test(another_file_is_not_promoted_over),
        cmocka_unit_test(killed_while_growing),
        cmocka_unit_test(a_reader_sees_one_of_the_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
