/* A CSV file. The first byte says what the target is and
 * whether a model is there already. */
#include "data/data.h"
#include "fuzz/file.h"

static const bens_source *source;
static void *options;
static char *names[] = {"a", "b c"};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static _Alignas(64) char storage[256];
    static char target[] = "y";
    (void)argc;
    (void)argv;
    source = bens_source_find("csv");
    FUZZ_PROMISE(source != NULL && source->options_size <= sizeof storage);
    const bens_option *o = bens_option_find(source->options, "target");
    FUZZ_PROMISE(o != NULL && o->kind == BENS_OPTION_TEXT);
    const char *text = target;
    memcpy(storage + o->offset, &text, sizeof text);
    options = storage;
    fuzz_make_folder();
    return 0;
}

static void check(const bens_data *d, bens_target target, bool like)
{
    FUZZ_PROMISE(d->n_rows > 0 && d->n_features > 0);
    for (int64_t i = 0; i < d->n_rows * d->n_features; i++)
        FUZZ_PROMISE(d->x[i] - d->x[i] == 0); /* finite */
    FUZZ_PROMISE(like || (d->label != NULL) == (target == BENS_TARGET_CLASS));
    FUZZ_PROMISE(like || (d->y != NULL) == (target == BENS_TARGET_REAL));
    for (int64_t i = 0; d->label != NULL && i < d->n_rows; i++)
        FUZZ_PROMISE(d->label[i] >= 0 && d->label[i] < d->n_classes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const bens_target target = (data[0] & 1) != 0 ? BENS_TARGET_REAL : BENS_TARGET_CLASS;
    const bool is_like = (data[0] & 2) != 0;
    static char *classes[] = {"0", "1"};
    const bens_data like = {.n_features = 2,
                            .feature_names = names,
                            .n_classes = target == BENS_TARGET_CLASS ? 2 : 0,
                            .class_names = target == BENS_TARGET_CLASS ? classes : NULL};
    bens_data *out = NULL;
    fuzz_write("fuzz.csv", data + 1, size - 1);
    const char *const path = fuzz_path("fuzz.csv");
    const bens_status s =
        bens_source_read(source, options, path, target, is_like ? &like : NULL, &out);
    fuzz_check_error(s);
    if (s == BENS_OK) check(out, target, is_like);
    if (s == BENS_OK) bens_data_destroy(out);
    return 0;
}
