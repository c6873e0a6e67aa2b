/* A samples.h5, alone or an index over two good rectangles, as
 * every reader of it sees it. */
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
    bens_samples_part *part;
    bens_samples *s;
    bens_samples_summary summary;
    int64_t n_chains, n_draws;
    int n_parts;
    const ssize_t n_objects = fuzz_objects();
    fuzz_write("samples.h5", data, size);
    const char *const path = fuzz_path("samples.h5");
    fuzz_read_run(path);
    bens_status status =
        bens_samples_parts(fuzz_folder, &part, &n_parts, &n_chains, &n_draws);
    fuzz_check_error(status);
    if (status == BENS_OK) free(part);
    status = bens_samples_open(path, &fuzz_params, FUZZ_CHAINS, FUZZ_DRAWS, &s);
    fuzz_check_error(status);
    if (status == BENS_OK) bens_samples_close(s);
    status = bens_samples_summarize(path, &summary);
    fuzz_check_error(status);
    if (status == BENS_OK) bens_samples_summary_release(&summary);
    FUZZ_PROMISE(fuzz_objects() == n_objects);
    return 0;
}
