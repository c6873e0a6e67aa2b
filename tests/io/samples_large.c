/* Draws and files that are written in more than one piece (io/folder.h). */
#include "core/half.h"
#include "io/draws.h"
#include "io/samples_fixture.h"
#include "io/samples_layout.h"

#include <hdf5.h>
#include <xxhash.h>

enum { N_TENSORS = 3 };
/* odd: pieces cut anywhere */
static const int64_t sizes[N_TENSORS] = {900003, 7, 600001};

static void make(fixture *f, const int64_t *size, int n, int64_t n_chains,
                 int64_t n_draws, bool half)
{
    char name[2] = "a";
    *f = (fixture){.folder = "samples-XXXXXX"};
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/samples.h5", f->folder);
    for (int i = 0; i < n; i++, name[0]++)
        assert_int_equal(bens_params_add(&f->params, name, 1, &size[i], NULL), BENS_OK);
    f->params.half = half;
    f->spec = (bens_samples_spec){.params = &f->params,
                                  .n_chains = n_chains,
                                  .n_draws = n_draws,
                                  .n_data = 1,
                                  .config = "",
                                  .version = "1"};
    assert_int_equal(bens_samples_create(f->folder, "samples.h5", &f->spec), BENS_OK);
}

static void *room(size_t bytes)
{
    void *p = malloc(bytes);
    assert_non_null(p);
    return p;
}

/* Small enough to be exact in float16. */
static float value_of(size_t element)
{
    return (float)(element * 31 % 1999);
}

static void put_one(const fixture *f, int64_t row, int64_t draw)
{
    bens_samples *s;
    float *theta = room(f->params.n * sizeof *theta);
    for (size_t e = 0; e < f->params.n; e++) theta[e] = value_of(e);
    assert_int_equal(bens_samples_open(f->path, &f->params, f->spec.n_chains,
                                       f->spec.n_draws, &s),
                     BENS_OK);
    assert_int_equal(bens_samples_put(s, row, draw, 1, theta, &(bens_draw){.lp = 1}),
                     BENS_OK);
    assert_int_equal(bens_samples_done(s, row, draw, 1), BENS_OK);
    bens_samples_close(s);
    free(theta);
}

/* A draw alone, then what is read: its numbers, its checksum, NaN around it. */
static void check_draw(bool half)
{
    const int64_t row = 1, draw = 0;
    fixture f;
    bens_draws *d;
    double sum[4];
    make(&f, sizes, N_TENSORS, 2, 2, half);
    put_one(&f, row, draw);
    assert_int_equal(bens_draws_open(f.path, &d), BENS_OK);
    float *w = room(2 * f.params.n_values * sizeof *w);
    char *stored = room(f.params.n_values * sizeof *w);
    size_t bytes = 0;
    for (int i = 0; i < N_TENSORS; i++) {
        const bens_tensor *t = &f.params.tensors[i];
        for (int64_t other = 0; other < 2; other++) {
            assert_int_equal(bens_draws_tensor(d, t, other, 0, 2, w), BENS_OK);
            for (size_t e = 0; e < 2 * t->size; e++)
                assert_true(other == row && e < t->size ? w[e] == value_of(t->offset + e)
                                                        : (bool)isnan(w[e]));
        }
        for (size_t e = 0; e < t->size; e++) {
            const float x = value_of(t->offset + e);
            const uint16_t h = bens_half_from(x);
            memcpy(stored + bytes, half ? (const void *)&h : &x, half ? 2 : 4);
            bytes += half ? 2 : 4;
        }
    }
    assert_int_equal(bens_draws_stat(d, "checksum", sum), BENS_OK);
    assert_true(sum[2 * row + draw] == (double)XXH64(stored, bytes, 0));
    assert_int_equal(bens_draws_verify(d, row, draw), BENS_OK);
    bens_draws_close(d);
    free(stored);
    free(w);
    fixture_release(&f);
}

static void a_large_draw_comes_back(void **state)
{
    (void)state;
    check_draw(false);
    check_draw(true);
}

static void check_nan(const char *path, const char *name, int n)
{
    double *x = room((size_t)n * sizeof *x);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    for (int i = 0; i < n; i++) assert_true(isnan(x[i]));
    H5Dclose(set);
    H5Fclose(file);
    free(x);
}

static void all_of_a_large_column_is_nan(void **state)
{
    (void)state;
    enum { MANY = 600001 };
    const int64_t one = 1;
    fixture f;
    make(&f, &one, 1, 1, MANY, true);
    check_nan(f.path, "sample_stats/lp", MANY);
    check_nan(f.path, "posterior/a", MANY);
    fixture_release(&f);
}

/* A short column begins anywhere in a file. */
static void a_column_may_be_cut_within_a_number(void **state)
{
    (void)state;
    enum { N = 31 };
    static const bens_h5_type types[] = {BENS_H5_FLOAT64, BENS_H5_FLOAT32};
    for (uint64_t before = 1; before < 64; before++)
        for (size_t k = 0; k < 2; k++) {
            char path[] = "fill-XXXXXX", bytes[N * sizeof(double)];
            const uint64_t address = BENS_FILE_PIECE - before;
            bens_samples_variable v = {.group = "",
                                       .name = "x",
                                       .type = types[k],
                                       .n = 1};
            v.axis[0].n = 1;
            v.axis[1].n = N;
            const int fd = mkstemp(path);
            assert_true(fd >= 0);
            assert_int_equal(bens_samples_fill(path, &(bens_samples_layout){1, 0, &v},
                                               &address),
                             BENS_OK);
            const size_t size = bens_h5_size(types[k]);
            assert_int_equal(pread(fd, bytes, N * size, (off_t)address), N * size);
            for (size_t i = 0; i < N; i++) {
                double d;
                float f;
                memcpy(size == sizeof d ? (void *)&d : &f, bytes + i * size, size);
                assert_true(size == sizeof d ? isnan(d) : isnan(f));
            }
            close(fd);
            unlink(path);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_draw_comes_back),
        cmocka_unit_test(all_of_a_large_column_is_nan),
        cmocka_unit_test(a_column_may_be_cut_within_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
