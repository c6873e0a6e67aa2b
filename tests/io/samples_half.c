/* Draws in float16, and draws of which tensors were left out. */
#include "core/half.h"
#include "io/draws.h"
#include "io/samples_fixture.h"

#include <fcntl.h>
#include <xxhash.h>

static void make(fixture *f, bool half)
{
    fixture_make(f);
    f->params.half = half;
}

static bens_draws *open_draws(const char *path)
{
    bens_draws *d = NULL;
    if (bens_draws_open(path, &d) != BENS_OK)
        fail_msg("cannot open: %s", bens_error_text());
    return d;
}

/* All draws of all rows but the last. */
static void put_all(const fixture *f, const bens_samples_spec *spec)
{
    bens_samples *s;
    assert_int_equal(bens_samples_create(f->folder, "samples.h5", spec), BENS_OK);
    assert_int_equal(bens_samples_open(f->path, spec->params, CHAINS, DRAWS, &s),
                     BENS_OK);
    for (int64_t row = 0; row < CHAINS - 1; row++)
        assert_int_equal(put_draws(s, spec->params, row, 0, DRAWS), BENS_OK);
    bens_samples_close(s);
}

static float rounded(int64_t row, int64_t draw, size_t e)
{
    return bens_half_to(bens_half_from(value_at(row, draw, e)));
}

static void numbers_come_back_rounded(void **state)
{
    (void)state;
    fixture f;
    make(&f, true);
    put_all(&f, &f.spec);
    bens_draws *d = open_draws(f.path);
    float theta[64], w[4 * DRAWS];
    double columns[4 * CHAINS * DRAWS];
    const bens_tensor *t = bens_params_find(&f.params, "block.0.w");
    int n_rounded = 0;
    assert_true(d->params.half && f.params.n <= 64);
    for (int64_t row = 0; row < CHAINS - 1; row++) {
        assert_int_equal(bens_draws_tensor(d, t, row, 0, DRAWS, w), BENS_OK);
        for (int64_t k = 0; k < DRAWS; k++) {
            assert_int_equal(bens_draws_theta(d, &f.params, row, k, theta), BENS_OK);
            assert_int_equal(bens_draws_verify(d, row, k), BENS_OK);
            for (size_t e = t->offset; e < t->offset + t->size; e++) {
                assert_true(theta[e] == rounded(row, k, e));
                assert_true(theta[e] == w[(size_t)k * 4 + e - t->offset]);
                n_rounded += theta[e] != value_at(row, k, e);
            }
            assert_true(theta[0] == rounded(row, k, 0) && theta[3] == 0);
        }
    }
    assert_true(n_rounded > 20); /* or nothing was seen of it */
    assert_int_equal(bens_draws_elements(d, t, 1, 2, columns), BENS_OK);
    for (int64_t cell = 0; cell < CHAINS * DRAWS; cell++)
        for (int64_t e = 0; e < 2; e++) {
            const double x = columns[e * CHAINS * DRAWS + cell];
            const int64_t row = cell / DRAWS;
            if (row == CHAINS - 1)
                assert_true(isnan(x));
            else
                assert_true(
                    x == (double)rounded(row, cell % DRAWS, t->offset + 1 + (size_t)e));
        }
    assert_int_equal(bens_draws_tensor(d, t, CHAINS - 1, 0, 1, w), BENS_OK);
    for (int i = 0; i < 4; i++) assert_true(isnan(w[i])); /* no draw yet */
    bens_draws_close(d);
    fixture_release(&f);
}

/* Of the stored bytes, tensor after tensor. */
static void checksums_are_of_what_is_stored(void **state)
{
    (void)state;
    fixture f;
    make(&f, true);
    put_all(&f, &f.spec);
    bens_draws *d = open_draws(f.path);
    uint16_t bytes[8];
    double found[CHAINS * DRAWS];
    size_t n = 0;
    for (int i = 0; i < f.params.n_tensors; i++)
        for (size_t e = 0; e < f.params.tensors[i].size; e++)
            bytes[n++] = bens_half_from(value_at(1, 2, f.params.tensors[i].offset + e));
    assert_true(n == 8);
    assert_int_equal(bens_draws_stat(d, "checksum", found), BENS_OK);
    assert_true(found[1 * DRAWS + 2] == (double)XXH64(bytes, sizeof bytes, 0));
    bens_draws_close(d);

    char whole
        [1 << 17]; /* the numbers of that draw are in the file; one bit of them turns */
    const int fd = open(f.path, O_RDWR);
    const ssize_t size = pread(fd, whole, sizeof whole, 0);
    ssize_t at = 0;
    while (at + 8 < size && memcmp(whole + at, bytes + 4, 8) != 0) at++;
    assert_true(at + 8 < size);
    whole[at] ^= 1;
    assert_int_equal(pwrite(fd, whole + at, 1, at), 1);
    close(fd);
    d = open_draws(f.path);
    assert_int_equal(bens_draws_verify(d, 1, 1), BENS_OK);
    assert_int_equal(bens_draws_verify(d, 1, 2), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "was damaged"));
    bens_draws_close(d);
    fixture_release(&f);
}

static void half_the_bytes(void **state)
{
    (void)state;
    fixture f;
    make(&f, false);
    const uint64_t single = bens_samples_draw_bytes(&f.params),
                   all = bens_samples_bytes(&f.spec);
    f.params.half = true;
    assert_true(single - bens_samples_draw_bytes(&f.params) == 2 * f.params.n_values);
    assert_true(all - bens_samples_bytes(&f.spec) ==
                2 * f.params.n_values * CHAINS * DRAWS);
    fixture_release(&f);
}

static void too_large_is_infinite_and_refused(void **state)
{
    (void)state;
    fixture f;
    make(&f, true);
    put_all(&f, &f.spec);
    bens_samples *s;
    bens_draw draw;
    float theta[64], w[4];
    fill_draw(&f.params, 0, 0, theta, &draw);
    const bens_tensor *t = bens_params_find(&f.params, "block.0.w");
    theta[t->offset + 2] = -65520;
    assert_int_equal(bens_samples_open(f.path, &f.params, CHAINS, DRAWS, &s), BENS_OK);
    assert_int_equal(bens_samples_put(s, 2, 3, 1, theta, &draw), BENS_OK);
    bens_samples_close(s);
    bens_draws *d = open_draws(f.path);
    assert_int_equal(bens_draws_tensor(d, t, 2, 3, 1, w), BENS_OK);
    assert_true(w[2] == -INFINITY && isfinite(w[1]));
    assert_int_equal(bens_draws_theta(d, &f.params, 2, 3, theta), BENS_ERR_CONFIG);
    assert_non_null(
        strstr(bens_error_text(),
               "draw 3 of chain 9 has a number in 'block.0.w' that float16 could "
               "not hold (beyond 65504): [store] dtype = float32 keeps it"));
    assert_int_equal(bens_draws_verify(d, 2, 3), BENS_OK);
    bens_draws_close(d);
    fixture_release(&f);
}

/* ---- an index ---- */

static void rectangles_of_one_kind(void **state)
{
    (void)state;
    fixture f;
    const bens_samples_part part[] = {{"samples.0000.h5", 0, 2, 0, DRAWS},
                                      {"samples.0001.h5", 2, 2, 0, DRAWS}};
    float theta[64];
    bens_draws *d;
    make(&f, true);
    put_rectangle(&f, part[0].name, &part[0]);
    put_rectangle(&f, part[1].name, &part[1]);
    assert_int_equal(bens_samples_index(f.folder, "samples.h5", &f.spec, part, 2),
                     BENS_OK);
    d = open_draws(f.path);
    assert_int_equal(bens_draws_theta(d, &f.params, 3, 1, theta), BENS_OK);
    assert_true(theta[1] == rounded(3, 1, 1));
    assert_int_equal(bens_draws_verify(d, 3, 1), BENS_OK);
    bens_draws_close(d);

    char name[256];
    snprintf(name, sizeof name, "%s/samples.0001.h5", f.folder);
    assert_int_equal(unlink(name), 0);
    d = open_draws(f.path); /* a rectangle that is gone is NaN */
    assert_int_equal(bens_draws_tensor(d, &f.params.tensors[0], 3, 1, 1, theta), BENS_OK);
    assert_true(isnan(theta[0]) && isnan(theta[2]));
    bens_draws_close(d);
    f.params.half = false;
    put_rectangle(&f, part[1].name, &part[1]);
    assert_int_equal(bens_draws_open(f.path, &d), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "weight of type float16, found another"));
    fixture_release(&f);
}

/* ---- tensors that were left out ---- */

static void what_is_missing_has_a_name(void **state)
{
    (void)state;
    fixture f;
    make(&f, false);
    bens_params stored = {0};
    bens_tensor *t;
    assert_int_equal(bens_params_add(&stored, "bias", 0, NULL, NULL), BENS_OK);
    assert_int_equal(bens_params_add(&stored, "sum", 0, NULL, &t), BENS_OK);
    t->output = true;
    bens_samples_spec spec = f.spec;
    spec.params = &stored;
    spec.all = &f.params;
    put_all(&f, &spec);
    bens_draws *d = open_draws(f.path);
    float theta[64];
    assert_int_equal(d->params.n_tensors, 2);
    assert_true(d->params.tensors[1].output && !d->params.tensors[0].output);
    assert_int_equal(d->left_out.n_tensors, 2);
    assert_string_equal(d->left_out.tensors[1].name, "block.0.w");
    assert_true(d->left_out.tensors[1].rank == 2 && d->left_out.tensors[1].shape[1] == 2);
    assert_non_null(strstr(d->layout, "{\"tensor\":\"bias\",\"offset\":16,"));
    assert_int_equal(bens_draws_verify(d, 2, 5), BENS_OK);

    assert_int_equal(bens_draws_match(d, &f.params), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(),
                           "has no whole draws: [store] tensors left out "
                           "weight, block.0.w"));
    assert_int_equal(bens_draws_match(d, &stored), BENS_OK);
    assert_int_equal(bens_draws_theta(d, &f.params, 0, 0, theta), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(),
                           "does not have tensor 'weight': [store] tensors left it out"));
    f.params.tensors[2].shape[1] = 3; /* now another model, and that is what counts */
    assert_int_equal(bens_draws_match(d, &f.params), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(),
                           "is of another model: wanted block.0.w [2, 3], "
                           "found none"));
    bens_draws_close(d);
    bens_params_release(&stored);
    fixture_release(&f);
}

static void nonsense_in_the_layout(void **state)
{
    (void)state;
    static const char *const layouts[] = {
        "[{\"tensor\":\"bias\",\"shape\":[],\"stored\":false}]",
        "[{\"tensor\":\"other\",\"shape\":7,\"stored\":false}]",
        "[{\"tensor\":\"other\",\"shape\":[1,1,1,1,1],\"stored\":false}]",
        "[{\"tensor\":\"other\",\"shape\":[-1],\"stored\":false}]",
        "[{\"tensor\":\"other\",\"shape\":[3000000000,3000000000,3],\"stored\":false}]",
        "[{\"tensor\":\"a/b\",\"shape\":[1],\"stored\":false}]",
    };
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        fixture f;
        bens_draws *d = NULL;
        make(&f, false);
        f.spec.layout = layouts[i];
        put_all(&f, &f.spec);
        assert_int_equal(bens_draws_open(f.path, &d), BENS_ERR_IO);
        assert_null(d);
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_rounded),
        cmocka_unit_test(checksums_are_of_what_is_stored),
        cmocka_unit_test(half_the_bytes),
        cmocka_unit_test(too_large_is_infinite_and_refused),
        cmocka_unit_test(rectangles_of_one_kind),
        cmocka_unit_test(what_is_missing_has_a_name),
        cmocka_unit_test(nonsense_in_the_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
