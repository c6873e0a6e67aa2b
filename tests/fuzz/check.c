/* bens check. */
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
    static const bens_apart_limits limits = {.seconds = 10, .gib = 8};
    static char text[BENS_APART_TEXT];
    const ssize_t n_objects = fuzz_objects();
    fuzz_write("samples.h5", data, size);
    const char *const path = fuzz_path("samples.h5");
    fuzz_check_error(
        bens_apart(bens_check_file, path, strlen(path) + 1, path, &limits, text));
    FUZZ_PROMISE(memchr(text, '\0', sizeof text) != NULL);
    FUZZ_PROMISE(fuzz_objects() == n_objects);
    return 0;
}
