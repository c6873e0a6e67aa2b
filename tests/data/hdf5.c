/* The source hdf5: types, scales, targets. Whatever the type of the file, models see the
 * same numbers. */
#include "data/hdf5_small.h"

#include <math.h>

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

/* Read in three parts of 64 MiB, the last one smaller, that end where chunks do. */
static void large_arrays_are_read_in_parts(void **unused)
{
    (void)unused;
    enum { ROWS = 150000, WIDTH = 1000 };
    const hsize_t shape[] = {ROWS, WIDTH}, chunk[] = {333, WIDTH};
    uint8_t *const x = malloc((size_t)ROWS * WIDTH), *const y = calloc(ROWS, 1);
    assert_true(x != NULL && y != NULL);
    for (size_t e = 0; e < (size_t)ROWS * WIDTH; e++) x[e] = (uint8_t)(e / WIDTH * 7);
    const hid_t file = arrays_create("data.h5");
    arrays_put_chunks(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, shape, chunk, x);
    arrays_put(file, "y", PLAIN, H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, shape, y);
    H5Fclose(file);
    bens_data *const d = arrays_open("hdf5", NULL, "data.h5", BENS_TARGET_CLASS);
    assert_null(d->map.base);
    assert_int_equal(d->cell, BENS_CELL_UINT8);
    assert_true(memcmp(d->raw, x, (size_t)ROWS * WIDTH) == 0);
    bens_data_destroy(d);
    remove("data.h5");
    free(x);
    free(y);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_gives_the_same_numbers),
        cmocka_unit_test(rows_are_gathered_by_index),
        cmocka_unit_test(scales_are_as_told),
        cmocka_unit_test(large_arrays_are_read_in_parts),
        cmocka_unit_test(scaled_integers_stay_finite),
        cmocka_unit_test(a_byte_over_255_is_the_nearest_float),
        cmocka_unit_test(integers_are_split_and_standardised_as_floats),
        cmocka_unit_test(hashes_are_of_the_bytes_as_read),
        cmocka_unit_test(targets_may_be_real),
        cmocka_unit_test(rows_to_predict_may_lack_targets),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
