/* Files that are not read: of other programs, cut, with links and bytes that lead
 * elsewhere. Each is a good file with one thing changed. */
#include "io/draws.h"
#include "io/h5.h"
#include "io/samples_fixture.h"

#include <sys/stat.h>

static void create(const fixture *f, const char *path)
{
    bens_samples *s;
    assert_int_equal(bens_samples_create(f->folder, strrchr(path, '/') + 1, &f->spec),
                     BENS_OK);
    assert_int_equal(bens_samples_open(path, &f->params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(put_draws(s, &f->params, 0, 0, DRAWS), BENS_OK);
    bens_samples_close(s);
}

static void expect(const char *path, const char *text)
{
    bens_draws *d = NULL;
    assert_int_equal(bens_draws_open(path, &d), BENS_ERR_IO);
    assert_null(d);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
}

static void what_is_no_run_is_refused(void **state)
{
    (void)state;
    fixture f;
    char path[128];
    fixture_make(&f);
    expect("nowhere/at/all", "cannot read 'nowhere/at/all': No such file");
    expect(f.folder, "has no samples.h5: it is no run's, or the run ended before");
    assert_int_equal(mkfifo(f.path, 0600), 0); /* nobody will ever write to it */
    expect(f.folder, "samples.h5': wanted a file, found something else");
    assert_int_equal(unlink(f.path), 0);
    FILE *file = fopen(f.path, "w");
    assert_true(fputs("chain,draw,weight\n", file) >= 0 && fclose(file) == 0);
    expect(f.path, "samples.h5' is no whole samples file: cannot open");
    expect(f.folder, "is no whole samples file");

    /* HDF5 as other programs write it: with a posterior, without our schema */
    snprintf(path, sizeof path, "%s/other.h5", f.folder);
    const hid_t h = H5Fcreate(path, H5F_ACC_EXCL, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(h, "posterior", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    assert_true(H5Fclose(h) >= 0);
    expect(path, "wanted a text in the attribute 'schema', found none");
    fixture_release(&f);
}

static void a_cut_file_is_refused(void **state)
{
    (void)state;
    fixture f;
    struct stat info;
    bens_draws *d;
    fixture_make(&f);
    create(&f, f.path);
    assert_int_equal(stat(f.path, &info), 0);
    assert_int_equal(bens_draws_open(f.path, &d), BENS_OK);
    bens_draws_close(d);
    for (off_t size = info.st_size - 1; size > 0; size -= 1 + info.st_size / 40) {
        assert_int_equal(truncate(f.path, size), 0);
        expect(f.path, "is no whole samples file: ");
    }
    fixture_release(&f);
}

/* A data set in place of another; list: NULL or how it is stored. */
static void replace(hid_t file, const char *name, hid_t type, int rank,
                    const hsize_t *shape, hid_t list)
{
    const hid_t space = H5Screate_simple(rank, shape, NULL);
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

static const hsize_t shape[] = {CHAINS, DRAWS, FEATURES, 1, 1, 1, 1};

static void soft_link(hid_t file)
{
    assert_true(
        H5Lmove(file, "posterior/bias", file, "/bias", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(
        H5Lcreate_soft("/bias", file, "posterior/bias", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void external_link(hid_t file)
{
    assert_true(H5Ldelete(file, "bens", H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external("other.h5", "/bens", file, "bens", H5P_DEFAULT,
                                   H5P_DEFAULT) >= 0);
}

static void external_bytes(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(list, "/etc/passwd", 0, CHAINS * DRAWS * 4) >= 0);
    replace(file, "posterior/bias", H5T_NATIVE_FLOAT, 2, shape, list);
    H5Pclose(list);
}

static void external_number(hid_t file)
{
    const hsize_t one = 1;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(list, "/etc/passwd", 0, 8) >= 0);
    replace(file, "posterior/chain", H5T_NATIVE_INT64, 1, &one, list);
    H5Pclose(list);
}

static void chunks(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(list, 2, shape) >= 0 && H5Pset_deflate(list, 9) >= 0);
    replace(file, "sample_stats/lp", H5T_NATIVE_DOUBLE, 2, shape, list);
    H5Pclose(list);
}

static void other_type(hid_t file)
{
    replace(file, "posterior/bias", H5T_NATIVE_DOUBLE, 2, shape, H5P_DEFAULT);
}

static void other_flag(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) >= 0);
    replace(file, "sample_stats/diverging", H5T_NATIVE_DOUBLE, 2, shape, list);
    H5Pclose(list);
}

static void other_done(hid_t file)
{
    replace(file, "sample_stats/done", H5T_NATIVE_INT32, 2, shape, H5P_DEFAULT);
}

static void no_number(hid_t file)
{
    replace(file, "sample_stats/lp", H5T_C_S1, 2, shape, H5P_DEFAULT);
}

static void other_shape(hid_t file)
{
    const hsize_t other[] = {CHAINS, DRAWS + 1};
    replace(file, "sample_stats/lp", H5T_NATIVE_DOUBLE, 2, other, H5P_DEFAULT);
}

static void many_axes(hid_t file)
{
    replace(file, "posterior/bias", H5T_NATIVE_FLOAT, 7, shape, H5P_DEFAULT);
}

static void huge(hid_t file)
{
    const hsize_t much[] = {CHAINS, DRAWS, (hsize_t)1 << 39, 4};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE) >= 0);
    replace(file, "posterior/bias", H5T_NATIVE_FLOAT, 4, much, list);
    H5Pclose(list);
}

static void too_many(hid_t file)
{
    const hsize_t much[] = {(hsize_t)1 << 20, (hsize_t)1 << 20};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE) >= 0);
    replace(file, "sample_stats/done", H5T_NATIVE_INT8, 2, much, list);
    H5Pclose(list);
}

static void no_bytes(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_alloc_time(list, H5D_ALLOC_TIME_LATE) >= 0);
    replace(file, "sample_stats/lp", H5T_NATIVE_DOUBLE, 2, shape, list);
    H5Pclose(list);
}

static void far_chains(hid_t file)
{
    const int64_t number[CHAINS] = {INT64_MAX - 2, INT64_MAX - 1, INT64_MAX, INT64_MIN};
    const hid_t set = H5Dopen2(file, "posterior/chain", H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, number) >=
                0);
    H5Dclose(set);
}

static void missing(hid_t file)
{
    assert_true(H5Ldelete(file, "bens/seed", H5P_DEFAULT) >= 0);
}

static void two_texts(hid_t file)
{
    const hsize_t two = 2;
    const hid_t type = H5Tcopy(H5T_C_S1);
    assert_true(H5Tset_size(type, H5T_VARIABLE) >= 0);
    replace(file, "bens/config", type, 1, &two, H5P_DEFAULT);
    H5Tclose(type);
}

static void other_schema(hid_t file)
{
    assert_true(H5Arename(file, "schema", "was") >= 0);
    assert_true(H5Arename(file, "creation_library", "schema") >= 0);
}

static void what_leads_elsewhere_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*change)(hid_t file);
        const char *text;
    } cases[] = {
        {soft_link, "wanted nothing but data sets in posterior, found 'bias'"},
        {external_link, "wanted the data set bens/n_data, found none"},
        {external_bytes,
         "wanted posterior/bias contiguous in this file, found it elsewh"},
        {external_number, "wanted posterior/chain in this file, found it empty or elsew"},
        {chunks, "wanted sample_stats/lp contiguous in this file, found it elsewhere"},
        {other_type, "wanted posterior/bias of type float32, found another"},
        {other_flag, "wanted sample_stats/diverging of type int8, found another"},
        {other_done, "wanted sample_stats/done of type int8, found another"},
        {no_number, "wanted numbers [chain, draw] in sample_stats/lp"},
        {other_shape, "wanted sample_stats/lp of 4 chains x 6 draws, found 4 x 7"},
        {many_axes, "wanted at most 6 axes"},
        {huge, "found 4 along axis 1"},
        {too_many,
         "wanted up to 2^24 chains and 2^32 draws of all, found 1048576 x 10485"},
        {no_bytes, "wanted sample_stats/lp contiguous in this file, found it elsewhere"},
        {far_chains,
         "wanted chains with numbers of 0 to 16777215, found 4 of them from 92"},
        {missing, "wanted the data set bens/seed, found none"},
        {two_texts, "wanted one text in bens/config, found something else"},
        {other_schema, "wanted the schema 'bens-samples-1', found 'bens'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        fixture_make(&f);
        create(&f, f.path);
        const hid_t file = H5Fopen(f.path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(file >= 0);
        cases[i].change(file);
        assert_true(H5Fclose(file) >= 0);
        expect(f.path, cases[i].text);
        fixture_release(&f);
    }
}

/* HDF5 sees a file that is too short when it opens it; this
 * is for what it does not see. */
static void bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    fixture f;
    hid_t file, set;
    hsize_t found[3];
    uint64_t address, address2 = 0;
    const uint64_t n = CHAINS * DRAWS, each = FEATURES * sizeof(float);
    fixture_make(&f);
    create(&f, f.path);
    assert_int_equal(bens_h5_open(f.path, &file), BENS_OK);
    assert_int_equal(bens_h5_find(file, "posterior", "weight", BENS_H5_FLOAT32, 3, found,
                                  &set),
                     BENS_OK);
    assert_int_equal(bens_h5_address(set, "p", "w", n, each, UINT64_MAX, &address),
                     BENS_OK);
    const uint64_t size = address + n * each;
    assert_int_equal(bens_h5_address(set, "p", "w", n, each, size, &address2), BENS_OK);
    assert_true(address == address2);
    assert_int_equal(bens_h5_address(set, "p", "w", n, each, size - 1, &address2),
                     BENS_ERR_IO);
    assert_int_equal(bens_h5_address(set, "p", "w", n, each, address - 1, &address2),
                     BENS_ERR_IO);
    assert_int_equal(bens_h5_address(set, "p", "w", UINT64_MAX, each, size, &address2),
                     BENS_ERR_IO);
    H5Fclose(file);
    fixture_release(&f);
}

/* As the reader of draws. */
static void expect_parts(const fixture *f, const char *text)
{
    bens_samples_part *part = NULL;
    int64_t chains, draws;
    int n;
    assert_int_equal(bens_samples_parts(f->folder, &part, &n, &chains, &draws),
                     BENS_ERR_IO);
    assert_null(part);
    if (strstr(bens_error_text(), text) == NULL)
        fail_msg("wanted '%s' in '%s'", text, bens_error_text());
}

/* sample_stats/done of an index, mapped onto SOURCE: rows and draws from ... to of the
 * index. step > 1: a comb, not a box. */
static void map(hid_t list, const char *source, const hsize_t *from, const hsize_t *n,
                hsize_t step)
{
    const hsize_t stride[] = {1, step};
    const hid_t here = H5Screate_simple(2, shape, NULL);
    const hid_t there = H5Screate_simple(2, n, NULL);
    assert_true(H5Sselect_hyperslab(here, H5S_SELECT_SET, from, stride, n, NULL) >= 0);
    assert_true(H5Pset_virtual(list, here, source, "/sample_stats/done", there) >= 0);
    H5Sclose(here);
    H5Sclose(there);
}

static void set_map(const fixture *f, hid_t list)
{
    const hid_t file = H5Fopen(f->path, H5F_ACC_RDWR, H5P_DEFAULT);
    replace(file, "sample_stats/done", H5T_NATIVE_INT8, 2, shape, list);
    assert_true(H5Fclose(file) >= 0 && H5Pclose(list) >= 0);
}

static void an_index_stays_in_its_folder(void **state)
{
    (void)state;
    static const struct {
        const char *source, *text;
        hsize_t from, n, step;
        bool opened; /* it is seen in the rectangle only */
    } cases[] = {
        {"/etc/passwd", "in the folder of the index, found '/etc/passwd'", 0, DRAWS, 1,
         false},
        {"../x/samples.h5", "in the folder of the index, found '../x/sam", 0, DRAWS, 1,
         false},
        {"a/../../x.h5", "in the folder of the index, found 'a/../../x", 0, DRAWS, 1,
         false},
        {"part.h5", "wanted rectangles of chains x draws in the index", 0, 2, 3, false},
        {"part.h5",
         "rectangle 'part.h5': wanted 3 along axis 1 of posterior/weight, found", 2, 3, 1,
         true},
        {"samples.h5", "rectangle 'samples.h5': wanted sample_stats/done contiguous", 0,
         DRAWS, 1, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        char path[128];
        const hsize_t from[] = {0, cases[i].from}, n[] = {CHAINS, cases[i].n};
        fixture_make(&f);
        snprintf(path, sizeof path, "%s/part.h5", f.folder);
        create(&f, f.path);
        create(&f, path);
        const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
        map(list, cases[i].source, from, n, cases[i].step);
        set_map(&f, list);
        expect(f.path, cases[i].text);
        if (!cases[i].opened) expect_parts(&f, cases[i].text);
        fixture_release(&f);
    }
}

/* Rectangles that share draws would be read as the one by some
 * and as the other by others. */
static void overlapping_rectangles_are_refused(void **state)
{
    (void)state;
    static const char text[] = "of different chains or draws, found 'a.h5' and 'c.h5'";
    static const char *const source[] = {"a.h5", "b.h5", "c.h5"};
    static const hsize_t from[][2] = {{0, 0}, {2, 0}, {1, 3}};
    static const hsize_t n[][2] = {{2, 4}, {2, 3}, {1, 1}};
    fixture f;
    fixture_make(&f);
    create(&f, f.path);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    for (int i = 0; i < 3; i++) map(list, source[i], from[i], n[i], 1);
    set_map(&f, list);
    expect(f.path, text);
    expect_parts(&f, text);
    fixture_release(&f);
}

/* Four rectangles, chains x draws, in folders below that of the index. */
static void rectangles_may_cut_draws_too(void **state)
{
    (void)state;
    fixture f;
    bens_draws *d;
    double lp[CHAINS][DRAWS], weight[CHAINS][DRAWS];
    fixture_make(&f);
    create(&f, f.path);
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    for (hsize_t i = 0; i < 4; i++) {
        const hsize_t from[] = {i / 2 * 3, i % 2 * 2};
        const hsize_t n[] = {i < 2 ? 3 : 1, i % 2 == 0 ? 2 : 4};
        const bens_samples_part part = {.row = (int64_t)from[0],
                                        .n_rows = (int64_t)n[0],
                                        .draw = (int64_t)from[1],
                                        .n_draws = (int64_t)n[1]};
        char folder[96], source[32];
        snprintf(source, sizeof source, "%d/samples.h5", (int)i);
        snprintf(folder, sizeof folder, "%s/%d", f.folder, (int)i);
        assert_int_equal(mkdir(folder, 0777), 0);
        put_rectangle(&f, source, &part);
        map(list, source, from, n, 1);
    }
    set_map(&f, list);
    assert_int_equal(bens_draws_open(f.folder, &d), BENS_OK);
    assert_true(d->n_complete == DRAWS);
    assert_int_equal(bens_draws_stat(d, "lp", lp[0]), BENS_OK);
    assert_int_equal(bens_draws_elements(d, &d->params.tensors[0], 2, 1, weight[0]),
                     BENS_OK);
    for (int64_t row = 0; row < CHAINS; row++) {
        float across[DRAWS][FEATURES];
        assert_int_equal(bens_draws_tensor(d, &d->params.tensors[0], row, 0, DRAWS,
                                           across[0]),
                         BENS_OK);
        for (int64_t k = 0; k < DRAWS; k++) {
            assert_true(lp[row][k] == -(double)(10 * row + k));
            assert_true(weight[row][k] == (double)value_at(row, k, 2));
            assert_true(across[k][1] == value_at(row, k, 1));
            assert_int_equal(bens_draws_verify(d, row, k), BENS_OK);
        }
    }
    bens_draws_close(d);
    fixture_release(&f);
}

int main(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_run_is_refused),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(what_leads_elsewhere_is_refused),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(an_index_stays_in_its_folder),
        cmocka_unit_test(overlapping_rectangles_are_refused),
        cmocka_unit_test(rectangles_may_cut_draws_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
