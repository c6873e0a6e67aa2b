/* Whatever HDF5 crashes on, every reader of a file says so in one line: the crash is raised
 * in the calls that open an object or read its values, for a name in a file. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fuzz/run.h"
#include "io/apart.h"
#include "io/array.h"
#include "io/h5.h"
#include "io/predictions.h"
#include "io/samples_recall.h"

#include <dlfcn.h>
#include <signal.h>

static const char *fatal_file, *fatal_name;

static void crash_at(hid_t in, const char *name)
{
    char file[256] = "";
    if (fatal_name == NULL || strcmp(name, fatal_name) != 0) return;
    if (H5Fget_name(in, file, sizeof file) < 0 || strstr(file, fatal_file) == NULL)
        return;
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own */
    raise(SIGSEGV);
}

typedef hid_t (*opener)(hid_t in, const char *name, hid_t properties);

static hid_t open_object(const char *function, hid_t in, const char *name,
                         hid_t properties)
{
    void *const found = dlsym(RTLD_NEXT, function);
    opener real;
    memcpy(&real, &found, sizeof real);
    crash_at(in, name);
    return real(in, name, properties);
}

hid_t H5Dopen2(hid_t in, const char *name, hid_t properties)
{
    return open_object("H5Dopen2", in, name, properties);
}

herr_t H5Dread(hid_t set, hid_t type, hid_t memory, hid_t space, hid_t properties,
               void *out)
{
    void *const found = dlsym(RTLD_NEXT, "H5Dread");
    herr_t (*real)(hid_t, hid_t, hid_t, hid_t, hid_t, void *);
    char name[256] = "values of ";
    const size_t n = strlen(name);
    memcpy(&real, &found, sizeof real);
    H5Iget_name(set, name + n, sizeof name - n);
    crash_at(set, name);
    return real(set, type, memory, space, properties, out);
}

hid_t H5Oopen(hid_t in, const char *name, hid_t properties)
{
    return open_object("H5Oopen", in, name, properties);
}

hid_t H5Aopen(hid_t in, const char *name, hid_t properties)
{
    return open_object("H5Aopen", in, name, properties);
}

/* ---- the readers ---- */

static bens_status read_draws(void)
{
    bens_draws *d;
    return bens_draws_open(fuzz_path("samples.h5"), &d);
}

static bens_status read_rectangle(void)
{
    bens_draws *d;
    return bens_draws_open(fuzz_path("samples.0001.h5"), &d);
}

static bens_status read_to_write(void)
{
    bens_samples *s;
    return bens_samples_open(fuzz_path("samples.0001.h5"), &fuzz_params, 2, FUZZ_DRAWS,
                             &s);
}

static bens_status read_parts(void)
{
    bens_samples_part *part;
    int64_t n_chains, n_draws;
    int n;
    return bens_samples_parts(fuzz_folder, &part, &n, &n_chains, &n_draws);
}

static bens_status read_again(void)
{
    const char *const name = fatal_name;
    bens_draws *d;
    bens_samples_recalled found;
    fatal_name = NULL;
    bens_status s = bens_draws_open(fuzz_path("samples.0001.h5"), &d);
    fatal_name = name;
    if (s != BENS_OK) return BENS_OK;
    s = bens_samples_recall(d, &found);
    bens_draws_close(d);
    return s;
}

static bens_status read_origin(void)
{
    bens_origin origin;
    return bens_origin_read(fuzz_path("samples.h5"), &origin);
}

static bens_status read_predictions(void)
{
    return bens_predictions_check(fuzz_path("samples.h5"));
}

static bens_status read_checkpoint(void)
{
    bens_checkpoint *c;
    int64_t first, n;
    return bens_checkpoint_open(fuzz_path("checkpoint.h5"), FUZZ_STATE, &first, &n, &c);
}

static bens_status read_array(void)
{
    bens_array *a;
    return bens_array_open(fuzz_path("samples.0001.h5"), "/sample_stats", "lp", &a);
}

static bens_status read_array_values(void)
{
    bens_array *a;
    bens_status s =
        bens_array_open(fuzz_path("samples.0001.h5"), "/sample_stats", "lp", &a);
    if (s != BENS_OK) return BENS_OK;
    float *const value = malloc((size_t)bens_array_look(a)->n * sizeof *value);
    assert_non_null(value);
    s = bens_array_read(a, BENS_CELL_FLOAT32, value);
    bens_array_close(a);
    free(value);
    return s;
}

static bens_status read_array_exists(void)
{
    bool found;
    return bens_array_exists(fuzz_path("samples.0001.h5"), "/sample_stats", "lp", &found);
}

typedef struct {
    const char *file, *name; /* of the crash */
    bens_status (*read)(void);
} reader;

static const reader readers[] = {
    {"samples.h5", "w", read_draws},
    {"samples.0000.h5", "w", read_draws},
    {"samples.0001.h5", "done", read_draws},
    {"samples.0001.h5", "w", read_rectangle},
    {"samples.0001.h5", "w", read_to_write},
    {"samples.h5", "done", read_parts},
    {"samples.0001.h5", "argv", read_again},
    {"samples.h5", "bens", read_origin},
    {"checkpoint.h5", "slot", read_checkpoint},
    {"samples.0001.h5", "lp", read_array},
    {"samples.0001.h5", "sample_stats", read_array_exists},
    {"samples.0001.h5", "values of /sample_stats/lp", read_array_values},
};

static void a_crash_is_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        const reader *const r = &readers[i];
        fatal_file = r->file;
        fatal_name = r->name;
        const bens_status s = r->read();
        if (s != BENS_ERR_IO || strstr(bens_error_text(), "HDF5 crashed on") == NULL)
            fail_msg("%zu, '%s' of %s: %d, %s", i, r->name, r->file, (int)s,
                     bens_error_text());
        if (strstr(bens_error_text(), r->file) == NULL)
            fail_msg("%zu: wanted %s in '%s'", i, r->file, bens_error_text());
    }
    fatal_file = "samples.h5";
    fatal_name = "schema";
    assert_int_equal(read_predictions(), BENS_ERR_CONFIG); /* something else, it says */
    fatal_name = NULL;
}

/* What stops a reader before the crash must stop it in both processes, or in none. */
static void another_fault_before_it_hides_nothing(void **state)
{
    (void)state;
    const hid_t file = H5Fopen(fuzz_path("samples.0001.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0 && H5Adelete(file, "schema") >= 0);
    H5Fclose(file);
    fatal_file = "samples.0001.h5";
    fatal_name = "w";
    assert_int_equal(read_draws(), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "HDF5 crashed on"));
    assert_int_equal(read_to_write(), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "HDF5 crashed on"));
    fatal_name = NULL;
}

static int make(void **state)
{
    (void)state;
    setenv("FUZZ_APART", "1", 1);
    fuzz_make_run();
    bens_apart_stop(); /* children are forked from here, and know what is fatal */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_crash_is_one_line),
                                       cmocka_unit_test(
                                           another_fault_before_it_hides_nothing)};
    return cmocka_run_group_tests(tests, make, NULL);
}
