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
    fuzz_write("samples.0001.h5", data, size);
    fuzz_read_run(fuzz_path("samples.h5"));
    return 0;
}
