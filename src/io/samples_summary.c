#include "io/h5.h"
#include "io/samples.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20 }; /* flags read at a time */

/* Days from 1970-01-01 in the Gregorian calendar: years begin in March, so that the leap day is
 * the last one. */
static double seconds_of(int year, int month, int day, int hour, int minute, int second)
{
    const long y = month > 2 ? year : year - 1L, m = (month + 9) % 12;
    const long days =
        365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
    return 86400.0 * (double)days + 3600.0 * hour + 60.0 * minute + second;
}

static double read_date(hid_t file)
{
    int y, m, d, h, min, s;
    char *text = NULL;
    double date = NAN;
    const hid_t at = H5Aopen(file, "created_at", H5P_DEFAULT), type = H5Aget_type(at);
    const hid_t space = H5Aget_space(at);
    if (H5Tis_variable_str(type) > 0 && H5Sget_simple_extent_npoints(space) == 1 &&
        H5Aread(at, type, &text) >= 0 && text != NULL) {
        if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &y, &m, &d, &h, &min, &s) == 6 &&
            m >= 1 && m <= 12)
            date = seconds_of(y, m, d, h, min, s);
        H5free_memory(text);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(at);
    return date;
}

/* The first element of GROUP/NAME, int64 of this rank. */
static bens_status read_first(hid_t file, const char *group, const char *name, int rank,
                              int64_t *out)
{
    const hsize_t zero = 0, one = 1;
    hsize_t shape[1] = {1};
    hid_t set;
    BENS_TRY(bens_h5_find(file, group, name, BENS_H5_INT64, rank, shape, &set));
    const hid_t all = H5Dget_space(set), memory = H5Screate(H5S_SCALAR);
    if (rank > 0) H5Sselect_hyperslab(all, H5S_SELECT_SET, &zero, NULL, &one, NULL);
    const bool good = shape[0] >= 1 &&
                      H5Dread(set, H5T_NATIVE_INT64, memory, all, H5P_DEFAULT, out) >= 0;
    const bens_status s = good ? BENS_OK : bens_h5_fail("cannot read %s/%s", group, name);
    H5Sclose(all);
    H5Sclose(memory);
    H5Dclose(set);
    return s;
}

/* Rows begin ... begin + n - 1 of a flag [n_chains][n_draws]. */
static bens_status read_rows(hid_t set, const char *name, int64_t begin, int64_t n,
                             int64_t n_draws, int8_t *flag)
{
    const hsize_t start[2] = {(hsize_t)begin, 0},
                  count[2] = {(hsize_t)n, (hsize_t)n_draws};
    const hid_t all = H5Dget_space(set), memory = H5Screate_simple(2, count, NULL);
    const bool good =
        H5Sselect_hyperslab(all, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
        H5Dread(set, H5T_NATIVE_INT8, memory, all, H5P_DEFAULT, flag) >= 0;
    const bens_status s =
        good ? BENS_OK : bens_h5_fail("cannot read sample_stats/%s", name);
    H5Sclose(all);
    H5Sclose(memory);
    return s;
}

static bens_status count_flags(hid_t done, hid_t diverging, bens_samples_summary *out)
{
    const int64_t n_draws = out->n_draws;
    const int64_t block = n_draws >= BLOCK ? 1 : BLOCK / n_draws;
    const int64_t most = block < out->n_chains ? block : out->n_chains;
    int8_t *flag;
    BENS_TRY(bens_alloc((size_t)most, 2 * (size_t)n_draws, &flag));
    int8_t *flag2 = flag + most * n_draws;
    bens_status s = BENS_OK;
    for (int64_t row = 0; row < out->n_chains && s == BENS_OK; row += block) {
        const int64_t n = row + block < out->n_chains ? block : out->n_chains - row;
        s = read_rows(done, "done", row, n, n_draws, flag);
        if (s == BENS_OK) s = read_rows(diverging, "diverging", row, n, n_draws, flag2);
        for (int64_t i = 0; i < n * n_draws && s == BENS_OK; i++) {
            out->done[row + i / n_draws] += flag[i] != 0;
            out->diverging[row + i / n_draws] += flag[i] != 0 && flag2[i] != 0;
        }
    }
    for (int64_t i = 0; i < out->n_chains && s == BENS_OK; i++)
        out->n_done += out->done[i];
    free(flag);
    return s;
}

static bens_status read_flags(hid_t file, bens_samples_summary *out)
{
    hsize_t shape[2], shape2[2];
    hid_t done, diverging;
    BENS_TRY(bens_h5_find(file, "sample_stats", "done", BENS_H5_BOOL, 2, shape, &done));
    bens_status s = bens_h5_find(file, "sample_stats", "diverging", BENS_H5_BOOL, 2,
                                 shape2, &diverging);
    if (s == BENS_OK) {
        const bool good = shape[0] == shape2[0] && shape[1] == shape2[1] &&
                          shape[0] >= 1 && shape[0] <= (hsize_t)1 << 24 &&
                          shape[1] >= 1 && shape[1] <= (hsize_t)1 << 31;
        out->n_chains = (int64_t)shape[0];
        out->n_draws = (int64_t)shape[1];
        if (!good)
            s = bens_error_set(BENS_ERR_IO,
                               "wanted flags of up to 2^24 chains x 2^31 draws, found "
                               "%llu x %llu",
                               (unsigned long long)shape[0],
                               (unsigned long long)shape[1]);
        if (s == BENS_OK) s = bens_alloc(shape[0], sizeof *out->done, &out->done);
        if (s == BENS_OK)
            s = bens_alloc(shape[0], sizeof *out->diverging, &out->diverging);
        if (s == BENS_OK) s = count_flags(done, diverging, out);
        H5Dclose(diverging);
    }
    H5Dclose(done);
    return s;
}

static bens_status read_all(hid_t file, bens_samples_summary *out)
{
    out->created = read_date(file);
    BENS_TRY(read_first(file, "posterior", "chain", 1, &out->first_chain));
    BENS_TRY(read_first(file, "bens", "n_data", 0, &out->n_data));
    BENS_TRY(bens_h5_get_text(file, "bens", "config", &out->config));
    return read_flags(file, out);
}

bens_status bens_samples_summarize(const char *path, bens_samples_summary *out)
{
    bens_samples_summary found = {0};
    hid_t file;
    bens_h5_start();
    if (access(path, R_OK) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    BENS_TRY(bens_h5_open(path, &file));
    const bens_status s = read_all(file, &found);
    H5Fclose(file);
    if (s == BENS_OK) {
        *out = found;
        return BENS_OK;
    }
    bens_samples_summary_release(&found);
    return bens_error_set(s, "'%s' is no whole samples file: %s", path,
                          bens_error_text());
}

void bens_samples_summary_release(bens_samples_summary *summary)
{
    free(summary->done);
    free(summary->diverging);
    free(summary->config);
    *summary = (bens_samples_summary){0};
}

void bens_samples_describe(char *text, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;
    bens_h5_start();
    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "HDF5 %u.%u.%u", major, minor, release);
}
