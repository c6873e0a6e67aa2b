/* The source hdf5: types, scales, what a file that does not fit is told. Whatever the
 * type of the file, models see the same numbers. */
#include "data/arrays.h"

#include <math.h>

enum { N = 6, F = 4 };
static const hsize_t table[] = {N, F}, images[] = {N, 2, 2}, column[] = {N};
static const int label[N] = {3, -1, 3, 12, -1, 12};

/* 0 ... 23 */
static const int *counting(void)
{
    static int value[N * F];
    for (int e = 0; e < N * F; e++) value[e] = e;
    return value;
}

/* /train of data.h5: x of this type and shape, y. */
static void write_file(hid_t type, arrays_form form, int rank, const hsize_t *shape)
{
    const hid_t file = arrays_create("data.h5"), group = arrays_group(file, "train");
    arrays_put(group, "x", form, type, H5T_NATIVE_INT, rank, shape, counting());
    arrays_put(group, "y", form, H5T_STD_I64LE, H5T_NATIVE_INT, 1, column, label);
    H5Gclose(group);
    H5Fclose(file);
}

/* ---- what models see ---- */

/* What is kept in which type; mapped where the file has it like that. */
typedef struct {
    hid_t type;
    bens_cell cell;
    bool native; /* little-endian, and kept as it is */
} kind;

static void check_kind(const kind *k, arrays_form form)
{
    write_file(k->type, form, 2, table);
    bens_data *const d = arrays_open("hdf5", NULL, "data.h5:/train", BENS_TARGET_CLASS);
    assert_true(d->n_rows == N && d->n_features == F && d->rank == 1 && d->dim[0] == F);
    assert_true((d->x != NULL) == (k->cell == BENS_CELL_FLOAT32));
    assert_true((d->raw != NULL) == (k->cell != BENS_CELL_FLOAT32));
    assert_int_equal(d->cell, k->cell);
    assert_int_equal(d->map.base != NULL, form == PLAIN && k->native);
    float *const x = arrays_gather(d);
    for (int e = 0; e < N * F; e++) assert_true(x[e] == (float)e);
    static const int32_t index[N] = {1, 0, 1, 2, 0, 2};
    assert_memory_equal(d->label, index, sizeof index);
    assert_string_equal(d->class_names[0], "-1");
    assert_string_equal(d->class_names[2], "12");
    assert_null(d->feature_names);
    free(x);
    bens_data_destroy(d);
}

static void every_type_gives_the_same_numbers(void **unused)
{
    (void)unused;
    const kind kinds[] = {
        {H5T_STD_U8LE, BENS_CELL_UINT8, true},
        {H5T_STD_I8LE, BENS_CELL_INT8, true},
        {H5T_STD_U16LE, BENS_CELL_UINT16, true},
        {H5T_STD_U16BE, BENS_CELL_UINT16, false},
        {H5T_STD_I16LE, BENS_CELL_INT16, true},
        {H5T_STD_I32LE, BENS_CELL_INT32, true},
        {H5T_STD_U32LE, BENS_CELL_INT32, false},
        {H5T_STD_I64LE, BENS_CELL_INT32, false},
        {H5T_STD_U64BE, BENS_CELL_INT32, false},
        {H5T_IEEE_F32LE, BENS_CELL_FLOAT32, true},
        {H5T_IEEE_F32BE, BENS_CELL_FLOAT32, false},
        {H5T_IEEE_F64LE, BENS_CELL_FLOAT32, false},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (arrays_form form = PLAIN; form <= COMPACT; form++)
            check_kind(&kinds[i], form);
}

/* In an order that jumps, some rows twice. */
static void rows_are_gathered_by_index(void **unused)
{
    (void)unused;
    const int64_t index[] = {5, 0, 0, 3};
    const bens_rows rows = {.index = index, .n = 4}, part = {.first = 2, .n = 3};
    float x[2 * F];
    write_file(H5T_STD_I16LE, DEFLATED, 2, table);
    bens_data *const d = arrays_open("hdf5", NULL, "data.h5:/train", BENS_TARGET_CLASS);
    bens_data_gather(d, &rows, 2, 2, x); /* rows 0 and 3 */
    for (int j = 0; j < F; j++)
        assert_true(x[j] == (float)j && x[F + j] == (float)(12 + j));
    bens_data_gather(d, &part, 1, 2, x); /* rows 3 and 4 */
    for (int j = 0; j < F; j++)
        assert_true(x[j] == (float)(12 + j) && x[F + j] == (float)(16 + j));
    bens_data_destroy(d);
}

/* Bytes of images are divided by 255, exactly as float32 does it; nothing else is scaled
 * unless the user says so. */
static void scales_are_as_told(void **unused)
{
    (void)unused;
    const struct {
        hid_t type;
        int rank;
        const hsize_t *shape;
        const char *set;
        float divisor;
    } cases[] = {
        {H5T_STD_U8LE, 3, images, NULL, 255},
        {H5T_STD_U8LE, 2, table, NULL, 1},
        {H5T_STD_I8LE, 3, images, NULL, 1},
        {H5T_STD_U16LE, 3, images, NULL, 1},
        {H5T_STD_U8LE, 3, images, "scale=1", 1},
        {H5T_STD_U8LE, 3, images, "scale=auto", 255},
        {H5T_STD_U16LE, 2, table, "scale=0.125", 8},
        {H5T_IEEE_F32LE, 2, table, "scale=0.125", 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(cases[i].type, PLAIN, cases[i].rank, cases[i].shape);
        bens_data *const d =
            arrays_open("hdf5", cases[i].set, "data.h5:/train", BENS_TARGET_CLASS);
        float *const x = arrays_gather(d);
        assert_int_equal(d->rank, cases[i].rank - 1);
        for (int e = 0; e < N * F; e++) assert_true(x[e] == (float)e / cases[i].divisor);
        free(x);
        bens_data_destroy(d);
    }
}

/* The largest scale that the setting takes leaves all integers finite. */
static void scaled_integers_stay_finite(void **unused)
{
    (void)unused;
    char set[32];
    int large[N * F];
    for (int e = 0; e < N * F; e++) large[e] = e % 2 == 0 ? INT32_MIN : INT32_MAX;
    snprintf(set, sizeof set, "scale=%g",
             bens_option_find(bens_source_find("hdf5")->options, "scale")->max);
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, H5T_STD_I32LE, H5T_NATIVE_INT, 2, table, large);
    arrays_put(file, "y", PLAIN, H5T_STD_I32LE, H5T_NATIVE_INT, 1, column, label);
    H5Fclose(file);
    bens_data *const d = arrays_open("hdf5", set, "data.h5:/", BENS_TARGET_CLASS);
    float *const x = arrays_gather(d);
    for (int e = 0; e < N * F; e++) assert_true(isfinite(x[e]));
    free(x);
    bens_data_destroy(d);
}

static void a_byte_over_255_is_the_nearest_float(void **unused)
{
    (void)unused;
    uint8_t bytes[256];
    float x[256];
    for (int i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
    const bens_data d = {.n_rows = 1,
                         .n_features = 256,
                         .raw = bytes,
                         .cell = BENS_CELL_UINT8,
                         .scale = 1 / 255.0};
    const bens_rows one = {.n = 1};
    bens_data_gather(&d, &one, 0, 1, x);
    for (int i = 0; i < 256; i++) assert_true(x[i] == (float)i / 255.0F);
}

/* ---- split, scales and hash are those of a table of floats ---- */

static void open_both(hid_t type, bens_data_request *r, bens_data **train,
                      bens_data **test)
{
    const bens_source *const s = bens_source_find("hdf5");
    settings o = settings_make(s->options, s->options_size, TEXTS(NULL));
    write_file(type, PLAIN, 2, table);
    r->train = "data.h5:/train";
    r->test = "";
    if (bens_data_open(s, o.options, r, BENS_TARGET_CLASS, 5, train, test) != BENS_OK)
        fail_msg("%s", bens_error_text());
    settings_release(&o);
}

static void same_rows(const bens_data *a, const bens_data *b)
{
    assert_int_equal(a->n_rows, b->n_rows);
    float *const x = arrays_gather(a), *const y = arrays_gather(b);
    assert_memory_equal(x, y, (size_t)(a->n_rows * a->n_features) * sizeof *x);
    assert_memory_equal(a->label, b->label, (size_t)a->n_rows * sizeof *a->label);
    free(x);
    free(y);
}

static void integers_are_split_and_standardised_as_floats(void **unused)
{
    (void)unused;
    bens_data_request r = {.test_fraction = 0.17, .standardize = true};
    bens_data *train[2], *test[2];
    open_both(H5T_STD_U16LE, &r, &train[0], &test[0]);
    open_both(H5T_IEEE_F32LE, &r, &train[1], &test[1]);
    assert_true(train[0]->raw != NULL && train[1]->x != NULL);
    assert_int_equal(test[0]->n_rows, 1);
    same_rows(train[0], train[1]);
    same_rows(test[0], test[1]);
    double sum = 0;
    float *const x = arrays_gather(train[0]);
    for (int i = 0; i < 5; i++) sum += (double)x[i * F];
    assert_true(fabs(sum) < 1e-6); /* 5 floats of about 1, each rounded by 6e-8 */
    free(x);
    for (int k = 0; k < 2; k++) {
        bens_data_destroy(train[k]);
        bens_data_destroy(test[k]);
    }
}

/* auto: neither pixels nor tokens; and the scale is no part of the hash. */
static void hashes_are_of_the_bytes_as_read(void **unused)
{
    (void)unused;
    bens_data_request plain = {.standardize = BENS_STANDARDIZE_AUTO},
                      scaled = {.standardize = true};
    bens_data *a, *b, *none;
    open_both(H5T_STD_U16LE, &plain, &a, &none);
    open_both(H5T_STD_U16LE, &scaled, &b, &none);
    assert_null(a->x_mean);
    assert_non_null(b->x_mean);
    assert_true(a->hash == b->hash);
    bens_data_destroy(b);
    open_both(H5T_STD_U16BE, &plain, &b, &none); /* the same numbers */
    assert_true(a->hash == b->hash);
    bens_data_destroy(b);
    open_both(H5T_STD_I32LE, &plain, &b, &none);
    assert_true(a->hash != b->hash);
    bens_data_destroy(b);
    bens_data_destroy(a);
}

/* ---- targets ---- */

static void targets_may_be_real(void **unused)
{
    (void)unused;
    static const double y[N] = {0.5, -1.25, 1e10, 0, 3, 4};
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "in", PLAIN, H5T_IEEE_F64LE, H5T_NATIVE_INT, 2, table, counting());
    arrays_put(file, "y", PLAIN, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, column, y);
    H5Fclose(file);
    bens_data *const d = arrays_open("hdf5", "x=in", "data.h5", BENS_TARGET_REAL);
    assert_null(d->label);
    for (int i = 0; i < N; i++) assert_true(d->y[i] == (float)y[i]);
    bens_data_destroy(d);
    bens_data *const e = arrays_open("hdf5", "x=in", "data.h5:/", BENS_TARGET_REAL);
    bens_data_destroy(e);
}

static void rows_to_predict_may_lack_targets(void **unused)
{
    (void)unused;
    const bens_source *const s = bens_source_find("hdf5");
    settings o = settings_make(s->options, s->options_size, TEXTS(NULL));
    const bens_data like = {.n_features = F, .rank = 1, .dim = {F}},
                    wide = {.n_features = 9, .rank = 1, .dim = {9}};
    bens_data *d = NULL;
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, H5T_STD_U8LE, H5T_NATIVE_INT, 2, table, counting());
    H5Fclose(file);
    assert_int_equal(bens_source_read(s, o.options, "data.h5", BENS_TARGET_CLASS, &like,
                                      &d),
                     BENS_OK);
    assert_true(d->label == NULL && d->y == NULL && d->n_rows == N);
    bens_data_destroy(d);
    table_refused(bens_source_read(s, o.options, "data.h5", BENS_TARGET_CLASS, &wide, &d),
                  BENS_ERR_CONFIG,
                  "'data.h5': wanted rows of the shape [9] as in the training set, found "
                  "[4]");
    table_refused(bens_source_read(s, o.options, "data.h5", BENS_TARGET_CLASS, NULL, &d),
                  BENS_ERR_CONFIG,
                  "'data.h5:/': wanted 'y' in it, found none; it has 'x'");
    settings_release(&o);
}

/* ---- bad files ---- */

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
    FILE *const f = fopen("data.h5", "rb");
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
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
    hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, H5T_STD_U8LE, H5T_NATIVE_INT, 2, table, NULL);
    H5Fclose(file);
    refused("data.h5", NULL, BENS_ERR_IO, "found that none were ever written");

    write_file(H5T_STD_U8LE, PLAIN, 2, table);
    FILE *const f = fopen("data.h5", "rb");
    static char bytes[1 << 16];
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    table_write_bytes("data.h5", bytes, n / 2);
    refused("data.h5:/train", NULL, BENS_ERR_IO, "cannot open 'data.h5'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_gives_the_same_numbers),
        cmocka_unit_test(rows_are_gathered_by_index),
        cmocka_unit_test(scales_are_as_told),
        cmocka_unit_test(scaled_integers_stay_finite),
        cmocka_unit_test(a_byte_over_255_is_the_nearest_float),
        cmocka_unit_test(integers_are_split_and_standardised_as_floats),
        cmocka_unit_test(hashes_are_of_the_bytes_as_read),
        cmocka_unit_test(targets_may_be_real),
        cmocka_unit_test(rows_to_predict_may_lack_targets),
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
