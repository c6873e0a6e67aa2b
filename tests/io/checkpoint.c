/* checkpoint.h5: what is in it, and that a torn or damaged slot
 * never counts. ctest: timeout 120 */
#include "io/checkpoint_fixture.h"

#include <hdf5.h>
#include <xxhash.h>

static void states_come_back(void **state)
{
    (void)state;
    const uint64_t sizes[] = {1, 100, 4032, 4033, 9000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fixture f;
        fixture_create(&f, sizes[i]);
        bens_checkpoint *c = fixture_open(&f);
        for (int64_t row = 0; row < CHAINS; row++)
            assert_int_equal(get_state(&f, c, row), 0);
        for (int k = 1; k <= 5; k++) {
            assert_int_equal(put_state(&f, c, 1, k), BENS_OK);
            assert_int_equal(get_state(&f, c, 1), k);
            assert_int_equal(get_state(&f, c, 0), 0);
        }
        for (int64_t row = 0; row < CHAINS; row++)
            fill_state(f.state + (uint64_t)row * f.bytes, f.bytes, row, 6);
        assert_int_equal(bens_checkpoint_put(c, 0, CHAINS, f.state), BENS_OK);
        assert_int_equal(bens_checkpoint_put(c, 1, 0, f.state), BENS_OK);
        bens_checkpoint_close(c);
        c = fixture_open(&f); /* as another process would */
        assert_int_equal(put_state(&f, c, 2, 7), BENS_OK);
        for (int64_t row = 0; row < CHAINS; row++)
            assert_int_equal(get_state(&f, c, row), row == 2 ? 7 : 6);
        bens_checkpoint_close(c);
        fixture_release(&f);
    }
}

/* Without the code that wrote it, as docs/file-format.md describes it. */
static void the_file_is_as_documented(void **state)
{
    (void)state;
    enum { BYTES = 9000, WORDS = 3 * 4096 / 8 };
    static uint64_t slot[CHAINS][2][WORDS];
    fixture f;
    hsize_t shape[3];
    fixture_create(&f, BYTES);
    bens_checkpoint *c = fixture_open(&f);
    for (int k = 1; k <= 3; k++) assert_int_equal(put_state(&f, c, 1, k), BENS_OK);
    bens_checkpoint_close(c);
    const hid_t file = H5Fopen(f.path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, "checkpoint/slot", H5P_DEFAULT);
    const hid_t space = H5Dget_space(set);
    assert_int_equal(H5Sget_simple_extent_dims(space, shape, NULL), 3);
    assert_true(shape[0] == CHAINS && shape[1] == 2 && shape[2] == WORDS);
    assert_true(H5Dget_offset(set) % 4096 == 0);
    assert_true(H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, slot) >=
                0);
    for (size_t i = 0; i < 2; i++)
        for (size_t w = 0; w < WORDS; w++)
            assert_true(slot[0][i][w] == 0 && slot[2][i][w] == 0);
    for (uint64_t i = 0; i < 2; i++) { /* states 3 and 2 */
        const uint64_t *h = &slot[1][i][WORDS - 8];
        fill_state(f.state, BYTES, 1, 3 - (int)i);
        assert_memory_equal(slot[1][i], f.state, BYTES);
        assert_memory_equal(h, "bens-ck1", 8);
        assert_true(h[1] == FIRST + 1 && h[2] == 3 - i && h[3] == BYTES && h[5] == 0);
        assert_true(h[4] == XXH64(f.state, BYTES, 0) && h[6] == XXH64(h, 48, 0));
    }
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    fixture_release(&f);
}

/* first <= i < last: where two images of the file differ. In a slot the header stands
 * behind the state, so the order of the file is that of the writes. */
static void find_difference(const char *a, const char *b, size_t size, size_t *first,
                            size_t *last)
{
    *first = 0;
    *last = size;
    while (*first < size && a[*first] == b[*first]) ++*first;
    while (*last > *first && a[*last - 1] == b[*last - 1]) --*last;
}

/* A put of one state, cut after any of its bytes: the state before it, until all of it is
 * there. Then with its end first, as a disk may order it that was not waited for. */
static void tear(fixture *f, bens_checkpoint *c, int k)
{
    size_t size, first, last;
    char *before = load(f->path, &size);
    assert_int_equal(put_state(f, c, 1, k), BENS_OK);
    char *after = load(f->path, &size);
    find_difference(before, after, size, &first, &last);
    assert_true(last - first >= f->bytes + 48);
    for (size_t at = first;
         at<last; at += f->bytes> 200 && at + 600 < last && at > first + 64 ? 512 : 1) {
        change(f->path, before + first, last - first, first);
        change(f->path, after + first, at - first, first);
        assert_int_equal(get_state(f, c, 1), k - 1);
        if (at == first) continue;
        change(f->path, before + first, at - first, first);
        change(f->path, after + at, last - at, at);
        assert_int_equal(get_state(f, c, 1), k > 1 ? k - 1 : -1);
    }
    change(f->path, after + first, last - first, first);
    assert_int_equal(get_state(f, c, 1), k);
    free(before);
    free(after);
}

static void a_torn_put_never_counts(void **state)
{
    (void)state;
    const uint64_t sizes[] = {1, 100, 9000, 40000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fixture f;
        fixture_create(&f, sizes[i]);
        bens_checkpoint *c = fixture_open(&f);
        for (int k = 1; k <= 4; k++) tear(&f, c, k);
        bens_checkpoint_close(c);
        fixture_release(&f);
    }
}

/* Where the newest slot of row 1 is changed: first <= i < last. */
static void find_slot(fixture *f, bens_checkpoint *c, int k, size_t *first, size_t *last)
{
    size_t size;
    char *before = load(f->path, &size);
    assert_int_equal(put_state(f, c, 1, k), BENS_OK);
    char *after = load(f->path, &size);
    find_difference(before, after, size, first, last);
    free(before);
    free(after);
}

static void flip(const fixture *f, size_t at, unsigned bit)
{
    size_t size;
    char *bytes = load(f->path, &size);
    bytes[at] = (char)((unsigned char)bytes[at] ^ 1U << bit);
    change(f->path, bytes + at, 1, at);
    free(bytes);
}

/* Any bit of a state or its header: then the other state counts,
 * and without one it is said. */
static void a_wrong_bit_is_seen(void **state)
{
    (void)state;
    enum { BYTES = 40 };
    size_t first[3], last[3];
    fixture f;
    fixture_create(&f, BYTES);
    bens_checkpoint *c = fixture_open(&f);
    for (int k = 1; k <= 2; k++) {
        find_slot(&f, c, k, &first[k], &last[k]);
        for (size_t at = first[k]; at < last[k]; at++) {
            if (at == first[k] + BYTES) at = last[k] - 64; /* zeros between them */
            for (unsigned bit = 0; bit < 8; bit++) {
                flip(&f, at, bit);
                assert_int_equal(get_state(&f, c, 1), k == 1 ? -1 : 1);
                flip(&f, at, bit);
            }
        }
    }
    assert_int_equal(get_state(&f, c, 1), 2);
    flip(&f, first[1] + 7, 3);
    assert_int_equal(get_state(&f, c, 1), 2);
    flip(&f, last[2] - 30, 3);
    assert_int_equal(get_state(&f, c, 1), -1);
    assert_non_null(strstr(bens_error_text(), "wanted a whole state of chain 8 in"));
    assert_int_equal(get_state(&f, c, 0), 0);
    assert_int_equal(put_state(&f, c, 1, 9), BENS_OK); /* and a new one mends it */
    assert_int_equal(get_state(&f, c, 1), 9);
    bens_checkpoint_close(c);
    c = fixture_open(&f);
    assert_int_equal(get_state(&f, c, 1), 9);
    bens_checkpoint_close(c);
    fixture_release(&f);
}

static int get_before(fixture *f, bens_checkpoint *c, int64_t row)
{
    bool found;
    assert_int_equal(bens_checkpoint_back(c, row, f->state, &found), BENS_OK);
    return found ? (unsigned char)f->state[0] : 0;
}

/* The state before counts from now on, and is spared by the next put. */
static void a_state_is_given_up(void **state)
{
    (void)state;
    for (int last = 4; last <= 5; last++) { /* in either slot */
        fixture f;
        fixture_create(&f, 9000);
        bens_checkpoint *c = fixture_open(&f);
        for (int k = 1; k <= last; k++) assert_int_equal(put_state(&f, c, 1, k), BENS_OK);
        bens_checkpoint_close(c);
        c = fixture_open(&f);
        assert_int_equal(get_state(&f, c, 1), last);
        assert_int_equal(get_before(&f, c, 1), last - 1);
        assert_int_equal(put_state(&f, c, 1, 9), BENS_OK);
        assert_int_equal(get_state(&f, c, 1), 9);
        bens_checkpoint_close(c);
        c = fixture_open(&f);
        assert_int_equal(get_state(&f, c, 1), 9);
        assert_int_equal(get_before(&f, c, 1), last - 1);
        bens_checkpoint_close(c);
        fixture_release(&f);
    }
}

/* There is none before the first, and none where the other slot is damaged. */
static void nothing_is_left_to_go_back_to(void **state)
{
    (void)state;
    size_t first[3], last[3];
    fixture f;
    fixture_create(&f, 40);
    bens_checkpoint *c = fixture_open(&f);
    find_slot(&f, c, 1, &first[1], &last[1]);
    assert_int_equal(get_state(&f, c, 1), 1);
    assert_int_equal(get_before(&f, c, 1), 0);
    find_slot(&f, c, 2, &first[2], &last[2]);
    flip(&f, first[1] + 7, 3);
    assert_int_equal(get_state(&f, c, 1), 2);
    assert_int_equal(get_before(&f, c, 1), 0);
    flip(&f, first[1] + 7, 3);
    flip(&f, last[1] - 30, 3);
    assert_int_equal(get_before(&f, c, 1), 0);
    bens_checkpoint_close(c);
    fixture_release(&f);
}

/* A view reads a file that may not be written. */
static void a_view_wants_no_right_to_write(void **state)
{
    (void)state;
    fixture f;
    int64_t first, n;
    fixture_create(&f, 100);
    bens_checkpoint *c = fixture_open(&f);
    assert_int_equal(put_state(&f, c, 2, 3), BENS_OK);
    bens_checkpoint_close(c);
    assert_int_equal(chmod(f.path, 0440), 0);
    assert_int_equal(bens_checkpoint_view(f.path, f.bytes, &first, &n, &c), BENS_OK);
    assert_int_equal(get_state(&f, c, 2), 3);
    assert_true(put_state(&f, c, 2, 4) != BENS_OK); /* root, too, has it for reading */
    bens_checkpoint_close(c);
    fixture_release(&f);
}

/* A header that stands in another chain's place is none of it. */
static void a_slot_in_the_wrong_place_does_not_count(void **state)
{
    (void)state;
    size_t size, first, last;
    fixture f;
    fixture_create(&f, 9000);
    bens_checkpoint *c = fixture_open(&f);
    find_slot(&f, c, 1, &first, &last);
    char *bytes = load(f.path, &size);
    const size_t row = 2 * (size_t)12288;
    change(f.path, bytes + first, last - first, first + row);
    assert_int_equal(get_state(&f, c, 2), -1);
    assert_int_equal(get_state(&f, c, 1), 1);
    bens_checkpoint_close(c);
    free(bytes);
    fixture_release(&f);
}

/* The newest state is damaged: a put must spare the older one, which is all there is,
 * though its number is the smaller. */
static void a_put_spares_the_only_whole_state(void **state)
{
    (void)state;
    size_t size, first, last;
    fixture f;
    fixture_create(&f, 9000);
    bens_checkpoint *c = fixture_open(&f);
    assert_int_equal(put_state(&f, c, 1, 1), BENS_OK);
    find_slot(&f, c, 2, &first, &last);
    flip(&f, first + 5000, 0);
    bens_checkpoint_close(c);
    c = fixture_open(&f);
    char *before = load(f.path, &size);
    assert_int_equal(put_state(&f, c, 1, 3), BENS_OK);
    assert_int_equal(get_state(&f, c, 1), 3);
    char *after = load(f.path, &size);
    find_difference(before, after, size, &first, &last);
    change(f.path, before + last - 64, 64, last - 64); /* all but the header */
    assert_int_equal(get_state(&f, c, 1), 1);
    bens_checkpoint_close(c);
    free(before);
    free(after);
    fixture_release(&f);
}

/* Two processes, each with rows of its own in the same file. */
static void writers_do_not_disturb_each_other(void **state)
{
    (void)state;
    fixture f;
    pid_t child[2];
    fixture_create(&f, 700);
    for (int64_t row = 0; row < 2; row++) {
        child[row] = fork();
        if (child[row] != 0) continue;
        bens_checkpoint *c = fixture_open(&f);
        for (int k = 1; k <= 50; k++)
            if (put_state(&f, c, row, k) != BENS_OK || get_state(&f, c, row) != k)
                _exit(1);
        bens_checkpoint_close(c);
        _exit(0);
    }
    for (int i = 0; i < 2; i++) assert_int_equal(wait_for(child[i]), 0);
    bens_checkpoint *c = fixture_open(&f);
    for (int64_t row = 0; row < CHAINS; row++)
        assert_int_equal(get_state(&f, c, row), row < 2 ? 50 : 0);
    bens_checkpoint_close(c);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_come_back),
        cmocka_unit_test(the_file_is_as_documented),
        cmocka_unit_test(a_torn_put_never_counts),
        cmocka_unit_test(a_wrong_bit_is_seen),
        cmocka_unit_test(a_slot_in_the_wrong_place_does_not_count),
        cmocka_unit_test(a_state_is_given_up),
        cmocka_unit_test(nothing_is_left_to_go_back_to),
        cmocka_unit_test(a_view_wants_no_right_to_write),
        cmocka_unit_test(a_put_spares_the_only_whole_state),
        cmocka_unit_test(writers_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
