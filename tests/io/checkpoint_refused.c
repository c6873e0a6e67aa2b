/* Files that are no checkpoint of a run: of other programs, cut, with links and bytes
 * that lead elsewhere. Each is a good file with one thing changed. */
#define _GNU_SOURCE /* SEEK_HOLE */

#include "io/checkpoint_fixture.h"
#include "io/samples.h"

#include <dirent.h>
#include <hdf5.h>

enum { BYTES = 9000, SLOT = 12288 };

static void expect(const char *path, uint64_t bytes, const char *text)
{
    bens_checkpoint *c = NULL;
    int64_t first = -1, n = -1;
    if (bens_checkpoint_open(path, bytes, &first, &n, &c) != BENS_ERR_IO)
        fail_msg("wanted '%s', found it opened", text);
    assert_true(c == NULL && first == -1 && n == -1);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    (void)state;
    fixture f;
    char path[256];
    int64_t first, n;
    bens_checkpoint *c;
    fixture_make(&f, BYTES);
    expect("nowhere/checkpoint.h5", BYTES,
           "cannot open 'nowhere/checkpoint.h5': No such");
    expect(f.folder, BYTES, "cannot open");
    FILE *file = fopen(f.path, "w");
    assert_true(fputs("chain,draw,weight\n", file) >= 0 && fclose(file) == 0);
    expect(f.path, BYTES, "is no checkpoint of this run: cannot open");
    assert_int_equal(unlink(f.path), 0);
    assert_int_equal(mkfifo(f.path, 0600), 0);
    expect(f.path, BYTES, "wanted a file at");
    assert_int_equal(unlink(f.path), 0);

    bens_params params = {0};
    assert_int_equal(bens_params_add(&params, "weight", 0, NULL, NULL), BENS_OK);
    const bens_samples_spec spec = {.params = &params, .n_chains = CHAINS, .n_draws = 5};
    assert_int_equal(bens_samples_create(f.folder, "samples.h5", &spec), BENS_OK);
    snprintf(path, sizeof path, "%s/samples.h5", f.folder);
    expect(path, BYTES, "wanted the data set checkpoint/bytes, found none");
    bens_params_release(&params);

    assert_int_equal(bens_checkpoint_create(f.folder, "checkpoint.h5", &f.spec), BENS_OK);
    expect(f.path, BYTES + 1,
           "wanted states of 9001 bytes, found 9000: it is of another");
    snprintf(path, sizeof path, "%s/link.h5", f.folder);
    assert_int_equal(symlink("checkpoint.h5", path), 0);
    expect(path, BYTES, "cannot open");
    assert_int_equal(chmod(f.path, 0400), 0);
    if (geteuid() != 0) expect(f.path, BYTES, "Permission denied");
    assert_int_equal(chmod(f.path, 0600), 0);
    assert_int_equal(bens_checkpoint_open(f.path, BYTES, &first, &n, &c), BENS_OK);
    bens_checkpoint_close(c);
    fixture_release(&f);
}

/* HDF5 keeps the length of the file in its first bytes. */
static void a_cut_file_is_refused(void **state)
{
    (void)state;
    fixture f;
    struct stat info;
    fixture_create(&f, BYTES);
    assert_int_equal(stat(f.path, &info), 0);
    for (off_t size = info.st_size - 1; size > 0; size -= 1 + info.st_size / 40) {
        assert_int_equal(truncate(f.path, size), 0);
        expect(f.path, BYTES, "is no checkpoint of this run: ");
    }
    fixture_release(&f);
}

/* The file is cut while it is open: neither a state nor a lie. */
static void a_file_cut_later_is_said(void **state)
{
    (void)state;
    fixture f;
    fixture_create(&f, BYTES);
    bens_checkpoint *c = fixture_open(&f);
    assert_int_equal(put_state(&f, c, 2, 1), BENS_OK);
    assert_int_equal(truncate(f.path, 3 * SLOT), 0);
    assert_int_equal(get_state(&f, c, 2), -1);
    assert_non_null(strstr(bens_error_text(), "the file was cut"));
    bens_checkpoint_close(c);
    fixture_release(&f);
}

static const hsize_t shape[] = {CHAINS, 2, SLOT / 8};

/* A data set in place of another; list: NULL or how it is stored. */
static void replace(hid_t file, const char *name, hid_t type, int rank,
                    const hsize_t *axes, hid_t list)
{
    const hid_t early = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(early, H5D_ALLOC_TIME_EARLY) >= 0);
    const hid_t space = H5Screate_simple(rank, axes, NULL);
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT,
                                 list != H5P_DEFAULT ? list : early, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(early);
}

static void set_number(hid_t file, const char *name, int64_t value)
{
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) >=
                0);
    H5Dclose(set);
}

static void soft_link(hid_t file)
{
    assert_true(
        H5Lmove(file, "checkpoint/slot", file, "/slot", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(
        H5Lcreate_soft("/slot", file, "checkpoint/slot", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void external_link(hid_t file)
{
    assert_true(H5Ldelete(file, "checkpoint", H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external("other.h5", "/checkpoint", file, "checkpoint",
                                   H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void external_bytes(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(list, "/etc/passwd", 0, CHAINS * 2 * SLOT) >= 0);
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, shape, list);
    H5Pclose(list);
}

static void chunks(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(list, 3, shape) >= 0 && H5Pset_deflate(list, 9) >= 0);
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, shape, list);
    H5Pclose(list);
}

static void not_there_yet(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE) >= 0);
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, shape, list);
    H5Pclose(list);
}

static void not_on_a_page(hid_t file) /* behind the old one, which keeps its room */
{
    assert_true(H5Lcreate_hard(file, "checkpoint/slot", file, "/old", H5P_DEFAULT,
                               H5P_DEFAULT) >= 0);
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, shape, H5P_DEFAULT);
}

static void other_type(hid_t file)
{
    replace(file, "checkpoint/slot", H5T_NATIVE_DOUBLE, 3, shape, H5P_DEFAULT);
}

static void other_rank(hid_t file)
{
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 2, shape, H5P_DEFAULT);
}

static void one_slot(hid_t file)
{
    const hsize_t axes[] = {CHAINS, 1, SLOT / 8};
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, axes, H5P_DEFAULT);
}

static void short_slots(hid_t file)
{
    const hsize_t axes[] = {CHAINS, 2, SLOT / 8 - 1};
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, axes, H5P_DEFAULT);
}

static void no_chains(hid_t file)
{
    const hsize_t axes[] = {0, 2, SLOT / 8};
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, axes, H5P_DEFAULT);
}

static void many_chains(hid_t file)
{
    const hsize_t axes[] = {1 << 25, 2, SLOT / 8};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE) >= 0);
    replace(file, "checkpoint/slot", H5T_NATIVE_UINT64, 3, axes, list);
    H5Pclose(list);
}

static void chains_out_of_range(hid_t file)
{
    set_number(file, "checkpoint/first_chain", (1 << 24) - 2);
}

static void negative_chain(hid_t file)
{
    set_number(file, "checkpoint/first_chain", -1);
}

static void other_bytes(hid_t file)
{
    set_number(file, "checkpoint/bytes", BYTES - 1);
}

static void no_bytes(hid_t file)
{
    assert_true(H5Ldelete(file, "checkpoint/bytes", H5P_DEFAULT) >= 0);
}

static const struct {
    void (*change)(hid_t file);
    const char *text;
} table[] = {
    {soft_link, "wanted the data set checkpoint/slot, found none"},
    {external_link, "wanted the data set checkpoint/bytes, found none"},
    {external_bytes,
     "wanted checkpoint/slot contiguous in this file, found it elsewhere"},
    {chunks, "wanted checkpoint/slot contiguous in this file, found it elsewhere"},
    {not_there_yet, "wanted checkpoint/slot contiguous in this file, found it elsewhere"},
    {not_on_a_page, "wanted slots on pages, found them at byte"},
    {other_type, "wanted checkpoint/slot of type uint64, found another"},
    {other_rank, "wanted checkpoint/slot with 3 axes, found 2"},
    {one_slot, "wanted 2 slots for each"},
    {short_slots, "wanted slots of 1536 words, found 1535"},
    {no_chains, "found 2 for each of 0"},
    {many_chains, "found 2 for each of 33554432"},
    {chains_out_of_range,
     "wanted 2 slots for each of at most 2 chains, found 2 for each of 3"},
    {negative_chain, "wanted a first chain of 0 to 16777215, found -1"},
    {other_bytes, "wanted states of 9000 bytes, found 8999: it is of another model"},
    {no_bytes, "wanted the data set checkpoint/bytes, found none"},
};

static void what_leads_elsewhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        fixture f;
        fixture_create(&f, BYTES);
        const hid_t file = H5Fopen(f.path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(file >= 0);
        table[i].change(file);
        assert_true(H5Fclose(file) >= 0);
        expect(f.path, BYTES, table[i].text);
        fixture_release(&f);
    }
}

/* One file, with every byte of it on disk: a hole could find the disk full later. */
static void the_file_is_whole_from_the_start(void **state)
{
    (void)state;
    fixture f;
    struct stat info;
    int n = 0;
    fixture_create(&f, 3000000);
    DIR *dir = opendir(f.folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) n += e->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(n, 1);
    const int fd = open(f.path, O_RDONLY);
    assert_int_equal(fstat(fd, &info), 0);
    assert_true(info.st_size > CHAINS * 2 * 3000000);
    assert_true(lseek(fd, 8192, SEEK_HOLE) == info.st_size);
    close(fd);
    assert_int_equal(bens_checkpoint_create(f.folder, "checkpoint.h5", &f.spec),
                     BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "checkpoint.h5': it exists"));
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(a_file_cut_later_is_said),
        cmocka_unit_test(what_leads_elsewhere_is_refused),
        cmocka_unit_test(the_file_is_whole_from_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
