#include "io/samples_layout.h"

#include "core/half.h"
#include "core/text.h"
#include "io/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number more: a piece may begin within one. */
enum { FILL_BYTES = BENS_FILE_PIECE + sizeof(double) };

bens_status bens_samples_check_space(const char *folder, const char *name,
                                     uint64_t wanted)
{
    uint64_t found;
    char a[32], b[32];
    BENS_TRY(bens_folder_free(folder, &found));
    if (wanted <= found) return BENS_OK;
    bens_text_bytes((double)wanted, a, sizeof a);
    bens_text_bytes((double)found, b, sizeof b);
    BENS_FAIL(BENS_ERR_IO,
              "%s/%s: wanted %s of disk, found %s free: make room, or ask for fewer "
              "draws or chains",
              folder, name, a, b);
}

/* Room and the value of "no draw yet" for all of one variable. The zeros are written too:
 * a hole in the file could find the disk full later. */
static bens_status fill_variable(int fd, const bens_samples_variable *v, uint64_t address,
                                 void *buffer)
{
    uint16_t *h = buffer;
    float *f = buffer;
    double *d = buffer;
    const uint64_t size = bens_samples_size(v);
    const size_t used = bens_file_piece(0, size) + sizeof *d;
    memset(buffer, 0, used);
    if (v->type == BENS_H5_FLOAT16)
        for (size_t i = 0; i < used / sizeof *h; i++) h[i] = bens_half_from(NAN);
    if (v->type == BENS_H5_FLOAT32)
        for (size_t i = 0; i < used / sizeof *f; i++) f[i] = NAN;
    if (v->type == BENS_H5_FLOAT64)
        for (size_t i = 0; i < used / sizeof *d; i++) d[i] = NAN;
    for (uint64_t done = 0; done < size;) {
        const size_t n = bens_file_piece(address + done, size - done);
        const char *const piece = (char *)buffer + done % sizeof *d;
        if (bens_file_put(fd, piece, n, address + done) != 0)
            BENS_FAIL(BENS_ERR_IO, "cannot write '%s/%s': %s", v->group, v->name,
                      strerror(errno));
        done += n;
    }
    return BENS_OK;
}

/* HDF5 writes the few kilobytes that are its own, we the rest: a full disk is then met
 * here, with an errno, and not inside H5Fclose. */
bens_status bens_samples_fill(const char *path, const bens_samples_layout *layout,
                              const uint64_t *address)
{
    void *buffer;
    BENS_TRY(bens_alloc(FILL_BYTES, 1, &buffer));
    const int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bens_status s = BENS_OK;
    if (fd < 0)
        s = bens_error_set(BENS_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    for (int i = 0; i < layout->n && s == BENS_OK; i++)
        s = fill_variable(fd, &layout->variable[i], address[i], buffer);
    if (fd >= 0 && close(fd) != 0 && s == BENS_OK)
        s = bens_error_set(BENS_ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    free(buffer);
    return s;
}

static bens_status write_file(const char *path, const bens_samples_spec *spec,
                              const bens_samples_layout *layout, uint64_t *address)
{
    hid_t file;
    BENS_TRY(bens_h5_create(path, false, &file));
    bens_status s = bens_samples_write(file, spec, layout, NULL, NULL, address);
    const bens_status closed =
        s == BENS_OK ? bens_h5_close(file, path) : (H5Fclose(file), s);
    return closed != BENS_OK ? closed : bens_samples_fill(path, layout, address);
}

bens_status bens_samples_create(const char *folder, const char *name,
                                const bens_samples_spec *spec)
{
    char temporary[BENS_PATH_SIZE], path[BENS_PATH_SIZE];
    bens_samples_layout layout;
    uint64_t *address;
    bens_h5_start();
    BENS_TRY(bens_folder_join(folder, name, path));
    BENS_TRY(bens_folder_temporary(folder, name, temporary));
    if (access(path, F_OK) == 0)
        BENS_FAIL(BENS_ERR_IO, "wanted to make '%s': it exists", path);
    BENS_TRY(bens_samples_check_space(folder, name, bens_samples_bytes(spec)));
    BENS_TRY(bens_samples_layout_create(spec, &layout));
    bens_status s = bens_alloc((size_t)layout.n, sizeof *address, &address);
    if (s == BENS_OK) {
        s = write_file(temporary, spec, &layout, address);
        if (s != BENS_OK)
            bens_error_set(s, "cannot make '%s': %s", path, bens_error_text());
        if (s == BENS_OK) s = bens_folder_publish(folder, temporary, name);
        if (s != BENS_OK) unlink(temporary);
        free(address);
    }
    bens_samples_layout_release(&layout);
    return s;
}
