/* One rectangle of a good index. */
#include "fuzz/run.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_make_run();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ssize_t n_objects = fuzz_objects();
    fuzz_write("samples.0001.h5", data, size);
    fuzz_read_run(fuzz_path("samples.h5"));
    FUZZ_PROMISE(fuzz_objects() == n_objects);
    return 0;
}
