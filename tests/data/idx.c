/* The source idx: plain and gzip alike, where labels are looked for, damaged files. */
#include "data/arrays.h"

#include <zlib.h>

enum { ROWS = 5, PIXELS = 6 };
static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, ROWS, 0, 0, 0, 2, 0, 0, 0, 3,
                                       /* ROWS x 2 x 3 */
                                       0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                       15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                                       254, 255};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, ROWS, 9, 2, 9, 200, 2};
static const char path[] = "a-images-idx3-ubyte", label_path[] = "a-labels-idx1-ubyte";

static void write_gzip(const char *name, const void *bytes, size_t size)
{
    remove(name);
    const gzFile f = gzopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(f), Z_OK);
}

static void write_both(bool zip)
{
    char name[64];
    table_write_bytes(path, images, sizeof images);
    table_write_bytes(label_path, labels, sizeof labels);
    if (!zip) return;
    snprintf(name, sizeof name, "%s.gz", path);
    write_gzip(name, images, sizeof images);
    snprintf(name, sizeof name, "%s.gz", label_path);
    write_gzip(name, labels, sizeof labels);
}

static void check(const bens_data *d, bool mapped)
{
    static const int32_t index[ROWS] = {1, 0, 1, 2, 0};
    static const int64_t dim[] = {2, 3};
    assert_true(d->n_rows == ROWS && d->n_features == PIXELS && d->rank == 2);
    assert_memory_equal(d->dim, dim, sizeof dim);
    assert_int_equal(d->map.base != NULL, mapped);
    assert_memory_equal(d->raw, images + 16, ROWS * PIXELS);
    assert_memory_equal(d->label, index, sizeof index);
    assert_int_equal(d->n_classes, 3);
    assert_string_equal(d->class_names[2], "200");
    float *const x = arrays_gather(d);
    for (int e = 0; e < ROWS * PIXELS; e++)
        assert_true(x[e] == (float)images[16 + e] / 255.0F);
    free(x);
}

static void plain_and_gzip_are_alike(void **unused)
{
    (void)unused;
    write_both(true);
    bens_data *const a = arrays_open("idx", NULL, path, BENS_TARGET_CLASS);
    bens_data *const b =
        arrays_open("idx", NULL, "a-images-idx3-ubyte.gz", BENS_TARGET_CLASS);
    check(a, true);
    check(b, false);
    bens_data_destroy(a);
    bens_data_destroy(b);
}

static void signed_bytes_and_real_targets(void **unused)
{
    (void)unused;
    unsigned char x[sizeof images], y[sizeof labels];
    memcpy(x, images, sizeof x);
    memcpy(y, labels, sizeof y);
    x[2] = y[2] = 9;
    table_write_bytes(path, x, sizeof x);
    table_write_bytes(label_path, y, sizeof y);
    bens_data *d = arrays_open("idx", NULL, path, BENS_TARGET_REAL);
    float *const gathered = arrays_gather(d);
    assert_true(gathered[1] == 1 && gathered[28] == -2 && gathered[29] == -1);
    assert_true(d->y[0] == 9 && d->y[3] == -56 && d->label == NULL);
    free(gathered);
    bens_data_destroy(d);
}

/* By the name of the images, or behind a colon. */
static void labels_are_found(void **unused)
{
    (void)unused;
    static const struct {
        const char *images, *labels, *setting;
    } cases[] = {
        {"images-b-images.idx3-ubyte", "images-b-labels.idx1-ubyte",
         "images-b-images.idx3-ubyte"},
        {"images/images-idx3", "images/labels-idx1", "images/images-idx3"},
        {"images/x.idx", "images/y.idx", "images/x.idx:y.idx"},
        {"x.idx", "y.idx", "x.idx:y.idx"},
        {"a:x.idx", "y.idx", "a:x.idx:y.idx"},
    };
    assert_int_equal(system("mkdir -p images"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        table_write_bytes(cases[i].images, images, sizeof images);
        table_write_bytes(cases[i].labels, labels, sizeof labels);
        bens_data *const d =
            arrays_open("idx", NULL, cases[i].setting, BENS_TARGET_CLASS);
        check(d, true);
        bens_data_destroy(d);
    }
}

static void rows_to_predict_may_lack_labels(void **unused)
{
    (void)unused;
    const bens_source *const s = bens_source_find("idx");
    settings o = settings_make(s->options, s->options_size, TEXTS(NULL));
    const bens_data like = {.n_features = PIXELS, .rank = 2, .dim = {2, 3}},
                    flat = {.n_features = PIXELS, .rank = 1, .dim = {6}};
    bens_data *d = NULL;
    write_both(false);
    table_write_bytes("c.idx", images, sizeof images);
    assert_int_equal(bens_source_read(s, o.options, "c.idx", BENS_TARGET_CLASS, &like,
                                      &d),
                     BENS_OK);
    assert_true(d->label == NULL && d->raw != NULL);
    bens_data_destroy(d);
    assert_int_equal(bens_source_read(s, o.options, path, BENS_TARGET_CLASS, &like, &d),
                     BENS_OK);
    check(d, true);
    bens_data_destroy(d);
    d = NULL;
    table_refused(bens_source_read(s, o.options, path, BENS_TARGET_CLASS, &flat, &d),
                  BENS_ERR_CONFIG,
                  "wanted rows of the shape [6] as in the training set, found [2, 3]");
    table_refused(bens_source_read(s, o.options, "c.idx:no", BENS_TARGET_CLASS, &like,
                                   &d),
                  BENS_ERR_CONFIG, "'no': wanted an IDX file, found no such file");
    assert_null(d);
    settings_release(&o);
}

/* ---- bad files ---- */

static void refused(const char *name, bens_status code, const char *says)
{
    bens_data *d = NULL;
    table_refused(arrays_read("idx", NULL, name, BENS_TARGET_CLASS, &d), code, says);
    assert_null(d);
}

/* Byte `at` of the images becomes `value`. */
static void write_changed(size_t at, unsigned char value)
{
    unsigned char x[sizeof images];
    memcpy(x, images, sizeof x);
    x[at] = value;
    table_write_bytes(path, x, sizeof x);
}

static void headers_are_checked(void **unused)
{
    (void)unused;
    static const struct {
        size_t at;
        unsigned char value;
        bens_status code;
        const char *says;
    } cases[] = {
        {0, 0x89, BENS_ERR_CONFIG, "which begins with 00 00, found 89 00"},
        {2, 0x0d, BENS_ERR_CONFIG, "of bytes (type 08 or 09), found float32 (type 0d)"},
        {2, 0x77, BENS_ERR_CONFIG, "found an unknown type (type 77)"},
        {3, 0, BENS_ERR_CONFIG, "wanted 1 to 4 axes, found 0"},
        {3, 200, BENS_ERR_CONFIG, "wanted 1 to 4 axes, found 200"},
        {3, 1, BENS_ERR_IO, "wanted the 5 bytes that its header tells, found more"},
        {7, 0, BENS_ERR_CONFIG, "wanted bytes, found none: axis 0 is 0"},
        {7, ROWS + 1, BENS_ERR_IO,
         "wanted the 36 bytes that its header tells, found 30: "},
        {7, ROWS - 1, BENS_ERR_IO, "the 24 bytes that its header tells, found more"},
        {8, 0x80, BENS_ERR_IO, "wanted the 32212254750 bytes"},
    };
    write_both(false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_changed(cases[i].at, cases[i].value);
        refused(path, cases[i].code, cases[i].says);
    }
    unsigned char huge[20] = {0, 0, 8, 4};
    memset(huge + 4, 0xff, 16); /* (2^32 - 1)^4 */
    table_write_bytes(path, huge, sizeof huge);
    refused(path, BENS_ERR_CONFIG, "wanted less than 2^63 bytes, found more");
}

/* Every cut, plain and gzip: one line, and never a set of rows. */
static void cut_files_are_refused(void **unused)
{
    (void)unused;
    static unsigned char zip[512];
    write_both(true);
    const size_t n = table_read_bytes("a-images-idx3-ubyte.gz", zip, sizeof zip);
    for (size_t k = 0; k < sizeof images; k++) {
        bens_data *d = NULL;
        table_write_bytes(path, images, k);
        const bens_status s = arrays_read("idx", NULL, path, BENS_TARGET_CLASS, &d);
        assert_true(s == BENS_ERR_IO && strstr(bens_error_text(), path) != NULL);
    }
    for (size_t k = 1; k < n; k++) {
        bens_data *d = NULL;
        table_write_bytes("a-images-idx3-ubyte.gz", zip, k);
        assert_int_not_equal(arrays_read("idx", NULL, "a-images-idx3-ubyte.gz",
                                         BENS_TARGET_CLASS, &d),
                             BENS_OK);
    }
}

/* The checksum of gzip sees a changed byte; a header cannot ask for more than deflate can
 * make of the file. */
static void damaged_gzip_is_refused(void **unused)
{
    (void)unused;
    static unsigned char zip[512];
    const char *const name = "a-images-idx3-ubyte.gz";
    write_both(true);
    const size_t n = table_read_bytes(name, zip, sizeof zip);
    zip[n - 6] ^= 1; /* of the CRC */
    table_write_bytes(name, zip, n);
    refused(name, BENS_ERR_IO, "cannot read 'a-images-idx3-ubyte.gz': ");
    zip[n - 6] ^= 1;
    zip[14] ^= 0xff; /* of the compressed bytes */
    table_write_bytes(name, zip, n);
    refused(name, BENS_ERR_IO, "a-images-idx3-ubyte.gz");

    static const unsigned char greedy[] = {0, 0, 8, 3,  0x7f, 0, 0, 0,
                                           0, 0, 0, 28, 0,    0, 0, 28};
    write_gzip(name, greedy, sizeof greedy);
    refused(name, BENS_ERR_IO, "bytes of gzip, which cannot hold them");
    static unsigned char longer[sizeof images + 1];
    memcpy(longer, images, sizeof images);
    write_gzip(name, longer, sizeof longer);
    refused(name, BENS_ERR_IO, "the 30 bytes that its header tells, found more behind");
    write_gzip(name, images, sizeof images - 1);
    refused(name, BENS_ERR_IO,
            "wanted 30 bytes of its numbers, found 29: the file was cut");
}

/* Wherever the checksum lies among the 8 KiB that zlib reads at once; what is longer than
 * twice that it hands over before it looks at the checksum. */
static void every_checksum_is_compared(void **unused)
{
    (void)unused;
    const char *const name = "b-images.gz";
    static unsigned char x[16 + 41000], zip[42000];
    for (unsigned n = 40850; n < 40970; n++) {
        bens_data *d = NULL;
        const unsigned char header[] =
            {0, 0, 8, 2, 0, 0, (unsigned char)(n >> 8), (unsigned char)n, 0, 0, 0, 1};
        memcpy(x, header, sizeof header);
        uint32_t noise = 7;
        for (unsigned i = 0; i < n; i++) {
            noise = noise * 1664525U + 1013904223U;
            x[sizeof header + i] = (unsigned char)(noise >> 24);
        }
        write_gzip(name, x, sizeof header + n);
        const size_t size = table_read_bytes(name, zip, sizeof zip);
        zip[size - 7] ^= 4;
        table_write_bytes(name, zip, size);
        table_refused(arrays_read("idx", NULL, "b-images.gz:none", BENS_TARGET_CLASS, &d),
                      BENS_ERR_IO, "cannot read 'b-images.gz': incorrect data check");
    }
}

static void labels_are_checked(void **unused)
{
    (void)unused;
    unsigned char y[sizeof labels];
    memcpy(y, labels, sizeof y);
    write_both(false);
    y[7] = ROWS - 1;
    table_write_bytes(label_path, y, sizeof y - 1);
    refused(path, BENS_ERR_CONFIG,
            "'a-labels-idx1-ubyte': wanted a label for each of the 5 images of "
            "'a-images-idx3-ubyte', the shape [5], found [4]");
    table_write_bytes(label_path, images, sizeof images);
    refused(path, BENS_ERR_CONFIG, "the shape [5], found [5, 2, 3]");
    table_write_bytes(label_path, labels, sizeof labels - 1);
    refused(path, BENS_ERR_IO, "'a-labels-idx1-ubyte': wanted the 5 bytes");
    remove(label_path);
    refused(path, BENS_ERR_CONFIG, "'a-labels-idx1-ubyte': wanted an IDX file, found no");
    table_write_bytes("c.idx", images, sizeof images);
    refused("c.idx", BENS_ERR_CONFIG, "write IMAGES:LABELS");
    refused("nothing-images", BENS_ERR_CONFIG, "found no such file");
    refused(".", BENS_ERR_CONFIG, "no regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_gzip_are_alike),
        cmocka_unit_test(signed_bytes_and_real_targets),
        cmocka_unit_test(labels_are_found),
        cmocka_unit_test(rows_to_predict_may_lack_labels),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(damaged_gzip_is_refused),
        cmocka_unit_test(every_checksum_is_compared),
        cmocka_unit_test(labels_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
