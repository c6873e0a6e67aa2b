/* An HDF5 file with inputs. The first byte says what the target is and whether a model is
 * there already. */
#include "data/data.h"
#include "fuzz/file.h"
#include "fuzz/objects.h"
#include "fuzz/rows.h"

static const bens_source *source;
static _Alignas(64) char options[256]; /* but for x and y zeros: scale = auto */

static void set_text(const char *name, const char *text)
{
    const bens_option *const o = bens_option_find(source->options, name);
    FUZZ_PROMISE(o != NULL && o->kind == BENS_OPTION_TEXT);
    memcpy(options + o->offset, &text, sizeof text);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    source = bens_source_find("hdf5");
    FUZZ_PROMISE(source != NULL && source->options_size <= sizeof options);
    set_text("x", "x");
    set_text("y", "y");
    fuzz_choose_process();
    fuzz_make_folder();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[160];
    if (size == 0) return 0;
    const ssize_t n_objects = fuzz_objects();
    fuzz_write("fuzz.h5", data + 1, size - 1);
    snprintf(path, sizeof path, "%s:/a/b", fuzz_path("fuzz.h5"));
    fuzz_read_rows(source, options, path, data[0]);
    FUZZ_PROMISE(fuzz_objects() == n_objects);
    return 0;
}
