/* A disk that cannot read a place any more: the slot there is one that is not whole. */
#define _GNU_SOURCE /* syscall */

#include "io/checkpoint_fixture.h"

#include "core/status.h"

#include <errno.h>
#include <sys/syscall.h>

enum { BYTES = 6000 };

/* The bytes begin ... end - 1 of every file fail. */
static off_t broken_begin, broken_end;

ssize_t pread(int fd, void *out, size_t size, off_t at)
{
    if (at < broken_end && at + (off_t)size > broken_begin) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, out, size, at);
}

/* Where state k of a row lies in the file. */
static off_t find_state(const fixture *f, int64_t row, int k)
{
    size_t size;
    char *const file = load(f->path, &size), *const wanted = malloc(BYTES);
    off_t at = -1;
    assert_non_null(wanted);
    fill_state(wanted, BYTES, row, k);
    for (size_t i = 0; i + BYTES <= size && at < 0; i++)
        if (memcmp(file + i, wanted, BYTES) == 0) at = (off_t)i;
    free(file);
    free(wanted);
    return at;
}

static void the_other_slot_counts(void **state)
{
    (void)state;
    fixture f;
    fixture_create(&f, BYTES);
    bens_checkpoint *c = fixture_open(&f);
    assert_int_equal(put_state(&f, c, 1, 4), BENS_OK);
    assert_int_equal(put_state(&f, c, 1, 5), BENS_OK);
    bens_checkpoint_close(c);
    const off_t older = find_state(&f, 1, 4), newer = find_state(&f, 1, 5);
    assert_true(older > 0 && newer > 0);

    broken_begin = newer + BYTES / 2;
    broken_end = broken_begin + 1;
    c = fixture_open(&f);
    assert_int_equal(get_state(&f, c, 1), 4);
    assert_int_equal(put_state(&f, c, 1, 6),
                     BENS_OK); /* not over the one that is whole */
    assert_int_equal(find_state(&f, 1, 4), older);
    bens_checkpoint_close(c);

    broken_begin = older < newer ? older : newer;
    broken_end = broken_begin + BYTES + (older < newer ? newer - older : older - newer);
    c = fixture_open(&f);
    assert_int_equal(get_state(&f, c, 1), -1);
    assert_non_null(strstr(bens_error_text(), "cannot read a state"));
    assert_non_null(strstr(bens_error_text(), "Input/output error"));
    bens_checkpoint_close(c);

    broken_end = 0;
    c = fixture_open(&f);
    assert_int_equal(get_state(&f, c, 1), 6);
    bens_checkpoint_close(c);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_other_slot_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
