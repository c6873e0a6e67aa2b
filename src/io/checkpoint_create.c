#include "io/checkpoint_layout.h"

#include "io/samples_layout.h"

#include <string.h>
#include <unistd.h>

bens_status bens_checkpoint_slot_bytes(uint64_t bytes, int64_t n_chains, uint64_t *out)
{
    const uint64_t n = BENS_CHECKPOINT_SLOTS * (uint64_t)n_chains;
    const uint64_t least = (BENS_CHECKPOINT_LEAST - 1) / n + 1;
    const uint64_t most = INT64_MAX / n - BENS_CHECKPOINT_PAGE;
    const uint64_t header = sizeof(bens_checkpoint_header), page = BENS_CHECKPOINT_PAGE;
    if (bytes > most || most - bytes < header)
        BENS_FAIL(BENS_ERR_IO, "wanted states of %llu bytes for %lld chains: too much",
                  (unsigned long long)bytes, (long long)n_chains);
    const uint64_t size = bytes + header > least ? bytes + header : least;
    *out = (size + page - 1) / page * page;
    return BENS_OK;
}

/* What bens_samples_fill is to fill with zeros. */
static bens_samples_variable slot_variable(const bens_checkpoint_spec *spec,
                                           uint64_t slot)
{
    bens_samples_variable v = {.group = BENS_CHECKPOINT_GROUP,
                               .name = "slot",
                               .type = BENS_H5_UINT64,
                               .n = (size_t)(slot / sizeof(uint64_t)),
                               .rank = 3};
    v.axis[0].n = spec->n_chains;
    v.axis[1].n = BENS_CHECKPOINT_SLOTS;
    v.axis[2].n = (int64_t)v.n;
    return v;
}

static bens_status put_slots(hid_t group, const bens_samples_variable *v,
                             uint64_t *address)
{
    hsize_t shape[BENS_SAMPLES_RANK];
    hid_t list;
    bens_samples_shape(v, shape);
    BENS_TRY(bens_h5_properties(&list));
    const hid_t space = H5Screate_simple(v->rank, shape, NULL);
    const hid_t set = H5Dcreate2(group, v->name, bens_h5_native(v->type), space,
                                 H5P_DEFAULT, list, H5P_DEFAULT);
    const bens_status s =
        set >= 0 ? BENS_OK : bens_h5_fail("cannot make '%s/%s'", v->group, v->name);
    if (s == BENS_OK) *address = (uint64_t)H5Dget_offset(set);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    return s;
}

static bens_status put_all(hid_t file, const bens_checkpoint_spec *spec,
                           const bens_samples_variable *v, uint64_t *address)
{
    hid_t group;
    BENS_TRY(bens_h5_put_attribute(file, "schema", BENS_H5_CHECKPOINT));
    BENS_TRY(bens_h5_group(file, v->group, &group));
    bens_status s = put_slots(group, v, address);
    if (s == BENS_OK)
        s = bens_h5_put_number(group, "first_chain", BENS_H5_INT64, &spec->first_chain);
    if (s == BENS_OK)
        s = bens_h5_put_number(group, "bytes", BENS_H5_UINT64, &spec->bytes);
    if (s == BENS_OK) s = bens_h5_put_number(group, "seed", BENS_H5_UINT64, &spec->seed);
    if (s == BENS_OK) s = bens_h5_put_text(group, "version", spec->version);
    if (s == BENS_OK) s = bens_h5_put_text(group, "config", spec->config);
    H5Gclose(group);
    return s;
}

static bens_status write_file(const char *path, const bens_checkpoint_spec *spec,
                              uint64_t slot)
{
    bens_samples_variable v = slot_variable(spec, slot);
    uint64_t address = 0;
    hid_t file;
    BENS_TRY(bens_h5_create(path, false, &file));
    const bens_status s = put_all(file, spec, &v, &address);
    const bens_status closed =
        s == BENS_OK ? bens_h5_close(file, path) : (H5Fclose(file), s);
    if (closed != BENS_OK) return closed;
    return bens_samples_fill(path, &(bens_samples_layout){.n = 1, .variable = &v},
                             &address);
}

bens_status bens_checkpoint_create(const char *folder, const char *name,
                                   const bens_checkpoint_spec *spec)
{
    char temporary[BENS_PATH_SIZE], path[BENS_PATH_SIZE];
    uint64_t slot;
    bens_h5_start();
    BENS_ASSERT(spec->n_chains > 0 && spec->bytes > 0);
    BENS_TRY(bens_folder_join(folder, name, path));
    BENS_TRY(bens_folder_temporary(folder, name, temporary));
    if (access(path, F_OK) == 0)
        BENS_FAIL(BENS_ERR_IO, "wanted to make '%s': it exists", path);
    BENS_TRY(bens_checkpoint_slot_bytes(spec->bytes, spec->n_chains, &slot));
    const uint64_t slots = BENS_CHECKPOINT_SLOTS * (uint64_t)spec->n_chains * slot;
    const uint64_t text = spec->config != NULL ? strlen(spec->config) : 0;
    BENS_TRY(bens_samples_check_space(folder, name, slots + text + 65536));
    bens_status s = write_file(temporary, spec, slot);
    if (s != BENS_OK) bens_error_set(s, "cannot make '%s': %s", path, bens_error_text());
    if (s == BENS_OK) s = bens_folder_publish(folder, temporary, name);
    if (s != BENS_OK) unlink(temporary);
    return s;
}
