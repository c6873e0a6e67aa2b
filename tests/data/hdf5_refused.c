/* The source hdf5: what a file that does not fit, or is not safe, is told. */
#include "data/hdf5_small.h"

#include <math.h>

static void refused(const char *path, const char *set, bens_status code, const char *says)
{
    bens_data *d = NULL;
    table_refused(arrays_read("hdf5", set, path, BENS_TARGET_CLASS, &d), code, says);
    assert_null(d);
}

static void the_way_to_the_data_is_told(void **unused)
{
    (void)unused;
    write_file(H5T_STD_U8LE, PLAIN, 2, table);
    refused("no.h5:/train", NULL, BENS_ERR_CONFIG,
            "'no.h5': wanted an HDF5 file, found no such file");
    refused("data.h5:/tain", NULL, BENS_ERR_CONFIG,
            "'data.h5': wanted 'tain' in it, found none; it has 'train'");
    refused("data.h5:/train/x", NULL, BENS_ERR_CONFIG,
            "wanted 'x' to be a group, found a data set");
    refused("data.h5", "x=train", BENS_ERR_CONFIG,
            "'data.h5:/': wanted 'train' to be a data set, found a group");
    refused("data.h5:/train", "x=X", BENS_ERR_CONFIG,
            "'data.h5:/train': wanted 'X' in it, found none; it has 'x', 'y'");
    refused("data.h5", "x=train/x", BENS_ERR_CONFIG, "wanted a name without '/'");
    refused(".", NULL, BENS_ERR_CONFIG, "no regular file");
    table_write("text.h5", "a,b\n1,2\n");
    refused("text.h5:/train", NULL, BENS_ERR_CONFIG,
            "'text.h5': wanted an HDF5 file, found another kind of file");
}

/* A file with x of this shape, y of that. */
static void write_shapes(hid_t x_type, int rank, const hsize_t *shape, hid_t y_type,
                         int y_rank, const hsize_t *y_shape)
{
    static const int zero[64];
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, x_type, H5T_NATIVE_INT, rank, shape, zero);
    arrays_put(file, "y", PLAIN, y_type, H5T_NATIVE_INT, y_rank, y_shape, zero);
    H5Fclose(file);
}

static void shapes_and_types_are_checked(void **unused)
{
    (void)unused;
    const hid_t u8 = H5T_STD_U8LE;
    static const hsize_t empty[] = {0, 4}, five[] = {5}, many[] = {2, 1, 1, 1, 1};
    write_shapes(u8, 1, column, u8, 1, column);
    refused("data.h5", NULL, BENS_ERR_CONFIG,
            "'data.h5:/x': wanted rows and 1 to 3 axes of inputs behind them, found the "
            "shape [6]");
    write_shapes(u8, 5, many, u8, 1, column);
    refused("data.h5", NULL, BENS_ERR_CONFIG, "wanted 1 to 4 axes, found 5");
    write_shapes(u8, 2, empty, u8, 1, column);
    refused("data.h5", NULL, BENS_ERR_CONFIG,
            "'data.h5:/x': wanted numbers, found none: axis 0 is 0");
    write_shapes(u8, 2, table, u8, 1, five);
    refused("data.h5", NULL, BENS_ERR_CONFIG,
            "'data.h5:/y': wanted a target for each of the 6 rows, the shape [6], found "
            "[5]");
    write_shapes(u8, 2, table, u8, 2, table);
    refused("data.h5", NULL, BENS_ERR_CONFIG, "the shape [6], found [6, 4]");
    write_shapes(u8, 2, table, H5T_IEEE_F32LE, 1, column);
    refused("data.h5", NULL, BENS_ERR_CONFIG,
            "'data.h5:/y': wanted integers, which are classes, found floats");
}

static void only_numbers_are_read(void **unused)
{
    (void)unused;
    const hid_t text = H5Tcopy(H5T_C_S1), pair = H5Tcreate(H5T_COMPOUND, 4);
    const hid_t wide = H5Tcopy(H5T_NATIVE_LDOUBLE);
    H5Tset_size(text, 8);
    H5Tinsert(pair, "a", 0, H5T_NATIVE_INT);
    const struct {
        hid_t type;
        const char *says;
    } cases[] = {{text, "'data.h5:/x': wanted numbers, found texts"},
                 {pair, "'data.h5:/x': wanted numbers, found compounds"},
                 {wide, "wanted numbers of at most 8 bytes, found 16"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hid_t file = arrays_create("data.h5");
        arrays_put(file, "x", PLAIN, cases[i].type, cases[i].type, 2, table, NULL);
        H5Fclose(file);
        refused("data.h5", NULL, BENS_ERR_CONFIG, cases[i].says);
    }
    H5Tclose(text);
    H5Tclose(pair);
    H5Tclose(wide);
}

/* NaN and infinity by their place, and what float32 or 32 bits do not hold. */
static void numbers_that_are_none_are_found(void **unused)
{
    (void)unused;
    static const struct {
        double value;
        hid_t *type;
        const char *says;
    } cases[] = {
        {NAN, &H5T_IEEE_F32LE_g, "'data.h5:/x'[4, 1, 0]: wanted a finite number"},
        {-INFINITY, &H5T_IEEE_F64LE_g, "'data.h5:/x'[4, 1, 0]: wanted a finite number"},
        {1e39, &H5T_IEEE_F64LE_g, "of at most 3.4e38 (float32), found inf"},
        {3e9, &H5T_STD_I64LE_g, "'data.h5:/x'[4, 1, 0]: wanted an integer between -2^31"},
        {-3e9, &H5T_STD_I64LE_g, "'data.h5:/x'[4, 1, 0]: wanted an integer between"},
        {4e9, &H5T_STD_U32LE_g, "'data.h5:/x'[4, 1, 0]: wanted an integer between"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x[N * F] = {0};
        x[18] = cases[i].value;
        const hid_t file = arrays_create("data.h5");
        arrays_put(file, "x", i % 2 == 0 ? PLAIN : DEFLATED, *cases[i].type,
                   H5T_NATIVE_DOUBLE, 3, images, x);
        arrays_put(file, "y", PLAIN, H5T_STD_I64LE, H5T_NATIVE_INT, 1, column, label);
        H5Fclose(file);
        refused("data.h5", NULL, BENS_ERR_CONFIG, cases[i].says);
    }
    double x[N * F] = {[3] = 3e38};
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, H5T_IEEE_F32LE, H5T_NATIVE_DOUBLE, 2, table, x);
    arrays_put(file, "y", PLAIN, H5T_STD_I64LE, H5T_NATIVE_INT, 1, column, label);
    H5Fclose(file);
    refused("data.h5", "scale=10", BENS_ERR_CONFIG,
            "'data.h5:/x'[0, 3]: wanted a finite");
}

/* ---- unsafe files ---- */

static void links_lead_nowhere(void **unused)
{
    (void)unused;
    write_file(H5T_STD_U8LE, PLAIN, 2, table);
    const hid_t file = H5Fopen("data.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Lcreate_soft("/train", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external("other.h5", "/train", file, "external", H5P_DEFAULT,
                                   H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_soft("/train/x", file, "x", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    refused("data.h5:/soft", NULL, BENS_ERR_IO,
            "wanted hard links only, found that 'soft'");
    refused("data.h5:/external", NULL, BENS_ERR_IO, "found that 'external'");
    refused("data.h5:/", NULL, BENS_ERR_IO, "found that 'x' is a soft or external link");
}

static void bytes_are_those_of_the_file(void **unused)
{
    (void)unused;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(2, table, NULL);
    hid_t file = arrays_create("data.h5");
    table_write("secret", "root:x:0:0:root:/root:/bin/bash\n");
    assert_true(H5Pset_external(list, "secret", 0, N * F) >= 0);
    H5Dclose(H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Fclose(file);
    refused("data.h5", NULL, BENS_ERR_IO, "in this file, found an external one");
    H5Pclose(list);

    const hid_t mapping = H5Pcreate(H5P_DATASET_CREATE);
    file = arrays_create("data.h5");
    assert_true(H5Pset_virtual(mapping, space, "other.h5", "x", space) >= 0);
    H5Dclose(
        H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, mapping, H5P_DEFAULT));
    H5Fclose(file);
    refused("data.h5", NULL, BENS_ERR_IO, "found a virtual data set");
    H5Pclose(mapping);
    H5Sclose(space);
}

static void sizes_are_checked_before_memory_is_asked_for(void **unused)
{
    (void)unused;
    const hsize_t huge[] = {(hsize_t)1 << 40, (hsize_t)1 << 40}, chunk[] = {64, 64},
                  large[] = {1 << 20, 1 << 20};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_chunk(list, 2, chunk) >= 0 && H5Pset_deflate(list, 1) >= 0);
    for (int i = 0; i < 2; i++) {
        const hid_t file = arrays_create("data.h5");
        const hid_t space = H5Screate_simple(2, i == 0 ? huge : large, NULL);
        const hid_t set =
            H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
        const hid_t one = H5Screate_simple(2, chunk, NULL);
        const hsize_t origin[] = {0, 0};
        static const uint8_t zero[64 * 64];
        H5Sselect_hyperslab(space, H5S_SELECT_SET, origin, NULL, chunk, NULL);
        if (i == 1) /* HDF5 1.10.8 itself crashes on a chunk of the other */
            assert_true(H5Dwrite(set, H5T_STD_U8LE, one, space, H5P_DEFAULT, zero) >= 0);
        H5Sclose(one);
        H5Sclose(space);
        H5Dclose(set);
        H5Fclose(file);
        refused("data.h5", NULL, i == 0 ? BENS_ERR_CONFIG : BENS_ERR_IO,
                i == 0 ? "wanted less than 2^60 numbers, found more"
                       : "bytes for each that is stored");
    }
    H5Pclose(list);
}

/* The shape in a file's own words, made larger than what is stored with it. */
static void what_is_compact_is_all_there(void **unused)
{
    (void)unused;
    static char bytes[1 << 16];
    const uint64_t shape[2] = {N, F}, larger[2] = {10 * N, F};
    int n_changed = 0;
    write_file(H5T_STD_I32LE, COMPACT, 2, table);
    const size_t n = table_read_bytes("data.h5", bytes, sizeof bytes);
    for (size_t i = 0; i + sizeof shape <= n; i++)
        if (memcmp(bytes + i, shape, sizeof shape) == 0) {
            memcpy(bytes + i, larger, sizeof larger);
            n_changed++;
        }
    assert_true(n_changed > 0);
    table_write_bytes("data.h5", bytes, n);
    refused("data.h5:/train", NULL, BENS_ERR_IO, "wanted 240 x 4 bytes of");
}

static void what_was_cut_or_never_written_is_told(void **unused)
{
    (void)unused;
    static char bytes[1 << 16];
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, H5T_STD_U8LE, H5T_NATIVE_INT, 2, table, NULL);
    H5Fclose(file);
    refused("data.h5", NULL, BENS_ERR_IO, "found that none were ever written");

    write_file(H5T_STD_U8LE, PLAIN, 2, table);
    const size_t n = table_read_bytes("data.h5", bytes, sizeof bytes);
    table_write_bytes("data.h5", bytes, n / 2);
    refused("data.h5:/train", NULL, BENS_ERR_IO, "cannot open 'data.h5'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_to_the_data_is_told),
        cmocka_unit_test(shapes_and_types_are_checked),
        cmocka_unit_test(only_numbers_are_read),
        cmocka_unit_test(numbers_that_are_none_are_found),
        cmocka_unit_test(links_lead_nowhere),
        cmocka_unit_test(bytes_are_those_of_the_file),
        cmocka_unit_test(sizes_are_checked_before_memory_is_asked_for),
        cmocka_unit_test(what_is_compact_is_all_there),
        cmocka_unit_test(what_was_cut_or_never_written_is_told),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
