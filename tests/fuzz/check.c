/* bens check, without the child process that it runs in. */
#include "fuzz/run.h"
#include "io/check.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_make_run();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[BENS_CHECK_TEXT];
    const ssize_t n_objects = fuzz_objects();
    fuzz_write("samples.h5", data, size);
    fuzz_check_error(bens_check_file(fuzz_path("samples.h5"), text));
    FUZZ_PROMISE(memchr(text, '\0', sizeof text) != NULL);
    FUZZ_PROMISE(fuzz_objects() == n_objects);
    return 0;
}
