/* Images and labels in the format of MNIST. The first byte says what the target is and
 * whether a model is there already, the second how many bytes behind it are the file of the
 * labels; the rest is that of the images. */
#include "data/data.h"
#include "fuzz/file.h"
#include "fuzz/rows.h"

static const bens_source *source;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    source = bens_source_find("idx");
    FUZZ_PROMISE(source != NULL);
    fuzz_make_folder();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(64) char options[256]; /* zeros: scale = auto */
    if (size < 2 || size - 2 < data[1]) return 0;
    const size_t n_labels = data[1];
    fuzz_write("a-labels", data + 2, n_labels);
    fuzz_write("a-images", data + 2 + n_labels, size - 2 - n_labels);
    fuzz_read_rows(source, options, fuzz_path("a-images"), data[0]);
    return 0;
}
