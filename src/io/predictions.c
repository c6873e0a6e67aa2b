#include "io/predictions_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bens_predictions {
    int fd;
    char path[BENS_PATH_SIZE];
    bens_samples_layout layout;
    uint64_t *address; /* [layout.n] */
};

/* FOLDER and NAME of a path. */
static void split(const char *path, char folder[BENS_PATH_SIZE], const char **name)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    *name = slash == NULL ? path : slash + 1;
    memcpy(folder, path, length);
    folder[length] = '\0';
    if (length == 0) strcpy(folder, slash == NULL ? "." : "/");
}

static bens_status put_variables(hid_t file, const bens_samples_spec *origin,
                                 const bens_samples_layout *l, uint64_t *address)
{
    hid_t group = H5I_INVALID_HID;
    bens_status s = BENS_OK;
    for (int i = 0; i < l->n && s == BENS_OK; i++) {
        const bens_samples_variable *v = &l->variable[i];
        if (i == 0 || strcmp(v->group, v[-1].group) != 0) {
            if (i > 0) H5Gclose(group);
            BENS_TRY(bens_h5_group(file, v->group, &group));
            s = bens_samples_put_origin(group, origin);
        }
        if (s == BENS_OK)
            s = bens_samples_put_variable(group, v, NULL, NULL, &address[i]);
    }
    H5Gclose(group);
    return s;
}

static bens_status put_about(hid_t file, const bens_predictions_spec *spec)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"config", spec->config}, {"argv", spec->argv},
                 {"run", spec->run},       {"data", spec->data},
                 {"ood", spec->ood},       {"members", spec->members}};
    hid_t group;
    BENS_TRY(bens_h5_group(file, "bens", &group));
    bens_status s = BENS_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && s == BENS_OK; i++)
        s = bens_h5_put_text(group, texts[i].name, texts[i].text);
    if (s == BENS_OK)
        s = bens_h5_put_number(group, "n_members", BENS_H5_INT64, &spec->n_members);
    if (s == BENS_OK) s = bens_h5_put_number(group, "seed", BENS_H5_UINT64, &spec->seed);
    if (s == BENS_OK)
        s = bens_h5_put_number(group, "data_hash", BENS_H5_UINT64, &spec->data_hash);
    H5Gclose(group);
    return s;
}

static bens_status put_all(hid_t file, const bens_predictions_spec *spec,
                           const bens_samples_layout *l, uint64_t *address)
{
    const bens_samples_spec about = {.version = spec->version,
                                     .n_obs = spec->n_obs,
                                     .obs_name = "y",
                                     .obs_label = spec->obs_label,
                                     .obs_value = spec->obs_value,
                                     .n_classes = spec->n_outputs,
                                     .class_names = spec->class_names};
    BENS_TRY(bens_h5_put_attribute(file, "schema", BENS_H5_PREDICTIONS));
    BENS_TRY(bens_samples_put_origin(file, &about));
    BENS_TRY(put_variables(file, &about, l, address));
    BENS_TRY(bens_samples_put_observed(file, &about));
    return put_about(file, spec);
}

static bens_status write_file(const char *path, const bens_predictions_spec *spec,
                              const bens_samples_layout *l)
{
    uint64_t *address;
    hid_t file;
    BENS_TRY(bens_alloc((size_t)l->n, sizeof *address, &address));
    bens_status s = bens_h5_create(path, false, &file);
    if (s == BENS_OK) {
        s = put_all(file, spec, l, address);
        s = s == BENS_OK ? bens_h5_close(file, path) : (H5Fclose(file), s);
    }
    if (s == BENS_OK) s = bens_samples_fill(path, l, address);
    free(address);
    return s;
}

static uint64_t count_bytes(const bens_predictions_spec *spec,
                            const bens_samples_layout *l)
{
    uint64_t bytes = 65536 + 16 * (uint64_t)(spec->n_obs + spec->n_ood);
    for (int i = 0; i < l->n; i++) bytes += bens_samples_size(&l->variable[i]) + 8192;
    return bytes;
}

static bens_status read_schema(const void *path)
{
    hid_t file;
    bens_h5_start();
    BENS_TRY(bens_h5_open(path, &file));
    const bens_status s = bens_h5_check_schema(file, BENS_H5_PREDICTIONS);
    H5Fclose(file);
    return s;
}

static bool is_predictions(const char *path)
{
    return bens_h5_try(path, read_schema) == BENS_OK && read_schema(path) == BENS_OK;
}

/* What cannot be looked at cannot be written either: creating it tells why. */
bens_status bens_predictions_check(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) return BENS_OK;
    if (S_ISREG(info.st_mode) && is_predictions(path)) return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "wanted a new file for the predictions, or older predictions to replace, "
              "found '%s', which is something else; take another --output",
              path);
}

bens_status bens_predictions_create(const char *path, const bens_predictions_spec *spec,
                                    char temporary[BENS_PATH_SIZE])
{
    char folder[BENS_PATH_SIZE];
    const char *name;
    bens_samples_layout l;
    bens_h5_start();
    if (strlen(path) >= BENS_PATH_SIZE - 256)
        BENS_FAIL(BENS_ERR_IO, "the path '%.100s...' is too long", path);
    split(path, folder, &name);
    BENS_TRY(bens_folder_temporary(folder, name, temporary));
    BENS_TRY(bens_predictions_layout_create(spec, &l));
    bens_status s = bens_samples_check_space(folder, name, count_bytes(spec, &l));
    if (s == BENS_OK) {
        s = write_file(temporary, spec, &l);
        if (s != BENS_OK) {
            bens_error_set(s, "cannot make '%s': %s", path, bens_error_text());
            unlink(temporary);
        }
    }
    bens_samples_layout_release(&l);
    return s;
}

static bens_status find_addresses(bens_predictions *p)
{
    bens_h5_place *place;
    struct stat info;
    if (fstat(p->fd, &info) != 0) BENS_FAIL(BENS_ERR_IO, "%s", strerror(errno));
    BENS_TRY(bens_samples_places(&p->layout, &place));
    const bens_status s = bens_h5_locate(p->path, (uint64_t)info.st_size, place,
                                         (size_t)p->layout.n, p->address);
    free(place);
    return s;
}

bens_status bens_predictions_open(const char *temporary,
                                  const bens_predictions_spec *spec,
                                  bens_predictions **out)
{
    bens_predictions *p;
    bens_h5_start();
    BENS_TRY(bens_alloc(1, sizeof *p, &p));
    strcpy(p->path, temporary);
    p->fd = open(temporary, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    bens_status s = BENS_OK;
    if (p->fd < 0)
        s = bens_error_set(BENS_ERR_IO, "cannot open '%s': %s", temporary,
                           strerror(errno));
    if (s == BENS_OK) s = bens_predictions_layout_create(spec, &p->layout);
    if (s == BENS_OK)
        s = bens_alloc((size_t)p->layout.n, sizeof *p->address, &p->address);
    if (s == BENS_OK) s = find_addresses(p);
    if (s == BENS_OK)
        *out = p;
    else
        bens_predictions_close(p);
    return s;
}

void bens_predictions_close(bens_predictions *p)
{
    if (p == NULL) return;
    if (p->fd >= 0) close(p->fd);
    bens_samples_layout_release(&p->layout);
    free(p->address);
    free(p);
}

static int find_variable(const bens_predictions *p, const char *group, const char *name)
{
    for (int i = 0; i < p->layout.n; i++) {
        const bens_samples_variable *v = &p->layout.variable[i];
        if (strcmp(v->group, group) == 0 && strcmp(v->name, name) == 0) return i;
    }
    return -1;
}

bens_status bens_predictions_put(bens_predictions *p, const char *group, const char *name,
                                 uint64_t first, size_t n, const void *value)
{
    const int i = find_variable(p, group, name);
    BENS_ASSERT(i >= 0);
    const bens_samples_variable *v = &p->layout.variable[i];
    const size_t size = bens_h5_size(v->type);
    BENS_ASSERT((first + n) * size <= bens_samples_size(v));
    if (bens_file_put(p->fd, value, n * size, p->address[i] + first * size) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot write %s/%s to '%s': %s", group, name, p->path,
                  strerror(errno));
    return BENS_OK;
}

bens_status bens_predictions_sync(bens_predictions *p)
{
    if (fdatasync(p->fd) != 0)
        BENS_FAIL(BENS_ERR_IO, "cannot bring '%s' to the disk: %s", p->path,
                  strerror(errno));
    return BENS_OK;
}

bens_status bens_predictions_publish(const char *path, const char *temporary)
{
    char folder[BENS_PATH_SIZE];
    const char *name;
    split(path, folder, &name);
    return bens_folder_publish(folder, temporary, name);
}
