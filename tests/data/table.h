/* table.h - small CSV files, written and read by a test. */
#ifndef BENS_TESTS_TABLE_H
#define BENS_TESTS_TABLE_H

#include "samplers/settings.h"
#include "data/data.h"

#include <stdlib.h>

static inline void table_write_bytes(const char *path, const void *bytes, size_t size)
{
    remove(path); /* some file systems sync a file that is cut and written again */
    FILE *const f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* How many there are. */
static inline size_t table_read_bytes(const char *path, void *bytes, size_t size)
{
    FILE *const f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(bytes, 1, size, f);
    assert_true(n < size);
    fclose(f);
    return n;
}

static inline void table_write(const char *path, const char *text)
{
    table_write_bytes(path, text, strlen(text));
}

/* The status of the source csv on a file. */
static inline bens_status table_read(const char *path, const char *target,
                                     bens_target kind, bens_data **out)
{
    const bens_source *csv = bens_source_find("csv");
    char setting[64];
    snprintf(setting, sizeof setting, "target=%s", target);
    settings s = settings_make(csv->options, csv->options_size, TEXTS(setting));
    assert_int_equal(s.status, BENS_OK);
    const bens_status status = bens_source_read(csv, s.options, path, kind, NULL, out);
    settings_release(&s);
    return status;
}

/* The same with the split and the standardisation. */
static inline bens_status table_open(const bens_data_request *request, bens_target kind,
                                     uint64_t seed, bens_data **train, bens_data **test)
{
    const bens_source *csv = bens_source_find("csv");
    settings s = settings_make(csv->options, csv->options_size, TEXTS("target=class"));
    assert_int_equal(s.status, BENS_OK);
    const bens_status status =
        bens_data_open(csv, s.options, request, kind, seed, train, test);
    settings_release(&s);
    return status;
}

/* Was the error of this code, and did its line say this? */
static inline void table_refused(bens_status status, bens_status code, const char *says)
{
    if (status != code || strstr(bens_error_text(), says) == NULL)
        fail_msg("wanted status %d and '%s', found %d: %s", (int)code, says, (int)status,
                 bens_error_text());
}

#endif
